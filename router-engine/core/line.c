/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "router-engine/core/line.h"
#include "router-engine/core/pools.h"
#include "router-engine/core/record.h"
#include "router-engine/core/steps.h"

static struct contact *of_place(const struct rank_node *n)
{
	return (struct contact *)((char *)n - offsetof(struct contact, place));
}

static struct contact *of_news(const struct rank_node *n)
{
	return (struct contact *)((char *)n - offsetof(struct contact, news));
}

static struct contact *of_seek(const struct rank_node *n)
{
	return (struct contact *)((char *)n - offsetof(struct contact, seek));
}

/* When a contact of priority 0 would have had to come to be equal. */
static int64_t as_if_come(const struct contact *ct)
{
	return (int64_t)ct->enqueued - ct->priority * 1000;
}

bool line_before(const struct contact *a, const struct contact *b)
{
	if (a->overdue != b->overdue)
		return a->overdue;
	if (!a->overdue && a->cls != b->cls)
		return a->cls > b->cls;
	if (!a->overdue && as_if_come(a) != as_if_come(b))
		return as_if_come(a) < as_if_come(b);
	if (a->enqueued != b->enqueued)
		return a->enqueued < b->enqueued;
	if (a->ticket != b->ticket) /* in the same millisecond */
		return a->ticket < b->ticket;
	return a->id < b->id;
}

static bool place_before(const struct rank_node *a, const struct rank_node *b)
{
	return line_before(of_place(a), of_place(b));
}

static bool news_before(const struct rank_node *a, const struct rank_node *b)
{
	return line_before(of_news(a), of_news(b));
}

bool line_seeks_before(const struct rank_node *a, const struct rank_node *b)
{
	return line_before(of_seek(a), of_seek(b));
}

static struct line *find(const struct core *c, uint64_t queue)
{
	struct line *l;

	HASH_FIND(hh, c->lines, &queue, sizeof(queue), l);
	return l;
}

static struct line *get(struct core *c, uint64_t queue)
{
	struct line *l = find(c, queue);

	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l) {
		c->failed = true;
		return NULL;
	}
	l->queue = queue;
	l->contacts.before = place_before;
	HASH_ADD(hh, c->lines, queue, sizeof(l->queue), l);
	if (l->hh.tbl)
		return l;
	c->failed = true;
	free(l);
	return NULL;
}

void line_join(struct core *c, struct contact *ct)
{
	struct line *l = get(c, ct->queue);

	if (l)
		rank_insert(&l->contacts, &ct->place, ct->id);
}

static void stop_seeking(struct core *c, struct contact *ct)
{
	if (!ct->pool)
		return;
	rank_remove(&ct->pool->waiting, &ct->seek);
	pools_awaited(c, ct->pool);
	ct->pool = NULL;
}

void line_leave(struct core *c, struct contact *ct)
{
	struct line *l = find(c, ct->queue);

	rank_remove(&c->news, &ct->news);
	stop_seeking(c, ct);
	if (!l || !line_in(ct))
		return;
	rank_remove(&l->contacts, &ct->place);
	if (rank_size(&l->contacts))
		return;
	HASH_DEL(c->lines, l);
	free(l);
}

void line_rank(struct core *c, struct contact *ct, uint64_t cls,
	       int64_t priority, bool overdue)
{
	bool news = rank_in(&ct->news);

	if (ct->cls == cls && ct->priority == priority &&
	    ct->overdue == overdue)
		return;
	line_leave(c, ct);
	ct->cls = cls;
	ct->priority = priority;
	ct->overdue = overdue;
	record_changed(c, &ct->rec);
	line_join(c, ct);
	line_seek(c, ct);
	if (news)
		line_news(c, ct);
}

/* ---- where it is sought for ------------------------------------------------ */

void line_seek(struct core *c, struct contact *ct)
{
	const struct step *s;

	stop_seeking(c, ct);
	if (ct->state != CONTACT_QUEUED || !line_in(ct))
		return;
	s = step_of(c, ct);
	if (!s || !s->pool)
		return; /* the configuration is on its way */
	ct->pool = s->pool;
	rank_insert(&ct->pool->waiting, &ct->seek, ct->id);
	pools_awaited(c, ct->pool);
}

static void forget_pool(struct core *c, struct record *r, void *arg)
{
	(void)c;
	(void)arg;
	((struct contact *)r)->pool = NULL;
	((struct contact *)r)->seek = (struct rank_node){0};
}

void line_forget_pools(struct core *c)
{
	record_each(c, RECORD_CONTACT, forget_pool, NULL);
}

static void find_pool(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	line_seek(c, (struct contact *)r);
}

void line_find_pools(struct core *c)
{
	record_each(c, RECORD_CONTACT, find_pool, NULL);
}

struct contact *line_first(const struct pool *p)
{
	const struct rank_node *n = rank_first(&p->waiting);

	return n ? of_seek(n) : NULL;
}

/* ---- figures ------------------------------------------------------------------ */

uint64_t line_length(const struct core *c, uint64_t queue)
{
	const struct line *l = find(c, queue);

	return l ? rank_size(&l->contacts) : 0;
}

uint64_t line_position(const struct contact *ct)
{
	return line_in(ct) ? rank_of(&ct->place) + 1 : 0;
}

uint64_t line_total(const struct core *c)
{
	const struct line *l, *tmp;
	uint64_t n = 0;

	HASH_ITER(hh, c->lines, l, tmp)
		n += rank_size(&l->contacts);
	return n;
}

void line_news(struct core *c, struct contact *ct)
{
	c->news.before = news_before;
	if (!ct->told_alone && !rank_in(&ct->news))
		rank_insert(&c->news, &ct->news, ct->id);
}

struct contact *line_next_news(struct core *c)
{
	struct rank_node *n = rank_first(&c->news);

	if (!n)
		return NULL;
	rank_remove(&c->news, n);
	return of_news(n);
}

void line_free_all(struct core *c)
{
	struct line *l, *tmp;

	HASH_ITER(hh, c->lines, l, tmp) {
		HASH_DEL(c->lines, l);
		free(l);
	}
}
