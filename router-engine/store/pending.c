/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "router-engine/io/alarm.h"
#include "router-engine/store/engine.h"
#include "router-engine/store/pending.h"

#define LOOK_MS 20

struct waiting {
	TAILQ_ENTRY(waiting) link;
	uint64_t commit;
	/* a request */
	struct arena arena;
	struct msg m;
	/* or an answer */
	partition_done_h *done;
	void *arg;
	uint64_t deadline_ms;
};

TAILQ_HEAD(waiting_list, waiting);

struct pending {
	struct engine *e;
	unsigned partition;
	uint64_t confirmed;
	struct waiting_list requests, answers;
	size_t n;
	struct alarm *alarm;
};

static void waiting_free(struct pending *p, struct waiting_list *list,
			 struct waiting *w)
{
	TAILQ_REMOVE(list, w, link);
	p->n--;
	arena_release(&w->arena);
	free(w);
}

static void answer(struct pending *p, struct waiting *w, int err)
{
	partition_done_h *done = w->done;
	void *arg = w->arg;

	waiting_free(p, &p->answers, w);
	done(err, arg);
}

static void answers_look(struct pending *p)
{
	struct waiting *w;

	while ((w = TAILQ_FIRST(&p->answers))) {
		if (w->commit <= p->confirmed)
			answer(p, w, 0);
		else if (alarm_now_ms() >= w->deadline_ms)
			answer(p, w, ETIMEDOUT);
		else
			break;
	}
}

static void requests_look(struct pending *p)
{
	struct waiting *w;

	while ((w = TAILQ_FIRST(&p->requests)) && w->commit <= p->confirmed &&
	       owner_safe(p->e->owner, p->partition, PENDING_MARGIN_MS)) {
		int err = ngc_request(p->e->ng, p->partition, &w->m);

		waiting_free(p, &p->requests, w);
		if (err)
			engine_fail(p->e, "request to rtpengine", err);
	}
}

static void look(void *arg)
{
	struct pending *p = arg;

	requests_look(p);
	answers_look(p);
	if (p->n)
		alarm_set(p->alarm, LOOK_MS);
}

void pending_confirmed(struct pending *p, uint64_t commit)
{
	p->confirmed = commit;
	if (p->n)
		look(p);
}

static struct waiting *waiting_new(struct pending *p, uint64_t commit)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	arena_init(&w->arena);
	w->commit = commit;
	if (!alarm_is_set(p->alarm))
		alarm_set(p->alarm, LOOK_MS);
	return w;
}

int pending_request(struct pending *p, uint64_t commit, const struct msg *m)
{
	struct waiting *w = waiting_new(p, commit);

	if (!w)
		return ENOMEM;
	w->m = *m;
	for (unsigned i = 0; i < m->n; i++)
		w->m.f[i].val = arena_str(&w->arena, m->f[i].val);
	TAILQ_INSERT_TAIL(&p->requests, w, link);
	p->n++;
	if (!w->arena.failed)
		return 0;
	waiting_free(p, &p->requests, w);
	return ENOMEM;
}

int pending_answer(struct pending *p, uint64_t commit, partition_done_h *done,
		   void *arg)
{
	struct waiting *w = waiting_new(p, commit);

	if (!w)
		return ENOMEM;
	w->done = done;
	w->arg = arg;
	w->deadline_ms = alarm_now_ms() + PENDING_ANSWER_MS;
	TAILQ_INSERT_TAIL(&p->answers, w, link);
	p->n++;
	return 0;
}

void pending_clear(struct pending *p)
{
	struct waiting *w;

	alarm_off(p->alarm);
	p->confirmed = 0;
	while ((w = TAILQ_FIRST(&p->requests)))
		waiting_free(p, &p->requests, w);
	while ((w = TAILQ_FIRST(&p->answers)))
		answer(p, w, ECANCELED);
}

size_t pending_count(const struct pending *p)
{
	return p->n;
}

int pending_alloc(struct pending **pp, struct engine *e, unsigned partition)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	p->e = e;
	p->partition = partition;
	TAILQ_INIT(&p->requests);
	TAILQ_INIT(&p->answers);
	if (alarm_alloc(&p->alarm, e->base, look, p)) {
		free(p);
		return ENOMEM;
	}
	*pp = p;
	return 0;
}

void pending_free(struct pending *p)
{
	if (!p)
		return;
	pending_clear(p);
	alarm_free(p->alarm);
	free(p);
}
