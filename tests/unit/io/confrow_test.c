/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "router-engine/store/confdb.h"
#include "tests/unit/io/unit.h"

static struct arena arena;
static char why[256];

static int row(const char *kind, const char *json, struct msg *m)
{
	why[0] = '\0';
	return confdb_row(str_c(kind), str_c(json), &arena, m, why,
			  sizeof(why));
}

static void test_agent(void **state)
{
	struct msg m;

	(void)state;
	assert_int_equal(row("conf.agent", "{\"agent\":\"1\",\"tenant\":2,"
			     "\"version\":3,\"name\":\"\\u738b\",\"user\":"
			     "\"wang\",\"skills\":[\"zh:10\",\"en:3\"],"
			     "\"later\":true,\"sdp\":\"not of an agent\"}",
			     &m), 0);
	assert_int_equal(m.type, M_CONF_AGENT);
	assert_int_equal(msg_num(&m, F_TENANT), 2);
	assert_str(msg_get(&m, F_NAME), "\xe7\x8e\x8b");
	assert_str(msg_get(&m, F_SKILLS), "zh:10,en:3");
	assert_false(str_set(msg_get(&m, F_SDP)));
}

static void test_short_kind_and_null(void **state)
{
	struct msg m;

	(void)state;
	assert_int_equal(row("tenant", "{\"tenant\":1,\"version\":1,\"name\":"
			     "\"demo\",\"domain\":\"demo.example\","
			     "\"language\":\"en\",\"code_ready\":null}", &m),
			 0);
	assert_int_equal(m.type, M_CONF_TENANT);
	assert_false(str_set(msg_get(&m, F_CODE_READY)));
}

static void test_bad(void **state)
{
	struct msg m;

	(void)state;
	assert_int_equal(row("conf.agent", "{\"agent\":1}", &m), EPROTO);
	assert_non_null(strstr(why, "tenant"));
	assert_int_equal(row("conf.number", "{\"number\":\"+1\",\"tenant\":"
			     "\"x\",\"version\":1,\"queue\":1}", &m), EPROTO);
	assert_non_null(strstr(why, "tenant"));
	assert_int_equal(row("conf.agent", "[]", &m), EPROTO);
	assert_int_equal(row("conf.agent", "{", &m), EPROTO);
	assert_int_equal(row("leg.offered", "{}", &m), EPROTO);
	assert_non_null(strstr(why, "kind"));
	assert_int_equal(row(NULL, NULL, &m), EPROTO);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agent),
		cmocka_unit_test(test_short_kind_and_null),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
