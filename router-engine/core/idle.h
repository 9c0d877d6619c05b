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

/* Who of a pool is idle for the longest time, then the lowest id; NULL:
 * nobody. */
struct agent *idle_longest(struct core *c, const struct pool *p);

#endif
