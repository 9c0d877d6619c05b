/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "tests/unit/base/unit.h"

static void order(void **state)
{
	(void)state;
	assert_true(str_cmp(STR_LIT("a"), STR_LIT("b")) < 0);
	assert_true(str_cmp(STR_LIT("b"), STR_LIT("a")) > 0);
	assert_true(str_cmp(STR_LIT("a"), STR_LIT("ab")) < 0);
	assert_true(str_cmp(STR_LIT("ab"), STR_LIT("a")) > 0);
	assert_true(str_cmp(STR_NONE, STR_LIT("")) == 0);
	assert_true(str_cmp(STR_LIT("\xff"), STR_LIT("a")) > 0);
	assert_true(str_eq(STR_NONE, STR_LIT("")));
	assert_false(str_eq(STR_LIT("a"), STR_LIT("b")));
	assert_false(str_set(STR_NONE));
	assert_str(str_c(NULL), "");
}

static void unsigned_numbers(void **state)
{
	static const char *const bad[] = {"", " 1", "1 ", "-1", "+1", "0x1",
					  "1a", "/", ":"};
	uint64_t v = 7;

	(void)state;
	assert_int_equal(str_u64(STR_LIT("18446744073709551615"), &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(str_u64(STR_LIT("007"), &v), 0);
	assert_int_equal(v, 7);
	assert_int_equal(str_u64(STR_LIT("18446744073709551616"), &v), ERANGE);
	assert_int_equal(str_u64(STR_LIT("99999999999999999999"), &v), ERANGE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(str_u64(str_c(bad[i]), &v), EINVAL);
	assert_int_equal(v, 7); /* as it was */
}

static void signed_numbers(void **state)
{
	int64_t v = 7;

	(void)state;
	assert_int_equal(str_i64(STR_LIT("-12"), &v), 0);
	assert_int_equal(v, -12);
	assert_int_equal(str_i64(STR_LIT("9223372036854775807"), &v), 0);
	assert_true(v == INT64_MAX);
	assert_int_equal(str_i64(STR_LIT("9223372036854775808"), &v), ERANGE);
	assert_int_equal(str_i64(STR_LIT("-9223372036854775807"), &v), 0);
	assert_true(v == -INT64_MAX);
	assert_int_equal(str_i64(STR_LIT("-"), &v), EINVAL);
	assert_int_equal(str_i64(STR_LIT("--1"), &v), EINVAL);
	assert_int_equal(str_i64(STR_NONE, &v), EINVAL);
}

static void hexadecimal(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(str_hex(STR_LIT("DEADbeef"), &v), 0);
	assert_true(v == 0xdeadbeef);
	assert_int_equal(str_hex(STR_LIT("ffffffffffffffff"), &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(str_hex(STR_LIT("0ffffffffffffffff"), &v), EINVAL);
	assert_int_equal(str_hex(STR_LIT("g"), &v), EINVAL);
	assert_int_equal(str_hex(STR_NONE, &v), EINVAL);
}

static void cutting(void **state)
{
	struct str rest = STR_LIT("a,,b,"), part;

	(void)state;
	assert_true(str_cut(&rest, ',', &part));
	assert_str(part, "a");
	assert_true(str_cut(&rest, ',', &part));
	assert_str(part, "");
	assert_true(str_cut(&rest, ',', &part));
	assert_str(part, "b");
	assert_false(str_cut(&rest, ',', &part)); /* nothing behind the last */
	assert_str(part, "");
	rest = STR_LIT("whole");
	assert_true(str_cut(&rest, ',', &part));
	assert_str(part, "whole");
	assert_str(rest, "");
}

static void copying(void **state)
{
	char buf[4] = "xxx";

	(void)state;
	assert_int_equal(str_copy(buf, 4, STR_LIT("abc")), 0);
	assert_string_equal(buf, "abc");
	assert_int_equal(str_copy(buf, 4, STR_LIT("abcd")), ENAMETOOLONG);
	assert_string_equal(buf, "");
	assert_int_equal(str_copy(buf, 1, STR_NONE), 0);
	assert_int_equal(str_copy(buf, 0, STR_NONE), ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(unsigned_numbers),
		cmocka_unit_test(signed_numbers),
		cmocka_unit_test(hexadecimal),
		cmocka_unit_test(cutting),
		cmocka_unit_test(copying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
