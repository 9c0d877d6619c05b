/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "router-engine/core/drain.h"
#include "router-engine/core/idle.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/media.h"
#include "router-engine/core/move.h"
#include "router-engine/core/node.h"
#include "router-engine/core/record.h"
#include "router-engine/core/takeover.h"

#define PORT_MAX 65535
#define RTCP_PAIR 2 /* rtpengine sends RTCP to the next port: legs keep apart */

static struct node *node_get(struct core *c, struct str name)
{
	struct node *n = node_find(c, name);

	if (n)
		return n;
	n = record_alloc(c, RECORD_NODE);
	if (!n)
		return NULL;
	text_put(c, &n->name, name);
	record_insert(c, &n->rec);
	return n;
}

static void ports_reset(struct core *c, struct node *n)
{
	free(n->used);
	n->used = n->ports ? calloc(1, n->ports) : NULL;
	if (n->ports && !n->used)
		c->failed = true;
	n->legs = 0;
}

static bool is_worker(const struct node *n)
{
	return str_eq(text_str(&n->kind), STR_LIT("worker"));
}

/* A stored line with more ports than there are: it has none, until it says
 * again who it is. */
static void relink_node(struct core *c, struct record *r, void *arg)
{
	struct node *n = (struct node *)r;

	(void)arg;
	if (n->port > PORT_MAX || n->ports > PORT_MAX)
		n->port = n->ports = n->next_port = 0;
	ports_reset(c, n);
}

static void relink_leg(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	struct node *w = worker_of(c, l);
	struct rtpengine *e = rtpengine_find(c, text_str(&l->rtpengine));

	(void)arg;
	if (e)
		e->legs++;
	if (w && w->used && !l->measured && l->port >= w->port &&
	    l->port < w->port + w->ports) {
		w->used[l->port - w->port] = 1;
		w->legs++;
	}
}

void node_relink(struct core *c)
{
	record_each(c, RECORD_NODE, relink_node, NULL);
	record_each(c, RECORD_LEG, relink_leg, NULL);
}

static void detach_leg(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	const struct node *n = arg;

	if (str_eq(text_str(&l->worker), text_str(&n->name)))
		media_detach(c, l);
}

static void attach_leg(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;

	(void)arg;
	media_attach(c, l);
	if (l->state == LEG_UP && !worker_of(c, l))
		media_aim(c, l); /* at the other party: nobody has room */
}

/* A new boot: whatever the old one carried is not there any more, but for the
 * legs of an acd node. */
void on_node_up(struct core *c, const struct msg *m)
{
	struct node *n;
	bool known, standby = msg_num(m, F_STANDBY) != 0;

	if (msg_num(m, F_PORT) > PORT_MAX || msg_num(m, F_PORTS) > PORT_MAX) {
		c->ignored++; /* no node of ours says that */
		return;
	}
	n = node_get(c, msg_get(m, F_NODE));
	if (!n)
		return;
	known = n->up && str_eq(text_str(&n->boot), msg_get(m, F_BOOT));
	text_put(c, &n->boot, msg_get(m, F_BOOT));
	text_put(c, &n->kind, msg_get(m, F_KIND));
	text_put(c, &n->addr, msg_get(m, F_ADDR));
	text_put(c, &n->liveness, msg_get(m, F_LIVENESS));
	record_changed(c, &n->rec);
	drain_tell(c, n, false);
	if (known && standby != n->standby) {
		n->standby = standby;
		takeover_address(c, n);
	}
	if (known)
		return;
	n->standby = standby;
	n->up = true;
	if (!is_worker(n)) {
		takeover_node_up(c, n);
		return;
	}
	record_each(c, RECORD_LEG, detach_leg, n);
	n->port = n->next_port = (msg_num(m, F_PORT) + 1) & ~(uint64_t)1;
	n->ports = msg_num(m, F_PORTS);
	ports_reset(c, n);
	record_each(c, RECORD_LEG, attach_leg, NULL);
}

void on_node_down(struct core *c, const struct msg *m)
{
	struct node *n = node_find(c, msg_get(m, F_NODE));

	if (!n || !n->up || (msg_get(m, F_BOOT).len &&
	    !str_eq(text_str(&n->boot), msg_get(m, F_BOOT)))) {
		c->stale++;
		return;
	}
	n->up = false;
	record_changed(c, &n->rec);
	if (!is_worker(n)) {
		takeover_node_down(c, n);
		return;
	}
	record_each(c, RECORD_LEG, detach_leg, n);
	record_each(c, RECORD_LEG, attach_leg, NULL);
}

struct node *worker_of(struct core *c, const struct leg *l)
{
	struct node *n = node_find(c, text_str(&l->worker));

	return n && n->up && str_eq(text_str(&n->boot),
				    text_str(&l->worker_boot)) ? n : NULL;
}

/* Who drains is better than nobody. */
static bool better_worker(const struct node *a, const struct node *b)
{
	return a->draining != b->draining ? b->draining
	     : a->legs != b->legs ? a->legs < b->legs
	     : str_cmp(text_str(&a->name), text_str(&b->name)) < 0;
}

struct node *worker_choose(struct core *c, struct str with)
{
	struct node *n = with.len ? node_find(c, with) : NULL, *best = NULL;
	struct node *tmp;

	if (n && n->up)
		return n;
	HASH_ITER(hh, c->nodes, n, tmp)
		if (!n->rec.gone && n->up && is_worker(n) &&
		    (!best || better_worker(n, best)))
			best = n;
	return best;
}

uint64_t worker_port_take(struct core *c, struct node *w)
{
	for (uint64_t i = 0; w->used && i < w->ports; i += RTCP_PAIR) {
		uint64_t port = w->next_port;

		w->next_port += RTCP_PAIR;
		if (w->next_port + 1 >= w->port + w->ports)
			w->next_port = w->port;
		if (w->used[port - w->port])
			continue;
		w->used[port - w->port] = 1;
		w->legs++;
		record_changed(c, &w->rec);
		return port;
	}
	return 0;
}

bool worker_port_keep(struct core *c, struct node *w, struct str boot,
		      uint64_t port)
{
	if (!w->up || !w->used || !str_eq(text_str(&w->boot), boot) ||
	    port < w->port || port >= w->port + w->ports ||
	    w->used[port - w->port])
		return false;
	w->used[port - w->port] = 1;
	w->legs++;
	record_changed(c, &w->rec);
	return true;
}

void worker_port_give(struct node *w, uint64_t port)
{
	if (!w->used || port < w->port || port >= w->port + w->ports ||
	    !w->used[port - w->port])
		return;
	w->used[port - w->port] = 0;
	w->legs--;
}

static void assert_leg(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;
	const struct rtpengine *e = arg;

	if (str_eq(text_str(&l->rtpengine), text_str(&e->name)))
		media_assert(c, l);
}

static void count_leg(struct core *c, struct record *r, void *arg)
{
	const struct leg *l = (struct leg *)r;
	struct rtpengine *e = arg;

	(void)c;
	e->legs += str_eq(text_str(&l->rtpengine), text_str(&e->name));
}

/* After a restart its calls come back from its own store only when every leg
 * is offered and answered again. */
void on_rtpengine_up(struct core *c, const struct msg *m)
{
	struct rtpengine *e = rtpengine_find(c, msg_get(m, F_RTPENGINE));
	bool was_known = e != NULL;

	if (!e) {
		e = record_alloc(c, RECORD_RTPENGINE);
		if (!e)
			return;
		text_put(c, &e->name, msg_get(m, F_RTPENGINE));
		record_insert(c, &e->rec);
		record_each(c, RECORD_LEG, count_leg, e);
	}
	text_put(c, &e->addr, msg_get(m, F_ADDR));
	if (was_known && !e->up) {
		move_forget(c, e);
		record_each(c, RECORD_LEG, assert_leg, e);
	}
	e->up = true;
	c->match = true;
	record_changed(c, &e->rec);
}

void on_rtpengine_down(struct core *c, const struct msg *m)
{
	struct rtpengine *e = rtpengine_find(c, msg_get(m, F_RTPENGINE));

	if (!e || !e->up)
		return;
	e->up = false;
	record_changed(c, &e->rec);
	move_all(c, e);
}

static bool better(const struct rtpengine *a, const struct rtpengine *b)
{
	return a->draining != b->draining ? b->draining
	     : a->legs != b->legs ? a->legs < b->legs
	     : str_cmp(text_str(&a->name), text_str(&b->name)) < 0;
}

struct rtpengine *rtpengine_choose(struct core *c, struct str but)
{
	struct rtpengine *e, *tmp, *best = NULL, *shunned = NULL;

	HASH_ITER(hh, c->rtpengines, e, tmp) {
		if (e->rec.gone || !e->up)
			continue;
		if (but.len && str_eq(text_str(&e->name), but))
			shunned = e;
		else if (!best || better(e, best))
			best = e;
	}
	return best ? best : shunned;
}

void rtpengine_take(struct core *c, struct leg *l, struct rtpengine *e)
{
	text_put(c, &l->rtpengine, text_str(&e->name));
	e->legs++;
	record_changed(c, &l->rec);
}

void rtpengine_count(struct core *c, const struct leg *l)
{
	struct rtpengine *e = rtpengine_find(c, text_str(&l->rtpengine));

	if (e)
		e->legs++;
}

void rtpengine_give(struct core *c, const struct leg *l)
{
	struct rtpengine *e = rtpengine_find(c, text_str(&l->rtpengine));

	if (e && e->legs)
		e->legs--;
}
