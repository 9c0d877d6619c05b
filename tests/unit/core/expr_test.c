/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The language: what it takes, what it refuses and where, what it means. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/core/bench.h"
#include "router-engine/core/expr.h"

static const struct expr_agent anna = {
	.skills = STR_LIT("french:4,dynamodb:5,sales:0"),
	.languages = STR_LIT("fr,en"),
	.groups = STR_LIT("experts,night"),
	.user = STR_LIT("anna.b"),
};

static bool holds(const char *text)
{
	char err[200] = "";
	struct expr e;

	if (expr_parse(str_c(text), EXPR_PEOPLE, &e, err, sizeof(err)))
		fail_msg("%s: %s", text, err);
	return expr_holds(&e, &anna);
}

static bool now(const char *text)
{
	struct expr_moment m = {.staffed = 3, .free = 0, .waiting = 12};
	char err[200] = "";
	struct expr e;

	if (expr_parse(str_c(text), EXPR_MOMENT, &e, err, sizeof(err)))
		fail_msg("%s: %s", text, err);
	return expr_now(&e, &m);
}

static void means(void **state)
{
	(void)state;
	assert_true(holds("any"));
	assert_true(holds("french >= 4 and dynamodb >= 5"));
	assert_false(holds("french >= 5 and dynamodb >= 5"));
	assert_true(holds("french >= 5 or dynamodb >= 5"));
	assert_true(holds("french") && !holds("sales"));
	assert_true(holds("sales < 1") && holds("sales = 0"));
	assert_true(holds("skill french = 4") && holds("french != 5"));
	assert_true(holds("french > 3 and french <= 4 and not french < 4"));
	assert_true(holds("language fr and group night and agent anna.b"));
	assert_false(holds("language f") || holds("group night2"));
	assert_false(holds("not agent anna.b"));
}

/* Who lacks a skill satisfies no comparison of it, and not its contrary. */
static void lacks(void **state)
{
	(void)state;
	assert_false(holds("german < 5") || holds("german != 5"));
	assert_false(holds("german >= 0"));
	assert_true(holds("not german >= 0"));
}

static void binds(void **state)
{
	(void)state;
	assert_true(holds("any or german and german")); /* and before or */
	assert_false(holds("(any or german) and german"));
	assert_true(holds("not german or german")); /* not before or */
	assert_true(holds("not (german and any)"));
	assert_true(holds("not not any"));
	assert_false(holds("german or german or not any or not (any and (any "
			   "or german))"));
}

static void of_the_moment(void **state)
{
	(void)state;
	assert_true(now("staffed = 3 and free = 0 and waiting > 11"));
	assert_false(now("staffed < 3") || now("not free = 0"));
}

static void check_line(char *line)
{
	char *text = strchr(line, '|'), *want, err[300] = "";
	enum expr_kind kind = *line == 'p' ? EXPR_PEOPLE : EXPR_MOMENT;
	struct expr e;
	int rc;

	assert_non_null(text);
	*text++ = 0;
	want = strrchr(text, '|');
	assert_non_null(want);
	*want++ = 0;
	rc = expr_parse(str_c(text), kind, &e, err, sizeof(err));
	if (strcmp(err, want) != 0)
		fail_msg("%s: %s", text, err);
	assert_int_equal(rc, *want ? EPROTO : 0);
	assert_true(rc ? e.n == 0 : e.n > 0);
}

static void as_listed(void **state)
{
	FILE *f = fopen(EXPRESSIONS, "r");
	char line[400];
	unsigned n = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (*line == '#')
			continue;
		check_line(line);
		n++;
	}
	fclose(f);
	assert_true(n > 30);
}

static void limits(void **state)
{
	char text[2 * EXPR_LEN_MAX] = "a", err[200];
	struct expr e;

	(void)state;
	for (int i = 1; i < EXPR_NODES_MAX / 2; i++)
		strcat(text, " or a");
	assert_int_equal(expr_parse(str_c(text), EXPR_PEOPLE, &e, err,
				    sizeof(err)), 0);
	strcat(text, " or a");
	assert_int_equal(expr_parse(str_c(text), EXPR_PEOPLE, &e, err,
				    sizeof(err)), EPROTO);
	assert_non_null(strstr(err, "more than 128"));
	memset(text, ' ', EXPR_LEN_MAX + 1);
	text[EXPR_LEN_MAX + 1] = 0;
	assert_int_equal(expr_parse(str_c(text), EXPR_PEOPLE, &e, err,
				    sizeof(err)), EPROTO);
	assert_string_equal(err, "column 1001: longer than 1000 bytes: make "
			    "it shorter");
}

/* What nobody can print is not printed. */
static void odd_bytes(void **state)
{
	char err[200];
	struct expr e;

	(void)state;
	assert_int_equal(expr_parse(STR_LIT("french \x01"), EXPR_PEOPLE, &e,
				    err, sizeof(err)), EPROTO);
	assert_string_equal(err, "column 8: expected and, or or the end, "
			    "found byte 1");
	assert_int_equal(expr_parse(STR_NONE, EXPR_PEOPLE, &e, err,
				    sizeof(err)), EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means),
		cmocka_unit_test(lacks),
		cmocka_unit_test(binds),
		cmocka_unit_test(of_the_moment),
		cmocka_unit_test(as_listed),
		cmocka_unit_test(limits),
		cmocka_unit_test(odd_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
