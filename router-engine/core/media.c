/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media of one leg.
 *
 * Where the inner side points (aim): at the worker's port for this leg; when
 * no worker is there, at the other leg's inner side, but only in plain talk of
 * two; else at the discard port of the rtpengine's own host, which is silence.
 */
#include "router-engine/core/contact.h"
#include "router-engine/core/feature.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/media.h"
#include "router-engine/core/move.h"
#include "router-engine/core/node.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"
#include "router-engine/core/recording.h"
#include "router-engine/core/talk.h"

#define PROBE_MS 10000 /* the worker says again that it is silent */

static struct str aim_of(struct core *c, const struct leg *l)
{
	struct node *w = worker_of(c, l);
	struct contact *ct = contact_find(c, l->contact);
	struct rtpengine *e = rtpengine_find(c, text_str(&l->rtpengine));
	struct leg *peer;

	if (w)
		return arena_printf(&c->arena, "%.*s:%llu",
				    STR_FMT(text_str(&w->addr)),
				    (unsigned long long)l->port);
	peer = ct && ct->state == CONTACT_TALKING ? talk_peer(c, ct, l) : NULL;
	if (peer && peer->inner.len)
		return arena_str(&c->arena, text_str(&peer->inner));
	return arena_printf(&c->arena, "%.*s:9",
			    STR_FMT(e ? text_str(&e->addr)
				      : STR_LIT("127.0.0.1")));
}

/* What they offer now, or what was agreed. */
static struct str their_sdp(const struct leg *l)
{
	return text_str(l->offered_sdp.len ? &l->offered_sdp : &l->outer_sdp);
}

static void ask(struct core *c, struct leg *l, enum leg_op op)
{
	static const enum msg_type types[LEG_NOPS] = {
		[OP_NEGOTIATE] = M_NG_NEGOTIATE,
		[OP_PROPOSE] = M_NG_PROPOSE,
		[OP_ACCEPT] = M_NG_ACCEPT,
		[OP_DELETE] = M_NG_DELETE,
	};
	struct core_effect *e;
	struct str aim = op == OP_DELETE ? STR_NONE : aim_of(c, l);

	l->op = op;
	l->token++;
	if (aim.len && op != OP_ACCEPT) /* which points at nothing new */
		text_put(c, &l->point, aim);
	record_changed(c, &l->rec);
	e = out_new(c, types[op]);
	out_id(c, e, F_LEG, 'l', l->id);
	out_num(c, e, F_TOKEN, l->token);
	out_str(c, e, F_RTPENGINE, text_str(&l->rtpengine));
	out_str(c, e, F_POINT, aim);
	if (op == OP_NEGOTIATE || op == OP_ACCEPT)
		out_str(c, e, F_SDP, their_sdp(l));
	if (op == OP_NEGOTIATE || op == OP_ACCEPT)
		out_opt(c, e, F_PINNED, l->pinned);
	if (op == OP_PROPOSE)
		out_opt(c, e, F_SRTP, l->srtp);
}

/* The leg's rtpengine, or one that answers for a leg that has none yet. */
static bool place(struct core *c, struct leg *l)
{
	struct rtpengine *e;

	if (l->rtpengine.len)
		return true;
	e = rtpengine_choose(c, STR_NONE);
	if (!e)
		return false;
	rtpengine_take(c, l, e);
	media_attach(c, l);
	return true;
}

bool media_negotiate(struct core *c, struct leg *l)
{
	if (!place(c, l))
		return false;
	ask(c, l, OP_NEGOTIATE);
	return true;
}

bool media_propose(struct core *c, struct leg *l)
{
	if (!place(c, l))
		return false;
	ask(c, l, OP_PROPOSE);
	return true;
}

void media_accept(struct core *c, struct leg *l)
{
	ask(c, l, OP_ACCEPT);
}

void media_assert(struct core *c, struct leg *l)
{
	if (l->op == OP_NONE && l->inner.len && l->outer_sdp.len &&
	    l->state == LEG_UP)
		ask(c, l, OP_NEGOTIATE);
}

void media_aim(struct core *c, struct leg *l)
{
	if (l->op == OP_NONE && !str_eq(aim_of(c, l), text_str(&l->point)))
		media_assert(c, l);
}

static void ask_again_one(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;

	(void)arg;
	if (l->op != OP_NONE)
		ask(c, l, l->op);
}

void media_ask_again(struct core *c)
{
	record_each(c, RECORD_LEG, ask_again_one, NULL);
}

/* ---- the worker ---------------------------------------------------------- */

static void tell_hear(struct core *c, struct leg *l)
{
	struct core_effect *e = out_worker(c, l, M_MEDIA_HEAR);

	if (!e)
		return;
	out_id(c, e, F_LEG, 'l', l->id);
	out_str(c, e, F_HEARS, text_str(&l->hears));
}

static void tell_play(struct core *c, struct leg *l)
{
	struct core_effect *e = out_worker(c, l, M_MEDIA_PLAY);

	if (!e)
		return;
	out_id(c, e, F_LEG, 'l', l->id);
	out_num(c, e, F_PLAY, l->play);
	out_str(c, e, F_PROMPTS, text_str(&l->prompts));
	if (l->loop)
		out_num(c, e, F_LOOP, 1);
}

/* Adds the leg at its worker, or tells it a new inner side. */
static void tell_add(struct core *c, struct leg *l)
{
	struct core_effect *e;
	bool first = !l->added;

	if (!l->inner.len || !worker_of(c, l))
		return;
	e = out_worker(c, l, M_MEDIA_ADD);
	out_id(c, e, F_LEG, 'l', l->id);
	out_num(c, e, F_PORT, l->port);
	out_str(c, e, F_POINT, text_str(&l->inner));
	out_id(c, e, F_CONTACT, 'c', l->contact);
	l->added = true;
	record_changed(c, &l->rec);
	if (first && l->hears.len)
		tell_hear(c, l);
	if (first && l->playing)
		tell_play(c, l);
}

void media_hear(struct core *c, struct leg *l, struct str hears)
{
	text_put(c, &l->hears, hears);
	record_changed(c, &l->rec);
	if (l->added)
		tell_hear(c, l);
}

static void heard(struct core *c, const struct leg *l, const char *words)
{
	struct core_effect *e = out_new(c, M_PUSH_HEARD);

	out_id(c, e, F_LEG, 'l', l->id);
	out_id(c, e, F_CONTACT, 'c', l->contact);
	out_num(c, e, F_TENANT, l->tenant);
	out_num(c, e, F_TIME, now_of(c));
	out_str(c, e, F_ROLE, str_c(leg_roles[l->role]));
	out_str(c, e, F_HEARD, str_c(words));
}

void media_play(struct core *c, struct leg *l, struct str prompts, bool loop,
		const char *words)
{
	text_put(c, &l->prompts, prompts);
	l->loop = loop;
	l->play++;
	l->playing = prompts.len > 0;
	record_changed(c, &l->rec);
	if (l->added && l->playing)
		tell_play(c, l);
	if (l->contact)
		heard(c, l, words);
}

void media_stop(struct core *c, struct leg *l)
{
	struct core_effect *e;

	if (!l->playing)
		return;
	l->playing = false;
	record_changed(c, &l->rec);
	e = l->added ? out_worker(c, l, M_MEDIA_STOP) : NULL;
	if (!e)
		return;
	out_id(c, e, F_LEG, 'l', l->id);
	out_num(c, e, F_PLAY, l->play);
}

static void tell_remove(struct core *c, struct leg *l)
{
	out_id(c, out_worker(c, l, M_MEDIA_REMOVE), F_LEG, 'l', l->id);
}

static void unplace(struct core *c, struct leg *l)
{
	struct node *w = worker_of(c, l);

	if (w)
		worker_port_give(w, l->port);
	text_put(c, &l->worker, STR_NONE);
	text_put(c, &l->worker_boot, STR_NONE);
	l->port = 0;
	l->added = false;
	record_changed(c, &l->rec);
}

void media_leave(struct core *c, struct leg *l)
{
	struct contact *ct = contact_find(c, l->contact);

	if (ct && ct->recording)
		recording_end(c, ct);
	if (l->added)
		tell_remove(c, l);
	unplace(c, l);
}

void media_detach(struct core *c, struct leg *l)
{
	unplace(c, l);
	recording_lost(c, l);
}

/* All legs of a contact are on one worker. False: there is no room. */
static bool find_room(struct core *c, struct leg *l, const struct contact *ct)
{
	struct leg *with = ct ? leg_find(c, ct->caller_leg) : NULL;
	struct node *w = worker_choose(c, with ? text_str(&with->worker)
					       : STR_NONE);

	if (w)
		l->port = worker_port_take(c, w);
	if (!w || !l->port)
		return false;
	text_put(c, &l->worker, text_str(&w->name));
	text_put(c, &l->worker_boot, text_str(&w->boot));
	l->added = false;
	record_changed(c, &l->rec);
	return true;
}

void media_attach(struct core *c, struct leg *l)
{
	struct contact *ct = contact_find(c, l->contact);

	if (!l->rtpengine.len || l->adopted || worker_of(c, l) ||
	    l->state >= LEG_ENDING || !find_room(c, l, ct))
		return;
	tell_add(c, l);
	if (l->state == LEG_UP) {
		media_aim(c, l);
		talk_media_back(c, ct);
	}
}

void media_adopt(struct core *c, struct leg *l, const struct msg *m)
{
	struct node *w = node_find(c, msg_get(m, F_NODE));

	if (!w || !worker_port_keep(c, w, msg_get(m, F_BOOT),
				    msg_num(m, F_PORT)))
		return;
	text_put(c, &l->worker, text_str(&w->name));
	text_put(c, &l->worker_boot, text_str(&w->boot));
	text_put(c, &l->inner, msg_get(m, F_POINT));
	l->port = msg_num(m, F_PORT);
	l->added = true;
	l->play = now_of(c); /* newer than whatever plays */
	record_changed(c, &l->rec);
	if (!l->outer_sdp.len)
		text_put(c, &l->point, aim_of(c, l)); /* as it was left */
}

void media_close(struct core *c, struct leg *l)
{
	l->playing = false;
	if (l->rtpengine.len)
		ask(c, l, OP_DELETE);
	if (l->added && worker_of(c, l))
		tell_remove(c, l);
	else
		l->added = false;
}

bool media_closing(const struct leg *l)
{
	return l->op != OP_NONE || (l->added && !l->measured);
}

/* ---- what comes back ------------------------------------------------------ */

static struct leg *awaited(struct core *c, const struct msg *m)
{
	struct leg *l = leg_named(c, m);

	if (!l || (l->op != OP_NONE && l->token == msg_num(m, F_TOKEN)))
		return l;
	c->stale++;
	return NULL;
}

/* Without a worker the other one speaks to this inner side directly. */
static void aim_peer(struct core *c, struct leg *l)
{
	struct contact *ct = contact_find(c, l->contact);
	struct leg *peer = ct ? talk_peer(c, ct, l) : NULL;

	if (peer && peer->state == LEG_UP)
		media_aim(c, peer);
}

void on_ng_replied(struct core *c, const struct msg *m)
{
	struct leg *l = awaited(c, m);
	enum leg_op op;

	if (!l)
		return;
	op = l->op;
	l->op = OP_NONE;
	record_changed(c, &l->rec);
	if (op == OP_DELETE) {
		leg_settle(c, l);
		return;
	}
	if (msg_get(m, F_SDP).len)
		text_put(c, &l->local_sdp, msg_get(m, F_SDP));
	if (msg_get(m, F_OUTER).len)
		text_put(c, &l->outer, msg_get(m, F_OUTER));
	if (msg_get(m, F_CODEC).len)
		text_put(c, &l->codec, msg_get(m, F_CODEC));
	if (msg_get(m, F_ADDR).len &&
	    !str_eq(msg_get(m, F_ADDR), text_str(&l->inner))) {
		text_put(c, &l->inner, msg_get(m, F_ADDR));
		tell_add(c, l);
		aim_peer(c, l);
	}
	leg_media_ready(c, l, op);
	if (l->state != LEG_UP)
		return;
	media_aim(c, l); /* something may have changed meanwhile */
	move_tell(c, l);
}

void on_ng_failed(struct core *c, const struct msg *m)
{
	struct leg *l = awaited(c, m);
	enum leg_op op;

	if (!l)
		return;
	op = l->op;
	l->op = OP_NONE;
	record_changed(c, &l->rec);
	if (op == OP_DELETE)
		leg_settle(c, l);
	else
		leg_media_failed(c, l, op, msg_get(m, F_CAUSE));
}

/* Who holds may send nothing. Of everybody else the call may be gone without
 * a BYE: SIP tells. */
void on_media_silent(struct core *c, const struct msg *m)
{
	struct leg *l = leg_named(c, m);
	struct contact *ct = l ? contact_find(c, l->contact) : NULL;
	unsigned bit;

	if (!l || l->state != LEG_UP)
		return;
	bit = ct && l->id == ct->caller_leg ? HOLDS_CALLER : HOLDS_AGENT;
	if (!ct || !(ct->holders & bit))
		out_leg(c, l, M_LEG_PROBE, PROBE_MS);
}

void on_media_done(struct core *c, const struct msg *m)
{
	struct leg *l = leg_named(c, m);
	struct contact *ct;

	if (!l)
		return;
	if (!l->playing || l->play != msg_num(m, F_PLAY)) {
		c->stale++;
		return;
	}
	l->playing = false;
	record_changed(c, &l->rec);
	ct = contact_find(c, l->contact);
	if (l->loop && str_eq(msg_get(m, F_CAUSE), STR_LIT("error")))
		return; /* music that cannot be played: silence, no storm */
	if (ct)
		contact_played(c, ct, l);
	else if (l->role == ROLE_FEATURE)
		feature_played(c, l);
}

void on_media_removed(struct core *c, const struct msg *m)
{
	struct leg *l = leg_named(c, m);
	struct node *w;

	if (!l)
		return;
	if (l->state != LEG_CLOSING || l->measured) {
		c->stale++;
		return;
	}
	l->measured = true;
	l->packets = msg_num(m, F_PACKETS);
	l->lost = msg_num(m, F_LOST);
	l->jitter_us = msg_num(m, F_JITTER_US);
	l->mos100 = msg_num(m, F_MOS100);
	w = worker_of(c, l);
	if (w)
		worker_port_give(w, l->port);
	record_changed(c, &l->rec);
	leg_settle(c, l);
}
