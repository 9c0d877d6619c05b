/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/heap.h"

void heap_release(struct heap *h)
{
	free(h->v);
	*h = (struct heap){NULL, 0, 0};
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	return a->due != b->due ? a->due < b->due : a->id < b->id;
}

/* Places are 1-based: the children of i are 2i and 2i + 1. */
static void put(struct heap *h, size_t pos, struct heap_node *node)
{
	h->v[pos - 1] = node;
	node->pos = pos;
}

static void rise(struct heap *h, struct heap_node *node)
{
	size_t pos = node->pos;

	while (pos > 1 && before(node, h->v[pos / 2 - 1])) {
		put(h, pos, h->v[pos / 2 - 1]);
		pos /= 2;
	}
	put(h, pos, node);
}

static void sink(struct heap *h, struct heap_node *node)
{
	size_t pos = node->pos, child;

	while ((child = pos * 2) <= h->n) {
		if (child < h->n && before(h->v[child], h->v[child - 1]))
			child++;
		if (!before(h->v[child - 1], node))
			break;
		put(h, pos, h->v[child - 1]);
		pos = child;
	}
	put(h, pos, node);
}

static int grow(struct heap *h)
{
	size_t cap = h->cap ? h->cap * 2 : 64;
	struct heap_node **v;

	if (h->n < h->cap)
		return 0;
	v = realloc(h->v, cap * sizeof(*v));
	if (!v)
		return ENOMEM;
	h->v = v;
	h->cap = cap;
	return 0;
}

int heap_set(struct heap *h, struct heap_node *node, uint64_t due)
{
	if (!node->pos) {
		if (grow(h))
			return ENOMEM;
		put(h, ++h->n, node);
	}
	node->due = due;
	rise(h, node);
	sink(h, node);
	return 0;
}

void heap_remove(struct heap *h, struct heap_node *node)
{
	struct heap_node *last;
	size_t pos = node->pos;

	if (!pos)
		return;
	node->pos = 0;
	last = h->v[--h->n];
	if (last == node)
		return;
	put(h, pos, last);
	rise(h, last);
	sink(h, last);
}

struct heap_node *heap_first(const struct heap *h)
{
	return h->n ? h->v[0] : NULL;
}
