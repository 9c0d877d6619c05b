/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/contact.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/media.h"
#include "router-engine/core/move.h"
#include "router-engine/core/node.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"
#include "router-engine/core/talk.h"

#define REOFFER_MS 5000 /* what leaves later finds another world */

/* ---- telling ---------------------------------------------------------------- */

void move_tell(struct core *c, struct leg *l)
{
	struct core_effect *e;

	if (l->state != LEG_UP || l->op != OP_NONE || l->tid.len ||
	    l->reoffering || l->stranded || !l->outer.len ||
	    str_eq(text_str(&l->outer), text_str(&l->told)))
		return;
	e = out_leg(c, l, M_LEG_REOFFER, REOFFER_MS);
	out_str(c, e, F_SDP, text_str(&l->local_sdp));
	l->reoffering = true;
	text_put(c, &l->told, text_str(&l->outer));
	record_changed(c, &l->rec);
}

/* Not awaited: it is worth nothing to anybody but that rtpengine. */
static void forget(struct core *c, struct leg *l, const struct rtpengine *at)
{
	struct core_effect *e;

	text_put(c, &l->left, STR_NONE);
	record_changed(c, &l->rec);
	if (str_eq(text_str(&l->rtpengine), text_str(&at->name)))
		return; /* it came back to it */
	e = out_new(c, M_NG_DELETE);
	out_id(c, e, F_LEG, 'l', l->id);
	out_num(c, e, F_TOKEN, 0);
	out_str(c, e, F_RTPENGINE, text_str(&at->name));
}

/* The other side knows the new place. One that is down forgets it when it
 * comes back: move_forget(). */
static void leave(struct core *c, struct leg *l)
{
	struct rtpengine *at = rtpengine_find(c, text_str(&l->left));

	if (at && at->up)
		forget(c, l, at);
}

static bool holds(struct str direction)
{
	return str_eq(direction, STR_LIT("sendonly")) ||
	       str_eq(direction, STR_LIT("inactive"));
}

/* The answer may name another place, codec or key: the new rtpengine needs
 * it whatever it says. */
void on_leg_reaccepted(struct core *c, const struct msg *m)
{
	struct leg *l = leg_named(c, m);
	struct contact *ct;

	if (!l)
		return;
	if (l->state != LEG_UP || !l->reoffering) {
		c->stale++;
		return;
	}
	l->reoffering = false;
	record_changed(c, &l->rec);
	leave(c, l);
	ct = contact_find(c, l->contact);
	if (msg_get(m, F_DIRECTION).len && ct)
		talk_held(c, ct, l, holds(msg_get(m, F_DIRECTION)));
	if (msg_get(m, F_SDP).len) {
		text_put(c, &l->outer_sdp, msg_get(m, F_SDP));
		media_negotiate(c, l);
	}
}

/* Its media is where nobody is any more. */
void on_leg_rerefused(struct core *c, const struct msg *m)
{
	struct leg *l = leg_named(c, m);

	if (!l)
		return;
	if (l->state != LEG_UP || !l->reoffering) {
		c->stale++;
		return;
	}
	l->reoffering = false;
	record_changed(c, &l->rec);
	leg_hang_up(c, l, 0, 41, STR_LIT("media relay lost"));
}

/* ---- moving ------------------------------------------------------------------ */

static void place(struct core *c, struct leg *l, struct rtpengine *to)
{
	text_put(c, &l->left, text_str(&l->rtpengine));
	rtpengine_give(c, l);
	rtpengine_take(c, l, to);
	text_put(c, &l->inner, STR_NONE);
	l->op = OP_NONE;
	record_changed(c, &l->rec);
}

/* A phone that rings was offered a place that is gone: it rings again. */
static void withdraw(struct core *c, struct leg *l)
{
	offer_refused(c, l, 503);
	leg_hang_up(c, l, 503, 41, STR_LIT("media relay lost"));
}

static void move(struct core *c, struct leg *l, struct rtpengine *to)
{
	switch (l->state) {
	case LEG_ARRIVING:
	case LEG_ANSWERING:
	case LEG_UP:
		place(c, l, to);
		if (l->outer_sdp.len)
			media_negotiate(c, l);
		else
			media_propose(c, l);
		break;
	case LEG_INVITING:
		place(c, l, to);
		media_propose(c, l);
		break;
	case LEG_RINGING:
		withdraw(c, l);
		break;
	default:
		break;
	}
}

static void move_one(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	struct rtpengine *from = arg;
	struct rtpengine *to = rtpengine_choose(c, text_str(&from->name));

	/* From one that lives only calls leave, and no phone stops ringing. */
	if (from->up && l->state != LEG_UP)
		return;
	if (to && to != from && !l->adopted &&
	    str_eq(text_str(&l->rtpengine), text_str(&from->name)))
		move(c, l, to);
}

void move_all(struct core *c, struct rtpengine *from)
{
	record_each(c, RECORD_LEG, move_one, from);
}

static void forget_one(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	const struct rtpengine *at = arg;

	if (str_eq(text_str(&l->left), text_str(&at->name)))
		forget(c, l, at);
}

void move_forget(struct core *c, struct rtpengine *at)
{
	record_each(c, RECORD_LEG, forget_one, at);
}
