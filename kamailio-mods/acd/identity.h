/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file identity.h  Who calls, and over whom: RFC 3323, 3325, 5806, 7044.
 *
 * P-Asserted-Identity counts from a trunk that is trusted and from nobody
 * else; without one it is From. A caller who asks for privacy is `anonymous`
 * from here on: no header of theirs goes any further, since our side of every
 * call is a dialog of its own.
 */
#ifndef ACD_IDENTITY_H
#define ACD_IDENTITY_H

#include "kamailio-mods/acd/sip.h"

enum { IDENTITY_MAX = 64 }; /* bytes of a number; longer ones are cut */

/* Puts F_CALLER, F_CALLER_NAME and F_DIVERTED_FROM of an INVITE. */
void identity_put(sip_msg_t *m, bool trusted);

/* P-Asserted-Identity, and Privacy when it is `id`, for a trusted trunk. */
void lines_identity(struct lines *h, const struct leg *l);

#endif
