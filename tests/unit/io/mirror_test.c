/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/store/mirror.h"
#include "tests/unit/io/unit.h"

static void put(struct mirror *m, const char *kind, const char *id,
		const char *value)
{
	struct core_record r = {str_c(kind), str_c(id), str_c(value)};

	assert_int_equal(mirror_put(m, &r), 0);
}

static void test_put_replace_remove(void **state)
{
	struct mirror m = {0};

	(void)state;
	put(&m, "agent", "1", "state=ready");
	put(&m, "agent", "1", "state=talking contact=c1 a=much-longer-line");
	assert_str(mirror_get(&m, "agent", STR_LIT("1")),
		   "state=talking contact=c1 a=much-longer-line");
	put(&m, "agent", "1", "state=x");
	assert_str(mirror_get(&m, "agent", STR_LIT("1")), "state=x");
	assert_str(mirror_get(&m, "contact", STR_LIT("1")), "");
	put(&m, "agent", "1", "");
	assert_str(mirror_get(&m, "agent", STR_LIT("1")), "");
	put(&m, "agent", "1", ""); /* of what is not there */
	mirror_release(&m);
}

static void count(struct str id, struct str line, void *arg)
{
	(void)id;
	(void)line;
	++*(unsigned *)arg;
}

static void test_each(void **state)
{
	struct mirror m = {0};
	unsigned n = 0;

	(void)state;
	put(&m, "agent", "1", "a=1");
	put(&m, "agent", "2", "a=2");
	put(&m, "contact", "c1", "a=3");
	put(&m, "producer", "x", "a=4"); /* nobody asks for these */
	mirror_each(&m, "agent", count, &n);
	assert_int_equal(n, 2);
	n = 0;
	mirror_each(&m, "producer", count, &n);
	assert_int_equal(n, 0);
	mirror_release(&m);
	mirror_each(&m, "agent", count, &n);
	assert_int_equal(n, 0);
}

static void test_lines(void **state)
{
	struct str line = str_c("id=7 name=Anna%20B. state= due=12 odd");
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_str(line_get(line, "name", &a), "Anna B.");
	assert_str(line_get(line, "state", &a), "");
	assert_str(line_get(line, "nam", &a), "");
	assert_str(line_get(line, "odd", &a), "");
	assert_int_equal(line_num(line, "due"), 12);
	assert_int_equal(line_num(line, "name"), 0);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_replace_remove),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
