/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <strings.h>

#include "router-engine/core/idle.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/out.h"
#include "router-engine/core/rebuild.h"
#include "router-engine/core/record.h"
#include "router-engine/core/takeover.h"

/* As long as a node may be away before its calls are given up. */
#define STRANDED_MS 300000
/* A caller who has not heard of us sends the INVITE again, after 0.5, 1, 2, 4 s
 * (RFC 3261 section 17.1.1.2), and another node takes it. */
#define AGAIN_MS 10000
#define ANSWER_MS 2000 /* a node that lives answers by then */
#define LOST_CODE 504 /* an offer whose node died: see offer.c */

static bool is_acd(const struct node *n)
{
	return !n->rec.gone && n->up &&
	       str_eq(text_str(&n->kind), STR_LIT("acd"));
}

/* The up acd node that follows `last` by name: an order that does not depend
 * on who came first. */
static struct node *next_node(struct core *c, struct str last)
{
	struct node *n, *tmp, *best = NULL;

	HASH_ITER(hh, c->nodes, n, tmp) {
		struct str name = text_str(&n->name);

		if (!is_acd(n) || str_cmp(name, last) <= 0)
			continue;
		if (!best || str_cmp(name, text_str(&best->name)) < 0)
			best = n;
	}
	return best;
}

/* The first that has an address to send from. */
static struct node *ringing_node(struct core *c)
{
	struct node *n = next_node(c, STR_NONE);

	while (n && n->standby)
		n = next_node(c, text_str(&n->name));
	return n;
}

static bool is_on(const struct leg *l, const struct node *n)
{
	return str_eq(text_str(&l->node), text_str(&n->name));
}

static bool is_on_boot(const struct leg *l, const struct node *n)
{
	return is_on(l, n) && str_eq(text_str(&l->boot), text_str(&n->boot));
}

/* ---- legs ------------------------------------------------------------------ */

static void ask(struct core *c, const struct leg *l, const struct node *n)
{
	struct core_effect *e = out_new(c, M_LEG_RESTORE);

	e->node = arena_str(&c->arena, text_str(&n->name));
	e->boot = arena_str(&c->arena, text_str(&n->boot));
	out_id(c, e, F_LEG, 'l', l->id);
	out_id(c, e, F_CONTACT, 'c', l->contact);
}

/* Should its node live after all, the phone stops ringing. */
static void lose(struct core *c, struct leg *l)
{
	out_num(c, out_leg(c, l, M_LEG_END, 0), F_CODE, 480);
	l->code = LOST_CODE;
	leg_lost(c, l, "its node died");
}

/* Its INVITE has not left: another node sends it. */
static void move(struct core *c, struct leg *l)
{
	struct node *n = ringing_node(c);

	if (!n) {
		lose(c, l);
		return;
	}
	text_put(c, &l->node, text_str(&n->name));
	text_put(c, &l->boot, text_str(&n->boot));
	record_changed(c, &l->rec);
}

static void await_again(struct core *c, struct leg *l)
{
	l->stranded = true;
	timer_set(c, &l->rec, &l->due, now_of(c) + AGAIN_MS);
	record_changed(c, &l->rec);
}

static void strand(struct core *c, struct leg *l)
{
	struct node *n;

	switch (l->state) {
	case LEG_ARRIVING:
		if (l->role == ROLE_CALLER)
			await_again(c, l);
		else
			lose(c, l);
		return;
	case LEG_RINGING:
		lose(c, l);
		return;
	case LEG_INVITING:
		move(c, l);
		return;
	case LEG_ENDING:
		if (l->answered)
			break;
		lose(c, l); /* there is no record of it */
		return;
	case LEG_CLOSING:
		return;
	default:
		break;
	}
	l->stranded = true;
	timer_set(c, &l->rec, &l->due, now_of(c) + STRANDED_MS);
	record_changed(c, &l->rec);
	for (n = next_node(c, STR_NONE); n;
	     n = next_node(c, text_str(&n->name)))
		ask(c, l, n);
}

static void found(struct core *c, struct leg *l)
{
	l->stranded = false;
	timer_set(c, &l->rec, &l->due, 0);
	record_changed(c, &l->rec);
	/* Without an SDP it has not begun: the end of the rebuilding does that. */
	if (l->state == LEG_ARRIVING && l->op == OP_NONE && l->local_sdp.len)
		leg_media_ready(c, l, OP_NONE);
}

static void node_up_leg(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	struct node *n = arg;

	if (l->state == LEG_CLOSING)
		return;
	if (l->stranded && is_on_boot(l, n))
		found(c, l);
	else if (l->stranded && l->state != LEG_ARRIVING)
		ask(c, l, n);
	else if (is_on(l, n) && !is_on_boot(l, n))
		strand(c, l);
}

static void node_down_leg(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;

	if (is_on_boot(l, arg) && !l->stranded)
		strand(c, l);
}

/* It was restored on request before anybody asked, or is over by our books. */
static void end_there(struct core *c, const struct msg *m)
{
	struct core_effect *e = out_new(c, M_LEG_END);

	e->node = arena_str(&c->arena, msg_get(m, F_NODE));
	e->boot = arena_str(&c->arena, msg_get(m, F_BOOT));
	out_str(c, e, F_LEG, msg_get(m, F_LEG));
	out_num(c, e, F_Q850, 41);
}

void on_leg_restored(struct core *c, const struct msg *m)
{
	struct leg *l = NULL;
	uint64_t id;

	if (!id_parse(msg_get(m, F_LEG), 'l', &id))
		l = leg_find(c, id);
	if (c->meta.rebuild && !l) {
		on_leg_alive(c, m);
		return;
	}
	if (!l || l->state == LEG_CLOSING) {
		c->stale++;
		end_there(c, m);
		return;
	}
	if (!str_eq(text_str(&l->node), msg_get(m, F_NODE)) ||
	    !str_eq(text_str(&l->boot), msg_get(m, F_BOOT)))
		out_leg(c, l, M_LEG_FORGET, 0); /* should the old one live */
	text_put(c, &l->node, msg_get(m, F_NODE));
	text_put(c, &l->boot, msg_get(m, F_BOOT));
	leg_reoffer_agreed(c, l); /* its transaction died, they say it again */
	found(c, l);
	if (l->state == LEG_ENDING) /* the first one went to the dead node */
		out_opt(c, out_leg(c, l, M_LEG_END, 0), F_CODE, l->code);
}

bool takeover_due(const struct leg *l)
{
	return l->stranded;
}

/* ---- agents ---------------------------------------------------------------- */

static bool says(struct str uri, const char *transport)
{
	size_t n = strlen(transport);

	for (size_t i = 0; i + n <= uri.len; i++)
		if (!strncasecmp(uri.p + i, transport, n))
			return true;
	return false;
}

/* A connection ends with its node, and the phone connects again. */
static bool by_connection(struct str uri)
{
	return says(uri, "transport=tcp") || says(uri, "transport=tls") ||
	       says(uri, "transport=ws") ||
	       (uri.len > 5 && !strncasecmp(uri.p, "sips:", 5));
}

static bool is_home(const struct agent *a, const struct node *n)
{
	return !n || (n->up && !n->standby &&
		      (!a->boot.len || str_eq(text_str(&a->boot),
					      text_str(&n->boot))));
}

static void lose_agent(struct core *c, struct record *r, void *arg)
{
	struct agent *a = (struct agent *)r;
	struct node *n = arg;

	if (!a->registered || is_home(a, n) ||
	    !str_eq(text_str(&a->node), text_str(&n->name)))
		return;
	if (a->contact_uri.len && !by_connection(text_str(&a->contact_uri)) &&
	    !by_connection(text_str(&a->received)))
		return; /* over UDP the phone is where it was */
	a->registered = false;
	record_changed(c, r);
}

static void update_idle(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	idle_update(c, (struct agent *)r);
}

bool takeover_reaches(struct core *c, const struct agent *a)
{
	return is_home(a, node_find(c, text_str(&a->node))) ||
	       (a->contact_uri.len && ringing_node(c));
}

bool takeover_ring(struct core *c, const struct agent *a, struct node **np,
		   bool *by_uri)
{
	struct node *n = node_find(c, text_str(&a->node));

	*by_uri = !is_home(a, n);
	*np = n;
	if (!*by_uri)
		return true;
	if (!n->up || n->standby)
		*np = ringing_node(c);
	return *np && a->contact_uri.len &&
	       (!a->expires || now_of(c) < a->expires);
}

/* ---- nodes ----------------------------------------------------------------- */

void takeover_node_up(struct core *c, struct node *n)
{
	record_each(c, RECORD_LEG, node_up_leg, n);
	takeover_address(c, n);
}

void takeover_address(struct core *c, struct node *n)
{
	record_each(c, RECORD_AGENT, lose_agent, n);
	record_each(c, RECORD_AGENT, update_idle, NULL);
	c->match = true;
}

/* It may live, and be out of our sight alone: then it says so. */
static void call_out(struct core *c, const struct node *n)
{
	struct core_effect *e = out_new(c, M_LEG_ANNOUNCE);

	e->node = arena_str(&c->arena, text_str(&n->name));
	e->boot = arena_str(&c->arena, text_str(&n->boot));
	e->not_after = now_of(c) + ANSWER_MS;
}

void takeover_node_down(struct core *c, struct node *n)
{
	call_out(c, n);
	record_each(c, RECORD_LEG, node_down_leg, n);
	record_each(c, RECORD_AGENT, lose_agent, n);
	record_each(c, RECORD_AGENT, update_idle, NULL);
}
