/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commits on a link that keeps what it is given: this file stands for link.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "lib/bus/commits.h"
#include "tests/unit/base/unit.h"

#define SENT_MAX 32

struct sent {
	char text[600]; /* arguments, by spaces; an empty one is - */
	link_h *h;
	void *arg;
};

static struct sent sent[SENT_MAX];
static size_t nsent;
static bool down;
static uint64_t clock_ms = 1000;
static struct bus bus;
static uint64_t confirmed[SENT_MAX];
static size_t nconfirmed;
static char refused[80];

uint64_t link_clock_ms(void)
{
	return clock_ms;
}

int link_command(struct link *l, const struct str *argv, size_t argc,
		 unsigned deadline_ms, link_h *h, void *arg)
{
	struct sent *s = &sent[nsent];
	size_t n = 0;

	(void)l;
	(void)deadline_ms;
	if (down)
		return ENOTCONN;
	assert_true(nsent < SENT_MAX);
	for (size_t i = 0; i < argc; i++)
		n += (size_t)snprintf(s->text + n, sizeof(s->text) - n,
				      "%s%.*s", i ? " " : "", argv[i].len ?
				      (int)argv[i].len : 1, argv[i].len ?
				      argv[i].p : "-");
	s->h = h;
	s->arg = arg;
	nsent++;
	return 0;
}

static void reply(size_t i, int err, const char *error)
{
	redisReply r = {.type = REDIS_REPLY_INTEGER};

	if (error)
		r = (redisReply){.type = REDIS_REPLY_ERROR,
				 .str = (char *)(uintptr_t)error,
				 .len = strlen(error)};
	sent[i].h(error ? EPROTO : err, err && !error ? NULL : &r,
		  sent[i].arg);
}

static void on_confirmed(uint64_t number, uint64_t us, void *arg)
{
	(void)us;
	(void)arg;
	confirmed[nconfirmed++] = number;
}

static void on_refused(struct str reason, void *arg)
{
	(void)arg;
	str_copy(refused, sizeof(refused), reason);
}

static struct commits *begin(uint64_t have)
{
	struct commits_handlers h = {on_confirmed, on_refused, NULL};
	struct commits *c;

	nsent = nconfirmed = 0;
	down = false;
	refused[0] = '\0';
	assert_int_equal(commits_alloc(&c, &bus, 3, &h), 0);
	commits_begin(c, "tok", "gen", have);
	return c;
}

static uint64_t commit(struct commits *c)
{
	return commits_send(c, STR_NONE);
}

/* ---- tests ------------------------------------------------------------- */

static void encoding(void **state)
{
	struct commits *c = begin(41);
	struct owner_record r = {STR_LIT("agent"), STR_LIT("7"), STR_NONE};
	struct owner_effect v[2];
	struct msg m[2];

	(void)state;
	msg_init(&m[0], M_LEG_END);
	msg_put(&m[0], F_LEG, STR_LIT("l1"));
	v[0] = (struct owner_effect){STR_LIT("acd-1"), STR_LIT("b1"), 99,
				     &m[0]};
	msg_init(&m[1], M_JOURNAL_AUDIT);
	v[1] = (struct owner_effect){.m = &m[1]};
	assert_int_equal(commits_add(c, &r, 1, v, 2), 42);
	assert_int_equal(commits_gathered(c), 3);
	assert_int_equal(commits_send(c, STR_LIT("5-0")), 42);
	assert_string_equal(sent[0].text,
		"FCALL jf_commit_7 1 {p3} tok 42 5-0 1 agent 7 - 2 "
		"out:acd-1:b1 1 m t=7:leg.end;leg=2:l1;id=10:3.gen.42.1;"
		"not_after=2:99; "
		"journal 1 m t=13:journal.audit;id=10:3.gen.42.2;");
	reply(0, 0, NULL);
	assert_int_equal(confirmed[0], 42);
	commits_free(c);
}

static void lost_ones_are_sent_again(void **state)
{
	struct commits *c = begin(0);

	(void)state;
	for (int i = 1; i <= 4; i++)
		assert_int_equal(commit(c), i);
	reply(0, 0, NULL);
	reply(1, ECONNRESET, NULL);
	reply(2, ECONNRESET, NULL);
	reply(3, ECONNRESET, NULL);
	assert_int_equal(nconfirmed, 1);
	assert_true(commits_resume(c, "tok2", 2)); /* 2 had arrived */
	assert_int_equal(nconfirmed, 2);
	assert_int_equal(nsent, 6);
	assert_string_equal(sent[4].text,
			    "FCALL jf_commit_7 1 {p3} tok2 3 - 0 0");
	reply(4, 0, NULL);
	reply(5, 0, "GAP 4"); /* twice under way: it is there */
	assert_int_equal(nconfirmed, 4);
	assert_int_equal(confirmed[3], 4);
	assert_string_equal(refused, "");
	assert_int_equal(commits_resent(c), 2);
	commits_free(c);
}

static void rolled_back_ones_are_sent_again(void **state)
{
	struct commits *c = begin(10);

	(void)state;
	for (int i = 0; i < 3; i++) {
		commit(c);
		reply((size_t)i, 0, NULL);
	}
	assert_true(commits_resume(c, "tok", 11));
	assert_int_equal(nsent, 5);
	reply(3, 0, NULL);
	reply(4, 0, NULL);
	assert_int_equal(nconfirmed, 3); /* each once */
	assert_true(commits_resume(c, "tok", 13));
	assert_false(commits_resume(c, "tok", 9)); /* more than is kept */
	assert_false(commits_resume(c, "tok", 14)); /* not ours */
	commits_free(c);
}

static void old_ones_are_forgotten(void **state)
{
	struct commits *c = begin(0);

	(void)state;
	commit(c);
	commit(c);
	reply(0, 0, NULL);
	clock_ms += 10000;
	assert_int_equal(commits_waiting(c), 1);
	commit(c); /* Redis is away since 2: it may have lost 1 */
	assert_true(commits_resume(c, "tok", 0));
	reply(1, 0, NULL);
	reply(2, 0, NULL);
	assert_int_equal(commits_waiting(c), 0);
	for (size_t i = 3; i < nsent; i++)
		reply(i, 0, NULL);
	commit(c); /* 3 is fresh */
	assert_false(commits_resume(c, "tok", 1));
	assert_true(commits_resume(c, "tok", 2));
	for (size_t i = 6; i < nsent; i++)
		reply(i, ECANCELED, NULL);
	commits_free(c);
}

static void refusals(void **state)
{
	struct commits *c = begin(5);

	(void)state;
	commit(c);
	reply(0, 0, "FENCE");
	assert_string_equal(refused, "FENCE");
	commit(c);
	reply(1, 0, "GAP 5");
	assert_string_equal(refused, "GAP 5");
	assert_int_equal(nconfirmed, 0);
	commits_free(c);
}

/* Nothing is up: numbers are given, and all leaves later. */
static void while_redis_is_away(void **state)
{
	struct commits *c = begin(0);

	(void)state;
	down = true;
	assert_int_equal(commit(c), 1);
	assert_int_equal(commit(c), 2);
	assert_int_equal(nsent, 0);
	down = false;
	assert_true(commits_resume(c, "tok", 0));
	assert_int_equal(nsent, 2);
	reply(0, 0, NULL);
	reply(1, 0, NULL);
	commits_free(c);
}

static void starting_over(void **state)
{
	struct commits *c = begin(100);

	(void)state;
	commit(c);
	commit(c);
	assert_false(commits_resume(c, "tok", 0));
	assert_int_equal(commits_rebase(c), 0);
	assert_string_equal(sent[2].text, "FCALL jf_rebase_7 1 {p3} tok 101 103");
	assert_int_equal(nsent, 5); /* and both again behind it */
	assert_int_equal(commit(c), 103);
	for (size_t i = 0; i < nsent; i++)
		if (sent[i].h)
			reply(i, 0, NULL);
	commits_free(c);
	c = begin(7);
	assert_int_equal(commits_rebase(c), 0);
	assert_string_equal(sent[0].text, "FCALL jf_rebase_7 1 {p3} tok 8 8");
	commits_free(c);
}

/* Replies that come after all was forgotten, or freed. */
static void late_replies(void **state)
{
	struct commits *c = begin(0);

	(void)state;
	commit(c);
	commit(c);
	commits_begin(c, "new", "gen2", 0);
	reply(0, 0, NULL);
	reply(1, ECONNRESET, NULL);
	assert_int_equal(nconfirmed, 0);
	commit(c);
	commits_free(c);
	reply(2, ECANCELED, NULL);
	assert_int_equal(nconfirmed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoding),
		cmocka_unit_test(lost_ones_are_sent_again),
		cmocka_unit_test(rolled_back_ones_are_sent_again),
		cmocka_unit_test(old_ones_are_forgotten),
		cmocka_unit_test(refusals),
		cmocka_unit_test(while_redis_is_away),
		cmocka_unit_test(starting_over),
		cmocka_unit_test(late_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
