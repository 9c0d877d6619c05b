/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file reliable.h  Our 18x to an INVITE that requires 100rel (RFC 3262): each
 * is sent again until its PRACK comes, one at a time, and the 200 waits for
 * the last one's. Where 100rel is only supported, our 18x are plain ones.
 *
 * Not done: an INVITE without an offer gets no 18x at all, for it would have
 * to carry our offer; a PRACK with an offer of its own is refused (488).
 */
#ifndef ACD_RELIABLE_H
#define ACD_RELIABLE_H

#include "kamailio-mods/acd/sip.h"

/* The INVITE of a new leg. 0, ENOMEM. */
int reliable_init(struct leg *l, sip_msg_t *m);
void reliable_free(struct leg *l);

/* The leg locked; l->reliable is set. */
void reliable_progress(struct leg *l, unsigned code, struct str reason,
		struct str sdp);
/* Whether the 200 waits for a PRACK: it is sent when that comes. */
bool reliable_defers(struct leg *l, struct str sdp);
/* Whether their offer was answered in an 18x that they acknowledged. */
bool reliable_answered(const struct leg *l);

/* PRACK came: the code to answer it with. The leg locked; after the answer
 * reliable_next(), which may send the 200. */
int reliable_prack(struct leg *l, sip_msg_t *m);
void reliable_next(struct leg *l);
/* When something is to be done, ms; 0: nothing. Then do it: the 18x once
 * more, or no more (the leg is over). */
uint64_t reliable_at(const struct leg *l);
void reliable_due(struct leg *l, uint64_t now);

#endif
