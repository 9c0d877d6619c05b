/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file idle.h  Who is free for what, so that a match needs not walk all
 * agents.
 *
 * A pool is what queues ask for: one skill of a tenant from a level on (or
 * nothing). An agent has a seat in each pool that it satisfies, and is on its
 * seats while free, in the order of idle time. Pools and seats are made anew
 * when the configuration changed.
 */
#ifndef JF_CORE_IDLE_H
#define JF_CORE_IDLE_H

#include "router-engine/core/state.h"

struct pool {
	uint64_t tenant, level;
	struct str skill; /* a queue's text; empty: any agent of the tenant */
	struct rank idle; /* of seat.node */
};

struct seat {
	struct rank_node node;
	struct agent *agent;
	struct pool *pool;
};

/* Makes tenants' lists of agents, pools and seats from the rows there are. */
void idle_rebuild(struct core *c);
void idle_free_all(struct core *c);

/* Call it before idle_since changes, and after whatever may have changed
 * whether the agent is free: it goes to its seats, or leaves them. */
void idle_leave(struct agent *a);
void idle_update(struct core *c, struct agent *a);
/* Ready, registered, not left alone, and there is a node to ring it. */
bool idle_is(struct core *c, const struct agent *a);

/* Who of a queue's pool is idle for the longest time, then the lowest id;
 * NULL: nobody. */
struct agent *idle_longest(struct core *c, const struct queue *q);
uint64_t idle_count(const struct queue *q);

/* Skill and level of an agent's list "sales:5,french:3"; -1: not there. */
int idle_level(struct str skills, struct str skill);

#endif
