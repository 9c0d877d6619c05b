/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/escape.h"
#include "tests/unit/base/unit.h"

static struct str encoded(struct arena *a, struct str v)
{
	char *p = arena_alloc(a, escape_size(v) + 1);

	return (struct str){p, escape_put(p, v)};
}

static void every_byte_comes_back(void **state)
{
	struct arena a;
	struct str e, d;
	char all[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	arena_init(&a);
	e = encoded(&a, (struct str){all, 256});
	assert_int_equal(e.len, escape_size((struct str){all, 256}));
	for (size_t i = 0; i < e.len; i++)
		assert_true((unsigned char)e.p[i] > ' ' && e.p[i] != '=' &&
			    e.p[i] != 0x7f);
	assert_int_equal(escape_get(&a, e, &d), 0);
	assert_int_equal(d.len, 256);
	assert_memory_equal(d.p, all, 256);
	arena_release(&a);
}

static void as_documented(void **state)
{
	struct arena a;
	struct str d;

	(void)state;
	arena_init(&a);
	assert_str(encoded(&a, STR_LIT("v=0\r\n")), "v%3D0%0D%0A");
	assert_str(encoded(&a, STR_LIT("a,b:c")), "a,b:c");
	assert_str(escape_item(&a, STR_LIT("a,b:c %")), "a%2Cb%3Ac%20%25");
	assert_int_equal(escape_get(&a, STR_LIT("a%2cb"), &d), 0);
	assert_str(d, "a,b");
	assert_int_equal(escape_get(&a, STR_LIT("plain"), &d), 0);
	assert_str(d, "plain");
	arena_release(&a);
}

static void a_percent_without_digits(void **state)
{
	static const char *const bad[] = {"%", "a%", "%4", "%4g", "%g4",
					  "%%", "ok%20%2"};
	struct arena a;
	struct str d;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(escape_get(&a, str_c(bad[i]), &d), EPROTO);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(as_documented),
		cmocka_unit_test(a_percent_without_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
