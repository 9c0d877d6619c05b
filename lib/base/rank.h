/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file rank.h  An ordered set that knows places: a treap with sizes.
 *
 * Nodes are members of the caller's objects. Insertion, removal and the rank
 * of a node take O(log n) steps (expected; Seidel and Aragon, 1996); the
 * balance follows from each node's salt, so that equal contents give equal
 * costs wherever they came from. The order must be total, and a node's key
 * must not change while it is in the set.
 */
#ifndef JF_BASE_RANK_H
#define JF_BASE_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rank_node {
	struct rank_node *parent, *child[2];
	uint32_t size; /* of its subtree, itself included; 0: in no set */
	uint32_t weight;
};

/* True when a comes before b. */
typedef bool (rank_before_h)(const struct rank_node *a,
			     const struct rank_node *b);

struct rank {
	struct rank_node *root;
	rank_before_h *before;
};

static inline size_t rank_size(const struct rank *r)
{
	return r->root ? r->root->size : 0;
}

static inline bool rank_in(const struct rank_node *n)
{
	return n->size != 0;
}

/* n is in no set; salt: any number of its own, an id. */
void rank_insert(struct rank *r, struct rank_node *n, uint64_t salt);
/* Does nothing when n is in no set. */
void rank_remove(struct rank *r, struct rank_node *n);
/* How many come before n. */
size_t rank_of(const struct rank_node *n);
struct rank_node *rank_first(const struct rank *r); /* NULL: empty */
struct rank_node *rank_next(const struct rank_node *n); /* NULL: the last */

#endif
