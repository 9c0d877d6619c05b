/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records: what a successor loads, and what it does with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/base/failing.h"
#include "tests/unit/core/bench.h"

/* The bench's core again, from a snapshot. */
static void restart(struct bench *b)
{
	struct core_out out;
	struct core *next;
	char err[200];

	assert_int_equal(core_snapshot(b->core, &out), 0);
	assert_int_equal(core_alloc(&next, 1), 0);
	assert_int_equal(core_load(next, out.records, out.nrecords, err,
				   sizeof(err)), 0);
	core_free(b->core);
	b->core = next;
}

static void ring_timeout_survives(void **state)
{
	struct bench *b = *state;
	uint64_t due;

	agent_ready(b, 1);
	greeting_ends(b, call_arrives(b, "100"));
	invited(b);
	pass(b, 1);
	due = core_due(b->core);
	assert_int_not_equal(due, 0);
	restart(b);
	assert_int_equal(core_due(b->core), due);
}

static void awaited_requests_are_asked_again(void **state)
{
	struct bench *b = *state;

	give(b, "t=leg.offered leg=l8000000000000001 node=acd-1 boot=b1 "
	     "kind=trunk tenant=1 number=100 sdp=x");
	restart(b);
	give(b, "t=owner.acquired generation=h partition=1");
	want(b, M_NG_NEGOTIATE, F_TOKEN, "2");
	/* the old owner's answer is about an older request */
	give(b, "t=ng.replied leg=l8000000000000001 token=1 op=negotiate");
	want_none(b, M_LEG_ANSWER);
	give(b, "t=ng.replied leg=l8000000000000001 token=2 op=negotiate "
	     "sdp=local addr=10.0.0.8:30000");
	want(b, M_LEG_ANSWER, F_SDP, "local");
}

static void an_event_is_taken_once(void **state)
{
	struct bench *b = *state;

	give(b, "t=agent.ready agent=1 actor=x src=api boot=1 seq=5");
	want(b, M_PUSH_AGENT, F_STATE, "ready");
	give(b, "t=agent.logout agent=1 actor=x src=api boot=1 seq=5");
	want_none(b, M_PUSH_AGENT);
	restart(b);
	give(b, "t=agent.logout agent=1 actor=x src=api boot=1 seq=4");
	want_none(b, M_PUSH_AGENT);
	give(b, "t=agent.logout agent=1 actor=x src=api boot=1 seq=6");
	want(b, M_PUSH_AGENT, F_STATE, "offline");
}

static void time_never_goes_back(void **state)
{
	struct bench *b = *state;
	uint64_t now = core_now(b->core);

	b->now -= 5000;
	give(b, "t=agent.ready agent=1 actor=x");
	assert_int_equal(core_now(b->core), now);
	want(b, M_JOURNAL_AGENT_STATE, F_STATE, "offline");
}

static void malformed_record_is_named(void **state)
{
	struct core_record bad = {STR_LIT("agent"), STR_LIT("1"),
				  STR_LIT("id=1 state=asleep")};
	struct core_record odd = {STR_LIT("agent"), STR_LIT("1"),
				  STR_LIT("id=1 user=%Z1")};
	struct core *c;
	char err[200];

	(void)state;
	assert_int_equal(core_alloc(&c, 1), 0);
	assert_int_equal(core_load(c, &bad, 1, err, sizeof(err)), EPROTO);
	assert_non_null(strstr(err, "agent"));
	assert_non_null(strstr(err, "state"));
	assert_int_equal(core_load(c, &odd, 1, err, sizeof(err)), EPROTO);
	assert_non_null(strstr(err, "user"));
	core_free(c);
}

static void unknown_kinds_and_fields_are_passed_over(void **state)
{
	struct core_record v[] = {
		{STR_LIT("watch"), STR_LIT("x"), STR_LIT("a=b")},
		{STR_LIT("agent"), STR_LIT("7"),
		 STR_LIT("id=7 tenant=1 user=u mood=good state=paused")}};
	struct core_counts k;
	struct core *c;
	char err[200];

	(void)state;
	assert_int_equal(core_alloc(&c, 1), 0);
	assert_int_equal(core_load(c, v, 2, err, sizeof(err)), 0);
	core_counts(c, &k);
	assert_int_equal(k.agents, 1);
	core_free(c);
}

static const char *const story[] = {
	"t=agent.registered user=a1 domain=demo node=acd-1 contact_uri=sip:a "
	"expires_ms=60000 src=acd-1 boot=b1 seq=1",
	"t=agent.ready agent=1 actor=x",
	"t=leg.offered leg=l8000000000000001 node=acd-1 boot=b1 kind=trunk "
	"tenant=1 number=200 caller=+1 sdp=x",
	"t=ng.replied leg=l8000000000000001 token=1 op=negotiate sdp=y "
	"addr=10.0.0.8:30000",
	"t=leg.confirmed leg=l8000000000000001",
	"t=timer.due",
	"t=node.down node=w-1 boot=b1 kind=worker",
	"t=leg.ended leg=l8000000000000001 by=remote cause=bye",
};

/* 0, or where the step ran out of memory: nth allocation of the story. */
static int tell_story(struct bench *b, unsigned nth)
{
	struct msg m;
	int err = 0;

	failing_at(0);
	for (size_t i = 0; i < sizeof(story) / sizeof(*story) && !err; i++) {
		arena_reset(&b->arena);
		assert_int_equal(msg_scan(&m, str_c(story[i]), &b->arena, NULL,
					  0), 0);
		msg_put_num(&m, &b->arena, F_TIME, ++b->now);
		if (!i)
			failing_at(nth);
		err = core_step(b->core, &m, &b->out);
	}
	return err;
}

/* Whatever fails: the step says so, nothing crashes, nothing leaks. */
static void every_allocation_may_fail(void **state)
{
	void *own = NULL;
	unsigned n = 0;
	bool failed;

	(void)state;
	do {
		int err;

		bench_setup(&own);
		err = tell_story(own, ++n);
		failed = failing_done();
		assert_int_equal(err, failed ? ENOMEM : 0);
		bench_teardown(&own);
	} while (failed);
	assert_true(n > 30);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(ring_timeout_survives), T(awaited_requests_are_asked_again),
		T(an_event_is_taken_once), T(time_never_goes_back),
		T(malformed_record_is_named),
		T(unknown_kinds_and_fields_are_passed_over),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
