/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who goes first: class, waiting and priority, and the bound that no flood of
 * a higher class breaks. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/core/bench.h"

/* Queue 1 plain, queue 2 of class 9; agents 1 and 2, the second not for queue
 * 2. */
static void configure(struct bench *b, unsigned version, const char *plain,
		      const char *vip)
{
	static const char rest[] = "name=q language=en announce_ms=0 "
		"ring_ms=15000 wrapup_limit_ms=0 refusal_ms=5000 music=file:m";

	give(b, "t=conf.begin");
	give(b, "t=conf.tenant tenant=1 version=1 name=demo domain=demo "
	     "language=en");
	give(b, "t=conf.queue queue=1 tenant=1 version=%u %s %s", version,
	     rest, plain);
	give(b, "t=conf.queue queue=2 tenant=1 version=%u %s %s", version,
	     rest, vip);
	give(b, "t=conf.number number=100 tenant=1 version=1 queue=1");
	give(b, "t=conf.number number=200 tenant=1 version=1 queue=2");
	give(b, "t=conf.agent agent=1 tenant=1 version=2 name=n user=a1 "
	     "skills=vip:3");
	give(b, "t=conf.agent agent=2 tenant=1 version=2 name=n user=a2 "
	     "skills=vip:1");
	give(b, "t=conf.end");
}

/* The talk ends; who comes next talks. Its queue. */
static unsigned serve(struct bench *b, const char **phonep)
{
	const struct core_effect *e;

	give(b, "t=leg.ended leg=%s by=remote cause=bye", *phonep);
	want(b, M_JOURNAL_DECISION, F_AGENT, "1");
	*phonep = NULL;
	for (unsigned n = 0; (e = effect(b, M_JOURNAL_DECISION, n)); n++)
		if (msg_get(&e->m, F_AGENT).len) {
			unsigned queue = (unsigned)msg_num(&e->m, F_QUEUE);

			*phonep = invited(b);
			phone_answers(b, *phonep);
			return queue;
		}
	return 0;
}

/* One agent, 5 s of talk each; of a class that goes before there are always
 * three more. When the ordinary contact is served, in ms; at most `most`. */
static uint64_t flood(struct bench *b, const char *plain, unsigned most)
{
	const char *phone;
	uint64_t began;

	configure(b, 2, plain, "class=9");
	agent_ready(b, 1);
	call_arrives(b, "200");
	phone = invited(b);
	phone_answers(b, phone);
	began = b->now;
	call_arrives(b, "100");
	for (int i = 0; i < 3; i++)
		call_arrives(b, "200");
	while (b->now - began < most) {
		pass(b, 5000);
		give(b, "t=agent.registered user=a1 domain=demo node=acd-1 "
		     "contact_uri=sip:a expires_ms=60000");
		if (serve(b, &phone) == 1)
			return b->now - began;
		call_arrives(b, "200");
	}
	return UINT64_MAX;
}

static void starves_without(void **state)
{
	assert_true(flood(*state, "class=0", 300000) == UINT64_MAX);
}

/* Served by the first agent who is free after the bound. */
static void bound_holds(void **state)
{
	uint64_t ms = flood(*state, "class=0 overdue_ms=60000", 300000);

	assert_in_range(ms, 60000, 65000);
}

/* Of those overdue, who came first; not who has more priority. */
static void overdue_in_order(void **state)
{
	struct bench *b = *state;
	const char *phone;

	configure(b, 2, "overdue_ms=10000", "class=9 priority=3600 "
		  "overdue_ms=10000");
	agent_ready(b, 1);
	call_arrives(b, "100");
	phone = invited(b);
	phone_answers(b, phone);
	call_arrives(b, "100");
	b->now += 1;
	call_arrives(b, "200");
	pass(b, 9000);
	call_arrives(b, "200");
	pass(b, 1001);
	assert_int_equal(serve(b, &phone), 1);
	assert_int_equal(serve(b, &phone), 2);
}

/* Asterisk's app_queue (issue 1561): a member was kept from a queue because
 * one of more weight had calls, though none of them that could use it. */
static void weight_does_not_starve(void **state)
{
	struct bench *b = *state;

	configure(b, 2, "", "class=9 skill=vip level=2");
	call_arrives(b, "200");
	call_arrives(b, "100");
	agent_ready(b, 2);
	want(b, M_JOURNAL_DECISION, F_QUEUE, "1");
	agent_ready(b, 1);
	want(b, M_JOURNAL_DECISION, F_QUEUE, "2");
}

/* A new priority or class holds for those who wait, at the next match. */
static void changes_act_at_once(void **state)
{
	struct bench *b = *state;
	const char *phone;

	configure(b, 2, "", "priority=-60");
	agent_ready(b, 1);
	call_arrives(b, "100");
	phone = invited(b);
	phone_answers(b, phone);
	call_arrives(b, "200");
	b->now += 1000;
	call_arrives(b, "100");
	call_arrives(b, "100");
	assert_int_equal(serve(b, &phone), 1);
	configure(b, 3, "", "priority=60");
	assert_int_equal(serve(b, &phone), 2);
	call_arrives(b, "200");
	b->now += 1000;
	configure(b, 4, "class=1", "priority=60");
	assert_int_equal(serve(b, &phone), 1);
}

/* Asterisk's leastrecent counts 1,000,000 less the seconds of idle time, which
 * after 11.6 days falls below who was never called. Here longer is longer. */
static void idle_for_12_days(void **state)
{
	struct bench *b = *state;

	configure(b, 2, "", "");
	agent_ready(b, 2);
	b->now += 12 * 86400000ull;
	agent_ready(b, 1);
	b->now += 1000;
	call_arrives(b, "100");
	want(b, M_JOURNAL_DECISION, F_AGENT, "2");
	want(b, M_JOURNAL_DECISION, F_REASON, "idle the longest of 2 eligible");
}

static void one_talk(struct bench *b, const char *agent, const char *policy,
		     uint64_t ms)
{
	const char *phone;

	b->now += 1000;
	call_arrives(b, "100");
	want(b, M_JOURNAL_DECISION, F_AGENT, agent);
	want(b, M_JOURNAL_DECISION, F_POLICY, policy);
	phone = invited(b);
	phone_answers(b, phone);
	b->now += ms;
	give(b, "t=leg.ended leg=%s by=remote cause=bye", phone);
}

/* mod_callcenter's agent-with-fewest-calls, agent-with-least-talk-time and
 * sequentially-by-agent-order; equal ones by idle time. */
static void strategies(void **state)
{
	struct bench *b = *state;

	configure(b, 2, "strategy=fewest_calls", "");
	agent_ready(b, 2);
	agent_ready(b, 1);
	one_talk(b, "1", "fewest_calls", 9000); /* equal: the lower id */
	one_talk(b, "2", "fewest_calls", 1000);
	one_talk(b, "1", "fewest_calls", 1000); /* equal: idle the longest */
	configure(b, 3, "strategy=least_talk", "");
	one_talk(b, "2", "least_talk", 2000);
	one_talk(b, "2", "least_talk", 8000);
	one_talk(b, "1", "least_talk", 1000); /* 10 s against 11 s */
	configure(b, 4, "strategy=in_order", "");
	one_talk(b, "1", "in_order", 1000);
	one_talk(b, "1", "in_order", 1000);
	give(b, "t=agent.logout agent=1 actor=x"); /* begins anew */
	agent_ready(b, 1);
	configure(b, 5, "strategy=least_talk", "");
	one_talk(b, "1", "least_talk", 1000);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		TEST(starves_without), TEST(bound_holds),
		TEST(overdue_in_order), TEST(weight_does_not_starve),
		TEST(changes_act_at_once),
		TEST(idle_for_12_days), TEST(strategies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
