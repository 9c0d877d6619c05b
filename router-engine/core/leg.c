/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legs: from leg.offered or leg.invite to the row in the journal.
 *
 * A leg that is over closes its media and waits (CLOSING) for the worker's
 * figures, so that its row tells loss, jitter and MOS.
 */
#include "router-engine/core/contact.h"
#include "router-engine/core/feature.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/media.h"
#include "router-engine/core/memo.h"
#include "router-engine/core/node.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/rebuild.h"
#include "router-engine/core/record.h"
#include "router-engine/core/takeover.h"
#include "router-engine/core/talk.h"
#include "router-engine/core/transfer.h"

#define CLOSING_MS 5000 /* longest wait for figures and rtpengine */
#define COMMAND_MS 2000 /* a command to a node is worth nothing later */

void leg_enter(struct core *c, struct leg *l, enum leg_state state)
{
	l->state = state;
	record_changed(c, &l->rec);
}

static struct leg *leg_make(struct core *c, uint64_t id, uint64_t tenant,
			    enum leg_role role, struct str node,
			    struct str boot)
{
	struct leg *l = record_alloc(c, RECORD_LEG);

	if (!l)
		return NULL;
	l->id = id;
	l->serial = new_id(c);
	l->tenant = tenant;
	l->role = role;
	l->begin = now_of(c);
	text_put(c, &l->node, node);
	text_put(c, &l->boot, boot);
	record_insert(c, &l->rec);
	return l;
}

struct leg *leg_new(struct core *c, uint64_t tenant, enum leg_role role,
		    struct str node, struct str boot)
{
	struct leg *l = leg_make(c, new_id(c), tenant, role, node, boot);

	if (l)
		leg_enter(c, l, LEG_INVITING);
	return l;
}

struct leg *leg_named(struct core *c, const struct msg *m)
{
	struct leg *l = NULL;
	uint64_t id;

	if (!id_parse(msg_get(m, F_LEG), 'l', &id))
		l = leg_find(c, id);
	if (!l)
		c->stale++;
	return l;
}

struct leg *leg_told(struct core *c, const struct msg *m)
{
	struct leg *l = leg_named(c, m);

	if (!l || !msg_get(m, F_SRC).len || !l->boot.len ||
	    (str_eq(text_str(&l->node), msg_get(m, F_SRC)) &&
	     str_eq(text_str(&l->boot), msg_get(m, F_BOOT))))
		return l;
	c->stale++;
	return NULL;
}

struct leg *leg_adopt(struct core *c, struct leg *l, uint64_t id,
		      const struct msg *m, const struct memo *memo)
{
	if (!l)
		l = leg_make(c, id, memo->tenant, (enum leg_role)memo->role,
			     msg_get(m, F_NODE), msg_get(m, F_BOOT));
	if (!l)
		return NULL;
	l->adopted = l->named = true;
	l->begin = memo->begin;
	l->answered = memo->since;
	l->contact = memo->contact;
	l->agent = memo->agent;
	rtpengine_give(c, l);
	text_put(c, &l->rtpengine, memo->rtpengine);
	rtpengine_count(c, l);
	text_put(c, &l->trunk, memo->trunk);
	l->pinned = memo->pinned != 0;
	l->srtp = memo->srtp != 0;
	text_put(c, &l->call_id, msg_get(m, F_CALL_ID));
	leg_enter(c, l, LEG_UP);
	return l;
}

void leg_remember(struct core *c, struct leg *l)
{
	out_str(c, out_leg(c, l, M_LEG_MEMO, 0), F_MEMO, memo_write(c, l));
}

static int by_serial(const struct leg *a, const struct leg *b)
{
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

void leg_relink(struct core *c)
{
	HASH_SORT(c->legs, by_serial);
}

/* ---- arriving -------------------------------------------------------------- */

static void answer(struct core *c, struct leg *l)
{
	struct core_effect *e = out_leg(c, l, M_LEG_ANSWER, COMMAND_MS);

	out_str(c, e, F_SDP, text_str(&l->local_sdp));
	text_put(c, &l->told, text_str(&l->outer));
	out_str(c, e, F_MEMO, memo_write(c, l));
	out_id(c, e, F_CONTACT, 'c', l->contact);
	l->answered = now_of(c);
	leg_enter(c, l, LEG_ANSWERING);
}

void leg_begin(struct core *c, struct leg *l)
{
	if (l->outer_sdp.len ? media_negotiate(c, l) : media_propose(c, l))
		return;
	leg_hang_up(c, l, 503, 41, STR_LIT("no media relay"));
}

void on_leg_offered(struct core *c, const struct msg *m)
{
	struct leg *l;
	uint64_t id;
	bool ok;

	if (id_parse(msg_get(m, F_LEG), 'l', &id) || leg_find(c, id) ||
	    rebuild_passes_over(c, m, id)) {
		c->stale++;
		return;
	}
	l = leg_make(c, id, msg_num(m, F_TENANT), ROLE_CALLER,
		     msg_get(m, F_NODE), msg_get(m, F_BOOT));
	if (!l)
		return;
	text_put(c, &l->call_id, msg_get(m, F_CALL_ID));
	text_put(c, &l->trunk, msg_get(m, F_TRUNK));
	text_put(c, &l->outer_sdp, msg_get(m, F_SDP));
	l->pinned = msg_num(m, F_PINNED) != 0;
	if (msg_get(m, F_REPLACES).len)
		ok = transfer_asked(c, l, m);
	else if (str_eq(msg_get(m, F_KIND), STR_LIT("agent")))
		ok = feature_begin(c, l, m);
	else
		ok = contact_begin(c, l, m);
	if (!ok)
		return; /* refused */
	if (!c->meta.rebuild) /* or at its end */
		leg_begin(c, l);
}

static void leg_up(struct core *c, struct leg *l)
{
	struct contact *ct = contact_find(c, l->contact);

	leg_enter(c, l, LEG_UP);
	if (l->replaces)
		transfer_replace(c, l);
	else if (l->role == ROLE_FEATURE)
		feature_up(c, l);
	else if (l->role == ROLE_AGENT || l->role == ROLE_OUTER)
		offer_accepted(c, l);
	else if (ct)
		contact_up(c, ct, l);
}

void on_leg_confirmed(struct core *c, const struct msg *m)
{
	struct leg *l = leg_told(c, m);
	bool sdp = msg_get(m, F_SDP).len > 0;

	if (!l)
		return;
	if (sdp && (l->state == LEG_ANSWERING || l->state == LEG_UP)) {
		text_put(c, &l->outer_sdp, msg_get(m, F_SDP));
		media_accept(c, l); /* it answered our offer */
		return;
	}
	if (l->state == LEG_ANSWERING)
		leg_up(c, l);
}

void leg_is_up(struct core *c, struct leg *l)
{
	if (l->state == LEG_ANSWERING && l->op == OP_NONE)
		leg_up(c, l);
}

/* ---- invited ---------------------------------------------------------------- */

void on_leg_ringing(struct core *c, const struct msg *m)
{
	struct leg *l = leg_told(c, m);

	if (l && l->state == LEG_RINGING)
		offer_ringing(c, l);
}

void on_leg_answered(struct core *c, const struct msg *m)
{
	struct leg *l = leg_told(c, m);

	if (!l)
		return;
	if (l->state != LEG_RINGING) {
		c->stale++;
		return;
	}
	l->answered = now_of(c);
	text_put(c, &l->call_id, msg_get(m, F_CALL_ID));
	text_put(c, &l->outer_sdp, msg_get(m, F_SDP));
	l->pinned = msg_num(m, F_PINNED) != 0;
	record_changed(c, &l->rec);
	if (!l->outer_sdp.len) {
		offer_refused(c, l, 488);
		leg_hang_up(c, l, 488, 65, STR_LIT("no answer in 2xx"));
		return;
	}
	offer_answered(c, l);
	media_accept(c, l);
}

/* ---- in the dialog ------------------------------------------------------------ */

static void reanswer(struct core *c, struct leg *l, struct str tid,
		     unsigned code)
{
	struct core_effect *e = out_leg(c, l, M_LEG_REANSWER, COMMAND_MS);

	out_str(c, e, F_TID, tid);
	out_num(c, e, F_CODE, code);
	if (code == 200)
		out_str(c, e, F_SDP, text_str(&l->local_sdp));
}

static bool holds(struct str direction)
{
	return str_eq(direction, STR_LIT("sendonly")) ||
	       str_eq(direction, STR_LIT("inactive"));
}

/* One negotiation at a time: while ours is under way, theirs is told to come
 * again (RFC 3261 section 14.2); before the leg is up, that it cannot be (RFC
 * 3311 section 5.2). */
void on_leg_reoffered(struct core *c, const struct msg *m)
{
	struct leg *l = leg_told(c, m);

	if (!l)
		return;
	if (l->state != LEG_UP || l->op != OP_NONE) {
		reanswer(c, l, msg_get(m, F_TID), l->state == LEG_UP ? 491 :
			 l->state < LEG_UP ? 504 : 481);
		return;
	}
	text_put(c, &l->tid, msg_get(m, F_TID));
	l->reoffer_late = !msg_get(m, F_SDP).len;
	l->reoffer_holds = holds(msg_get(m, F_DIRECTION));
	record_changed(c, &l->rec);
	if (l->reoffer_late) {
		media_propose(c, l);
		return;
	}
	text_put(c, &l->offered_sdp, msg_get(m, F_SDP));
	media_negotiate(c, l);
}

void leg_reoffer_agreed(struct core *c, struct leg *l)
{
	if (l->offered_sdp.len)
		text_put(c, &l->outer_sdp,
			 arena_str(&c->arena, text_str(&l->offered_sdp)));
	text_put(c, &l->offered_sdp, STR_NONE);
	text_put(c, &l->tid, STR_NONE);
}

static void reoffer_done(struct core *c, struct leg *l)
{
	struct contact *ct = contact_find(c, l->contact);
	struct str tid = arena_str(&c->arena, text_str(&l->tid));

	leg_reoffer_agreed(c, l);
	text_put(c, &l->told, text_str(&l->outer));
	record_changed(c, &l->rec);
	reanswer(c, l, tid, 200);
	if (ct)
		talk_held(c, ct, l, l->reoffer_holds);
}

/* INFO is acknowledged and not used: digits come from the media worker. */
void on_leg_asked(struct core *c, const struct msg *m)
{
	struct leg *l = leg_told(c, m);
	struct core_effect *e;

	if (!l)
		return;
	e = out_leg(c, l, M_LEG_RESPOND, COMMAND_MS);
	out_str(c, e, F_TID, msg_get(m, F_TID));
	out_num(c, e, F_CODE, 200);
}

/* ---- media ---------------------------------------------------------------------- */

void leg_media_ready(struct core *c, struct leg *l, enum leg_op op)
{
	switch (l->state) {
	case LEG_ARRIVING:
		if (!l->stranded) /* else its transaction is gone */
			answer(c, l);
		break;
	case LEG_INVITING:
		leg_enter(c, l, LEG_RINGING);
		offer_invite(c, l);
		break;
	case LEG_ANSWERING:
	case LEG_RINGING:
		if (op == OP_ACCEPT)
			leg_up(c, l);
		break;
	case LEG_UP:
		if (l->tid.len)
			reoffer_done(c, l);
		break;
	default:
		break;
	}
}

void leg_media_failed(struct core *c, struct leg *l, enum leg_op op,
		      struct str cause)
{
	bool refused = str_eq(cause, STR_LIT("refused"));
	unsigned code = refused ? 488 : 503, q850 = refused ? 65 : 41;

	switch (l->state) {
	case LEG_UP:
		if (l->tid.len) {
			reanswer(c, l, text_str(&l->tid), 488);
			text_put(c, &l->tid, STR_NONE);
			text_put(c, &l->offered_sdp, STR_NONE);
		}
		if (op != OP_ACCEPT)
			break; /* the session stays as it was */
		leg_hang_up(c, l, code, q850, STR_LIT("media refused"));
		break; /* no answer to our offer, no session */
	case LEG_ARRIVING:
	case LEG_ANSWERING:
		leg_hang_up(c, l, code, q850, STR_LIT("media refused"));
		break;
	case LEG_INVITING:
	case LEG_RINGING:
		offer_refused(c, l, code);
		leg_hang_up(c, l, code, q850, STR_LIT("media refused"));
		break;
	default:
		break;
	}
}

/* ---- the end --------------------------------------------------------------------- */

static void over(struct core *c, struct leg *l, struct str by,
		 struct str cause, struct str reason)
{
	struct contact *ct = contact_find(c, l->contact);

	text_put(c, &l->by, by);
	text_put(c, &l->cause, cause);
	text_put(c, &l->reason, reason);
	l->ended = now_of(c);
	leg_enter(c, l, LEG_CLOSING);
	media_close(c, l);
	timer_set(c, &l->rec, &l->due, now_of(c) + CLOSING_MS);
	if (ct)
		contact_leg_over(c, ct, l);
	leg_settle(c, l);
}

void on_leg_ended(struct core *c, const struct msg *m)
{
	struct leg *l = leg_told(c, m);

	if (!l)
		return;
	if (l->state == LEG_CLOSING) {
		c->stale++;
		return;
	}
	if (rebuild_forgets(c, l))
		return;
	l->code = msg_num(m, F_CODE);
	l->q850 = msg_num(m, F_Q850);
	over(c, l, msg_get(m, F_BY), msg_get(m, F_CAUSE),
	     msg_get(m, F_REASON));
}

void leg_lost(struct core *c, struct leg *l, const char *reason)
{
	if (l->state != LEG_CLOSING)
		over(c, l, STR_LIT("node"), STR_LIT("error"), str_c(reason));
}

void on_leg_gone(struct core *c, const struct msg *m)
{
	struct leg *l = leg_told(c, m);

	if (l)
		leg_lost(c, l, "the node has no such leg");
}

void leg_hang_up(struct core *c, struct leg *l, unsigned code, unsigned q850,
		 struct str reason)
{
	struct core_effect *e;

	if (l->state >= LEG_ENDING)
		return;
	if (l->state == LEG_INVITING) { /* no INVITE has left */
		l->code = code;
		over(c, l, STR_LIT("local"), STR_LIT("ended"), reason);
		return;
	}
	e = out_leg(c, l, M_LEG_END, 0);
	out_opt(c, e, F_CODE, code);
	out_opt(c, e, F_Q850, q850);
	out_str(c, e, F_REASON, reason);
	leg_enter(c, l, LEG_ENDING);
}

static void journal(struct core *c, const struct leg *l)
{
	struct core_effect *e = out_new(c, M_JOURNAL_LEG);

	out_id(c, e, F_LEG, 'l', l->id);
	out_num(c, e, F_TENANT, l->tenant);
	out_str(c, e, F_ROLE, str_c(leg_roles[l->role]));
	out_str(c, e, F_NODE, text_str(&l->node));
	out_num(c, e, F_BEGIN, l->begin);
	out_num(c, e, F_END, l->ended);
	out_str(c, e, F_BY, text_str(&l->by));
	out_str(c, e, F_CAUSE, text_str(&l->cause));
	out_id(c, e, F_CONTACT, 'c', l->contact);
	out_opt(c, e, F_AGENT, l->agent);
	out_str(c, e, F_TRUNK, text_str(&l->trunk));
	out_str(c, e, F_CALL_ID, text_str(&l->call_id));
	out_opt(c, e, F_ANSWERED, l->answered);
	out_opt(c, e, F_CODE, l->code);
	out_opt(c, e, F_Q850, l->q850);
	out_str(c, e, F_REASON, text_str(&l->reason));
	out_str(c, e, F_CODEC, text_str(&l->codec));
	if (!l->measured)
		return;
	out_num(c, e, F_PACKETS, l->packets);
	out_num(c, e, F_LOST, l->lost);
	out_num(c, e, F_JITTER_US, l->jitter_us);
	out_opt(c, e, F_MOS100, l->mos100);
}

static void leg_free(struct core *c, struct leg *l)
{
	struct node *w = worker_of(c, l);

	if (w && !l->measured)
		worker_port_give(w, l->port);
	rtpengine_give(c, l);
	journal(c, l);
	record_gone(c, &l->rec);
}

void leg_settle(struct core *c, struct leg *l)
{
	if (l->state == LEG_CLOSING && !l->rec.gone && !media_closing(l))
		leg_free(c, l);
}

/* Whoever owes us an answer about a closed leg will not give it any more. */
void leg_due(struct core *c, struct leg *l)
{
	if (l->state == LEG_CLOSING)
		leg_free(c, l);
	else if (takeover_due(l))
		leg_lost(c, l, "no node took it over");
}
