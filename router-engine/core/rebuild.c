/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/agent.h"
#include "router-engine/core/contact.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/line.h"
#include "router-engine/core/media.h"
#include "router-engine/core/memo.h"
#include "router-engine/core/node.h"
#include "router-engine/core/out.h"
#include "router-engine/core/rebuild.h"
#include "router-engine/core/record.h"
#include "router-engine/core/talk.h"

enum phase { DONE, LEGS, MEDIA };

#define PHASE_MS 700 /* for everybody to answer */
#define ASK_MS 5000 /* a question is worth nothing later */
#define YOUNG_MS 5000 /* its INVITE and the announcement may have crossed */

/* ---- asking -------------------------------------------------------------- */

static void ask(struct core *c, enum phase phase, enum msg_type question)
{
	struct core_effect *e = out_new(c, question);

	e->node = e->boot = STR_LIT("*");
	e->not_after = now_of(c) + ASK_MS;
	c->meta.rebuild = phase;
	timer_set(c, &c->meta.rec, &c->meta.due, now_of(c) + PHASE_MS);
}

void rebuild_begin(struct core *c)
{
	c->meta.rebuild_began = now_of(c);
	ask(c, LEGS, M_LEG_ANNOUNCE);
}

/* ---- legs ---------------------------------------------------------------- */

static void unname(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	const struct msg *m = arg;

	if (!str_eq(text_str(&l->node), msg_get(m, F_NODE)))
		return;
	l->named = false;
	record_changed(c, r);
}

void on_announce_begin(struct core *c, const struct msg *m)
{
	record_each(c, RECORD_LEG, unname, (void *)m);
}

/* Nobody knows what it is about: the node ends it. */
static void send_away(struct core *c, const struct msg *m)
{
	struct core_effect *e = out_new(c, M_LEG_END);

	e->node = arena_str(&c->arena, msg_get(m, F_NODE));
	e->boot = arena_str(&c->arena, msg_get(m, F_BOOT));
	out_str(c, e, F_LEG, msg_get(m, F_LEG));
	out_num(c, e, F_CODE, 480);
	out_num(c, e, F_Q850, 41);
	out_str(c, e, F_REASON, STR_LIT("lost"));
}

/* Names begin with the time of their making (lib/base/id.h). */
static bool is_old(const struct core *c, uint64_t leg)
{
	uint64_t mask = ((uint64_t)1 << 42) - 1;

	return c->meta.rebuild &&
	       ((leg >> 6) & mask) < (c->meta.rebuild_began & mask);
}

bool rebuild_passes_over(struct core *c, const struct msg *offered,
			 uint64_t leg)
{
	return is_old(c, leg) &&
	       str_eq(msg_get(offered, F_KIND), STR_LIT("agent"));
}

static void forget_contact(struct core *c, uint64_t id)
{
	struct contact *ct = contact_find(c, id);

	if (!ct)
		return;
	contact_forget(c, ct);
}

bool rebuild_forgets(struct core *c, struct leg *l)
{
	if (!is_old(c, l->id) || l->state != LEG_ARRIVING)
		return false;
	if (!l->replaces)
		forget_contact(c, l->contact);
	rtpengine_give(c, l);
	record_gone(c, &l->rec);
	return true;
}

/* l: NULL, or what was made of its leg.offered, sent again. */
static void adopt(struct core *c, struct leg *l, const struct msg *m,
		  uint64_t id, const struct memo *memo)
{
	if (l && !l->replaces)
		forget_contact(c, l->contact);
	l = leg_adopt(c, l, id, m, memo);
	if (!l || l->role != ROLE_CALLER || contact_find(c, l->contact))
		return;
	contact_adopt(c, l, memo);
}

/* Arrived while rebuilding: nothing was asked for it yet. */
static bool is_waiting(const struct leg *l)
{
	return l->state == LEG_ARRIVING && l->op == OP_NONE;
}

void on_leg_alive(struct core *c, const struct msg *m)
{
	bool up = str_eq(msg_get(m, F_STATE), STR_LIT("up"));
	struct memo memo;
	struct leg *l;
	uint64_t id;

	if (id_parse(msg_get(m, F_LEG), 'l', &id))
		return;
	l = leg_find(c, id);
	up = up && !memo_read(c, msg_get(m, F_MEMO), &memo) &&
	     memo.contact && memo.role != ROLE_FEATURE;
	if (l) {
		l->named = true;
		record_changed(c, &l->rec);
	}
	if (up && c->meta.rebuild && (!l || is_waiting(l)))
		adopt(c, l, m, id, &memo);
	else if (l && up)
		leg_is_up(c, l);
	else if (!l && c->meta.rebuild)
		send_away(c, m);
	else if (!l)
		c->stale++;
}

static void lose_unnamed(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	const struct msg *m = arg;

	if (!l->named && l->begin + YOUNG_MS < now_of(c) &&
	    str_eq(text_str(&l->node), msg_get(m, F_NODE)))
		leg_lost(c, l, "its node does not name it");
}

void on_announce_end(struct core *c, const struct msg *m)
{
	record_each(c, RECORD_LEG, lose_unnamed, (void *)m);
}

void on_media_alive(struct core *c, const struct msg *m)
{
	struct leg *l = leg_named(c, m);

	if (l && l->adopted)
		media_adopt(c, l, m);
}

void on_agent_was(struct core *c, const struct msg *m)
{
	struct agent *a = agent_find(c, msg_num(m, F_AGENT));

	if (a)
		agent_restore(c, a, msg_get(m, F_STATE));
	else
		c->ignored++;
}

/* ---- the end ----------------------------------------------------------------- */

/* An agent's leg whose contact waits, by what we know, talks to it. */
static void settle_agent(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	struct contact *ct = contact_find(c, l->contact);
	struct agent *a = agent_find(c, l->agent);
	bool busy = a && (a->state == AGENT_TALKING ||
			  a->state == AGENT_WRAP_UP);

	(void)arg;
	if (!l->adopted || l->role == ROLE_CALLER || l->state != LEG_UP)
		return;
	l->adopted = false;
	record_changed(c, r);
	if (!ct || ct->state > CONTACT_OFFERED || busy)
		leg_hang_up(c, l, 0, 41, STR_LIT("lost"));
	else
		talk_adopt(c, ct, a, l);
}

static void settle_caller(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	struct contact *ct = contact_find(c, l->contact);

	(void)arg;
	if (!l->adopted || l->state != LEG_UP)
		return;
	l->adopted = false;
	record_changed(c, r);
	if (!ct)
		leg_hang_up(c, l, 0, 41, STR_LIT("lost"));
	else if (ct->state == CONTACT_ARRIVING)
		contact_back(c, ct);
}

static void settle_new(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	if (is_waiting((struct leg *)r))
		leg_begin(c, (struct leg *)r);
}

void rebuild_due(struct core *c)
{
	if (c->meta.rebuild == LEGS) {
		ask(c, MEDIA, M_MEDIA_ANNOUNCE);
		return;
	}
	timer_set(c, &c->meta.rec, &c->meta.due, 0);
	c->meta.rebuild = DONE;
	record_each(c, RECORD_LEG, settle_agent, NULL);
	record_each(c, RECORD_LEG, settle_caller, NULL);
	record_each(c, RECORD_LEG, settle_new, NULL);
	c->match = true;
}
