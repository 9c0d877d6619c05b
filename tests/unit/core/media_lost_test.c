/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A media worker dies and comes back; so does an rtpengine, and a node. */
#include "tests/unit/core/bench.h"

static const char *in_talk(struct bench *b)
{
	const char *caller;

	talk(b, &caller, NULL);
	return caller;
}

static void worker_gone(struct bench *b)
{
	give(b, "t=node.down node=w-1 boot=b1 kind=worker reason=eof");
}

static void worker_back(struct bench *b)
{
	give(b, "t=node.up node=w-1 boot=b2 kind=worker addr=10.0.0.9 "
	     "port=41000 ports=100");
}

static void two_in_talk_are_pointed_at_each_other(void **state)
{
	struct bench *b = *state;
	const char *caller = in_talk(b);
	const struct core_effect *first, *second;

	worker_gone(b);
	want(b, M_JOURNAL_RECORDING, F_CAUSE, "worker_lost");
	first = effect(b, M_NG_NEGOTIATE, 0);
	second = effect(b, M_NG_NEGOTIATE, 1);
	assert_non_null(first);
	assert_non_null(second);
	assert_true(str_eq(msg_get(&first->m, F_LEG), str_c(caller)));
	assert_true(str_eq(msg_get(&first->m, F_POINT),
			   STR_LIT("10.0.0.8:30004")));
	assert_true(str_eq(msg_get(&second->m, F_POINT),
			   STR_LIT("10.0.0.8:30002")));
}

static void held_parties_get_silence(void **state)
{
	struct bench *b = *state;
	const char *caller = in_talk(b);

	give(b, "t=leg.reoffered leg=%s tid=1:2 sdp=h direction=sendonly",
	     caller);
	ng_answers(b);
	worker_gone(b);
	want(b, M_NG_NEGOTIATE, F_POINT, "10.0.0.8:9");
	assert_true(str_eq(msg_get(&effect(b, M_NG_NEGOTIATE, 1)->m, F_POINT),
			   STR_LIT("10.0.0.8:9")));
}

static void music_plays_on_after_a_restart(void **state)
{
	struct bench *b = *state;
	const char *caller = call_arrives(b, "100");

	greeting_ends(b, caller);
	worker_gone(b);
	ng_answers(b);
	worker_back(b);
	want(b, M_MEDIA_ADD, F_PORT, "41000");
	want(b, M_MEDIA_PLAY, F_PROMPTS, "file:music.wav");
	want(b, M_NG_NEGOTIATE, F_POINT, "10.0.0.9:41000");
}

/* Its rtpengine was told the old worker, and an answer tells it no other. */
static void a_phone_that_rang_meanwhile_is_heard(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	agent_ready(b, 1);
	caller = call_arrives(b, "100");
	greeting_ends(b, caller);
	phone = invited(b);
	worker_gone(b);
	worker_back(b);
	give(b, "t=leg.answered leg=%s sdp=agents", phone);
	b->legs++;
	ng_answers(b);
	want(b, M_NG_NEGOTIATE, F_LEG, phone);
	want(b, M_NG_NEGOTIATE, F_SDP, "agents");
}

static void recording_goes_on_in_a_second_part(void **state)
{
	struct bench *b = *state;

	in_talk(b);
	worker_gone(b);
	worker_back(b);
	want(b, M_MEDIA_RECORD, F_PART, "2");
}

static void no_worker_at_all(void **state)
{
	struct bench *b = *state;

	worker_gone(b);
	call_arrives(b, "100"); /* no greeting can play: in line at once */
	want(b, M_PUSH_CONTACT, F_STATE, "queued");
}

static void rtpengine_back_is_told_everything_again(void **state)
{
	struct bench *b = *state;
	const char *caller = call_arrives(b, "100");

	give(b, "t=rtpengine.down rtpengine=r1");
	want_none(b, M_NG_NEGOTIATE);
	give(b, "t=rtpengine.up rtpengine=r1 addr=10.0.0.8");
	want(b, M_NG_NEGOTIATE, F_LEG, caller);
	give(b, "t=rtpengine.up rtpengine=r1 addr=10.0.0.8");
	want_none(b, M_NG_NEGOTIATE);
}

/* ---- two rtpengines ------------------------------------------------------ */

/* r2 answers what it was asked for a leg in the last step. */
static void r2_answers(struct bench *b, const char *leg, const char *port)
{
	const struct core_effect *e = want(b, M_NG_NEGOTIATE, F_LEG, leg);
	char token[24];

	assert_true(str_eq(msg_get(&e->m, F_RTPENGINE), STR_LIT("r2")));
	str_copy(token, sizeof(token), msg_get(&e->m, F_TOKEN));
	give(b, "t=ng.replied leg=%s token=%s op=negotiate sdp=moved "
	     "addr=10.0.0.7:%s outer=192.0.2.7:%s codec=PCMA", leg, token,
	     port, port);
}

static void a_talk_moves_to_another_rtpengine(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;
	char token[24];

	talk(b, &caller, &phone);
	give(b, "t=rtpengine.up rtpengine=r2 addr=10.0.0.7");
	give(b, "t=rtpengine.down rtpengine=r1");
	str_copy(token, sizeof(token), msg_get(&want(b, M_NG_NEGOTIATE, F_LEG,
						     phone)->m, F_TOKEN));
	r2_answers(b, caller, "40000");
	want(b, M_LEG_REOFFER, F_LEG, caller);
	want(b, M_LEG_REOFFER, F_SDP, "moved");
	want(b, M_MEDIA_ADD, F_POINT, "10.0.0.7:40000");
	give(b, "t=leg.reaccepted leg=%s sdp=theirs2", caller);
	want(b, M_NG_NEGOTIATE, F_SDP, "theirs2");
	r2_answers(b, caller, "40000");
	want_none(b, M_LEG_REOFFER); /* it knows the place */
	give(b, "t=ng.replied leg=%s token=%s op=negotiate sdp=moved "
	     "addr=10.0.0.7:40004 outer=192.0.2.7:40004 codec=PCMA", phone,
	     token);
	want(b, M_LEG_REOFFER, F_LEG, phone);
	/* the old one wakes up: what left it is forgotten there */
	give(b, "t=rtpengine.up rtpengine=r1 addr=10.0.0.8");
	want(b, M_NG_DELETE, F_RTPENGINE, "r1");
	want_none(b, M_NG_NEGOTIATE);
}

static void a_phone_that_rings_is_rung_again(void **state)
{
	struct bench *b = *state;
	const char *phone;

	agent_ready(b, 1);
	greeting_ends(b, call_arrives(b, "100"));
	phone = invited(b);
	give(b, "t=rtpengine.up rtpengine=r2 addr=10.0.0.7");
	give(b, "t=rtpengine.down rtpengine=r1");
	want(b, M_LEG_END, F_LEG, phone);
	want(b, M_PUSH_CONTACT, F_STATE, "queued");
	pass(b, 1000);
	want(b, M_NG_PROPOSE, F_RTPENGINE, "r2");
}

static void who_refuses_to_move_is_hung_up(void **state)
{
	struct bench *b = *state;
	const char *caller;

	talk(b, &caller, NULL);
	give(b, "t=rtpengine.up rtpengine=r2 addr=10.0.0.7");
	give(b, "t=rtpengine.down rtpengine=r1");
	r2_answers(b, caller, "40000");
	give(b, "t=leg.rerefused leg=%s code=488", caller);
	want(b, M_LEG_END, F_LEG, caller);
}

static void nowhere_to_move_to(void **state)
{
	struct bench *b = *state;

	in_talk(b);
	give(b, "t=rtpengine.down rtpengine=r1");
	want_none(b, M_NG_NEGOTIATE);
	give(b, "t=rtpengine.up rtpengine=r1 addr=10.0.0.8");
	want(b, M_NG_NEGOTIATE, F_RTPENGINE, "r1");
}

static void old_boot_of_a_worker_says_nothing(void **state)
{
	struct bench *b = *state;

	in_talk(b);
	worker_gone(b);
	worker_back(b);
	worker_gone(b); /* of boot b1, again */
	want_none(b, M_NG_NEGOTIATE);
}

/* ---- no RTP --------------------------------------------------------------- */

static void who_sends_nothing_is_asked(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	talk(b, &caller, &phone);
	give(b, "t=media.silent leg=%s ms=60000", phone);
	want(b, M_LEG_PROBE, F_LEG, phone);
	give(b, "t=leg.reoffered leg=%s tid=1:2 sdp=h direction=sendonly",
	     caller);
	ng_answers(b);
	give(b, "t=media.silent leg=%s ms=60000", caller);
	want_none(b, M_LEG_PROBE); /* it holds */
	give(b, "t=media.silent leg=%s ms=60000", phone);
	want(b, M_LEG_PROBE, F_LEG, phone);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(two_in_talk_are_pointed_at_each_other),
		T(held_parties_get_silence),
		T(music_plays_on_after_a_restart),
		T(a_phone_that_rang_meanwhile_is_heard),
		T(recording_goes_on_in_a_second_part), T(no_worker_at_all),
		T(rtpengine_back_is_told_everything_again),
		T(old_boot_of_a_worker_says_nothing),
		T(a_talk_moves_to_another_rtpengine),
		T(a_phone_that_rings_is_rung_again),
		T(who_refuses_to_move_is_hung_up), T(nowhere_to_move_to),
		T(who_sends_nothing_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
