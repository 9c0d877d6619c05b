/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file early.h  The early dialog of their 18x to our INVITE, and its PRACK
 * (RFC 3262, when we offered 100rel: parameter offer_100rel). One is kept,
 * the last one's; the 2xx makes the leg's dialog of its own.
 */
#ifndef ACD_EARLY_H
#define ACD_EARLY_H

#include "kamailio-mods/acd/sip.h"

/* Takes an 18x, the leg locked: false when it is one that came already. */
bool early_take(struct leg *l, sip_msg_t *reply);
/* The 2xx came: its dialog goes on where the early one was. */
void early_confirmed(struct leg *l);
void early_free(struct leg *l);

#endif
