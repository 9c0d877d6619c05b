/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "tests/sim/wire.h"

#define PRODUCERS 8
#define KEPT 40 /* events that a producer sends again */

struct line {
	TAILQ_ENTRY(line) link;
	char text[];
};
TAILQ_HEAD(lines, line);

struct producer {
	char name[24]; /* " src=acd-1 " */
	unsigned cut; /* its events that still wait until it is back */
	struct lines waiting, kept;
	size_t nkept;
};

struct wire {
	struct world *world;
	uint64_t rng;
	struct producer v[PRODUCERS];
	size_t n;
	struct lines coming; /* before anything new */
	char *out;
	bool died, mended;
	struct wire_counts counts;
};

static uint64_t dice(struct wire *b, uint64_t below)
{
	b->rng ^= b->rng << 13;
	b->rng ^= b->rng >> 7;
	b->rng ^= b->rng << 17;
	return (b->rng >> 11) % below;
}

static void put(struct lines *l, const char *text)
{
	size_t size = strlen(text) + 1;
	struct line *n = malloc(sizeof(*n) + size);

	memcpy(n->text, text, size);
	TAILQ_INSERT_TAIL(l, n, link);
}

static void drop_first(struct lines *l)
{
	struct line *n = TAILQ_FIRST(l);

	TAILQ_REMOVE(l, n, link);
	free(n);
}

static void drop_all(struct lines *l)
{
	while (!TAILQ_EMPTY(l))
		drop_first(l);
}

/* NULL: an inner event. */
static struct producer *producer_of(struct wire *b, const char *text)
{
	const char *src = strstr(text, " src="), *end;
	size_t len;

	if (!src || !(end = strchr(src + 1, ' ')))
		return NULL;
	len = (size_t)(end - src) + 1;
	for (size_t i = 0; i < b->n; i++)
		if (!strncmp(b->v[i].name, src, len))
			return &b->v[i];
	if (b->n == PRODUCERS || len >= sizeof(b->v[0].name))
		abort();
	memcpy(b->v[b->n].name, src, len);
	TAILQ_INIT(&b->v[b->n].waiting);
	TAILQ_INIT(&b->v[b->n].kept);
	return &b->v[b->n++];
}

/* A new boot has nothing of the old one's. */
static void look_for_boot(struct wire *b, const char *text)
{
	const char *node = strstr(text, " node=");
	size_t len;

	if (strncmp(text, "t=node.", 7) || !node)
		return;
	node += 6;
	len = strcspn(node, " ");
	for (size_t i = 0; i < b->n; i++) {
		struct producer *p = &b->v[i];

		if (strncmp(p->name + 5, node, len) || p->name[5 + len] != ' ')
			continue;
		drop_all(&p->waiting);
		drop_all(&p->kept);
		p->nkept = p->cut = 0;
	}
}

static void keep(struct producer *p, const char *text)
{
	put(&p->kept, text);
	if (p->nkept++ < KEPT)
		return;
	drop_first(&p->kept);
	p->nkept--;
}

/* ---- troubles ------------------------------------------------------------ */

/* It sends again what it has kept, and then what waited. */
static void back(struct wire *b, struct producer *p)
{
	struct line *l;
	size_t skip = p->nkept ? dice(b, p->nkept + 1) : 0;

	p->cut = 0;
	TAILQ_FOREACH(l, &p->kept, link) {
		if (skip) {
			skip--;
			continue;
		}
		put(&b->coming, l->text);
		b->counts.again++;
	}
	TAILQ_FOREACH(l, &p->waiting, link) {
		put(&b->coming, l->text);
		keep(p, l->text);
	}
	drop_all(&p->waiting);
}

/* Everybody's kept events, each producer's in its order. */
static void roll_back(struct wire *b)
{
	struct line *at[PRODUCERS];
	size_t left = 0;

	b->counts.rolled_back++;
	b->died = dice(b, 3) == 0;
	for (size_t i = 0; i < b->n; i++) {
		at[i] = b->v[i].cut ? NULL : TAILQ_FIRST(&b->v[i].kept);
		left += at[i] != NULL;
	}
	while (left) {
		size_t i = dice(b, b->n);

		if (!at[i])
			continue;
		put(&b->coming, at[i]->text);
		b->counts.again++;
		at[i] = TAILQ_NEXT(at[i], link);
		left -= !at[i];
	}
}

static void trouble(struct wire *b, struct producer *p, const char *text)
{
	uint64_t n = b->mended ? 1000 : dice(b, 1000);

	if (n < 5) {
		b->counts.doubled++;
		put(&b->coming, text);
	} else if (n < 8) {
		b->counts.cuts++;
		p->cut = 1 + (unsigned)dice(b, 30);
	} else if (n < 10) {
		roll_back(b);
	}
}

/* ---- what is read --------------------------------------------------------- */

static const char *give(struct wire *b, const char *text)
{
	free(b->out);
	b->out = strdup(text);
	return b->out;
}

static const char *coming(struct wire *b)
{
	struct line *l = TAILQ_FIRST(&b->coming);

	give(b, l->text);
	drop_first(&b->coming);
	return b->out;
}

const char *wire_next(struct wire *b)
{
	struct producer *p;
	const char *text;

	while (TAILQ_EMPTY(&b->coming)) {
		text = world_next(b->world);
		look_for_boot(b, text);
		p = producer_of(b, text);
		if (!p)
			return give(b, text);
		if (p->cut) {
			put(&p->waiting, text);
			b->counts.held++;
			if (!--p->cut)
				back(b, p);
			continue;
		}
		keep(p, text);
		give(b, text);
		trouble(b, p, b->out);
		return b->out;
	}
	return coming(b);
}

bool wire_owner_died(struct wire *b)
{
	bool died = b->died;

	b->died = false;
	return died;
}

void wire_mend(struct wire *b)
{
	b->mended = true;
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].cut)
			back(b, &b->v[i]);
}

bool wire_idle(const struct wire *b)
{
	return TAILQ_EMPTY(&b->coming);
}

const struct wire_counts *wire_counts(const struct wire *b)
{
	return &b->counts;
}

struct wire *wire_alloc(struct world *w, uint64_t seed)
{
	struct wire *b = calloc(1, sizeof(*b));

	b->world = w;
	b->rng = seed * 0xda942042e4dd58b5u + 7;
	TAILQ_INIT(&b->coming);
	return b;
}

void wire_free(struct wire *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++) {
		drop_all(&b->v[i].waiting);
		drop_all(&b->v[i].kept);
	}
	drop_all(&b->coming);
	free(b->out);
	free(b);
}
