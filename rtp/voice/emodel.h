/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file emodel.h  How a listener would rate a call: the E-model, ITU-T G.107.
 */
#ifndef JF_VOICE_EMODEL_H
#define JF_VOICE_EMODEL_H

/*
 * 100 x MOS (100..450) of G.711 with packet loss concealment (G.113 appendix
 * I: Ie 0, Bpl 25.1), random loss of loss_percent (0..100), one-way delay of
 * delay_ms, everything else at its default (R 93.2).
 */
unsigned emodel_mos100(double loss_percent, double delay_ms);

#endif
