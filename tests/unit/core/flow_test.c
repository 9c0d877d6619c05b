/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first flow: greeting, line, offer, talk, hold, wrap-up, and every end. */
#include "tests/unit/core/bench.h"

static void whole_call(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	agent_ready(b, 1);
	b->now += 5000;
	caller = call_arrives(b, "100");
	want(b, M_MEDIA_PLAY, F_PROMPTS, "say:en:hi");
	greeting_ends(b, caller);
	want(b, M_JOURNAL_SEGMENT, F_KIND, "ivr");
	want(b, M_JOURNAL_DECISION, F_AGENT, "1");
	want(b, M_JOURNAL_DECISION, F_REASON, "the only eligible agent");
	want(b, M_JOURNAL_DECISION, F_CANDIDATES,
	     "1:5000:chosen,2:0:offline,3:0:offline");
	phone = invited(b);
	want(b, M_LEG_INVITE, F_RURI, "sip:a1@demo");
	pass(b, 0);
	want(b, M_PUSH_HEARD, F_HEARD, "position 1");
	b->now += 3000;
	phone_answers(b, phone);
	want(b, M_MEDIA_STOP, F_LEG, caller);
	want(b, M_MEDIA_RECORD, F_LEFT, caller);
	want(b, M_MEDIA_RECORD, F_RIGHT, phone);
}

static void talk_ends_recording(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;
	const struct core_effect *e;

	talk(b, &caller, &phone);
	b->now += 60000;
	give(b, "t=leg.ended leg=%s by=remote cause=bye q850=16", caller);
	want(b, M_JOURNAL_SEGMENT, F_KIND, "talk");
	want(b, M_JOURNAL_SEGMENT, F_CAUSE, "caller");
	want(b, M_LEG_END, F_LEG, phone);
	e = effect(b, M_MEDIA_RECORD_END, 0);
	assert_non_null(e);
	want(b, M_PUSH_AGENT, F_STATE, "wrap_up");
	pass(b, 10000);
	want(b, M_JOURNAL_CONTACT, F_OUTCOME, "answered");
	want(b, M_JOURNAL_CONTACT, F_TALK_MS, "60000");
	want(b, M_JOURNAL_CONTACT, F_WRAPUP_MS, "10000");
	want(b, M_JOURNAL_CONTACT, F_BY, "caller");
	want(b, M_PUSH_AGENT, F_STATE, "ready");
}

static void agent_hangs_up(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	talk(b, &caller, &phone);
	give(b, "t=leg.ended leg=%s by=remote cause=bye", phone);
	want(b, M_LEG_END, F_LEG, caller);
	give(b, "t=agent.ready agent=1 actor=test");
	want(b, M_JOURNAL_CONTACT, F_BY, "agent");
	want(b, M_JOURNAL_SEGMENT, F_CAUSE, "agent");
}

static void gives_up_in_greeting(void **state)
{
	struct bench *b = *state;
	const char *caller = call_arrives(b, "100");

	give(b, "t=leg.ended leg=%s by=remote cause=bye q850=16", caller);
	want(b, M_JOURNAL_CONTACT, F_OUTCOME, "abandoned");
	want(b, M_JOURNAL_CONTACT, F_PHASE, "ivr");
	want(b, M_JOURNAL_CONTACT, F_Q850, "16");
}

static void gives_up_in_line(void **state)
{
	struct bench *b = *state;
	const char *caller = call_arrives(b, "200");

	want(b, M_JOURNAL_DECISION, F_REASON, "none of 3 agents is free");
	b->now += 7000;
	give(b, "t=leg.ended leg=%s by=remote cause=bye", caller);
	want(b, M_JOURNAL_CONTACT, F_PHASE, "queue");
	want(b, M_JOURNAL_CONTACT, F_WAIT_MS, "7000");
}

static void gives_up_while_ringing(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	agent_ready(b, 1);
	caller = call_arrives(b, "100");
	greeting_ends(b, caller);
	phone = invited(b);
	give(b, "t=leg.ended leg=%s by=remote cause=bye", caller);
	want(b, M_JOURNAL_CONTACT, F_PHASE, "offer");
	want(b, M_LEG_END, F_LEG, phone);
	want(b, M_PUSH_AGENT, F_STATE, "ready");
	/* the answer that raced the CANCEL is about no current offer */
	give(b, "t=leg.answered leg=%s sdp=agents", phone);
	want_none(b, M_NG_ACCEPT);
}

static void unknown_number(void **state)
{
	struct bench *b = *state;

	give(b, "t=leg.offered leg=l8000000000000001 node=acd-1 boot=b1 "
	     "kind=trunk tenant=1 number=999 sdp=x");
	want(b, M_LEG_END, F_CODE, "404");
	want_none(b, M_PUSH_CONTACT);
}

static void media_refused(void **state)
{
	struct bench *b = *state;

	give(b, "t=leg.offered leg=l8000000000000001 node=acd-1 boot=b1 "
	     "kind=trunk tenant=1 number=100 sdp=x");
	give(b, "t=ng.failed leg=l8000000000000001 token=1 op=negotiate "
	     "cause=refused");
	want(b, M_LEG_END, F_CODE, "488");
	give(b, "t=leg.ended leg=l8000000000000001 by=local cause=ended "
	     "code=488");
	want(b, M_JOURNAL_CONTACT, F_OUTCOME, "failed");
	want(b, M_JOURNAL_CONTACT, F_CODE, "488");
}

static void late_offer(void **state)
{
	struct bench *b = *state;

	give(b, "t=leg.offered leg=l8000000000000001 node=acd-1 boot=b1 "
	     "kind=trunk tenant=1 number=100");
	want(b, M_NG_PROPOSE, F_LEG, "l8000000000000001");
	ng_answers(b);
	want(b, M_LEG_ANSWER, F_SDP, "local");
	give(b, "t=leg.confirmed leg=l8000000000000001 sdp=theirs");
	want(b, M_NG_ACCEPT, F_SDP, "theirs");
	ng_answers(b);
	want(b, M_MEDIA_ADD, F_POINT, "10.0.0.8:30000");
	want(b, M_PUSH_CONTACT, F_STATE, "greeting");
}

static void hold_and_resume(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	talk(b, &caller, &phone);
	b->now += 20000;
	give(b, "t=leg.reoffered leg=%s tid=1:2 sdp=hold direction=sendonly",
	     phone);
	ng_answers(b);
	want(b, M_LEG_REANSWER, F_CODE, "200");
	want(b, M_MEDIA_PLAY, F_PROMPTS, "file:hold.wav");
	want(b, M_MEDIA_PLAY, F_LEG, caller);
	want(b, M_MEDIA_HEAR, F_HEARS, "");
	assert_non_null(effect(b, M_MEDIA_RECORD_END, 0));
	b->now += 8000;
	give(b, "t=leg.reoffered leg=%s tid=1:3 sdp=talk direction=sendrecv",
	     phone);
	ng_answers(b);
	want(b, M_JOURNAL_SEGMENT, F_KIND, "hold");
	want(b, M_MEDIA_STOP, F_LEG, caller);
	assert_non_null(effect(b, M_MEDIA_RECORD, 0));
	give(b, "t=leg.ended leg=%s by=remote cause=bye", caller);
	pass(b, 10000);
	want(b, M_JOURNAL_CONTACT, F_HOLD_MS, "8000");
	want(b, M_JOURNAL_CONTACT, F_TALK_MS, "20000");
}

/* What they agreed on before is what everything else is told from then on. */
static void a_refused_reinvite_changes_nothing(void **state)
{
	struct bench *b = *state;
	const char *caller;
	char token[24];

	talk(b, &caller, NULL);
	give(b, "t=leg.reoffered leg=%s tid=1:2 sdp=fax", caller);
	str_copy(token, sizeof(token), msg_get(&want(b, M_NG_NEGOTIATE, F_SDP,
						     "fax")->m, F_TOKEN));
	give(b, "t=ng.failed leg=%s token=%s op=negotiate cause=refused",
	     caller, token);
	want(b, M_LEG_REANSWER, F_CODE, "488");
	give(b, "t=node.down node=w-1 boot=b1 kind=worker reason=eof");
	want(b, M_NG_NEGOTIATE, F_LEG, caller);
	want(b, M_NG_NEGOTIATE, F_SDP, "theirs");
}

/* Both hold; the first resume does not connect them. */
static void both_hold(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	talk(b, &caller, &phone);
	give(b, "t=leg.reoffered leg=%s tid=1:2 sdp=h direction=sendonly",
	     phone);
	ng_answers(b);
	give(b, "t=leg.reoffered leg=%s tid=1:3 sdp=h direction=inactive",
	     caller);
	ng_answers(b);
	want_none(b, M_MEDIA_PLAY);
	give(b, "t=leg.reoffered leg=%s tid=1:4 sdp=h direction=sendrecv",
	     phone);
	ng_answers(b);
	want_none(b, M_MEDIA_RECORD);
	want(b, M_MEDIA_PLAY, F_LEG, phone);
	give(b, "t=leg.reoffered leg=%s tid=1:5 sdp=h direction=sendrecv",
	     caller);
	ng_answers(b);
	assert_non_null(effect(b, M_MEDIA_RECORD, 0));
}

static void second_reinvite_is_told_to_wait(void **state)
{
	struct bench *b = *state;
	const char *caller = call_arrives(b, "100");

	give(b, "t=leg.reoffered leg=%s tid=1:2 sdp=a", caller);
	give(b, "t=leg.reoffered leg=%s tid=1:3 sdp=b", caller);
	want(b, M_LEG_REANSWER, F_CODE, "491");
}

/* Who came first goes first, whatever happened to them meanwhile. */
static void place_is_kept(void **state)
{
	struct bench *b = *state;
	const char *first, *second, *phone;

	first = call_arrives(b, "100");
	greeting_ends(b, first);
	b->now += 1000;
	second = call_arrives(b, "100");
	greeting_ends(b, second);
	b->now += 1000;
	pass(b, 1);
	agent_ready(b, 1);
	phone = invited(b);
	give(b, "t=leg.ended leg=%s by=remote cause=refused code=603", phone);
	want(b, M_JOURNAL_SEGMENT, F_CAUSE, "declined");
	pass(b, 5000); /* left alone for refusal_ms */
	want(b, M_JOURNAL_DECISION, F_POSITION, "1");
	phone = invited(b);
	phone_answers(b, phone);
	want(b, M_MEDIA_STOP, F_LEG, first);
}

/* Each announcement tries again; between them there is silence. */
static void missing_music_is_not_asked_for_in_a_loop(void **state)
{
	struct bench *b = *state;
	const char *caller = call_arrives(b, "100");

	greeting_ends(b, caller);
	want(b, M_MEDIA_PLAY, F_PROMPTS, "file:music.wav");
	give(b, "t=media.done leg=%s play=2 cause=error reason=missing",
	     caller);
	want_none(b, M_MEDIA_PLAY);
	pass(b, 0);
	want(b, M_PUSH_HEARD, F_HEARD, "position 1");
	give(b, "t=media.done leg=%s play=3 cause=end", caller);
	want(b, M_MEDIA_PLAY, F_PROMPTS, "file:music.wav");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(whole_call), T(talk_ends_recording), T(agent_hangs_up),
		T(gives_up_in_greeting), T(gives_up_in_line),
		T(gives_up_while_ringing), T(unknown_number),
		T(media_refused), T(late_offer), T(hold_and_resume),
		T(a_refused_reinvite_changes_nothing),
		T(both_hold), T(second_reinvite_is_told_to_wait),
		T(place_is_kept),
		T(missing_music_is_not_asked_for_in_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
