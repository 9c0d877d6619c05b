/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "router-engine/core/line.h"
#include "router-engine/core/pools.h"
#include "router-engine/core/steps.h"

/* ---- wishes ----------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct pool *x = a, *y = b;
	int d;

	if (x->tenant != y->tenant)
		return x->tenant < y->tenant ? -1 : 1;
	d = str_cmp(x->skill, y->skill);
	if (d)
		return d;
	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	return str_cmp(x->who, y->who);
}

static struct pool wish(const struct queue *q, const struct step *s)
{
	return (struct pool){
		.tenant = q->tenant,
		.level = q->skill.len ? q->level : 0,
		.skill = text_str(&q->skill),
		.who = text_str(&s->who),
	};
}

static size_t count_steps(struct core *c)
{
	struct queue *q, *tmp;
	size_t n = 0;

	HASH_ITER(hh, c->queues, q, tmp) {
		if (q->rec.gone)
			steps_free(q);
		else
			steps_read(c, q);
		n += q->nsteps;
	}
	return n;
}

/* One for each different wish, in order: a tenant's lie together. */
static void gather(struct core *c)
{
	size_t max = count_steps(c), n = 0;
	struct queue *q, *tmp;

	c->npools = 0;
	c->pools = calloc(max + 1, sizeof(*c->pools));
	if (!c->pools) {
		c->failed = true;
		return;
	}
	HASH_ITER(hh, c->queues, q, tmp)
		for (size_t i = 0; i < q->nsteps; i++)
			c->pools[n++] = wish(q, &q->stepv[i]);
	qsort(c->pools, n, sizeof(*c->pools), compare);
	for (size_t i = 0; i < n; i++)
		if (!i || compare(&c->pools[i], &c->pools[c->npools - 1]))
			c->pools[c->npools++] = c->pools[i];
	HASH_ITER(hh, c->queues, q, tmp)
		for (size_t i = 0; i < q->nsteps; i++) {
			struct pool w = wish(q, &q->stepv[i]);

			q->stepv[i].pool = bsearch(&w, c->pools, c->npools,
						   sizeof(w), compare);
		}
}

static void put(uint64_t *set, size_t i, bool on)
{
	uint64_t bit = (uint64_t)1 << i % 64;

	set[i / 64] = on ? set[i / 64] | bit : set[i / 64] & ~bit;
}

/* ---- members ------------------------------------------------------------------- */

/* An expression that cannot be read admits nobody. */
static void admit(const struct facts *f, struct pool *p)
{
	char err[200];
	struct expr e = {.n = 1, .nodes = {{.op = EXPR_ANY}}};

	memset(p->agents, 0xff, p->words * sizeof(*p->agents));
	facts_keep(f, &e, p->agents);
	if (p->skill.len) {
		e.nodes[0] = (struct expr_node){
			.op = EXPR_SKILL, .cmp = EXPR_GE, .name = p->skill,
			.value = (uint32_t)p->level};
		facts_keep(f, &e, p->agents);
	}
	if (!p->who.len)
		return;
	if (expr_parse(p->who, EXPR_PEOPLE, &e, err, sizeof(err)))
		memset(p->agents, 0, p->words * sizeof(*p->agents));
	else
		facts_keep(f, &e, p->agents);
}

static int fill(struct core *c, struct tenant *t, const struct facts *f)
{
	for (size_t i = 0; i < t->npools; i++) {
		struct pool *p = &c->pools[t->first_pool + i];

		p->words = f->words;
		p->waiting.before = line_seeks_before;
		p->agents = calloc(f->words + 1, sizeof(*p->agents));
		if (!p->agents)
			return ENOMEM;
		if (f->words)
			admit(f, p);
	}
	return 0;
}

/* Bit k of agent.pools is the tenant's k-th pool. By the pools' members, who
 * are few; most agents are not in most pools. */
static int enrol(struct core *c, struct tenant *t)
{
	size_t words = (t->npools + 63) / 64;

	for (size_t i = 0; i < t->nagents; i++) {
		t->agents[i]->pools = calloc(words + 1, sizeof(uint64_t));
		if (!t->agents[i]->pools)
			return ENOMEM;
	}
	for (size_t k = 0; k < t->npools; k++) {
		const struct pool *p = &c->pools[t->first_pool + k];

		for (size_t w = 0; w < p->words; w++)
			for (uint64_t v = p->agents[w]; v; v &= v - 1)
				put(t->agents[64 * w + (size_t)
				    __builtin_ctzll(v)]->pools, k, true);
	}
	return 0;
}

static int fill_tenant(struct core *c, struct tenant *t)
{
	struct facts f;
	int e = facts_init(&f, t->agents, t->nagents);

	if (!e)
		e = fill(c, t, &f);
	facts_release(&f);
	return e ? e : enrol(c, t);
}

void pools_make(struct core *c)
{
	struct tenant *t, *tmp;
	size_t i = 0, words;

	gather(c);
	words = c->npools / 64 + 1;
	c->pools_idle = calloc(words, sizeof(*c->pools_idle));
	c->pools_awaited = calloc(words, sizeof(*c->pools_awaited));
	if (!c->pools_idle || !c->pools_awaited)
		c->failed = true;
	HASH_ITER(hh, c->tenants, t, tmp)
		t->npools = 0;
	while (i < c->npools && !c->failed) {
		size_t first = i;
		uint64_t id = c->pools[i].tenant;

		while (i < c->npools && c->pools[i].tenant == id)
			i++;
		t = tenant_find(c, id);
		if (!t)
			continue;
		t->first_pool = first;
		t->npools = i - first;
		c->failed |= fill_tenant(c, t) != 0;
	}
	if (c->failed)
		pools_free(c);
}

void pools_free(struct core *c)
{
	struct tenant *t, *ttmp;
	struct queue *q, *tmp;

	for (size_t i = 0; i < c->npools; i++)
		free(c->pools[i].agents);
	free(c->pools);
	free(c->pools_idle);
	free(c->pools_awaited);
	c->pools = NULL;
	c->pools_idle = c->pools_awaited = NULL;
	c->npools = 0;
	HASH_ITER(hh, c->tenants, t, ttmp)
		t->npools = 0;
	HASH_ITER(hh, c->queues, q, tmp)
		for (size_t i = 0; i < q->nsteps; i++)
			q->stepv[i].pool = NULL;
}

/* ---- who is free, who waits --------------------------------------------------------- */

void pools_count(struct core *c, const struct agent *a, bool idle)
{
	const struct tenant *t = a->home;

	for (size_t w = 0; w < (t->npools + 63) / 64 && a->pools; w++)
		for (uint64_t v = a->pools[w]; v; v &= v - 1) {
			size_t i = t->first_pool + 64 * w +
				   (size_t)__builtin_ctzll(v);
			struct pool *p = &c->pools[i];

			p->nidle = idle ? p->nidle + 1 : p->nidle - 1;
			if (p->nidle == (idle ? 1 : 0))
				put(c->pools_idle, i, idle);
		}
}

void pools_awaited(struct core *c, const struct pool *p)
{
	put(c->pools_awaited, (size_t)(p - c->pools),
	    rank_size(&p->waiting) != 0);
}

struct pool *pools_next(const struct core *c, size_t *ip)
{
	size_t w = *ip / 64;
	uint64_t mask = ~(uint64_t)0 << *ip % 64;

	for (; 64 * w < c->npools; w++, mask = ~(uint64_t)0) {
		uint64_t v = c->pools_idle[w] & c->pools_awaited[w] & mask;

		if (!v)
			continue;
		*ip = 64 * w + (size_t)__builtin_ctzll(v);
		return &c->pools[*ip];
	}
	return NULL;
}
