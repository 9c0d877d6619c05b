/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file sweep.h  What happens to legs by time alone. */
#ifndef ACD_SWEEP_H
#define ACD_SWEEP_H

/* Link process, every 100 ms: first commands that did not come, ACKs that did
 * not come, transactions held long enough, legs that end or are too old. */
void sweep(void);

#endif
