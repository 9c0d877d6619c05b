/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file escape.h  The way out when nobody decides about a call.
 *
 * Redis did not confirm the event in time, or no engine spoke: the INVITE
 * goes on in the escape route of the configuration (a static destination).
 * The leg is over; what an engine says about it later gets leg.gone.
 */
#ifndef ACD_ESCAPE_H
#define ACD_ESCAPE_H

#include <stdint.h>

/* Does nothing when an engine has spoken or the leg is gone. Link process
 * only; takes the leg's lock. */
void escape(uint64_t leg, const char *why);

#endif
