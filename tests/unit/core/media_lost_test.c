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

static void old_boot_of_a_worker_says_nothing(void **state)
{
	struct bench *b = *state;

	in_talk(b);
	worker_gone(b);
	worker_back(b);
	worker_gone(b); /* of boot b1, again */
	want_none(b, M_NG_NEGOTIATE);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(two_in_talk_are_pointed_at_each_other),
		T(held_parties_get_silence),
		T(music_plays_on_after_a_restart),
		T(recording_goes_on_in_a_second_part), T(no_worker_at_all),
		T(rtpengine_back_is_told_everything_again),
		T(old_boot_of_a_worker_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
