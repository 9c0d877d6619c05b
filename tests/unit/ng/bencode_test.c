/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rtp/ng/bencode.h"

static void writes(void **state)
{
	char buf[64];
	struct bwriter w;

	(void)state;
	bwrite_init(&w, buf, sizeof(buf));
	bwrite_dict(&w);
	bwrite_str(&w, STR_LIT("a"));
	bwrite_int(&w, -12);
	bwrite_str(&w, STR_LIT("b"));
	bwrite_list(&w);
	bwrite_str(&w, STR_NONE);
	bwrite_end(&w);
	bwrite_end(&w);
	assert_false(w.full);
	assert_int_equal(w.len, 17);
	assert_memory_equal(buf, "d1:ai-12e1:bl0:ee", 17);
}

static void full_is_told(void **state)
{
	char buf[4];
	struct bwriter w;

	(void)state;
	bwrite_init(&w, buf, sizeof(buf));
	bwrite_str(&w, STR_LIT("too long"));
	assert_true(w.full);
	bwrite_end(&w); /* would fit, but the text would be wrong */
	assert_int_equal(w.len, 2);
}

static void reads(void **state)
{
	struct bvalue d, v;
	struct str rest;

	(void)state;
	assert_int_equal(bread(STR_LIT("d3:numi42e4:listl1:x1:yee"), &d), 0);
	assert_int_equal(d.kind, B_DICT);
	assert_int_equal(bread_get(&d, "num", &v), 0);
	assert_int_equal(v.num, 42);
	assert_int_equal(bread_get(&d, "list", &v), 0);
	rest = v.str;
	assert_true(bread_item(&rest, &v));
	assert_true(str_eq(v.str, STR_LIT("x")));
	assert_true(bread_item(&rest, &v));
	assert_false(bread_item(&rest, &v));
	assert_int_equal(bread_get(&d, "absent", &v), ENOENT);
}

static void refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"i",
		"ie",
		"i-0e",
		"i01e",
		"i1",
		"5:abc",
		"-1:a",
		"01:a",
		"+1:a",
		"d",
		"di1e1:ae",
		"d1:ae",
		"l",
		"li1e",
		"le1:x",
		"x",
		"i1ei2e",
		"9999999999999999999999:",
		"18446744073709551616:a",
		"i--1e",
		"i 1e",
		"1 :a",
	};
	struct bvalue v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!bread(str_c(bad[i]), &v))
			fail_msg("accepted: %s", bad[i]);
}

static void depth_is_bounded(void **state)
{
	char deep[20000];
	struct bvalue v;

	(void)state;
	memset(deep, 'l', sizeof(deep) / 2);
	memset(deep + sizeof(deep) / 2, 'e', sizeof(deep) / 2);
	assert_int_equal(bread((struct str){deep, sizeof(deep)}, &v), EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes),
		cmocka_unit_test(full_is_told),
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
