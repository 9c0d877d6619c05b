/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file idle.h  Who is free, so that a match needs not walk all agents.
 *
 * Each tenant has its free agents in the order of idle time, and as a set of
 * bits; what they are free for, their pools (pools.h) know. To become free or
 * busy costs one place in the order and a count in each of the agent's pools.
 * Lists and sets are made anew when the configuration changed.
 */
#ifndef JF_CORE_IDLE_H
#define JF_CORE_IDLE_H

#include "router-engine/core/state.h"

struct pool;

/* Makes tenants' lists of agents, pools, and their lines from the rows there
 * are. */
void idle_rebuild(struct core *c);

/* Call it before idle_since changes, and after whatever may have changed
 * whether the agent is free: it comes on the list, or leaves it. */
void idle_leave(struct core *c, struct agent *a);
void idle_update(struct core *c, struct agent *a);
/* Ready, registered, not left alone, and there is a node to ring it. */
bool idle_is(struct core *c, const struct agent *a);

/* Which of several who are free; equal ones by idle time, then by id. */
struct strategy {
	const char *name; /* conf.queues.strategy, and a decision's policy */
	const char *words; /* "...of 3 eligible" */
	/* NULL: by idle time, which costs the least */
	bool (*before)(const struct agent *a, const struct agent *b);
};
/* A queue's; an unknown name is longest_idle. */
const struct strategy *idle_strategy(const struct queue *q);

/* Who of a pool is to be offered the next contact; NULL: nobody. */
struct agent *idle_next(struct core *c, const struct pool *p,
			const struct strategy *s);

#endif
