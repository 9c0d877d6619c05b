/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against a plain array that is kept in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rank.h"

#define N 500
#define STEPS 200000

struct item {
	struct rank_node node;
	unsigned key, id;
};

static bool before(const struct rank_node *a, const struct rank_node *b)
{
	const struct item *x = (const struct item *)a;
	const struct item *y = (const struct item *)b;

	return x->key != y->key ? x->key < y->key : x->id < y->id;
}

static int compare(const void *a, const void *b)
{
	const struct item *const *x = a, *const *y = b;

	return before(&(*x)->node, &(*y)->node) ? -1
	     : before(&(*y)->node, &(*x)->node);
}

/* The heap's property holds, and every size is right. */
static unsigned check(const struct rank_node *n, const struct rank_node *up)
{
	unsigned size;

	if (!n)
		return 0;
	assert_ptr_equal(n->parent, up);
	if (up)
		assert_true(up->weight >= n->weight);
	size = 1 + check(n->child[0], n) + check(n->child[1], n);
	assert_int_equal(n->size, size);
	return size;
}

static void check_order(struct rank *r, struct item *items)
{
	struct item *sorted[N];
	const struct rank_node *at = rank_first(r);
	size_t n = 0;

	for (size_t i = 0; i < N; i++)
		if (rank_in(&items[i].node))
			sorted[n++] = &items[i];
	qsort(sorted, n, sizeof(*sorted), compare);
	assert_int_equal(rank_size(r), n);
	assert_int_equal(check(r->root, NULL), n);
	for (size_t i = 0; i < n; i++, at = rank_next(at)) {
		assert_ptr_equal(at, sorted[i]);
		assert_int_equal(rank_of(&sorted[i]->node), i);
	}
	assert_null(at);
}

static void random_steps(void **state)
{
	static struct item items[N];
	struct rank r = {NULL, before};

	(void)state;
	srandom(7);
	for (unsigned i = 0; i < N; i++)
		items[i].id = i;
	for (unsigned step = 0; step < STEPS; step++) {
		struct item *x = &items[(unsigned)random() % N];

		if (rank_in(&x->node)) {
			rank_remove(&r, &x->node);
		} else {
			x->key = (unsigned)random() % 50;
			rank_insert(&r, &x->node, x->id);
		}
		if (step % 1000 == 0)
			check_order(&r, items);
	}
}

static void removed_twice(void **state)
{
	struct item x = {.key = 1};
	struct rank r = {NULL, before};

	(void)state;
	rank_insert(&r, &x.node, 1);
	rank_remove(&r, &x.node);
	rank_remove(&r, &x.node);
	assert_int_equal(rank_size(&r), 0);
	assert_null(rank_first(&r));
}

static unsigned depth(const struct rank_node *n)
{
	unsigned a, b;

	if (!n)
		return 0;
	a = depth(n->child[0]);
	b = depth(n->child[1]);
	return 1 + (a > b ? a : b);
}

/* Those who come last go last: the usual order of a line. */
static void ascending_keys_stay_balanced(void **state)
{
	enum { MANY = 100000 };
	struct item *items = calloc(MANY, sizeof(*items));
	struct rank r = {NULL, before};

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		items[i].key = i;
		rank_insert(&r, &items[i].node, (uint64_t)i * 64);
	}
	assert_true(depth(r.root) < 60); /* about 3 log2 n */
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_steps),
		cmocka_unit_test(removed_twice),
		cmocka_unit_test(ascending_keys_stay_balanced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
