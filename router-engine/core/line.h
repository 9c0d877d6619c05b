/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file line.h  Who waits, in the order of service.
 *
 * One ordered set for each queue that anybody waits for; it holds contacts by
 * the queue's number and outlives the queue's row. A contact keeps its place
 * while it is offered. Who is to be served next is found in the pools'
 * lines (pools.h), which a contact is in while nobody is offered to it.
 */
#ifndef JF_CORE_LINE_H
#define JF_CORE_LINE_H

#include "router-engine/core/state.h"

struct pool;

struct line {
	uint64_t queue;
	struct rank contacts; /* of contact.place */
	UT_hash_handle hh;
};

/* Who is overdue, by enqueue time; then class, waiting plus priority, enqueue
 * time, id: docs/routing.md, "Order". */
bool line_before(const struct contact *a, const struct contact *b);

/* What its order follows from must not change until it leaves, but by
 * line_rank(). */
void line_join(struct core *c, struct contact *ct);
void line_leave(struct core *c, struct contact *ct);
void line_rank(struct core *c, struct contact *ct, uint64_t cls,
	       int64_t priority, bool overdue);

/* Where an agent is sought for it: in its step's pool while it is queued.
 * Call it when its state or its step changed. */
void line_seek(struct core *c, struct contact *ct);
/* The pools are unmade; were made anew. */
void line_forget_pools(struct core *c);
void line_find_pools(struct core *c);
/* The order of pool.waiting: line_before(). */
bool line_seeks_before(const struct rank_node *a, const struct rank_node *b);
/* The first of a pool's; NULL: none. */
struct contact *line_first(const struct pool *p);

/* Its place among those who wait for the same queue, from 1; 0: not in it. */
uint64_t line_position(const struct contact *ct);
uint64_t line_total(const struct core *c);
uint64_t line_length(const struct core *c, uint64_t queue);

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
