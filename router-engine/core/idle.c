/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "router-engine/core/contact.h"
#include "router-engine/core/idle.h"
#include "router-engine/core/line.h"
#include "router-engine/core/pools.h"
#include "router-engine/core/record.h"
#include "router-engine/core/takeover.h"

/* Who is looked at in the order of idle time before the whole set is. */
#define PROBES 32

static struct agent *of_idle(const struct rank_node *n)
{
	return (struct agent *)((char *)n - offsetof(struct agent, idle));
}

static bool idle_before(const struct agent *a, const struct agent *b)
{
	return a->idle_since != b->idle_since ? a->idle_since < b->idle_since
					      : a->id < b->id;
}

static bool before(const struct rank_node *x, const struct rank_node *y)
{
	return idle_before(of_idle(x), of_idle(y));
}

/* ---- on and off the list ------------------------------------------------- */

bool idle_is(struct core *c, const struct agent *a)
{
	return a->home && a->state == AGENT_READY && a->registered &&
	       a->node.len && a->not_before <= now_of(c) && !a->retired &&
	       !a->rec.gone && takeover_reaches(c, a);
}

static void mark(struct core *c, struct agent *a, bool idle)
{
	uint64_t bit = (uint64_t)1 << a->index % 64;
	uint64_t *word = &a->home->idle_set[a->index / 64];

	*word = idle ? *word | bit : *word & ~bit;
	a->seated = idle;
	pools_count(c, a, idle);
}

void idle_leave(struct core *c, struct agent *a)
{
	if (!a->seated)
		return;
	rank_remove(&a->home->idle, &a->idle);
	mark(c, a, false);
}

void idle_update(struct core *c, struct agent *a)
{
	bool is = idle_is(c, a);

	if (is == a->seated)
		return;
	if (!is) {
		idle_leave(c, a);
		return;
	}
	rank_insert(&a->home->idle, &a->idle, a->id);
	mark(c, a, true);
}

/* ---- the longest idle -------------------------------------------------------- */

/* Most wishes are satisfied by one of the first in the order of idle time;
 * for the others the set of who is free and of the pool is small. */
static struct agent *in_order(const struct tenant *t, const struct pool *p)
{
	const struct rank_node *n = rank_first(&t->idle);

	for (int i = 0; n && i < PROBES; i++, n = rank_next(n))
		if (pool_has(p, of_idle(n)))
			return of_idle(n);
	return NULL;
}

static struct agent *in_set(const struct tenant *t, const struct pool *p,
			    const struct strategy *s)
{
	struct agent *best = NULL;

	for (size_t w = 0; w < p->words; w++)
		for (uint64_t v = p->agents[w] & t->idle_set[w]; v;
		     v &= v - 1) {
			struct agent *a = t->agents[64 * w +
					  (size_t)__builtin_ctzll(v)];

			if (!best || (s->before ? s->before : idle_before)(a,
								best))
				best = a;
		}
	return best;
}

/* ---- strategies ---------------------------------------------------------------- */

static bool fewer_calls(const struct agent *a, const struct agent *b)
{
	return a->calls != b->calls ? a->calls < b->calls : idle_before(a, b);
}

static bool less_talk(const struct agent *a, const struct agent *b)
{
	return a->talk_ms != b->talk_ms ? a->talk_ms < b->talk_ms
					: idle_before(a, b);
}

static bool lower_id(const struct agent *a, const struct agent *b)
{
	return a->id < b->id;
}

static const struct strategy strategies[] = {
	{"longest_idle", "idle the longest", NULL},
	{"fewest_calls", "the fewest calls", fewer_calls},
	{"least_talk", "the least talk", less_talk},
	{"in_order", "the first", lower_id},
};

const struct strategy *idle_strategy(const struct queue *q)
{
	for (size_t i = 1; i < sizeof(strategies) / sizeof(*strategies); i++)
		if (str_eq(text_str(&q->strategy), str_c(strategies[i].name)))
			return &strategies[i];
	return &strategies[0];
}

/* A registration at a dead node ends by the clock, without an event. */
struct agent *idle_next(struct core *c, const struct pool *p,
			const struct strategy *s)
{
	struct tenant *t = tenant_find(c, p->tenant);
	struct agent *a;
	struct node *node;
	bool by_uri;

	while (t && p->nidle) {
		a = s->before ? NULL : in_order(t, p);
		if (!a)
			a = in_set(t, p, s);
		if (!a || takeover_ring(c, a, &node, &by_uri))
			return a;
		a->registered = false;
		record_changed(c, &a->rec);
		idle_update(c, a);
	}
	return NULL;
}

/* ---- a tenant's agents ------------------------------------------------------------- */

static int by_user(const void *x, const void *y)
{
	const struct agent *const *a = x, *const *b = y;

	return str_cmp(text_str(&(*a)->user), text_str(&(*b)->user));
}

/* Agents come in the order of their ids. */
static void list_agent(struct core *c, struct tenant *t, struct agent *a)
{
	struct agent **v;

	if (t->nagents == t->agents_cap) {
		size_t cap = t->agents_cap ? 2 * t->agents_cap : 16;

		v = realloc(t->agents, cap * sizeof(*v));
		if (!v) {
			c->failed = true;
			return;
		}
		t->agents = v;
		t->agents_cap = cap;
	}
	a->home = t;
	a->index = t->nagents;
	t->agents[t->nagents++] = a;
}

static void order_users(struct core *c, struct tenant *t)
{
	free(t->users);
	t->users = calloc(t->nagents + 1, sizeof(*t->users));
	if (!t->users) {
		c->failed = true;
		t->nagents = 0;
		return;
	}
	if (!t->nagents)
		return;
	memcpy(t->users, t->agents, t->nagents * sizeof(*t->users));
	qsort(t->users, t->nagents, sizeof(*t->users), by_user);
}

struct agent *agent_find_user(struct core *c, uint64_t tenant, struct str user)
{
	struct tenant *t = tenant_find(c, tenant);
	struct agent key = {.user = {(char *)user.p, user.len}};
	const struct agent *kp = &key;
	struct agent **found;

	found = t && t->nagents ? bsearch(&kp, t->users, t->nagents,
					  sizeof(*t->users), by_user) : NULL;
	return found ? *found : NULL;
}

/* ---- all of it ------------------------------------------------------------------------ */

static void forget_agent(struct core *c, struct record *r, void *arg)
{
	struct agent *a = (struct agent *)r;

	(void)c;
	(void)arg;
	free(a->pools);
	a->pools = NULL;
	a->home = NULL;
	a->index = 0;
	a->seated = false;
	a->idle = (struct rank_node){0};
}

static void forget(struct core *c)
{
	struct tenant *t, *tmp;

	record_each(c, RECORD_AGENT, forget_agent, NULL);
	HASH_ITER(hh, c->tenants, t, tmp) {
		t->nagents = 0;
		t->idle = (struct rank){NULL, before};
	}
	line_forget_pools(c);
	pools_free(c);
}

static void list(struct core *c, struct record *r, void *arg)
{
	struct agent *a = (struct agent *)r;
	struct tenant *t = tenant_find(c, a->tenant);

	(void)arg;
	if (t && !a->retired)
		list_agent(c, t, a);
}

static void make_idle_set(struct core *c, struct tenant *t)
{
	free(t->idle_set);
	t->idle_set = calloc(t->nagents / 64 + 1, sizeof(*t->idle_set));
	if (!t->idle_set) {
		c->failed = true;
		t->nagents = 0;
	}
}

static void seat(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	idle_update(c, (struct agent *)r);
}

void idle_rebuild(struct core *c)
{
	struct tenant *t, *tmp;

	forget(c);
	record_each(c, RECORD_AGENT, list, NULL);
	HASH_ITER(hh, c->tenants, t, tmp) {
		make_idle_set(c, t);
		order_users(c, t);
	}
	if (c->failed)
		return; /* the state is thrown away */
	pools_make(c);
	if (c->failed)
		return;
	record_each(c, RECORD_AGENT, seat, NULL);
	line_find_pools(c);
}
