/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file replaces.h  INVITE with Replaces (RFC 3891). */
#ifndef ACD_REPLACES_H
#define ACD_REPLACES_H

#include "kamailio-mods/acd/sip.h"

/*
 * The leg that a new INVITE wants to take the place of. 0 (*idp is 0: it has
 * no Replaces), or the code that refuses it: 400 (several, or one that cannot
 * be read), 481 (no such dialog here, or not a confirmed one).
 */
int replaces_find(sip_msg_t *m, uint64_t *idp, unsigned *partitionp);
/* The same for a Replaces value, as in a Refer-To. */
int replaces_leg(const str *body, uint64_t *idp, unsigned *partitionp);

#endif
