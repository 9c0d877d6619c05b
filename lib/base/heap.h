/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file heap.h  A binary heap of due times whose nodes live in their owners.
 *
 * Equal times leave in the order of `id`, so that the order of timers does
 * not depend on the order of insertion.
 */
#ifndef JF_BASE_HEAP_H
#define JF_BASE_HEAP_H

#include <stdint.h>
#include <stddef.h>

struct heap_node {
	uint64_t due; /* the key, any unit */
	uint64_t id; /* breaks ties */
	size_t pos; /* 1-based place in the heap; 0: not in it */
};

struct heap {
	struct heap_node **v;
	size_t n, cap;
};

void heap_release(struct heap *h);
/* Inserts or moves the node to `due`. 0 or ENOMEM (then it is not in the
 * heap when it was not before). */
int heap_set(struct heap *h, struct heap_node *node, uint64_t due);
void heap_remove(struct heap *h, struct heap_node *node); /* may be absent */
struct heap_node *heap_first(const struct heap *h); /* NULL when empty */

#endif
