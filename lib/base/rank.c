/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/rank.h"

static uint32_t size_of(const struct rank_node *n)
{
	return n ? n->size : 0;
}

static int side_of(const struct rank_node *n)
{
	return n->parent->child[1] == n;
}

/* Puts n (may be NULL) where old is. */
static void put_in_place(struct rank *r, const struct rank_node *old,
			 struct rank_node *n)
{
	if (!old->parent)
		r->root = n;
	else
		old->parent->child[side_of(old)] = n;
	if (n)
		n->parent = old->parent;
}

/* n changes places with its parent. */
static void rotate(struct rank *r, struct rank_node *n)
{
	struct rank_node *p = n->parent, *inner;
	int side = side_of(n);

	inner = n->child[!side];
	put_in_place(r, p, n);
	n->child[!side] = p;
	p->parent = n;
	p->child[side] = inner;
	if (inner)
		inner->parent = p;
	n->size = p->size;
	p->size = 1 + size_of(p->child[0]) + size_of(p->child[1]);
}

/* Spreads ids, which differ in their low bits only (splitmix64). */
static uint32_t weight_of(uint64_t salt)
{
	salt += 0x9e3779b97f4a7c15u;
	salt = (salt ^ salt >> 30) * 0xbf58476d1ce4e5b9u;
	salt = (salt ^ salt >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(salt >> 32);
}

void rank_insert(struct rank *r, struct rank_node *n, uint64_t salt)
{
	struct rank_node *p = NULL, **at = &r->root;

	while (*at) {
		p = *at;
		p->size++;
		at = &p->child[r->before(p, n)];
	}
	*n = (struct rank_node){.parent = p, .size = 1,
				.weight = weight_of(salt)};
	*at = n;
	while (n->parent && n->parent->weight < n->weight)
		rotate(r, n);
}

void rank_remove(struct rank *r, struct rank_node *n)
{
	if (!rank_in(n))
		return;
	while (n->child[0] && n->child[1])
		rotate(r, n->child[n->child[0]->weight <
				   n->child[1]->weight]);
	put_in_place(r, n, n->child[0] ? n->child[0] : n->child[1]);
	for (struct rank_node *p = n->parent; p; p = p->parent)
		p->size--;
	*n = (struct rank_node){0};
}

size_t rank_of(const struct rank_node *n)
{
	size_t before = size_of(n->child[0]);

	for (; n->parent; n = n->parent)
		if (side_of(n))
			before += 1 + size_of(n->parent->child[0]);
	return before;
}

static struct rank_node *leftmost(struct rank_node *n)
{
	while (n && n->child[0])
		n = n->child[0];
	return n;
}

struct rank_node *rank_first(const struct rank *r)
{
	return leftmost(r->root);
}

struct rank_node *rank_next(const struct rank_node *n)
{
	if (n->child[1])
		return leftmost(n->child[1]);
	while (n->parent && side_of(n))
		n = n->parent;
	return n->parent;
}
