/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "router-engine/core/idle.h"
#include "router-engine/core/record.h"
#include "router-engine/core/takeover.h"

int idle_level(struct str skills, struct str skill)
{
	struct str item, name;
	uint64_t level;

	while (str_cut(&skills, ',', &item)) {
		str_cut(&item, ':', &name);
		if (str_eq(name, skill) && !str_u64(item, &level))
			return (int)level;
	}
	return -1;
}

static bool before(const struct rank_node *x, const struct rank_node *y)
{
	const struct agent *a = ((const struct seat *)x)->agent;
	const struct agent *b = ((const struct seat *)y)->agent;

	return a->idle_since != b->idle_since ? a->idle_since < b->idle_since
					      : a->id < b->id;
}

/* ---- on and off the seats ------------------------------------------------ */

bool idle_is(struct core *c, const struct agent *a)
{
	return a->state == AGENT_READY && a->registered && a->node.len &&
	       a->not_before <= now_of(c) && !a->retired && !a->rec.gone &&
	       takeover_reaches(c, a);
}

void idle_leave(struct agent *a)
{
	for (size_t i = 0; a->seated && i < a->nseats; i++)
		rank_remove(&a->seats[i].pool->idle, &a->seats[i].node);
	a->seated = false;
}

void idle_update(struct core *c, struct agent *a)
{
	bool is = idle_is(c, a);

	if (is == a->seated)
		return;
	if (!is) {
		idle_leave(a);
		return;
	}
	for (size_t i = 0; i < a->nseats; i++)
		rank_insert(&a->seats[i].pool->idle, &a->seats[i].node, a->id);
	a->seated = true;
}

/* A registration at a dead node ends by the clock, without an event. */
struct agent *idle_longest(struct core *c, const struct queue *q)
{
	const struct rank_node *n;
	struct agent *a;
	struct node *node;
	bool by_uri;

	while (q->pool && (n = rank_first(&q->pool->idle))) {
		a = ((const struct seat *)n)->agent;
		if (takeover_ring(c, a, &node, &by_uri))
			return a;
		a->registered = false;
		record_changed(c, &a->rec);
		idle_update(c, a);
	}
	return NULL;
}

uint64_t idle_count(const struct queue *q)
{
	return q->pool ? rank_size(&q->pool->idle) : 0;
}

/* ---- pools ------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	const struct pool *x = a, *y = b;
	int d;

	if (x->tenant != y->tenant)
		return x->tenant < y->tenant ? -1 : 1;
	d = str_cmp(x->skill, y->skill);
	if (d)
		return d;
	return x->level < y->level ? -1 : x->level > y->level;
}

static struct pool wish(const struct queue *q)
{
	return (struct pool){
		.tenant = q->tenant,
		.level = q->skill.len ? q->level : 0,
		.skill = text_str(&q->skill),
		.idle = {NULL, before},
	};
}

/* One for each different wish, in order. */
static void make_pools(struct core *c)
{
	size_t max = HASH_COUNT(c->queues), n = 0;
	struct queue *q, *tmp;

	c->npools = 0;
	c->pools = calloc(max + 1, sizeof(*c->pools));
	if (!c->pools) {
		c->failed = true;
		return;
	}
	HASH_ITER(hh, c->queues, q, tmp)
		if (!q->rec.gone)
			c->pools[n++] = wish(q);
	qsort(c->pools, n, sizeof(*c->pools), compare);
	for (size_t i = 0; i < n; i++)
		if (!i || compare(&c->pools[i], &c->pools[c->npools - 1]))
			c->pools[c->npools++] = c->pools[i];
	HASH_ITER(hh, c->queues, q, tmp) {
		struct pool w = wish(q);

		q->pool = q->rec.gone ? NULL
			: bsearch(&w, c->pools, c->npools, sizeof(w), compare);
	}
}

/* ---- seats ---------------------------------------------------------------------- */

/* The first pool that does not come before this wish. */
static size_t lower(const struct core *c, const struct pool *w)
{
	size_t lo = 0, hi = c->npools;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (compare(&c->pools[mid], w) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Seats in the pools of one skill up to a level; counts when seats is NULL. */
static size_t sit(struct core *c, struct agent *a, struct str skill, int level,
		  struct seat *seats)
{
	struct pool w = {.tenant = a->tenant, .skill = skill};
	size_t n = 0;

	for (size_t i = lower(c, &w); i < c->npools; i++) {
		struct pool *p = &c->pools[i];

		if (p->tenant != a->tenant || !str_eq(p->skill, skill) ||
		    (int)p->level > level)
			break;
		if (seats)
			seats[n] = (struct seat){.agent = a, .pool = p};
		n++;
	}
	return n;
}

static size_t sit_everywhere(struct core *c, struct agent *a,
			     struct seat *seats)
{
	struct str list = text_str(&a->skills), item, name;
	size_t n = sit(c, a, STR_NONE, 0, seats);
	uint64_t level;

	while (str_cut(&list, ',', &item)) {
		str_cut(&item, ':', &name);
		/* of a skill that is named twice the first counts */
		if (!name.len || str_u64(item, &level) ||
		    idle_level(text_str(&a->skills), name) != (int)level)
			continue;
		n += sit(c, a, name, (int)level, seats ? seats + n : NULL);
	}
	return n;
}

static void make_seats(struct core *c, struct agent *a)
{
	a->nseats = sit_everywhere(c, a, NULL);
	a->seats = a->nseats ? calloc(a->nseats, sizeof(*a->seats)) : NULL;
	if (a->nseats && !a->seats) {
		a->nseats = 0;
		c->failed = true;
	} else if (a->nseats) {
		sit_everywhere(c, a, a->seats);
	}
	idle_update(c, a);
}

/* ---- a tenant's agents ------------------------------------------------------------- */

static int by_user(const void *x, const void *y)
{
	const struct agent *const *a = x, *const *b = y;

	return str_cmp(text_str(&(*a)->user), text_str(&(*b)->user));
}

/* Agents come in the order of their ids. */
static void list_agent(struct core *c, struct agent *a)
{
	struct tenant *t = tenant_find(c, a->tenant);
	struct agent **v;

	if (!t)
		return;
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

static void forget(struct core *c)
{
	struct tenant *t, *ttmp;
	struct agent *a, *atmp;

	HASH_ITER(hh, c->agents, a, atmp) {
		idle_leave(a);
		free(a->seats);
		a->seats = NULL;
		a->nseats = 0;
	}
	HASH_ITER(hh, c->tenants, t, ttmp)
		t->nagents = 0;
	idle_free_all(c);
}

void idle_rebuild(struct core *c)
{
	struct tenant *t, *ttmp;
	struct agent *a, *atmp;

	forget(c);
	make_pools(c);
	HASH_ITER(hh, c->agents, a, atmp) {
		if (a->rec.gone || a->retired)
			continue;
		list_agent(c, a);
		make_seats(c, a);
	}
	HASH_ITER(hh, c->tenants, t, ttmp)
		order_users(c, t);
}

void idle_free_all(struct core *c)
{
	free(c->pools);
	c->pools = NULL;
	c->npools = 0;
}
