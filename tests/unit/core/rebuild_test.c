/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Redis and the owner are both gone: the nodes tell what they have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/base/id.h"
#include "tests/unit/core/bench.h"

struct kept { /* at the acd node: one leg */
	char leg[64], memo[2048]; /* percent-encoded */
};

static struct kept kept[16];
static unsigned nkept;

/* The node keeps what it is given in this step. */
static void keep_memo(struct bench *b, enum msg_type type)
{
	const struct core_effect *e = effect(b, type, 0);
	struct kept *k;
	unsigned i;

	assert_non_null(e);
	for (i = 0; i < nkept; i++)
		if (str_eq(msg_get(&e->m, F_LEG), str_c(kept[i].leg)))
			break;
	k = &kept[i];
	nkept += i == nkept;
	str_copy(k->leg, sizeof(k->leg), msg_get(&e->m, F_LEG));
	assert_true(msg_get(&e->m, F_MEMO).len > 0);
	assert_true(msg_get(&e->m, F_MEMO).len <= 512);
	k->memo[escape_put(k->memo, msg_get(&e->m, F_MEMO))] = '\0';
}

static const char *memo_of(const char *leg)
{
	for (unsigned i = 0; i < nkept; i++)
		if (!strcmp(kept[i].leg, leg))
			return kept[i].memo;
	fail_msg("no memo of %s", leg);
	return NULL;
}

static const char *caller_comes(struct bench *b)
{
	static char ids[16][64];
	static unsigned n;
	char *id = ids[n++ % 16];

	snprintf(id, 64, "l80000000000001%02u", n);
	b->legs++;
	give(b, "t=leg.offered leg=%s node=acd-1 boot=b1 kind=trunk tenant=1 "
	     "number=100 caller=+15550001 trunk=t call_id=%s@y sdp=theirs", id,
	     id);
	ng_answers(b);
	keep_memo(b, M_LEG_ANSWER);
	give(b, "t=leg.confirmed leg=%s", id);
	greeting_ends(b, id);
	b->now += 1000;
	return id;
}

static const char *agent_answers(struct bench *b)
{
	const char *leg = invited(b);

	keep_memo(b, M_LEG_INVITE);
	phone_answers(b, leg);
	return leg;
}

/* Another core, which finds nothing. */
static void all_is_lost(struct bench *b)
{
	struct bench *fresh;

	core_free(b->core);
	assert_int_equal(bench_setup((void **)&fresh), 0);
	b->core = fresh->core;
	arena_release(&fresh->arena);
	free(fresh);
	b->now += 3000;
	give(b, "t=owner.acquired generation=h partition=1 rebuild=1");
	want(b, M_LEG_ANNOUNCE, F_LEG, "");
}

static void alive(struct bench *b, const char *leg)
{
	give(b, "t=leg.alive leg=%s node=acd-1 boot=b1 state=up call_id=%s@y "
	     "memo=%s", leg, leg, memo_of(leg));
}

static void media_alive(struct bench *b, const char *leg, unsigned port)
{
	give(b, "t=media.alive leg=%s node=w-1 boot=b1 port=%u "
	     "point=10.0.0.8:%u", leg, port, port - 10000);
}

static void to_media_phase(struct bench *b)
{
	give(b, "t=announce.end node=acd-1");
	pass(b, 700);
	want(b, M_MEDIA_ANNOUNCE, F_LEG, "");
}

static void talk_goes_on(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;
	const struct core_effect *e;

	nkept = 0;
	agent_ready(b, 1);
	caller = caller_comes(b);
	phone = agent_answers(b);
	all_is_lost(b);
	give(b, "t=announce.begin node=acd-1");
	alive(b, phone); /* in any order */
	alive(b, caller);
	to_media_phase(b);
	media_alive(b, phone, 40004);
	media_alive(b, caller, 40002);
	pass(b, 700);
	want(b, M_PUSH_CONTACT, F_STATE, "talking");
	want(b, M_PUSH_AGENT, F_STATE, "talking");
	want(b, M_MEDIA_RECORD, F_LEFT, caller);
	e = want(b, M_MEDIA_HEAR, F_LEG, caller);
	assert_true(strstr(msg_get(&e->m, F_HEARS).p, phone) != NULL);
	give(b, "t=leg.ended leg=%s by=remote cause=bye", caller);
	want(b, M_LEG_END, F_LEG, phone);
	want(b, M_JOURNAL_SEGMENT, F_KIND, "talk");
	want(b, M_PUSH_AGENT, F_STATE, "wrap_up");
}

static void places_are_kept(void **state)
{
	struct bench *b = *state;
	const char *first, *second;

	nkept = 0;
	first = caller_comes(b);
	second = caller_comes(b);
	all_is_lost(b);
	give(b, "t=announce.begin node=acd-1");
	alive(b, second);
	alive(b, first);
	give(b, "t=agent.was agent=1 state=ready");
	agent_ready(b, 1);
	want_none(b, M_JOURNAL_DECISION); /* nobody is matched meanwhile */
	to_media_phase(b);
	media_alive(b, second, 40004);
	media_alive(b, first, 40002);
	pass(b, 700);
	want(b, M_MEDIA_PLAY, F_LEG, second);
	invited(b);
	phone_answers(b, msg_get(&effect(b, M_LEG_INVITE, 0)->m, F_LEG).p);
	want(b, M_MEDIA_HEAR, F_LEG, first);
}

static void hold_stays_a_hold(void **state)
{
	struct bench *b = *state;
	const char *caller, *phone;

	nkept = 0;
	agent_ready(b, 1);
	caller = caller_comes(b);
	phone = agent_answers(b);
	give(b, "t=leg.reoffered leg=%s tid=1:2 sdp=h direction=sendonly",
	     phone);
	ng_answers(b);
	keep_memo(b, M_LEG_MEMO);
	all_is_lost(b);
	give(b, "t=announce.begin node=acd-1");
	alive(b, caller);
	alive(b, phone);
	to_media_phase(b);
	media_alive(b, caller, 40002);
	media_alive(b, phone, 40004);
	pass(b, 700);
	want(b, M_PUSH_CONTACT, F_STATE, "held");
	want(b, M_MEDIA_HEAR, F_HEARS, "");
	want(b, M_MEDIA_PLAY, F_LEG, caller);
}

static void who_is_alone_is_sent_away(void **state)
{
	struct bench *b = *state;
	const char *phone;

	nkept = 0;
	agent_ready(b, 1);
	caller_comes(b);
	phone = agent_answers(b);
	all_is_lost(b);
	give(b, "t=announce.begin node=acd-1");
	alive(b, phone); /* its caller hung up meanwhile */
	give(b, "t=leg.alive leg=l8000000000000099 node=acd-1 boot=b1 "
	     "state=up memo=nonsense");
	want(b, M_LEG_END, F_LEG, "l8000000000000099");
	give(b, "t=leg.alive leg=l8000000000000098 node=acd-1 boot=b1 "
	     "state=invited");
	want(b, M_LEG_END, F_LEG, "l8000000000000098");
	to_media_phase(b);
	pass(b, 700);
	want(b, M_LEG_END, F_LEG, phone);
}

/* The successor dies in the middle; another loads what it stored. */
static void begun_and_begun_again(void **state)
{
	struct bench *b = *state;
	struct core_out out;
	struct core *next;
	const char *caller;
	char err[200];

	nkept = 0;
	caller = caller_comes(b);
	all_is_lost(b);
	give(b, "t=announce.begin node=acd-1");
	alive(b, caller);
	assert_int_equal(core_snapshot(b->core, &out), 0);
	assert_int_equal(core_alloc(&next, 1), 0);
	assert_int_equal(core_load(next, out.records, out.nrecords, err,
				   sizeof(err)), 0);
	core_free(b->core);
	b->core = next;
	give(b, "t=owner.acquired generation=i partition=1");
	want(b, M_LEG_ANNOUNCE, F_LEG, "");
	give(b, "t=announce.begin node=acd-1");
	alive(b, caller);
	to_media_phase(b);
	media_alive(b, caller, 40002);
	pass(b, 700);
	want(b, M_PUSH_CONTACT, F_STATE, "queued");
}

static void what_a_node_does_not_name_is_gone(void **state)
{
	struct bench *b = *state;
	const char *caller;

	nkept = 0;
	caller = caller_comes(b);
	pass(b, 6000);
	give(b, "t=announce.begin node=acd-1");
	give(b, "t=announce.end node=acd-1");
	want(b, M_JOURNAL_SEGMENT, F_CAUSE, "failed");
	pass(b, 6000);
	give(b, "t=leg.ended leg=%s by=remote cause=bye", caller);
}

/* The node sends its last seconds again: one call is up, one was over. */
static void what_is_told_again_is_not_told_twice(void **state)
{
	struct bench *b = *state;
	const char *caller;
	char old[64];

	nkept = 0;
	caller = caller_comes(b);
	all_is_lost(b);
	give(b, "t=leg.offered leg=%s node=acd-1 boot=b1 kind=trunk tenant=1 "
	     "number=100 caller=+15550001 trunk=t call_id=x sdp=theirs",
	     caller);
	want_none(b, M_NG_NEGOTIATE);
	give(b, "t=leg.confirmed leg=%s", caller);
	id_format(old, 'l', ID_NODE_BIT | (uint64_t)1 << 48 |
		  (b->now - 8000) * 64);
	give(b, "t=leg.offered leg=%s node=acd-1 boot=b1 kind=trunk tenant=1 "
	     "number=100 caller=+15550001 trunk=t call_id=y sdp=theirs", old);
	give(b, "t=leg.ended leg=%s by=remote cause=bye", old);
	want_none(b, M_JOURNAL_CONTACT);
	want_none(b, M_JOURNAL_SEGMENT);
	give(b, "t=leg.offered leg=l8001000000000777 node=acd-1 boot=b1 "
	     "kind=agent user=a1 domain=demo tenant=1 number=*70");
	want_none(b, M_JOURNAL_AUDIT);
	give(b, "t=announce.begin node=acd-1");
	alive(b, caller);
	want(b, M_PUSH_CONTACT, F_CAUSE, "rebuilt");
	to_media_phase(b);
	media_alive(b, caller, 40002);
	pass(b, 700);
	want(b, M_PUSH_CONTACT, F_STATE, "queued");
	want_none(b, M_LEG_ANSWER);
}

static void who_arrives_meanwhile_waits_a_moment(void **state)
{
	struct bench *b = *state;
	char id[64];

	all_is_lost(b);
	id_format(id, 'l', ID_NODE_BIT | (uint64_t)1 << 48 |
		  (b->now + 10) * 64);
	give(b, "t=leg.offered leg=%s node=acd-1 boot=b1 kind=trunk tenant=1 "
	     "number=100 caller=+15550001 trunk=t call_id=z sdp=theirs", id);
	want_none(b, M_NG_NEGOTIATE);
	pass(b, 1400);
	want(b, M_NG_NEGOTIATE, F_LEG, id);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(talk_goes_on), T(places_are_kept), T(hold_stays_a_hold),
		T(who_is_alone_is_sent_away), T(begun_and_begun_again),
		T(what_a_node_does_not_name_is_gone),
		T(what_is_told_again_is_not_told_twice),
		T(who_arrives_meanwhile_waits_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
