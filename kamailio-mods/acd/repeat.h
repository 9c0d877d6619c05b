/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file repeat.h  2xx to our INVITE after the first: their ACK is the leg's
 * matter (RFC 3261 13.2.2.4), not the transaction's. So tm may forget it 5 s
 * after the first 2xx, where it would have to be kept for 32 s.
 */
#ifndef ACD_REPEAT_H
#define ACD_REPEAT_H

/* Has every reply looked at before the script and tm see it. 0, EINVAL. */
int repeat_init(void);

#endif
