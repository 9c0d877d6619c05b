/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "lib/base/heap.h"
#include "tests/unit/base/unit.h"

#define NODES 500

static int compare(const void *a, const void *b)
{
	const struct heap_node *x = *(struct heap_node *const *)a;
	const struct heap_node *y = *(struct heap_node *const *)b;

	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void setup(struct heap_node *v, unsigned seed)
{
	srand(seed);
	for (unsigned i = 0; i < NODES; i++)
		v[i] = (struct heap_node){.id = i + 1};
}

/* What is in the heap leaves it in the order that qsort gives. */
static void drain(struct heap *h, struct heap_node *v)
{
	struct heap_node *sorted[NODES], *first;
	size_t n = 0;

	for (unsigned i = 0; i < NODES; i++)
		if (v[i].pos)
			sorted[n++] = &v[i];
	assert_int_equal(n, h->n);
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++) {
		first = heap_first(h);
		assert_ptr_equal(first, sorted[i]);
		heap_remove(h, first);
		assert_int_equal(first->pos, 0);
	}
	assert_null(heap_first(h));
}

static void like_qsort(void **state)
{
	struct heap_node v[NODES];
	struct heap h = {0};

	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		setup(v, seed);
		for (int i = 0; i < NODES * 4; i++) {
			struct heap_node *node = &v[rand() % NODES];

			if (rand() % 4)
				assert_int_equal(heap_set(&h, node, (uint64_t)(
						 rand() % 50)), 0);
			else
				heap_remove(&h, node);
		}
		drain(&h, v);
	}
	heap_release(&h);
}

static void equal_times_leave_by_id(void **state)
{
	struct heap_node v[NODES];
	struct heap h = {0};

	(void)state;
	setup(v, 1);
	for (int i = NODES - 1; i >= 0; i--)
		heap_set(&h, &v[i], 5);
	for (unsigned i = 0; i < NODES; i++) {
		assert_int_equal(heap_first(&h)->id, i + 1);
		heap_remove(&h, heap_first(&h));
	}
	heap_remove(&h, &v[0]); /* absent: nothing */
	heap_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_qsort),
		cmocka_unit_test(equal_times_leave_by_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
