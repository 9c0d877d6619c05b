/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdalign.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "tests/unit/base/failing.h"
#include "tests/unit/base/unit.h"

#define PIECES 2000

/* Pieces of many sizes, each with bytes of its own, do not touch each other. */
static void pieces_are_apart(void **state)
{
	static struct {
		unsigned char *p;
		size_t n;
	} v[PIECES];
	struct arena a;

	(void)state;
	srand(1);
	arena_init(&a);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PIECES; i++) {
			v[i].n = (size_t)rand() % (i % 100 ? 200 : 20000);
			v[i].p = arena_alloc(&a, v[i].n);
			assert_non_null(v[i].p);
			assert_int_equal((uintptr_t)v[i].p %
					 alignof(max_align_t), 0);
			for (size_t k = 0; k < v[i].n; k++)
				assert_int_equal(v[i].p[k], 0);
			memset(v[i].p, i & 255, v[i].n);
		}
		for (int i = 0; i < PIECES; i++)
			for (size_t k = 0; k < v[i].n; k++)
				assert_int_equal(v[i].p[k], i & 255);
		arena_reset(&a);
	}
	arena_release(&a);
}

static void texts(void **state)
{
	struct arena a;
	struct str s;

	(void)state;
	arena_init(&a);
	s = arena_str(&a, (struct str){"ab\0c", 4});
	assert_int_equal(s.len, 4);
	assert_memory_equal(s.p, "ab\0c", 5); /* with a NUL behind it */
	s = arena_str(&a, STR_NONE);
	assert_int_equal(s.len, 0);
	s = arena_printf(&a, "%s=%d", "x", 12);
	assert_str(s, "x=12");
	assert_int_equal(s.p[s.len], '\0');
	arena_release(&a);
}

/* What was handed out before stays good when no more can be had. */
static void no_memory(void **state)
{
	struct arena a;
	struct str kept;

	(void)state;
	arena_init(&a);
	kept = arena_str(&a, STR_LIT("kept"));
	failing_at(1);
	assert_null(arena_alloc(&a, 100000));
	assert_true(failing_done());
	assert_true(a.failed);
	assert_str(kept, "kept");
	failing_at(1);
	assert_null(arena_str(&a, (struct str){(char[20000]){0}, 20000}).p);
	assert_true(failing_done());
	arena_reset(&a);
	assert_false(a.failed);
	failing_at(1);
	assert_non_null(arena_alloc(&a, 10)); /* a block is there still */
	assert_false(failing_done());
	arena_release(&a);
	failing_at(1);
	assert_null(arena_printf(&a, "%d", 1).p);
	assert_true(failing_done());
	arena_release(&a);
}

/* A reset keeps the blocks: a round like the one before takes no memory. */
static void memory_is_kept(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (int i = 0; i < 50; i++)
		arena_alloc(&a, 1000);
	arena_alloc(&a, 50000);
	for (int round = 0; round < 5; round++) {
		arena_reset(&a);
		failing_at(1);
		for (int i = 0; i < 50; i++)
			assert_non_null(arena_alloc(&a, 1000));
		assert_non_null(arena_alloc(&a, 50000));
		assert_false(failing_done());
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_apart),
		cmocka_unit_test(texts),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(memory_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
