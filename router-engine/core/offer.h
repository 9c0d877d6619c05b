/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file offer.h  One agent is reserved for one contact until they answer. */
#ifndef JF_CORE_OFFER_H
#define JF_CORE_OFFER_H

#include "router-engine/core/state.h"

/* Reserves the agent and prepares their leg. NULL: no leg could be made, the
 * contact waits on (the agent is left alone for a second). */
struct offer *offer_make(struct core *c, struct contact *ct, struct agent *a);
/* The same for a contact that leaves its talk; without an agent: for a number
 * outside. */
struct offer *offer_transfer(struct core *c, struct contact *ct,
			     struct agent *a, struct str number);
/* rtpengine's proposal is there: ring. */
void offer_invite(struct core *c, struct leg *l);
void offer_ringing(struct core *c, struct leg *l);
/* The phone has answered: it rings no more, its media are on the way. */
void offer_answered(struct core *c, struct leg *l);
/* The agent's leg is up. */
void offer_accepted(struct core *c, struct leg *l);
/* The phone's final answer, or what takes its place (SIP status code). */
void offer_refused(struct core *c, struct leg *l, unsigned code);
/* The caller is gone: the agent is free again as if nothing had been. */
void offer_withdraw(struct core *c, struct contact *ct);
/* The ring timeout. */
void offer_due(struct core *c, struct offer *o);
/* The agent turned out to be taken: the contact it was offered waits on. */
void offer_take_back(struct core *c, struct agent *a);

#endif
