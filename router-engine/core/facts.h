/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file facts.h  Whom an expression admits, of many agents at once.
 *
 * Facts say of each skill, language, group and name which agents have it; an
 * expression is evaluated over sets of agents, 64 at a time, so that it costs
 * what its operators cost and not what the agents do. Made for one reading of
 * the configuration: names are borrowed from the agents.
 */
#ifndef JF_CORE_FACTS_H
#define JF_CORE_FACTS_H

#include "router-engine/core/expr.h"
#include "router-engine/core/state.h"

struct facts {
	struct fact *table;
	struct agent *const *agents; /* bit i of a set is agents[i] */
	size_t n, words; /* agents; of a set */
	uint64_t *stack; /* of operands */
};

static inline bool set_has(const uint64_t *set, size_t i)
{
	return set[i / 64] >> i % 64 & 1;
}

/* agents[n] must stay as they are. 0, ENOMEM; then release it, too. */
int facts_init(struct facts *f, struct agent *const *agents, size_t n);
void facts_release(struct facts *f);

/* Keeps in set (f->words words) those whom the expression admits. */
void facts_keep(const struct facts *f, const struct expr *e, uint64_t *set);

#endif
