/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/bus/bus.h"
#include "tests/unit/base/unit.h"

static void lists(void **state)
{
	(void)state;
	assert_true(bus_sentinels_ok("127.0.0.1:26379"));
	assert_true(bus_sentinels_ok("a:1,b:2, c:65535 "));
	assert_true(bus_sentinels_ok("::1:26379")); /* the last colon counts */
	assert_false(bus_sentinels_ok(""));
	assert_false(bus_sentinels_ok("a"));
	assert_false(bus_sentinels_ok(":1"));
	assert_false(bus_sentinels_ok("a:"));
	assert_false(bus_sentinels_ok("a:0"));
	assert_false(bus_sentinels_ok("a:65536"));
	assert_false(bus_sentinels_ok("a:1,,b:2"));
	assert_false(bus_sentinels_ok("a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,"
				      "a:1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lists)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
