/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, workers and rtpengines that get nothing new. */
#include "tests/unit/core/bench.h"

static void second_worker(struct bench *b)
{
	give(b, "t=node.up node=w-2 boot=b1 kind=worker addr=10.0.0.6 "
	     "port=42000 ports=100");
}

static void second_rtpengine(struct bench *b)
{
	give(b, "t=rtpengine.up rtpengine=r2 addr=10.0.0.7");
}

static void is_at(const struct core_effect *e, const char *node)
{
	assert_true(str_eq(e->node, str_c(node)));
}

static void a_node_is_told(void **state)
{
	struct bench *b = *state;

	give(b, "t=node.drain node=acd-1 actor=ops");
	is_at(want(b, M_NODE_CALLS, F_DRAINING, "1"), "acd-1");
	want_none(b, M_JOURNAL_AUDIT); /* partition 0 does that */
	give(b, "t=node.up node=acd-1 boot=b9 kind=acd");
	want(b, M_NODE_CALLS, F_DRAINING, "1"); /* its new boot as well */
	give(b, "t=node.undrain node=acd-1 actor=ops");
	want(b, M_NODE_CALLS, F_DRAINING, "");
	give(b, "t=node.up node=acd-1 boot=b10 kind=acd");
	want_none(b, M_NODE_CALLS);
}

static void nobody_of_that_name(void **state)
{
	struct bench *b = *state;

	give(b, "t=node.drain node=acd-7 actor=ops");
	want_none(b, M_NODE_CALLS);
	want_none(b, M_JOURNAL_AUDIT);
}

static void a_worker_gets_no_new_calls(void **state)
{
	struct bench *b = *state;
	const char *caller;

	second_worker(b);
	give(b, "t=node.drain node=w-1 actor=ops");
	caller = call_arrives(b, "100");
	give(b, "t=node.drain node=w-2 actor=ops at_once=1");
	want_none(b, M_MEDIA_REMOVE); /* nobody else is better */
	give(b, "t=node.undrain node=w-1 actor=ops");
	give(b, "t=node.drain node=w-2 actor=ops at_once=1");
	is_at(want(b, M_MEDIA_REMOVE, F_LEG, caller), "w-2"); /* it was there */
}

static void a_talk_leaves_its_worker_at_once(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;
	const struct core_effect *e;

	talk(b, &caller, &phone);
	second_worker(b);
	give(b, "t=node.drain node=w-1 actor=ops at_once=1");
	is_at(effect(b, M_MEDIA_RECORD_END, 0), "w-1");
	is_at(want(b, M_MEDIA_REMOVE, F_LEG, caller), "w-1");
	is_at(effect(b, M_MEDIA_REMOVE, 1), "w-1");
	is_at(want(b, M_MEDIA_ADD, F_LEG, caller), "w-2");
	is_at(effect(b, M_MEDIA_ADD, 1), "w-2");
	assert_non_null(effect(b, M_MEDIA_HEAR, 1)); /* who hears whom */
	e = want(b, M_MEDIA_RECORD, F_PART, "2");
	is_at(e, "w-2");
	want(b, M_NG_NEGOTIATE, F_POINT, "10.0.0.6:42000");
	want_none(b, M_JOURNAL_RECORDING); /* its file is on the way */
	give(b, "t=node.drain node=w-1 actor=ops at_once=1");
	want_none(b, M_MEDIA_REMOVE); /* nothing is left there */
}

static void the_only_worker_keeps_its_calls(void **state)
{
	struct bench *b = *state;

	talk(b, NULL, NULL);
	give(b, "t=node.drain node=w-1 actor=ops at_once=1");
	want_none(b, M_MEDIA_REMOVE);
	call_arrives(b, "100"); /* and gets new ones: nobody else could */
}

static void a_talk_leaves_its_rtpengine_at_once(void **state)
{
	struct bench *b = *state;
	const char *caller;
	char token[24];

	talk(b, &caller, NULL);
	second_rtpengine(b);
	give(b, "t=node.drain node=r1 actor=ops at_once=1");
	str_copy(token, sizeof(token), msg_get(&want(b, M_NG_NEGOTIATE, F_LEG,
						     caller)->m, F_TOKEN));
	want(b, M_NG_NEGOTIATE, F_RTPENGINE, "r2");
	want_none(b, M_NG_DELETE); /* until they send elsewhere */
	give(b, "t=ng.replied leg=%s token=%s op=negotiate sdp=moved "
	     "addr=10.0.0.7:40000 outer=192.0.2.7:40000 codec=PCMA", caller,
	     token);
	want(b, M_LEG_REOFFER, F_LEG, caller);
	give(b, "t=leg.reaccepted leg=%s sdp=theirs2", caller);
	want(b, M_NG_DELETE, F_RTPENGINE, "r1");
}

static void a_phone_rings_on(void **state)
{
	struct bench *b = *state;
	const char *phone;

	agent_ready(b, 1);
	greeting_ends(b, call_arrives(b, "100"));
	phone = invited(b);
	give(b, "t=leg.ringing leg=%s code=180", phone);
	second_rtpengine(b);
	give(b, "t=node.drain node=r1 actor=ops at_once=1");
	want_none(b, M_LEG_END);
}

static void new_calls_go_to_the_other_rtpengine(void **state)
{
	struct bench *b = *state;

	second_rtpengine(b);
	give(b, "t=node.drain node=r1 actor=ops");
	give(b, "t=leg.offered leg=l8001000000000077 node=acd-1 kind=trunk "
	     "tenant=1 number=100 call_id=x caller=+1555 sdp=v");
	want(b, M_NG_NEGOTIATE, F_RTPENGINE, "r2");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(a_node_is_told), T(nobody_of_that_name),
		T(a_worker_gets_no_new_calls),
		T(a_talk_leaves_its_worker_at_once),
		T(the_only_worker_keeps_its_calls),
		T(a_talk_leaves_its_rtpengine_at_once), T(a_phone_rings_on),
		T(new_calls_go_to_the_other_rtpengine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
