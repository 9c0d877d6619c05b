/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file talk.h  Two parties: talk, hold, resume, end, wrap-up. */
#ifndef JF_CORE_TALK_H
#define JF_CORE_TALK_H

#include "router-engine/core/state.h"

/* The agent's leg is up: the caller hears them from now on. */
void talk_begin(struct core *c, struct contact *ct, struct leg *agent_leg);
/* An agent's leg that was found up belongs to this contact, which waited by
 * all we knew: they talk, or hold (rebuild.h). a may be NULL. */
void talk_adopt(struct core *c, struct contact *ct, struct agent *a,
		struct leg *agent_leg);
/* A party's re-INVITE was accepted: it holds, or does not. */
void talk_held(struct core *c, struct contact *ct, struct leg *l, bool holds);
/* by: caller, agent, system. The other party is hung up; wrap-up begins. */
void talk_end(struct core *c, struct contact *ct, const char *by);
/* The agent leaves for wrap-up; the contact goes on. */
void talk_leave(struct core *c, struct contact *ct);
/* A leg of this agent's that is up takes the place of who talks. */
void talk_replace(struct core *c, struct contact *ct, struct agent *a,
		  struct leg *l);
/* The other party's leg, or NULL. */
struct leg *talk_peer(struct core *c, const struct contact *ct,
		      const struct leg *l);
/* A leg got a worker again in the middle: what it hears, and recording. */
void talk_media_back(struct core *c, struct contact *ct);

#endif
