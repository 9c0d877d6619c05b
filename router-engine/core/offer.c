/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offers.
 *
 * | the phone           | result      | the agent                            |
 * |---------------------|-------------|--------------------------------------|
 * | 2xx                 | accepted    | talks                                |
 * | 486, 600            | busy        | left alone for the queue's refusal_ms |
 * | 603, 403, 406, 606  | declined    | left alone for the queue's refusal_ms |
 * | nothing in ring_ms  | no_answer   | not responding                       |
 * | its node died       | node_died   | left alone for a second               |
 * | anything else       | unreachable | not responding                       |
 *
 * The contact keeps its place and is matched again at once in every case.
 */
#include "router-engine/core/agent.h"
#include "router-engine/core/contact.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/line.h"
#include "router-engine/core/media.h"
#include "router-engine/core/memo.h"
#include "router-engine/core/node.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"
#include "router-engine/core/takeover.h"
#include "router-engine/core/talk.h"
#include "router-engine/core/transfer.h"

#define INVITE_MS 2000 /* an INVITE that leaves later would ring a ghost */
#define NO_MEDIA_MS 1000 /* left alone when our own side failed */
#define ANSWERED_MS 5000 /* from the phone's answer to its media */

static struct offer *offer_of(struct core *c, const struct leg *l)
{
	struct offer *o = offer_find(c, l->offer);

	if (!o || o->leg != l->id) {
		c->stale++;
		return NULL;
	}
	return o;
}

/* a NULL: a number outside, rung from the caller's own node. */
static struct leg *leg_for(struct core *c, struct contact *ct,
			   struct agent *a, uint64_t offer)
{
	struct leg *l, *caller = leg_find(c, ct->caller_leg);
	struct node *n = NULL;
	bool by_uri;

	if (a)
		takeover_ring(c, a, &n, &by_uri);
	else if (!caller)
		return NULL;
	else
		n = node_find(c, text_str(&caller->node));
	l = leg_new(c, ct->tenant, a ? ROLE_AGENT : ROLE_OUTER,
		    text_str(n ? &n->name : a ? &a->node : &caller->node),
		    n ? text_str(&n->boot) : STR_NONE);
	if (!l)
		return NULL;
	l->contact = ct->id;
	l->agent = a ? a->id : 0;
	l->srtp = a && a->srtp;
	l->offer = offer;
	return l;
}

static uint64_t ring_ms(struct core *c, const struct contact *ct)
{
	struct queue *q = queue_find(c, ct->queue);

	return q && q->ring_ms ? q->ring_ms : 20000;
}

static struct offer *record_offer(struct core *c, struct contact *ct,
				  struct agent *a, struct str number)
{
	struct offer *o = record_alloc(c, RECORD_OFFER);

	if (!o)
		return NULL;
	o->id = new_id(c);
	o->contact = ct->id;
	o->agent = a ? a->id : 0;
	o->begin = now_of(c);
	text_put(c, &o->number, number);
	record_insert(c, &o->rec);
	timer_set(c, &o->rec, &o->due, now_of(c) + ring_ms(c, ct));
	return o;
}

/* cause: of the end of what the contact did before. */
static struct offer *make(struct core *c, struct contact *ct, struct agent *a,
			  struct str number, const char *cause)
{
	struct offer *o = record_offer(c, ct, a, number);
	struct leg *l = o ? leg_for(c, ct, a, o->id) : NULL;

	if (!l)
		return NULL;
	o->leg = l->id;
	ct->offer = o->id;
	ct->agent = o->agent;
	if (a)
		agent_reserve(c, a, o);
	contact_segment(c, ct, cause, SEGMENT_OFFER, o->agent, o->id);
	contact_enter(c, ct, CONTACT_OFFERED, "matched");
	if (!media_propose(c, l)) {
		offer_refused(c, l, 503);
		leg_hang_up(c, l, 503, 41, STR_LIT("no media relay"));
	}
	return o;
}

struct offer *offer_make(struct core *c, struct contact *ct, struct agent *a)
{
	return make(c, ct, a, STR_NONE, "offered");
}

struct offer *offer_transfer(struct core *c, struct contact *ct,
			     struct agent *a, struct str number)
{
	contact_line_up(c, ct);
	contact_music(c, ct);
	return make(c, ct, a, a ? STR_NONE : number, "transferred");
}

/* A URI's user part, from a caller that may be anything. */
static struct str uri_user(struct core *c, struct str caller)
{
	size_t n = 0;
	char *p = arena_alloc(&c->arena, caller.len + 1);

	for (size_t i = 0; p && i < caller.len && n < 64; i++) {
		char ch = caller.p[i];

		if ((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') ||
		    (ch >= 'A' && ch <= 'Z') || strchr("+-_.!~*'()", ch))
			p[n++] = ch;
	}
	return n ? (struct str){p, n} : STR_LIT("anonymous");
}

/* The node knows its phones by their name; another's by their contact. */
static void put_target(struct core *c, struct core_effect *e,
		       const struct agent *a, struct str uri)
{
	struct str contact = text_str(&a->contact_uri);
	struct node *n;
	bool by_uri;

	if (!takeover_ring(c, a, &n, &by_uri) || !by_uri) {
		out_str(c, e, F_RURI, uri);
		return;
	}
	out_str(c, e, F_RURI, contact);
	out_str(c, e, F_DST, a->received.len ? text_str(&a->received)
					     : contact);
	out_str(c, e, F_SOCKET, text_str(&a->socket));
}

static void ask_phone(struct core *c, struct core_effect *e,
		      const struct contact *ct, const struct agent *a,
		      struct str domain)
{
	struct str uri = arena_printf(&c->arena, "sip:%.*s@%.*s",
				      STR_FMT(text_str(&a->user)),
				      STR_FMT(domain));

	out_str(c, e, F_ROUTE, STR_LIT("agent"));
	put_target(c, e, a, uri);
	out_str(c, e, F_FROM, arena_printf(&c->arena, "<sip:%.*s@%.*s>",
		STR_FMT(uri_user(c, text_str(&ct->caller))), STR_FMT(domain)));
	out_str(c, e, F_TO, arena_printf(&c->arena, "<%.*s>", STR_FMT(uri)));
}

/* The trunks want a number that is ours as the one who calls. */
static void ask_trunks(struct core *c, struct core_effect *e,
		       const struct contact *ct, const struct offer *o,
		       struct str domain)
{
	struct str uri = arena_printf(&c->arena, "sip:%.*s@%.*s",
				      STR_FMT(text_str(&o->number)),
				      STR_FMT(domain));

	out_str(c, e, F_ROUTE, STR_LIT("trunk"));
	out_num(c, e, F_TENANT, ct->tenant);
	out_str(c, e, F_RURI, uri);
	out_str(c, e, F_FROM, arena_printf(&c->arena, "<sip:%.*s@%.*s>",
		STR_FMT(uri_user(c, text_str(&ct->number))), STR_FMT(domain)));
	out_str(c, e, F_TO, arena_printf(&c->arena, "<%.*s>", STR_FMT(uri)));
}

void offer_invite(struct core *c, struct leg *l)
{
	struct offer *o = offer_of(c, l);
	struct contact *ct = contact_find(c, l->contact);
	struct agent *a = agent_find(c, l->agent);
	struct tenant *t = tenant_find(c, l->tenant);
	struct core_effect *e;

	if (!o || !ct || (!a && !o->number.len) || !t) {
		leg_hang_up(c, l, 487, 16, STR_LIT("withdrawn"));
		return;
	}
	e = out_leg(c, l, M_LEG_INVITE, INVITE_MS);
	if (a)
		ask_phone(c, e, ct, a, text_str(&t->domain));
	else
		ask_trunks(c, e, ct, o, text_str(&t->domain));
	out_str(c, e, F_SDP, text_str(&l->local_sdp));
	text_put(c, &l->told, text_str(&l->outer));
	record_changed(c, &l->rec);
	out_str(c, e, F_MEMO, memo_write(c, l));
	out_id(c, e, F_CONTACT, 'c', ct->id);
}

void offer_ringing(struct core *c, struct leg *l)
{
	struct offer *o = offer_of(c, l);
	struct contact *ct = o ? contact_find(c, o->contact) : NULL;

	if (!ct)
		return;
	contact_enter(c, ct, CONTACT_OFFERED, "ringing");
	transfer_told(c, ct, 180);
}

/* The ring timeout is over; what follows has the patience of rtpengine's
 * requests, and ends by their failure. */
void offer_answered(struct core *c, struct leg *l)
{
	struct offer *o = offer_of(c, l);

	if (o)
		timer_set(c, &o->rec, &o->due, now_of(c) + ANSWERED_MS);
}

void offer_accepted(struct core *c, struct leg *l)
{
	struct offer *o = offer_of(c, l);
	struct contact *ct = o ? contact_find(c, o->contact) : NULL;
	struct agent *a = agent_find(c, l->agent);

	if (!o || !ct || (!a && l->role == ROLE_AGENT)) {
		leg_hang_up(c, l, 0, 16, STR_LIT("withdrawn"));
		return;
	}
	ct->offer = 0;
	record_gone(c, &o->rec);
	if (a)
		agent_talk(c, a, ct);
	talk_begin(c, ct, l);
	transfer_told(c, ct, 200);
}

/* The contact waits on in its place. code: why, for who sent it on. */
static void back_in_line(struct core *c, struct contact *ct,
			 const char *result, unsigned code)
{
	transfer_told(c, ct, code);
	ct->offer = 0;
	ct->agent = 0;
	contact_segment(c, ct, result, SEGMENT_QUEUE, 0, 0);
	contact_enter(c, ct, CONTACT_QUEUED, result);
	c->match = true;
}

static const char *result_of(unsigned code)
{
	switch (code) {
	case 486:
	case 600:
		return "busy";
	case 403:
	case 406:
	case 603:
	case 606:
		return "declined";
	case 503:
		return "no_media";
	case 504:
		return "node_died";
	default:
		return "unreachable";
	}
}

static uint64_t refusal_ms(struct core *c, const struct contact *ct)
{
	struct queue *q = ct ? queue_find(c, ct->queue) : NULL;

	return q ? q->refusal_ms : 0;
}

void offer_refused(struct core *c, struct leg *l, unsigned code)
{
	const char *result = result_of(code);
	struct offer *o = offer_of(c, l);
	struct contact *ct = o ? contact_find(c, o->contact) : NULL;
	struct agent *a = agent_find(c, l->agent);
	uint64_t ms = code == 503 || code == 504 ? NO_MEDIA_MS : refusal_ms(c, ct);

	if (!o)
		return;
	record_gone(c, &o->rec);
	if (a && str_eq(str_c(result), STR_LIT("unreachable")))
		agent_not_responding(c, a, result);
	else if (a)
		agent_leave_alone(c, a, ms, result);
	if (ct)
		back_in_line(c, ct, result, code);
}

void offer_due(struct core *c, struct offer *o)
{
	struct contact *ct = contact_find(c, o->contact);
	struct agent *a = agent_find(c, o->agent);
	struct leg *l = leg_find(c, o->leg);

	record_gone(c, &o->rec);
	if (a)
		agent_not_responding(c, a, "no_answer");
	if (ct)
		back_in_line(c, ct, "no_answer", 408);
	if (l)
		leg_hang_up(c, l, 487, 19, STR_LIT("no answer"));
}

void offer_withdraw(struct core *c, struct contact *ct)
{
	struct offer *o = offer_find(c, ct->offer);
	struct agent *a = o ? agent_find(c, o->agent) : NULL;
	struct leg *l = o ? leg_find(c, o->leg) : NULL;

	if (!o)
		return;
	ct->offer = 0;
	ct->agent = 0;
	record_gone(c, &o->rec);
	if (a)
		agent_leave_alone(c, a, 0, "withdrawn");
	if (l)
		leg_hang_up(c, l, 487, 16, STR_LIT("caller gave up"));
}

void offer_take_back(struct core *c, struct agent *a)
{
	struct contact *ct = contact_find(c, a->contact);

	if (a->state != AGENT_RESERVED || !ct)
		return;
	offer_withdraw(c, ct);
	back_in_line(c, ct, "withdrawn", 487);
}
