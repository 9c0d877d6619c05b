/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Kamailio node dies: its legs on another, or on its next boot. */
#include <string.h>

#include "lib/base/id.h"
#include "tests/unit/core/bench.h"

static void to(const struct core_effect *e, const char *node,
	       const char *boot)
{
	assert_non_null(e);
	assert_true(str_eq(e->node, str_c(node)));
	assert_true(str_eq(e->boot, str_c(boot)));
}

static void restored(struct bench *b, const char *leg, const char *node,
		     const char *boot)
{
	static unsigned seq = 100; /* each is taken once */

	give(b, "t=leg.restored leg=%s node=%s boot=%s src=%s state=up seq=%u",
	     leg, node, boot, node, ++seq);
}

static void restart_asks_for_every_leg(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	talk(b, &caller, &phone);
	give(b, "t=node.up node=acd-1 boot=b2 kind=acd");
	to(want(b, M_LEG_RESTORE, F_LEG, caller), "acd-1", "b2");
	to(want(b, M_LEG_RESTORE, F_LEG, phone), "acd-1", "b2");
	want_none(b, M_JOURNAL_SEGMENT);
	restored(b, caller, "acd-1", "b2");
	restored(b, phone, "acd-1", "b2");
	give(b, "t=leg.ended leg=%s by=remote cause=bye q850=16", caller);
	to(want(b, M_LEG_END, F_LEG, phone), "acd-1", "b2");
}

static void another_node_takes_over(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	give(b, "t=node.up node=acd-2 boot=x1 kind=acd");
	talk(b, &caller, &phone);
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	to(want(b, M_LEG_RESTORE, F_LEG, caller), "acd-2", "x1");
	restored(b, caller, "acd-2", "x1");
	restored(b, phone, "acd-2", "x1");
	/* The old node wakes up: what it says of them is not heard. */
	give(b, "t=leg.ended leg=%s by=node cause=timeout src=acd-1 boot=b1 "
	     "seq=9999 q850=16", caller);
	want_none(b, M_LEG_END);
	give(b, "t=node.up node=acd-1 boot=b1 kind=acd");
	want_none(b, M_LEG_RESTORE);
	give(b, "t=leg.ended leg=%s by=remote cause=bye src=acd-2 boot=x1 "
	     "seq=9999 q850=16", phone);
	to(want(b, M_LEG_END, F_LEG, caller), "acd-2", "x1");
}

static void false_alarm(void **state)
{
	struct bench *b = *state;
	const char *caller;

	talk(b, &caller, NULL);
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	to(effect(b, M_LEG_ANNOUNCE, 0), "acd-1", "b1");
	give(b, "t=node.up node=acd-1 boot=b1 kind=acd");
	want_none(b, M_LEG_RESTORE);
	pass(b, 600000);
	give(b, "t=leg.ended leg=%s by=remote cause=bye src=acd-1 boot=b1 "
	     "seq=9999 q850=16", caller);
	want(b, M_JOURNAL_SEGMENT, F_KIND, "talk");
}

static void end_reaches_the_new_node(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	talk(b, &caller, &phone);
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	give(b, "t=node.up node=acd-1 boot=b2 kind=acd");
	restored(b, phone, "acd-1", "b2");
	give(b, "t=leg.ended leg=%s by=remote cause=bye q850=16", phone);
	to(want(b, M_LEG_END, F_LEG, caller), "acd-1", "b1"); /* nobody's */
	restored(b, caller, "acd-1", "b2");
	to(want(b, M_LEG_END, F_LEG, caller), "acd-1", "b2");
}

static void nobody_takes_it(void **state)
{
	struct bench *b = *state;

	talk(b, NULL, NULL);
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	want_none(b, M_JOURNAL_SEGMENT);
	pass(b, 300000);
	give(b, "t=timer.due");
	assert_int_equal(core_due(b->core) <= b->now + 60000, 1);
	pass(b, 60000);
	give(b, "t=node.up node=acd-1 boot=b2 kind=acd");
	want_none(b, M_LEG_RESTORE);
}

static void unknown_leg_is_ended(void **state)
{
	struct bench *b = *state;
	const char *leg = "l8000000000000077";

	restored(b, leg, "acd-1", "b1");
	to(want(b, M_LEG_END, F_LEG, leg), "acd-1", "b1");
}

static void ringing_phone_is_lost_and_the_place_is_kept(void **state)
{
	struct bench *b = *state;
	const char *caller;

	give(b, "t=node.up node=acd-2 boot=x1 kind=acd");
	agent_ready(b, 1);
	caller = call_arrives(b, "100");
	greeting_ends(b, caller);
	invited(b);
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	want(b, M_PUSH_CONTACT, F_CAUSE, "node_died");
	want(b, M_PUSH_AGENT, F_STATE, "ready");
	pass(b, 1000); /* left alone for a second, then rung from elsewhere */
	give(b, "t=timer.due");
	restored(b, caller, "acd-2", "x1");
}

/* The caller heard no 100 from the node that died: its INVITE comes again, to
 * the other. Nobody is lost, and nobody is rung twice. */
static void invite_comes_again(void **state)
{
	struct bench *b = *state;
	const char *second = "l8000000000000b02";

	give(b, "t=node.up node=acd-2 boot=x1 kind=acd");
	agent_ready(b, 1);
	give(b, "t=leg.offered leg=l8000000000000a01 node=acd-1 boot=b1 "
	     "kind=trunk tenant=1 number=100 trunk=t call_id=x@y sdp=theirs");
	give(b, "t=leg.offered leg=%s node=acd-2 boot=x1 kind=trunk tenant=1 "
	     "number=100 trunk=t call_id=x@y sdp=theirs", second);
	to(want(b, M_LEG_END, F_CODE, "482"), "acd-1", "b1");
	want_none(b, M_PUSH_CONTACT); /* it is the same one */
	ng_answers(b);
	to(want(b, M_LEG_ANSWER, F_LEG, second), "acd-2", "x1");
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	want_none(b, M_JOURNAL_CONTACT);
	give(b, "t=leg.confirmed leg=%s", second);
	greeting_ends(b, second);
	invited(b);
	want_none(b, M_LEG_RESTORE);
}

/* Its node's death is known before it comes again, or it never does. */
static void invite_comes_again_later(void **state)
{
	struct bench *b = *state;

	give(b, "t=leg.offered leg=l8000000000000a01 node=acd-1 boot=b1 "
	     "kind=trunk tenant=1 number=100 trunk=t call_id=x@y sdp=theirs");
	give(b, "t=leg.offered leg=l8000000000000a03 node=acd-1 boot=b1 "
	     "kind=trunk tenant=1 number=100 trunk=t call_id=z@y sdp=theirs");
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	want_none(b, M_JOURNAL_CONTACT);
	give(b, "t=node.up node=acd-2 boot=x1 kind=acd");
	give(b, "t=leg.offered leg=l8000000000000b02 node=acd-2 boot=x1 "
	     "kind=trunk tenant=1 number=100 trunk=t call_id=x@y sdp=theirs");
	want_none(b, M_PUSH_CONTACT);
	pass(b, 10000);
	want(b, M_JOURNAL_CONTACT, F_CALL_ID, "z@y");
}

/* Our 200 left, or not; nobody knows. */
static void unacknowledged_caller_proves_itself(void **state)
{
	struct bench *b = *state;
	const char *leg = "l8000000000000a01";

	give(b, "t=node.up node=acd-2 boot=x1 kind=acd");
	give(b, "t=leg.offered leg=%s node=acd-1 boot=b1 kind=trunk tenant=1 "
	     "number=100 trunk=t call_id=x@y sdp=theirs", leg);
	ng_answers(b);
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	to(want(b, M_LEG_RESTORE, F_LEG, leg), "acd-2", "x1");
	restored(b, leg, "acd-2", "x1");
	give(b, "t=leg.confirmed leg=%s", leg);
	want(b, M_PUSH_CONTACT, F_STATE, "greeting");
}

static void phone_is_rung_by_its_contact(void **state)
{
	struct bench *b = *state;
	const struct core_effect *e;
	const char *caller;

	give(b, "t=agent.registered user=a1 domain=demo node=acd-1 boot=b1 "
	     "contact_uri=sip:a1@10.1.1.1:5070 source=sip:192.0.2.1:9 "
	     "expires_ms=60000");
	give(b, "t=agent.ready agent=1 actor=test");
	give(b, "t=node.up node=acd-1 boot=b2 kind=acd");
	caller = call_arrives(b, "100");
	greeting_ends(b, caller);
	invited(b);
	e = want(b, M_LEG_INVITE, F_RURI, "sip:a1@10.1.1.1:5070");
	to(e, "acd-1", "b2");
	want(b, M_LEG_INVITE, F_DST, "sip:192.0.2.1:9");
	want(b, M_LEG_INVITE, F_TO, "<sip:a1@demo>");
}

/* The service address went to another node, its node lives. */
static void phone_is_rung_from_where_the_address_is(void **state)
{
	struct bench *b = *state;
	const char *caller;

	give(b, "t=agent.registered user=a1 domain=demo node=acd-1 boot=b1 "
	     "contact_uri=sip:a1@10.1.1.1:5070 expires_ms=60000");
	give(b, "t=agent.ready agent=1 actor=test");
	give(b, "t=node.up node=acd-1 boot=b1 kind=acd standby=1");
	caller = call_arrives(b, "100");
	greeting_ends(b, caller);
	want_none(b, M_LEG_INVITE); /* the address is nowhere */
	give(b, "t=node.up node=acd-2 boot=x1 kind=acd");
	invited(b);
	to(want(b, M_LEG_INVITE, F_RURI, "sip:a1@10.1.1.1:5070"), "acd-2",
	   "x1");
}

static void connection_dies_with_its_node(void **state)
{
	struct bench *b = *state;

	give(b, "t=agent.registered user=a1 domain=demo node=acd-1 boot=b1 "
	     "contact_uri=sip:a1@x.invalid;transport%%3Dws expires_ms=60000");
	give(b, "t=agent.ready agent=1 actor=test");
	give(b, "t=node.up node=acd-1 boot=b2 kind=acd");
	greeting_ends(b, call_arrives(b, "100"));
	want(b, M_JOURNAL_DECISION, F_CANDIDATES,
	     "1:0:unregistered,2:0:offline,3:0:offline");
}

static void nobody_is_rung_while_no_node_is_up(void **state)
{
	struct bench *b = *state;
	const char *caller;

	agent_ready(b, 1);
	caller = call_arrives(b, "100");
	give(b, "t=node.down node=acd-1 boot=b1 kind=acd");
	greeting_ends(b, caller);
	want(b, M_JOURNAL_DECISION, F_AGENT, "");
	give(b, "t=node.up node=acd-1 boot=b2 kind=acd");
	want(b, M_PUSH_CONTACT, F_STATE, "offered");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(restart_asks_for_every_leg), T(another_node_takes_over),
		T(false_alarm), T(end_reaches_the_new_node),
		T(nobody_takes_it), T(unknown_leg_is_ended),
		T(ringing_phone_is_lost_and_the_place_is_kept),
		T(invite_comes_again),
		T(invite_comes_again_later),
		T(unacknowledged_caller_proves_itself),
		T(phone_is_rung_by_its_contact),
		T(phone_is_rung_from_where_the_address_is),
		T(connection_dies_with_its_node),
		T(nobody_is_rung_while_no_node_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
