/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/agent.h"
#include "router-engine/core/contact.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/line.h"
#include "router-engine/core/media.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"
#include "router-engine/core/recording.h"
#include "router-engine/core/talk.h"

static struct leg *caller_of(struct core *c, const struct contact *ct)
{
	return leg_find(c, ct->caller_leg);
}

static struct leg *agent_of(struct core *c, const struct contact *ct)
{
	return leg_find(c, ct->agent_leg);
}

struct leg *talk_peer(struct core *c, const struct contact *ct,
		      const struct leg *l)
{
	if (l->id == ct->caller_leg)
		return agent_of(c, ct);
	return l->id == ct->agent_leg ? caller_of(c, ct) : NULL;
}

static struct str row(struct core *c, const struct leg *speaker)
{
	return arena_printf(&c->arena, "l%016llx:100",
			    (unsigned long long)speaker->id);
}

static void connect_both(struct core *c, struct contact *ct)
{
	struct leg *a = caller_of(c, ct), *b = agent_of(c, ct);

	if (!a || !b)
		return;
	media_stop(c, a);
	media_stop(c, b);
	media_hear(c, a, row(c, b));
	media_hear(c, b, row(c, a));
	if (a->state == LEG_UP)
		media_aim(c, a);
	if (b->state == LEG_UP)
		media_aim(c, b);
	recording_begin(c, ct, a, b);
}

void talk_begin(struct core *c, struct contact *ct, struct leg *agent_leg)
{
	ct->agent_leg = agent_leg->id;
	ct->holders = 0;
	if (!ct->answered) {
		ct->answered = now_of(c);
		ct->wait_ms = now_of(c) - ct->enqueued;
	}
	line_leave(c, ct);
	timer_set(c, &ct->rec, &ct->due, 0);
	contact_segment(c, ct, "accepted", SEGMENT_TALK, ct->agent,
			agent_leg->offer);
	contact_enter(c, ct, CONTACT_TALKING, "answered");
	connect_both(c, ct);
}

/* While anybody holds, nobody hears anybody: the holder hears nothing, the
 * other music. */
static void silence_both(struct core *c, struct contact *ct)
{
	struct leg *a = caller_of(c, ct), *b = agent_of(c, ct);
	struct queue *q = queue_find(c, ct->queue);
	struct str music = q ? text_str(&q->hold_music) : STR_NONE;

	if (!a || !b)
		return;
	media_hear(c, a, STR_NONE);
	media_hear(c, b, STR_NONE);
	media_stop(c, a);
	media_stop(c, b);
	if (!(ct->holders & HOLDS_CALLER))
		media_play(c, a, music, true, "hold music");
	if (!(ct->holders & HOLDS_AGENT))
		media_play(c, b, music, true, "hold music");
	media_aim(c, a);
	media_aim(c, b);
}

void talk_adopt(struct core *c, struct contact *ct, struct agent *a,
		struct leg *l)
{
	struct leg *caller = caller_of(c, ct);
	bool rebuilt = ct->state == CONTACT_ARRIVING;

	if (a)
		offer_take_back(c, a);
	if (ct->state == CONTACT_OFFERED)
		offer_withdraw(c, ct);
	line_leave(c, ct);
	timer_set(c, &ct->rec, &ct->due, 0);
	ct->agent = l->agent;
	ct->agent_leg = l->id;
	ct->answered = l->answered;
	if (ct->answered > ct->enqueued)
		ct->wait_ms = ct->answered - ct->enqueued;
	if (rebuilt) { /* it did not wait: it talked */
		ct->segment_kind = SEGMENT_NONE;
		ct->segments--;
	}
	contact_segment(c, ct, "accepted",
			ct->holders ? SEGMENT_HOLD : SEGMENT_TALK, ct->agent,
			0);
	if (rebuilt)
		ct->segment_begin = ct->answered;
	contact_enter(c, ct, ct->holders ? CONTACT_HELD : CONTACT_TALKING,
		      "rebuilt");
	if (a)
		agent_talk(c, a, ct);
	if (caller)
		caller->adopted = false;
	if (ct->holders)
		silence_both(c, ct);
	else
		connect_both(c, ct);
}

void talk_held(struct core *c, struct contact *ct, struct leg *l, bool holds)
{
	unsigned bit = l->id == ct->caller_leg ? HOLDS_CALLER : HOLDS_AGENT;
	unsigned holders = holds ? ct->holders | bit : ct->holders & ~bit;
	bool was = ct->holders != 0;

	if (ct->state != CONTACT_TALKING && ct->state != CONTACT_HELD)
		return;
	if (holders == ct->holders)
		return;
	ct->holders = holders;
	record_changed(c, &ct->rec);
	if (caller_of(c, ct))
		leg_remember(c, caller_of(c, ct));
	if (!was && holders) {
		recording_end(c, ct);
		contact_segment(c, ct, "hold", SEGMENT_HOLD, ct->agent, 0);
		contact_enter(c, ct, CONTACT_HELD,
			      bit == HOLDS_CALLER ? "caller" : "agent");
	}
	if (was && !holders) {
		contact_segment(c, ct, "resumed", SEGMENT_TALK, ct->agent, 0);
		contact_enter(c, ct, CONTACT_TALKING, "resumed");
		connect_both(c, ct);
	} else {
		silence_both(c, ct);
	}
}

void talk_media_back(struct core *c, struct contact *ct)
{
	struct leg *a, *b;

	if (!ct || ct->state != CONTACT_TALKING || ct->recording)
		return;
	a = caller_of(c, ct);
	b = agent_of(c, ct);
	if (a && b && a->added && b->added)
		recording_begin(c, ct, a, b);
}

/* Wrap-up, or whatever comes next for an agent whose talk is over. */
static void release(struct core *c, struct contact *ct, struct agent *a)
{
	struct queue *q = queue_find(c, ct->queue);

	if (a && q && q->wrapup_limit_ms)
		agent_wrap_up(c, a, ct, q->wrapup_limit_ms);
	else if (a)
		agent_idle(c, a, "no wrap-up");
}

void talk_leave(struct core *c, struct contact *ct)
{
	struct leg *a = caller_of(c, ct), *b = agent_of(c, ct);
	struct agent *ag = agent_find(c, ct->agent);

	recording_end(c, ct);
	ct->agent_leg = ct->agent = 0;
	ct->holders = 0;
	record_changed(c, &ct->rec);
	if (a)
		media_hear(c, a, STR_NONE);
	if (b) {
		media_stop(c, b);
		media_hear(c, b, STR_NONE);
	}
	release(c, ct, ag);
}

void talk_replace(struct core *c, struct contact *ct, struct agent *a,
		  struct leg *l)
{
	struct agent *before = agent_find(c, ct->agent);
	unsigned next = a->state;

	recording_end(c, ct);
	ct->holders &= ~(unsigned)HOLDS_AGENT;
	contact_segment(c, ct, "replaced",
			ct->holders ? SEGMENT_HOLD : SEGMENT_TALK, a->id, 0);
	ct->agent = a->id;
	ct->agent_leg = l->id;
	if (before != a) {
		release(c, ct, before);
		a->next = next;
		agent_talk(c, a, ct);
	}
	contact_enter(c, ct, ct->holders ? CONTACT_HELD : CONTACT_TALKING,
		      "replaced");
	if (ct->holders)
		silence_both(c, ct);
	else
		connect_both(c, ct);
}

void talk_end(struct core *c, struct contact *ct, const char *by)
{
	struct leg *a = caller_of(c, ct), *b = agent_of(c, ct);
	struct agent *ag = agent_find(c, ct->agent);
	struct queue *q = queue_find(c, ct->queue);
	bool wrap = ag && q && q->wrapup_limit_ms;

	if (ct->state != CONTACT_TALKING && ct->state != CONTACT_HELD)
		return;
	contact_outcome(c, ct, "answered", by);
	recording_end(c, ct);
	contact_segment(c, ct, by, wrap ? SEGMENT_WRAP_UP : SEGMENT_NONE,
			wrap ? ct->agent : 0, 0);
	ct->caller_leg = ct->agent_leg = 0;
	if (a)
		leg_hang_up(c, a, 0, 16, STR_NONE);
	if (b)
		leg_hang_up(c, b, 0, 16, STR_NONE);
	contact_enter(c, ct, CONTACT_WRAP_UP, by);
	if (wrap)
		agent_wrap_up(c, ag, ct, q->wrapup_limit_ms);
	else if (ag)
		agent_idle(c, ag, "no wrap-up");
	if (!wrap)
		contact_finish(c, ct);
}
