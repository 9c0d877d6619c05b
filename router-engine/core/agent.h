/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file agent.h  Agents: log-in, ready, paused, at work, wrap-up. */
#ifndef JF_CORE_AGENT_H
#define JF_CORE_AGENT_H

#include "router-engine/core/state.h"

void on_agent_registered(struct core *c, const struct msg *m);
void on_agent_unregistered(struct core *c, const struct msg *m);
void on_agent_asked(struct core *c, const struct msg *m);

/* request: M_AGENT_READY, M_AGENT_PAUSE, M_AGENT_LOGOUT. At work it counts
 * from the end of the work on. */
void agent_ask(struct core *c, struct agent *a, enum msg_type request,
	       struct str actor);

void agent_reserve(struct core *c, struct agent *a, const struct offer *o);
void agent_talk(struct core *c, struct agent *a, const struct contact *ct);
void agent_wrap_up(struct core *c, struct agent *a, struct contact *ct,
		   uint64_t limit_ms);
/* Work is over: ready, or what was asked for meanwhile. */
void agent_idle(struct core *c, struct agent *a, const char *cause);
/* An offer came to nothing by the agent's choice (ms > 0) or by the
 * caller's (0): ready again, with the idle time kept. */
void agent_leave_alone(struct core *c, struct agent *a, uint64_t ms,
		       const char *cause);
void agent_not_responding(struct core *c, struct agent *a, const char *cause);
/* Why an agent is in its first state. */
#define AGENT_NEW "configured"
/* What the journal last told of it, when nothing else is known. */
void agent_restore(struct core *c, struct agent *a, struct str state);
/* The row is gone: leaves now, or when idle. */
void agent_retire(struct core *c, struct agent *a);
void agent_due(struct core *c, struct agent *a);

#endif
