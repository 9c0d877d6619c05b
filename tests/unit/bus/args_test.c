/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "lib/bus/args.h"
#include "lib/bus/reply.h"
#include "tests/unit/base/unit.h"

static void arguments(void **state)
{
	struct args x;
	char text[] = "gone";

	(void)state;
	args_init(&x);
	args_fcall(&x, "jf_commit_7", 12);
	args_num(&x, UINT64_MAX);
	args_add(&x, str_c(text));
	args_add(&x, STR_NONE);
	memset(text, 'x', sizeof(text) - 1); /* it was copied */
	assert_int_equal(x.n, 7);
	assert_str(x.v[0], "FCALL");
	assert_str(x.v[1], "jf_commit_7");
	assert_str(x.v[2], "1");
	assert_str(x.v[3], "{p12}");
	assert_str(x.v[4], "18446744073709551615");
	assert_str(x.v[5], "gone");
	assert_str(x.v[6], "");
	assert_false(args_failed(&x));
	args_release(&x);
}

static void many(void **state)
{
	struct args x;

	(void)state;
	args_init(&x);
	for (uint64_t i = 0; i < 10000; i++)
		args_num(&x, i);
	assert_int_equal(x.n, 10000);
	assert_str(x.v[9999], "9999");
	args_release(&x);
}

static void message(void **state)
{
	struct args x;
	struct msg m;

	(void)state;
	args_init(&x);
	msg_init(&m, M_LEG_END);
	msg_put(&m, F_LEG, STR_LIT("l00000000000000ab"));
	msg_put(&m, F_CODE, STR_LIT("486"));
	args_msg(&x, &m);
	assert_int_equal(x.n, 2);
	assert_str(x.v[0], "m");
	assert_str(x.v[1], "t=7:leg.end;leg=17:l00000000000000ab;code=3:486;");
	args_release(&x);
}

/* ---- entries of a stream ------------------------------------------------ */

static redisReply texts[600];
static redisReply *elements[600];

static redisReply text(const char *s)
{
	return (redisReply){.type = REDIS_REPLY_STRING,
			    .str = (char *)(uintptr_t)s, .len = strlen(s)};
}

/* An entry with these texts as fields and values. */
static int entry(const char *const *v, size_t n, struct str *idp,
		 struct msg *m, char *err, size_t errsz)
{
	redisReply id = text("5-1"), list, whole;
	redisReply *both[2] = {&id, &list};

	for (size_t i = 0; i < n; i++) {
		texts[i] = text(v[i]);
		elements[i] = &texts[i];
	}
	list = (redisReply){.type = REDIS_REPLY_ARRAY, .elements = n,
			    .element = elements};
	whole = (redisReply){.type = REDIS_REPLY_ARRAY, .elements = 2,
			     .element = both};
	return reply_entry(&whole, idp, m, err, errsz);
}

static void entries(void **state)
{
	static const char *const good[] = {"t", "agent.ready", "agent", "7",
					   "actor", "phone", "newer", "x"};
	static const char *const packed[] = {
		"m", "t=11:agent.ready;agent=1:7;actor=6:a;b=1:;newer=0:;"};
	static const char *const broken[] = {
		"t", "t=", "t=11", "t=x:agent.ready;", "t=11:agent.read",
		"t=11:agent.ready", "t=12:agent.ready;",
		"t=99999999999999999999:agent.ready;", ";"};
	const char *many_v[600];
	struct str id;
	struct msg m;
	char err[160] = "";

	(void)state;
	assert_int_equal(entry(good, 8, &id, &m, err, sizeof(err)), 0);
	assert_str(id, "5-1");
	assert_int_equal(m.type, M_AGENT_READY);
	assert_int_equal(msg_num(&m, F_AGENT), 7);
	assert_int_equal(entry(packed, 2, &id, &m, err, sizeof(err)), 0);
	assert_int_equal(m.type, M_AGENT_READY);
	assert_str(msg_get(&m, F_ACTOR), "a;b=1:");
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		const char *const v[] = {"m", broken[i]};

		assert_int_equal(entry(v, 2, &id, &m, err, sizeof(err)),
				 EPROTO);
		assert_string_equal(err, "entry's m is not a packed message");
	}
	assert_int_equal(entry(good, 7, &id, &m, err, sizeof(err)), EPROTO);
	assert_str(id, "5-1"); /* it is passed over by its id */
	assert_int_equal(entry(good, 4, &id, &m, err, sizeof(err)), EPROTO);
	assert_string_equal(err, "agent.ready: field actor is missing");
	for (int i = 0; i < 600; i++)
		many_v[i] = "t";
	assert_int_equal(entry(many_v, 600, &id, &m, err, sizeof(err)),
			 EPROTO);
	assert_string_equal(err, "entry has too many fields");
	assert_str(id, "5-1");
}

static void not_an_entry(void **state)
{
	redisReply nil = {.type = REDIS_REPLY_NIL}, id = text("5-1"), whole;
	redisReply *both[2] = {&id, &nil};
	struct str s;
	struct msg m;
	char err[160];

	(void)state;
	assert_int_equal(reply_entry(&nil, &s, &m, err, sizeof(err)), EPROTO);
	assert_str(s, "");
	whole = (redisReply){.type = REDIS_REPLY_ARRAY, .elements = 2,
			     .element = both};
	assert_int_equal(reply_entry(&whole, &s, &m, err, sizeof(err)),
			 EPROTO); /* trimmed away meanwhile */
	assert_str(s, "5-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments),
		cmocka_unit_test(many),
		cmocka_unit_test(message),
		cmocka_unit_test(entries),
		cmocka_unit_test(not_an_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
