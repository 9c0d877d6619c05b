/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>

#include "router-engine/store/drain.h"
#include "tests/unit/io/unit.h"

static struct arena arena;

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

static void test_none(void **state)
{
	(void)state;
	assert_str(drain_json(NULL, 0, &arena), "[]");
}

static void test_fields(void **state)
{
	struct msg m[2];

	(void)state;
	msg_init(&m[0], M_JOURNAL_AUDIT);
	msg_put(&m[0], F_ID, STR_LIT("1.g.2.3"));
	msg_put(&m[0], F_OBJECT, STR_LIT("a \"b\" \\ \n\x7f\xe4\xb8\xad"));
	msg_init(&m[1], M_JOURNAL_LEG);
	assert_str(drain_json(m, 2, &arena),
		   "[{\"t\":\"journal.audit\",\"id\":\"1.g.2.3\",\"object\":"
		   "\"a \\\"b\\\" \\\\ \\u000a\x7f\xe4\xb8\xad\"},"
		   "{\"t\":\"journal.leg\"}]");
}

/* Every byte, and every pair of bytes that could look like UTF-8, gives JSON
 * that a strict parser takes. */
static void test_any_bytes(void **state)
{
	unsigned char raw[4];

	(void)state;
	for (unsigned i = 0; i < 0x10000; i++) {
		struct msg m;
		struct str text;
		json_t *o;

		raw[0] = (unsigned char)(i >> 8);
		raw[1] = (unsigned char)i;
		raw[2] = 0x80;
		raw[3] = 0xbf;
		msg_init(&m, M_JOURNAL_AUDIT);
		msg_put(&m, F_REASON, (struct str){(char *)raw, i % 5});
		text = drain_json(&m, 1, &arena);
		o = json_loadb(text.p, text.len, 0, NULL);
		if (!o)
			fail_msg("not JSON: %.*s", STR_FMT(text));
		json_decref(o);
		arena_reset(&arena);
	}
}

/* PostgreSQL's jsonb takes no U+0000 and no surrogates. */
static void test_replaced(void **state)
{
	static const char *const bad[] = {"\xed\xa0\x80", "\xc0\x80",
					  "\xf4\x90\x80\x80", "\xff", "\xc3"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct str text;
		struct msg m;

		msg_init(&m, M_JOURNAL_AUDIT);
		msg_put(&m, F_REASON, str_c(bad[i]));
		text = drain_json(&m, 1, &arena);
		assert_null(strstr(text.p, bad[i]));
		assert_non_null(strstr(text.p, "\xef\xbf\xbd"));
	}
	struct msg m;

	msg_init(&m, M_JOURNAL_AUDIT);
	msg_put(&m, F_REASON, (struct str){"a\0b", 3});
	assert_non_null(strstr(drain_json(&m, 1, &arena).p,
			       "a\xef\xbf\xbd" "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_replaced),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
