/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/contact.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/line.h"
#include "router-engine/core/media.h"
#include "router-engine/core/memo.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"
#include "router-engine/core/say.h"
#include "router-engine/core/steps.h"
#include "router-engine/core/talk.h"
#include "router-engine/core/transfer.h"

/* Segments that were journaled before are not known: these count from here. */
#define REBUILT_ORDINAL 100

/* A greeting that nobody reports the end of (its worker is gone) is over. */
#define GREETING_LIMIT_MS 60000

/* ---- arriving -------------------------------------------------------------------- */

/* Puts it on the list of those who arrive, or takes it off. */
static void list(struct core *c, struct contact *ct)
{
	bool arrives = ct->state == CONTACT_ARRIVING && ct->call_id.len;

	if (ct->listed == arrives)
		return;
	ct->listed = arrives;
	if (!arrives) {
		HASH_DELETE(arriving, c->arriving, ct);
		return;
	}
	HASH_ADD_KEYPTR(arriving, c->arriving, ct->call_id.p, ct->call_id.len,
			ct);
	if (ct->arriving.tbl)
		return;
	ct->listed = false;
	c->failed = true;
}

/* The contact of an INVITE that this one is again: the node that had it died
 * before its caller heard of us. */
static struct contact *begun_before(struct core *c, const struct leg *l,
				    struct str number)
{
	struct contact *ct = NULL;
	struct leg *old;

	if (l->call_id.len)
		HASH_FIND(arriving, c->arriving, l->call_id.p, l->call_id.len,
			  ct);
	old = ct ? leg_find(c, ct->caller_leg) : NULL;
	if (!old || ct->tenant != l->tenant ||
	    !str_eq(text_str(&ct->number), number) ||
	    !str_eq(text_str(&ct->trunk), text_str(&l->trunk)) ||
	    (old->state != LEG_ARRIVING && old->state != LEG_ANSWERING))
		return NULL;
	return ct;
}

static void begin_again(struct core *c, struct contact *ct, struct leg *l)
{
	struct leg *old = leg_find(c, ct->caller_leg);

	ct->caller_leg = l->id;
	l->contact = ct->id;
	record_changed(c, &ct->rec);
	if (old->stranded)
		leg_lost(c, old, "it came again at another node");
	else
		leg_hang_up(c, old, 482, 31, STR_LIT("merged"));
}

/* ---- links ----------------------------------------------------------------------- */

static void relink(struct core *c, struct record *r, void *arg)
{
	struct contact *ct = (struct contact *)r;

	(void)arg;
	list(c, ct);
	if (ct->state == CONTACT_QUEUED || ct->state == CONTACT_OFFERED)
		line_join(c, ct);
	if (ct->state == CONTACT_QUEUED)
		line_news(c, ct);
}

void contact_relink(struct core *c)
{
	record_each(c, RECORD_CONTACT, relink, NULL);
}

/* ---- states and segments ----------------------------------------------------------- */

void contact_enter(struct core *c, struct contact *ct,
		   enum contact_state state, const char *cause)
{
	struct core_effect *e;

	ct->state = state;
	list(c, ct);
	record_changed(c, &ct->rec);
	line_seek(c, ct);
	if (state == CONTACT_QUEUED) {
		steps_ask_again(c, ct);
		line_news(c, ct);
	}
	e = out_new(c, M_PUSH_CONTACT);
	out_id(c, e, F_CONTACT, 'c', ct->id);
	out_num(c, e, F_TENANT, ct->tenant);
	out_num(c, e, F_TIME, now_of(c));
	out_str(c, e, F_STATE, str_c(contact_states[state]));
	out_str(c, e, F_CAUSE, str_c(cause));
	out_opt(c, e, F_QUEUE, ct->queue);
	out_opt(c, e, F_AGENT, ct->agent);
	out_opt(c, e, F_POSITION, line_position(ct));
	out_str(c, e, F_CALLER, text_str(&ct->caller));
	out_str(c, e, F_NUMBER, text_str(&ct->number));
	out_str(c, e, F_CALL_ID, text_str(&ct->call_id));
}

static void segment_journal(struct core *c, struct contact *ct,
			    const char *cause)
{
	struct core_effect *e = out_new(c, M_JOURNAL_SEGMENT);

	out_id(c, e, F_SEGMENT, 's', ct->segment);
	out_id(c, e, F_CONTACT, 'c', ct->id);
	out_num(c, e, F_TENANT, ct->tenant);
	out_num(c, e, F_ORDINAL, ct->segments);
	out_str(c, e, F_KIND, str_c(segment_kinds[ct->segment_kind]));
	out_num(c, e, F_BEGIN, ct->segment_begin);
	out_num(c, e, F_END, now_of(c));
	out_str(c, e, F_CAUSE, str_c(cause));
	out_opt(c, e, F_QUEUE, ct->queue);
	out_opt(c, e, F_AGENT, ct->segment_agent);
	out_id(c, e, F_OFFER, 'o', ct->segment_offer);
}

void contact_segment(struct core *c, struct contact *ct, const char *cause,
		     enum segment_kind kind, uint64_t agent, uint64_t offer)
{
	uint64_t ms = now_of(c) - ct->segment_begin;

	if (ct->segment_kind != SEGMENT_NONE)
		segment_journal(c, ct, cause);
	if (ct->segment_kind == SEGMENT_TALK)
		ct->talk_ms += ms;
	else if (ct->segment_kind == SEGMENT_HOLD)
		ct->hold_ms += ms;
	else if (ct->segment_kind == SEGMENT_WRAP_UP)
		ct->wrapup_ms += ms;
	ct->segment_kind = kind;
	ct->segment_begin = now_of(c);
	ct->segment_agent = agent;
	ct->segment_offer = offer;
	ct->parts = 0;
	if (kind != SEGMENT_NONE) {
		ct->segment = new_id(c);
		ct->segments++;
	}
	record_changed(c, &ct->rec);
}

void contact_outcome(struct core *c, struct contact *ct, const char *outcome,
		     const char *by)
{
	if (ct->outcome.len)
		return;
	text_put(c, &ct->outcome, str_c(outcome));
	text_put(c, &ct->by, str_c(by));
	text_put(c, &ct->phase, str_c(segment_kinds[ct->segment_kind]));
	ct->ended = now_of(c);
	if (ct->enqueued && !ct->answered)
		ct->wait_ms = now_of(c) - ct->enqueued;
	record_changed(c, &ct->rec);
}

/* ---- arrival ------------------------------------------------------------------------ */

static struct contact *contact_make(struct core *c, struct leg *l,
				    const struct number *n,
				    const struct queue *q)
{
	struct contact *ct = record_alloc(c, RECORD_CONTACT);

	if (!ct)
		return NULL;
	ct->id = new_id(c);
	ct->tenant = n->tenant;
	ct->queue = q->id;
	ct->cls = q->cls;
	ct->priority = q->priority;
	ct->begin = now_of(c);
	ct->caller_leg = l->id;
	record_insert(c, &ct->rec);
	l->contact = ct->id;
	return ct;
}

bool contact_begin(struct core *c, struct leg *l, const struct msg *m)
{
	struct number *n = number_find(c, msg_get(m, F_NUMBER));
	struct queue *q = n ? queue_find(c, n->queue) : NULL;
	struct contact *ct;

	if (!n || !q) {
		leg_hang_up(c, l, 404, 1, STR_LIT("no such number"));
		return false;
	}
	ct = begun_before(c, l, msg_get(m, F_NUMBER));
	if (ct) {
		begin_again(c, ct, l);
		return true;
	}
	ct = contact_make(c, l, n, q);
	if (!ct)
		return false;
	text_put(c, &ct->number, msg_get(m, F_NUMBER));
	text_put(c, &ct->caller, msg_get(m, F_CALLER));
	text_put(c, &ct->diverted_from, msg_get(m, F_DIVERTED_FROM));
	text_put(c, &ct->trunk, msg_get(m, F_TRUNK));
	text_put(c, &ct->call_id, msg_get(m, F_CALL_ID));
	text_put(c, &ct->source, msg_get(m, F_SOURCE));
	contact_segment(c, ct, "", SEGMENT_IVR, 0, 0);
	contact_enter(c, ct, CONTACT_ARRIVING, "offered");
	return true;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* When it is overdue in its line; 0: never. */
static uint64_t overdue_at(struct core *c, const struct contact *ct)
{
	const struct queue *q = queue_find(c, ct->queue);

	return q && q->overdue_ms ? ct->step_from + q->overdue_ms : 0;
}

/* Until its next announcement, its next step, or it is overdue. */
static void wait_on(struct core *c, struct contact *ct)
{
	uint64_t due = earlier(ct->tell_due, steps_due(c, ct));

	if (!ct->overdue)
		due = earlier(due, overdue_at(c, ct));
	if (due != ct->due)
		timer_set(c, &ct->rec, &ct->due, due);
}

void contact_line_up(struct core *c, struct contact *ct)
{
	ct->tell_due = 0;
	ct->overdue = false;
	line_join(c, ct);
	steps_begin(c, ct, now_of(c));
	wait_on(c, ct);
}

/* By the timer: what plays now goes first. */
static void tell_place(struct core *c, struct contact *ct)
{
	ct->tell_due = now_of(c);
	wait_on(c, ct);
}

static void enqueue(struct core *c, struct contact *ct, const char *cause)
{
	const struct queue *q = queue_find(c, ct->queue);

	if (q) { /* it may have changed during the greeting */
		ct->cls = q->cls;
		ct->priority = q->priority;
	}
	contact_segment(c, ct, cause, SEGMENT_QUEUE, 0, 0);
	ct->enqueued = now_of(c);
	ct->ticket = new_id(c);
	contact_line_up(c, ct);
	contact_enter(c, ct, CONTACT_QUEUED, "enqueued");
	contact_music(c, ct);
	tell_place(c, ct);
	c->match = true;
}

void contact_send_on(struct core *c, struct contact *ct, struct queue *q)
{
	struct leg *l = leg_find(c, ct->caller_leg);

	contact_segment(c, ct, "transferred", SEGMENT_QUEUE, 0, 0);
	ct->queue = q->id;
	ct->cls = q->cls;
	ct->priority = q->priority;
	ct->announced = 0;
	contact_line_up(c, ct);
	contact_enter(c, ct, CONTACT_QUEUED, "transferred");
	contact_music(c, ct);
	if (l)
		leg_remember(c, l);
	tell_place(c, ct);
	c->match = true;
}

void contact_up(struct core *c, struct contact *ct, struct leg *l)
{
	struct queue *q = queue_find(c, ct->queue);

	if (ct->state != CONTACT_ARRIVING)
		return;
	if (!q || !q->greeting.len || !l->added) {
		enqueue(c, ct, "done");
		return;
	}
	contact_enter(c, ct, CONTACT_GREETING, "answered");
	media_play(c, l, text_str(&q->greeting), false, "greeting");
	timer_set(c, &ct->rec, &ct->due, now_of(c) + GREETING_LIMIT_MS);
}

/* ---- rebuilt ------------------------------------------------------------------------ */

void contact_adopt(struct core *c, struct leg *l, const struct memo *memo)
{
	struct contact *ct = record_alloc(c, RECORD_CONTACT);

	if (!ct)
		return;
	ct->id = memo->contact;
	ct->tenant = memo->tenant;
	ct->queue = memo->queue;
	ct->begin = memo->begin;
	/* who was not in line yet came into it when the greeting was over */
	ct->enqueued = memo->enqueued ? memo->enqueued : memo->since;
	ct->holders = (unsigned)memo->holders;
	ct->caller_leg = l->id;
	ct->segments = REBUILT_ORDINAL;
	text_put(c, &ct->number, memo->number);
	text_put(c, &ct->caller, memo->caller);
	text_put(c, &ct->trunk, memo->trunk);
	text_put(c, &ct->call_id, text_str(&l->call_id));
	record_insert(c, &ct->rec);
	contact_segment(c, ct, "", SEGMENT_QUEUE, 0, 0);
	ct->segment_begin = ct->enqueued;
	contact_enter(c, ct, CONTACT_ARRIVING, "rebuilt");
}

void contact_back(struct core *c, struct contact *ct)
{
	struct queue *q = queue_find(c, ct->queue);

	ct->cls = q ? q->cls : 0;
	ct->priority = q ? q->priority : 0;
	ct->holders = 0;
	line_join(c, ct);
	steps_begin(c, ct, ct->enqueued);
	contact_enter(c, ct, CONTACT_QUEUED, "rebuilt");
	contact_music(c, ct);
	media_aim(c, leg_find(c, ct->caller_leg));
	ct->tell_due = q && q->announce_ms ? now_of(c) + q->announce_ms : 0;
	wait_on(c, ct);
}

/* ---- waiting -------------------------------------------------------------------------- */

void contact_music(struct core *c, struct contact *ct)
{
	struct queue *q = queue_find(c, ct->queue);
	struct leg *l = leg_find(c, ct->caller_leg);

	if (q && l)
		media_play(c, l, text_str(&q->music), true, "music");
}

/* The place that is told never goes back, whoever is let in before. */
static void announce(struct core *c, struct contact *ct)
{
	struct queue *q = queue_find(c, ct->queue);
	struct leg *l = leg_find(c, ct->caller_leg);
	uint64_t position = line_position(ct);

	if (!q || !l)
		return;
	if (!ct->announced || position < ct->announced)
		ct->announced = position;
	ct->tell_due = q->announce_ms ? now_of(c) + q->announce_ms : 0;
	media_play(c, l, say_position(c, text_str(&q->language), ct->announced),
		   false, arena_printf(&c->arena, "position %llu",
				(unsigned long long)ct->announced).p);
}

void contact_due(struct core *c, struct contact *ct)
{
	timer_set(c, &ct->rec, &ct->due, 0);
	if (ct->state == CONTACT_GREETING) {
		enqueue(c, ct, "timeout");
		return;
	}
	if (!line_in(ct))
		return;
	if (ct->tell_due && ct->tell_due <= now_of(c)) {
		ct->tell_due = 0;
		announce(c, ct);
	}
	contact_replan(c, ct);
}

void contact_replan(struct core *c, struct contact *ct)
{
	const struct queue *q = queue_find(c, ct->queue);
	uint64_t overdue = overdue_at(c, ct);

	if (!line_in(ct))
		return;
	if (q)
		line_rank(c, ct, q->cls, q->priority,
			  overdue && overdue <= now_of(c));
	if (steps_go_on(c, ct) && ct->state == CONTACT_QUEUED)
		line_news(c, ct);
	wait_on(c, ct);
}

void contact_played(struct core *c, struct contact *ct, struct leg *l)
{
	if (l->id != ct->caller_leg)
		return;
	if (ct->state == CONTACT_GREETING)
		enqueue(c, ct, "done");
	else if (line_in(ct))
		contact_music(c, ct);
}

/* ---- the end ---------------------------------------------------------------------------- */

static void journal(struct core *c, const struct contact *ct)
{
	struct core_effect *e = out_new(c, M_JOURNAL_CONTACT);

	out_id(c, e, F_CONTACT, 'c', ct->id);
	out_num(c, e, F_TENANT, ct->tenant);
	out_str(c, e, F_CHANNEL, STR_LIT("voice"));
	out_num(c, e, F_BEGIN, ct->begin);
	out_num(c, e, F_END, now_of(c));
	out_str(c, e, F_OUTCOME, text_str(&ct->outcome));
	out_str(c, e, F_PHASE, text_str(&ct->phase));
	out_str(c, e, F_BY, text_str(&ct->by));
	out_str(c, e, F_NUMBER, text_str(&ct->number));
	out_opt(c, e, F_QUEUE, ct->queue);
	out_opt(c, e, F_AGENT, ct->agent);
	out_str(c, e, F_CALLER, text_str(&ct->caller));
	out_str(c, e, F_DIVERTED_FROM, text_str(&ct->diverted_from));
	out_str(c, e, F_TRUNK, text_str(&ct->trunk));
	out_str(c, e, F_CALL_ID, text_str(&ct->call_id));
	out_opt(c, e, F_ENQUEUED, ct->enqueued);
	out_opt(c, e, F_ANSWERED, ct->answered);
	out_opt(c, e, F_CODE, ct->code);
	out_opt(c, e, F_Q850, ct->q850);
	out_num(c, e, F_WAIT_MS, ct->wait_ms);
	out_num(c, e, F_TALK_MS, ct->talk_ms);
	out_num(c, e, F_HOLD_MS, ct->hold_ms);
	out_num(c, e, F_WRAPUP_MS, ct->wrapup_ms);
}

void contact_finish(struct core *c, struct contact *ct)
{
	line_leave(c, ct);
	transfer_told(c, ct, 487);
	contact_enter(c, ct, CONTACT_OVER, ct->outcome.p ? ct->outcome.p : "");
	journal(c, ct);
	record_gone(c, &ct->rec);
}

void contact_forget(struct core *c, struct contact *ct)
{
	ct->state = CONTACT_OVER;
	list(c, ct);
	line_leave(c, ct);
	record_gone(c, &ct->rec);
}

/* The caller is gone, or must go, and no agent talks: nothing is left. */
static void give_up(struct core *c, struct contact *ct, const char *outcome,
		    const char *by, const char *cause)
{
	contact_outcome(c, ct, outcome, by);
	if (ct->state == CONTACT_OFFERED)
		offer_withdraw(c, ct);
	line_leave(c, ct);
	contact_segment(c, ct, cause, SEGMENT_NONE, 0, 0);
	contact_finish(c, ct);
}

static void caller_over(struct core *c, struct contact *ct, struct leg *l)
{
	bool remote = str_eq(text_str(&l->by), STR_LIT("remote"));

	ct->caller_leg = 0;
	ct->code = l->code;
	ct->q850 = l->q850;
	record_changed(c, &ct->rec);
	if (ct->state == CONTACT_TALKING || ct->state == CONTACT_HELD)
		talk_end(c, ct, remote ? "caller" : "system");
	else if (ct->state < CONTACT_TALKING)
		give_up(c, ct, !remote ? "failed" : ct->answered ? "answered"
								 : "abandoned",
			remote ? "caller" : "system",
			remote ? "abandoned" : "failed");
}

void contact_leg_over(struct core *c, struct contact *ct, struct leg *l)
{
	bool remote = str_eq(text_str(&l->by), STR_LIT("remote"));

	if (l->id == ct->caller_leg) {
		caller_over(c, ct, l);
	} else if (l->offer && l->offer == ct->offer) {
		offer_refused(c, l, l->code ? (unsigned)l->code : 480);
	} else if (l->id == ct->agent_leg) {
		ct->agent_leg = 0;
		talk_end(c, ct, !remote ? "system" : l->role == ROLE_OUTER
						   ? "outer" : "agent");
	} else if (l->id == ct->referrer) {
		ct->referrer = 0;
		record_changed(c, &ct->rec);
	}
}

void on_contact_end(struct core *c, const struct msg *m)
{
	struct contact *ct = NULL;
	struct leg *l;
	uint64_t id;

	if (!id_parse(msg_get(m, F_CONTACT), 'c', &id))
		ct = contact_find(c, id);
	if (!ct || ct->state >= CONTACT_WRAP_UP) {
		c->stale++;
		return;
	}
	out_audit(c, ct->tenant, msg_get(m, F_ACTOR), "contact.end",
		  msg_get(m, F_CONTACT), STR_NONE);
	l = leg_find(c, ct->caller_leg);
	if (ct->state == CONTACT_TALKING || ct->state == CONTACT_HELD) {
		talk_end(c, ct, "system");
		return;
	}
	if (l)
		leg_hang_up(c, l, 480, 31, STR_LIT("ended"));
	ct->caller_leg = 0;
	give_up(c, ct, "refused", "system", "ended");
}
