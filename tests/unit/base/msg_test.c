/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "lib/base/msg.h"
#include "tests/unit/base/failing.h"
#include "tests/unit/base/unit.h"

#define LEG "l00000000000000ab"

static char err[160];

/* Pairs end with NULL. */
static int parse(struct msg *m, const char *const *v)
{
	struct str s[128];
	size_t n = 0;

	for (; v[n]; n++)
		s[n] = str_c(v[n]);
	err[0] = '\0';
	return msg_parse(m, s, n, err, sizeof(err));
}

#define PARSE(m, ...) parse(m, (const char *const[]){__VA_ARGS__, NULL})

static void parsed(void **state)
{
	struct msg m;

	(void)state;
	assert_int_equal(PARSE(&m, "t", "media.dtmf", "leg", LEG, "digit", "#",
			       "ms", "80", "seq", "7", "unheard_of", "x",
			       "agent", "of no use"), 0);
	assert_int_equal(m.type, M_MEDIA_DTMF);
	assert_int_equal(m.n, 4);
	assert_str(msg_get(&m, F_DIGIT), "#");
	assert_int_equal(msg_num(&m, F_MS), 80);
	assert_int_equal(msg_num(&m, F_SEQ), 7); /* a stamp */
	assert_int_equal(msg_num(&m, F_CODE), 0);
	assert_str(msg_get(&m, F_AGENT), "");
}

static void errors_name_the_field(void **state)
{
	struct msg m;

	(void)state;
	assert_int_equal(PARSE(&m, "t", "media.dtmf", "leg", LEG, "ms", "80"),
			 EPROTO);
	assert_string_equal(err, "media.dtmf: field digit is missing");
	assert_int_equal(PARSE(&m, "t", "media.dtmf", "leg", LEG, "digit", "",
			       "ms", "80"), EPROTO);
	assert_string_equal(err, "media.dtmf: field digit is missing");
	assert_int_equal(PARSE(&m, "t", "media.dtmf", "leg", LEG, "ms", "-1"),
			 EPROTO);
	assert_string_equal(err, "media.dtmf: field ms must be "
			    "a decimal number");
	assert_int_equal(PARSE(&m, "t", "media.dtmf", "leg", "l12"), EPROTO);
	assert_string_equal(err, "media.dtmf: field leg must be a letter and "
			    "16 hexadecimal digits");
	assert_int_equal(PARSE(&m, "leg", LEG), EPROTO);
	assert_string_equal(err, "first field must be t, the type");
	assert_int_equal(PARSE(&m, "t", "nonsense"), EPROTO);
	assert_string_equal(err, "unknown type nonsense");
	assert_int_equal(PARSE(&m, "t", "conf.end", "odd"), EPROTO);
	assert_string_equal(err, "a message is pairs of field and value");
	assert_int_equal(msg_parse(&m, NULL, 0, NULL, 0), EPROTO);
	assert_int_equal(PARSE(&m, "t", "none"), EPROTO);
}

static void kinds(void **state)
{
	static const struct {
		enum msg_type type;
		enum msg_field field;
		const char *value;
		bool good;
	} v[] = {
		{M_MEDIA_PLAY, F_LOOP, "1", true},
		{M_MEDIA_PLAY, F_LOOP, "0", true},
		{M_MEDIA_PLAY, F_LOOP, "2", false},
		{M_MEDIA_PLAY, F_LOOP, "yes", false},
		{M_CONF_QUEUE, F_PRIORITY, "-3", true},
		{M_CONF_QUEUE, F_PRIORITY, "3.5", false},
		{M_MEDIA_DTMF, F_MS, "9223372036854775807", true},
		{M_MEDIA_DTMF, F_MS, "9223372036854775808", false},
		{M_MEDIA_DTMF, F_DIGIT, "two\nlines", false},
		{M_MEDIA_DTMF, F_DIGIT, "tab\t", false},
		{M_MEDIA_DTMF, F_DIGIT, "\xc3\xa9", true},
		{M_LEG_MEMO, F_MEMO, "any\r\nthing\x01", true},
		{M_MEDIA_HEAR, F_HEARS, LEG ":100," LEG ":50", true},
		{M_MEDIA_HEAR, F_LEG, "L00000000000000ab", false},
		{M_MEDIA_HEAR, F_LEG, "l00000000000000ag", false},
	};
	struct msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		const char *field = msg_field_name(v[i].field);
		bool named;

		PARSE(&m, "t", msg_type_name(v[i].type), field, v[i].value);
		named = strstr(err, "must be") && strstr(err, field);
		assert_int_equal(named, !v[i].good);
	}
}

static void checked_before_it_leaves(void **state)
{
	struct msg m;

	(void)state;
	msg_init(&m, M_LEG_END);
	assert_int_equal(msg_check(&m, err, sizeof(err)), EPROTO);
	assert_string_equal(err, "leg.end: field leg is missing");
	msg_put(&m, F_LEG, STR_LIT(LEG));
	msg_put(&m, F_ID, STR_LIT("0.g.1.1"));
	assert_int_equal(msg_check(&m, err, sizeof(err)), 0);
	msg_put(&m, F_AGENT, STR_LIT("7"));
	assert_int_equal(msg_check(&m, err, sizeof(err)), EPROTO);
	assert_string_equal(err, "leg.end: has no field agent");
	msg_put(&m, F_AGENT, STR_NONE); /* away again */
	msg_put(&m, F_CODE, STR_LIT("many"));
	assert_int_equal(msg_check(&m, err, sizeof(err)), EPROTO);
	assert_string_equal(err, "leg.end: field code must be "
			    "a decimal number");
	assert_int_equal(msg_check(&m, NULL, 0), EPROTO);
}

static void values_are_replaced(void **state)
{
	struct arena a;
	struct msg m;

	(void)state;
	arena_init(&a);
	msg_init(&m, M_CONF_QUEUE);
	msg_put_num(&m, &a, F_QUEUE, 1);
	msg_put_num(&m, &a, F_QUEUE, UINT64_MAX);
	msg_put_int(&m, &a, F_PRIORITY, -5);
	assert_int_equal(m.n, 2);
	assert_true(msg_num(&m, F_QUEUE) == UINT64_MAX);
	assert_int_equal(msg_int(&m, F_PRIORITY), -5);
	assert_int_equal(msg_num(&m, F_PRIORITY), 0); /* is no such number */
	msg_put_fmt(&m, &a, F_NAME, "%s-%d", "q", 3);
	assert_str(msg_get(&m, F_NAME), "q-3");
	arena_release(&a);
}

static void too_many_fields(void **state)
{
	struct str v[2 * 200];
	struct msg m;

	(void)state;
	/* no type has so many: what repeats is replaced, not added */
	v[0] = STR_LIT("t");
	v[1] = STR_LIT("media.dtmf");
	for (size_t i = 2; i < 400; i += 2) {
		v[i] = STR_LIT("digit");
		v[i + 1] = STR_LIT("1");
	}
	assert_int_equal(msg_parse(&m, v, 400, err, sizeof(err)), EPROTO);
	assert_int_equal(m.n, 1);
	for (int t = M_NONE + 1; t < MSG_NTYPES; t++) {
		unsigned n = 0;

		for (int f = 0; f < MSG_NFIELDS; f++)
			n += msg_type_field((enum msg_type)t,
					    (enum msg_field)f) != 0;
		assert_true(n <= MSG_MAX_FIELDS);
	}
}

static void lines(void **state)
{
	struct arena a;
	struct msg m, back;
	struct str line;

	(void)state;
	arena_init(&a);
	msg_init(&m, M_LEG_MEMO);
	msg_put(&m, F_LEG, STR_LIT(LEG));
	msg_put(&m, F_MEMO, (struct str){"a=b c%\r\n\0z", 10});
	line = msg_format(&m, &a);
	assert_str(line, "t=leg.memo leg=" LEG " memo=a%3Db%20c%25%0D%0A%00z");
	assert_int_equal(msg_scan(&back, line, &a, err, sizeof(err)), 0);
	assert_int_equal(back.n, 2);
	assert_true(str_eq(msg_get(&back, F_MEMO), msg_get(&m, F_MEMO)));
	assert_int_equal(msg_scan(&back, STR_NONE, &a, err, sizeof(err)),
			 EPROTO);
	assert_string_equal(err, "empty line");
	assert_int_equal(msg_scan(&back, STR_LIT("t=leg.memo memo=%"), &a, err,
				  sizeof(err)), EPROTO);
	assert_string_equal(err, "field memo: % needs two digits");
	arena_release(&a);
}

/* Every type and field is found by its own name, and by no other's. */
static void names(void **state)
{
	(void)state;
	for (int t = M_NONE + 1; t < MSG_NTYPES; t++)
		assert_int_equal(msg_type_find(str_c(msg_type_name(
				 (enum msg_type)t))), t);
	for (int f = 0; f < MSG_NFIELDS; f++)
		assert_int_equal(msg_field_find(str_c(msg_field_name(
				 (enum msg_field)f))), f);
	assert_int_equal(msg_type_find(STR_LIT("leg.")), M_NONE);
	assert_int_equal(msg_field_find(STR_NONE), -1);
}

/* One round trip with every allocation failing once: an errno, no crash. */
static void no_memory(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (unsigned n = 1;; n++) {
		struct msg m, back;
		struct arena a, b;
		struct str line;
		int e = 0;

		failing_at(n);
		arena_init(&a);
		arena_init(&b);
		msg_init(&m, M_LEG_MEMO);
		msg_put(&m, F_LEG, STR_LIT(LEG));
		msg_put_fmt(&m, &a, F_MEMO, "%0500d", 7);
		line = msg_format(&m, &a);
		if (line.len)
			e = msg_scan(&back, STR_LIT("t=leg.memo leg=" LEG
				     " memo=%20"), &b, err, sizeof(err));
		if (!failing_done()) {
			assert_int_equal(e, 0);
			arena_release(&a);
			arena_release(&b);
			break;
		}
		failed++;
		assert_true(a.failed || e == ENOMEM);
		arena_release(&a);
		arena_release(&b);
	}
	assert_int_equal(failed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsed),
		cmocka_unit_test(errors_name_the_field),
		cmocka_unit_test(kinds),
		cmocka_unit_test(checked_before_it_leaves),
		cmocka_unit_test(values_are_replaced),
		cmocka_unit_test(too_many_fields),
		cmocka_unit_test(lines),
		cmocka_unit_test(names),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
