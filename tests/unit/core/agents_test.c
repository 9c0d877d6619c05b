/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agents: who is chosen, how an offer fails, what agents ask for. */
#include "tests/unit/core/bench.h"

static void longest_idle_first(void **state)
{
	struct bench *b = *state;

	agent_ready(b, 3);
	b->now += 10;
	agent_ready(b, 1);
	b->now += 10;
	agent_ready(b, 2);
	greeting_ends(b, call_arrives(b, "100"));
	want(b, M_JOURNAL_DECISION, F_AGENT, "3");
	want(b, M_JOURNAL_DECISION, F_REASON, "idle the longest of 3 eligible");
	greeting_ends(b, call_arrives(b, "100"));
	want(b, M_JOURNAL_DECISION, F_AGENT, "1");
}

static void skill_is_asked_first(void **state)
{
	struct bench *b = *state;

	agent_ready(b, 1); /* french 2 is not enough */
	b->now += 10;
	agent_ready(b, 2);
	call_arrives(b, "200");
	want(b, M_JOURNAL_DECISION, F_AGENT, "2");
	want(b, M_JOURNAL_DECISION, F_CANDIDATES,
	     "1:10:skill,2:0:chosen,3:0:offline");
}

static void refuses(struct bench *b, unsigned code, const char *cause,
		    const char *state)
{
	const char *phone;

	agent_ready(b, 1);
	b->now += 10;
	agent_ready(b, 2);
	greeting_ends(b, call_arrives(b, "100"));
	phone = invited(b);
	give(b, "t=leg.ended leg=%s by=remote cause=refused code=%u", phone,
	     code);
	want(b, M_JOURNAL_SEGMENT, F_CAUSE, cause);
	want(b, M_PUSH_AGENT, F_STATE, state);
	want(b, M_JOURNAL_DECISION, F_AGENT, "2"); /* the next one */
}

static void declined(void **state)
{
	refuses(*state, 603, "declined", "ready");
}

static void busy(void **state)
{
	refuses(*state, 486, "busy", "ready");
}

static void unreachable(void **state)
{
	refuses(*state, 480, "unreachable", "not_responding");
}

static void no_answer(void **state)
{
	struct bench *b = *state;
	const char *phone;

	agent_ready(b, 1);
	b->now += 10;
	agent_ready(b, 2);
	greeting_ends(b, call_arrives(b, "100"));
	phone = invited(b);
	pass(b, 14999);
	want_none(b, M_LEG_END);
	pass(b, 1);
	want(b, M_LEG_END, F_LEG, phone);
	want(b, M_JOURNAL_SEGMENT, F_CAUSE, "no_answer");
	want(b, M_PUSH_AGENT, F_STATE, "not_responding");
	want(b, M_JOURNAL_DECISION, F_AGENT, "2");
	/* and comes back by asking */
	give(b, "t=agent.ready agent=1 actor=test");
	want(b, M_PUSH_AGENT, F_STATE, "ready");
}

static void unregistered_is_not_offered(void **state)
{
	struct bench *b = *state;

	agent_ready(b, 1);
	give(b, "t=agent.unregistered user=a1 domain=demo node=acd-1 "
	     "cause=expired");
	greeting_ends(b, call_arrives(b, "100"));
	want(b, M_JOURNAL_DECISION, F_AGENT, "");
	give(b, "t=agent.registered user=a1 domain=demo node=acd-1 "
	     "contact_uri=sip:a expires_ms=60000");
	want(b, M_JOURNAL_DECISION, F_AGENT, "1");
}

static void pause_in_a_call_counts_afterwards(void **state)
{
	struct bench *b = *state;
	const char *caller;

	talk(b, &caller, NULL);
	give(b, "t=agent.pause agent=1 actor=test");
	want_none(b, M_PUSH_AGENT);
	want(b, M_JOURNAL_AUDIT, F_VERB, "agent.pause");
	give(b, "t=leg.ended leg=%s by=remote cause=bye", caller);
	want(b, M_PUSH_AGENT, F_STATE, "wrap_up");
	pass(b, 10000);
	want(b, M_PUSH_AGENT, F_STATE, "paused");
}

static void feature_codes(void **state)
{
	struct bench *b = *state;

	give(b, "t=leg.offered leg=l8000000000000009 node=acd-1 boot=b1 "
	     "kind=agent tenant=1 number=*70 user=a2 domain=demo sdp=x");
	want(b, M_PUSH_AGENT, F_STATE, "ready");
	want(b, M_JOURNAL_AUDIT, F_ACTOR, "phone");
	ng_answers(b);
	give(b, "t=leg.confirmed leg=l8000000000000009");
	want(b, M_MEDIA_PLAY, F_PROMPTS, "say:en:You%20are%20ready.");
	give(b, "t=media.done leg=l8000000000000009 play=1 cause=end");
	want(b, M_LEG_END, F_LEG, "l8000000000000009");
}

static void wrong_code_and_stranger(void **state)
{
	struct bench *b = *state;

	give(b, "t=leg.offered leg=l8000000000000009 node=acd-1 boot=b1 "
	     "kind=agent tenant=1 number=*99 user=a2 domain=demo sdp=x");
	want(b, M_LEG_END, F_CODE, "404");
	give(b, "t=leg.offered leg=l800000000000000a node=acd-1 boot=b1 "
	     "kind=agent tenant=1 number=*70 user=zz domain=demo sdp=x");
	want(b, M_LEG_END, F_CODE, "403");
}

/* A row that is gone while its agent talks: nobody is cut off. */
static void retired_in_a_call(void **state)
{
	struct bench *b = *state;
	const char *caller;

	talk(b, &caller, NULL);
	give(b, "t=conf.begin");
	give(b, "t=conf.queue queue=1 tenant=1 version=1 name=support "
	     "language=en announce_ms=0 ring_ms=1 wrapup_limit_ms=1 "
	     "refusal_ms=1");
	give(b, "t=conf.end");
	want_none(b, M_LEG_END);
	give(b, "t=leg.ended leg=%s by=remote cause=bye", caller);
	pass(b, 10000);
	want(b, M_PUSH_AGENT, F_STATE, "offline");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(longest_idle_first), T(skill_is_asked_first), T(declined),
		T(busy), T(unreachable), T(no_answer),
		T(unregistered_is_not_offered),
		T(pause_in_a_call_counts_afterwards), T(feature_codes),
		T(wrong_code_and_stranger), T(retired_in_a_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
