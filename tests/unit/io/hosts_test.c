/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "router-engine/io/hosts.h"
#include "tests/unit/io/unit.h"

static void test_in_turn(void **state)
{
	struct hosts h;
	char err[128];

	(void)state;
	assert_int_equal(hosts_read(&h, "host=10.0.0.1,10.0.0.2,c port=1,2,3 "
				    "dbname=x", err, sizeof(err)), 0);
	assert_true(hosts_many(&h));
	hosts_next(&h);
	assert_string_equal(h.host, "10.0.0.2,c,10.0.0.1");
	assert_string_equal(h.port, "2,3,1");
	hosts_next(&h);
	hosts_next(&h);
	assert_string_equal(h.host, "10.0.0.1,10.0.0.2,c");
	hosts_release(&h);
}

static void test_alone(void **state)
{
	struct hosts h;
	char err[128];

	(void)state;
	assert_int_equal(hosts_read(&h, "host=a,b port=5432", err,
				    sizeof(err)), 0);
	hosts_next(&h);
	assert_string_equal(h.host, "b,a");
	assert_string_equal(h.port, "5432");
	hosts_release(&h);
	assert_int_equal(hosts_read(&h, "dbname=x", err, sizeof(err)), 0);
	assert_false(hosts_many(&h));
	hosts_next(&h);
	assert_null(h.host);
	hosts_release(&h);
}

static void test_unreadable(void **state)
{
	struct hosts h;
	char err[128] = "";

	(void)state;
	assert_int_equal(hosts_read(&h, "hots=a", err, sizeof(err)), EINVAL);
	assert_non_null(strstr(err, "hots"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_turn),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
