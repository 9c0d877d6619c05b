/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file leg.h  One SIP dialog at one node, as the core sees it. */
#ifndef JF_CORE_LEG_H
#define JF_CORE_LEG_H

#include "router-engine/core/state.h"

/* A leg that we will invite. NULL sets c->failed. */
struct leg *leg_new(struct core *c, uint64_t tenant, enum leg_role role,
		    struct str node, struct str boot);

/* Refuses a leg that arrives, or ends it, in whatever state it is. */
void leg_hang_up(struct core *c, struct leg *l, unsigned code, unsigned q850,
		 struct str reason);

/* Its node knows it no more. */
void leg_lost(struct core *c, struct leg *l, const char *reason);

/* rtpengine did what was asked, or would not. */
void leg_media_ready(struct core *c, struct leg *l, enum leg_op op);
void leg_media_failed(struct core *c, struct leg *l, enum leg_op op,
		      struct str cause);

/* Journals and frees a closed leg when nothing is awaited any more. */
void leg_settle(struct core *c, struct leg *l);

void leg_enter(struct core *c, struct leg *l, enum leg_state state);
void leg_due(struct core *c, struct leg *l);

/* A leg that its node has and we did not know, or only its leg.offered (l):
 * up, not yet in its contact. */
struct memo;
struct leg *leg_adopt(struct core *c, struct leg *l, uint64_t id,
		      const struct msg *m, const struct memo *memo);
/* Asks for the media of a leg that arrived. */
void leg_begin(struct core *c, struct leg *l);
/* Its node says that it is up: an event that told so may be lost. */
void leg_is_up(struct core *c, struct leg *l);
/* Its node keeps a new memo. */
void leg_remember(struct core *c, struct leg *l);

/* The same as leg_named(), told by the node that has it: not by one that it was
 * taken from, and that has slept since. */
struct leg *leg_told(struct core *c, const struct msg *m);
/* The leg an event names; NULL, counted, when there is none. */
struct leg *leg_named(struct core *c, const struct msg *m);

/* Links after core_load(): legs in the order in which they came. */
void leg_relink(struct core *c);

void on_leg_offered(struct core *c, const struct msg *m);
/* Whoever re-invited has its answer, or will never get it: what it offered
 * counts. */
void leg_reoffer_agreed(struct core *c, struct leg *l);

void on_leg_ringing(struct core *c, const struct msg *m);
void on_leg_answered(struct core *c, const struct msg *m);
void on_leg_confirmed(struct core *c, const struct msg *m);
void on_leg_reoffered(struct core *c, const struct msg *m);
void on_leg_asked(struct core *c, const struct msg *m);
void on_leg_ended(struct core *c, const struct msg *m);
void on_leg_gone(struct core *c, const struct msg *m);

#endif
