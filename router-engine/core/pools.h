/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file pools.h  What contacts ask for, and who satisfies it.
 *
 * A pool is one wish of a tenant: a queue's skill from a level on, and a
 * step's expression. It knows its agents as a set of bits, counts who of them
 * is free (idle.h), and has the contacts whose step asks for it, in the order
 * of service. Pools are made anew when the configuration changed.
 */
#ifndef JF_CORE_POOLS_H
#define JF_CORE_POOLS_H

#include "router-engine/core/facts.h"
#include "router-engine/core/state.h"

struct pool {
	uint64_t tenant, level;
	struct str skill, who; /* borrowed: valid while pools are made */
	uint64_t *agents; /* bit i: tenant's agents[i] */
	size_t words;
	size_t nidle;
	struct rank waiting; /* of contact.seek */
};

/* Makes them from the queues, tenants' lists of agents (idle.h) and agents'
 * rows; fills agent.pools. Nobody is free or waits yet. */
void pools_make(struct core *c);
void pools_free(struct core *c);

/* Whether the agent is of the pool. */
static inline bool pool_has(const struct pool *p, const struct agent *a)
{
	return a->index / 64 < p->words && set_has(p->agents, a->index);
}

/* The agent became free, or is no longer. */
void pools_count(struct core *c, const struct agent *a, bool idle);
/* The pool's line changed from or to empty. */
void pools_awaited(struct core *c, const struct pool *p);
/* The next pool from number i on for which somebody is free and somebody
 * waits; NULL: none. */
struct pool *pools_next(const struct core *c, size_t *ip);

#endif
