/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file line.h  Who waits, in the order of service.
 *
 * One ordered set for each queue that anybody waits for; it holds contacts by
 * the queue's number and outlives the queue's row. A contact keeps its place
 * while it is offered.
 */
#ifndef JF_CORE_LINE_H
#define JF_CORE_LINE_H

#include "router-engine/core/state.h"

struct line {
	uint64_t queue;
	struct rank contacts; /* of contact.place */
	UT_hash_handle hh;
};

/* Class, then waiting plus priority, enqueue time, id: docs/architecture.md,
 * "Matching". */
bool line_before(const struct contact *a, const struct contact *b);

/* Their class, priority and enqueue time must not change until they leave. */
void line_join(struct core *c, struct contact *ct);
void line_leave(struct core *c, struct contact *ct);

/* The first who is not offered to anybody; NULL: none. */
struct contact *line_head(const struct line *l);
/* Its place among those who wait for the same queue, from 1; 0: not in it. */
uint64_t line_position(const struct contact *ct);
uint64_t line_total(const struct core *c);

/* Those of whom no decision tells yet that they found nobody. */
void line_news(struct core *c, struct contact *ct);
/* The first of them, taken off; NULL: none. */
struct contact *line_next_news(struct core *c);

void line_free_all(struct core *c);

static inline bool line_in(const struct contact *ct)
{
	return rank_in(&ct->place);
}

#endif
