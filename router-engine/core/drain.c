/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/drain.h"
#include "router-engine/core/media.h"
#include "router-engine/core/move.h"
#include "router-engine/core/node.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"

void drain_tell(struct core *c, const struct node *n, bool always)
{
	struct core_effect *e;

	if (!str_eq(text_str(&n->kind), STR_LIT("acd")) ||
	    !(n->draining || always))
		return;
	e = out_new(c, M_NODE_CALLS);
	e->node = arena_str(&c->arena, text_str(&n->name));
	e->boot = arena_str(&c->arena, text_str(&n->boot));
	out_opt(c, e, F_DRAINING, n->draining);
}

static void leave_one(struct core *c, struct record *r, void *arg)
{
	struct leg *l = (struct leg *)r;

	if (l->state < LEG_ENDING && worker_of(c, l) == arg)
		media_leave(c, l);
}

static void attach_one(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	media_attach(c, (struct leg *)r);
}

static void clear_worker(struct core *c, struct node *n)
{
	struct node *other = worker_choose(c, STR_NONE);

	if (!n->up || !other || other->draining)
		return; /* there is no better place */
	record_each(c, RECORD_LEG, leave_one, n);
	record_each(c, RECORD_LEG, attach_one, NULL);
}

static void drain_node(struct core *c, struct node *n, bool on, bool at_once)
{
	n->draining = on;
	record_changed(c, &n->rec);
	drain_tell(c, n, true);
	if (on && at_once && str_eq(text_str(&n->kind), STR_LIT("worker")))
		clear_worker(c, n);
}

static void drain_rtpengine(struct core *c, struct rtpengine *e, bool on,
			    bool at_once)
{
	e->draining = on;
	record_changed(c, &e->rec);
	if (on && at_once && e->up)
		move_all(c, e);
}

void on_node_drain(struct core *c, const struct msg *m)
{
	struct str name = msg_get(m, F_NODE);
	bool on = m->type == M_NODE_DRAIN, at_once = msg_num(m, F_AT_ONCE) != 0;
	struct node *n = node_find(c, name);
	struct rtpengine *e = n ? NULL : rtpengine_find(c, name);

	if (n)
		drain_node(c, n, on, at_once);
	else if (e)
		drain_rtpengine(c, e, on, at_once);
	else
		c->stale++;
	/* Every partition is told; one audits it, for the deployment. */
	if ((n || e) && !c->partition)
		out_audit(c, 0, msg_get(m, F_ACTOR),
			  on ? "node.drain" : "node.undrain", name,
			  at_once ? STR_LIT("at once") : STR_NONE);
}
