/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file g711.h  ITU-T G.711, A-law and mu-law, by table.
 *
 * Samples are 16 bits, left-aligned: A-law has 13 bits of them, mu-law 14.
 */
#ifndef JF_VOICE_G711_H
#define JF_VOICE_G711_H

#include <stddef.h>
#include <stdint.h>

/* Silence as one byte of A-law. */
#define G711_ALAW_SILENCE 0xd5

extern int16_t g711_alaw[256], g711_ulaw[256];

/* Fills the tables; once, before anything else. */
void g711_tables(void);
void g711_alaw_encode(uint8_t *dst, const int16_t *src, size_t n);

#endif
