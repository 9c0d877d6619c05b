/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/escape.h"
#include "router-engine/core/expr.h"
#include "router-engine/core/line.h"
#include "router-engine/core/pools.h"
#include "router-engine/core/record.h"
#include "router-engine/core/steps.h"

/* ---- the list ------------------------------------------------------------- */

/* One item, decoded. 0, EPROTO, ENOMEM. */
static int cut(struct arena *a, struct str item, uint64_t *atp,
	       struct str *whop, struct str *skipp)
{
	struct str at, who;
	int e;

	str_cut(&item, ':', &at);
	str_cut(&item, ':', &who);
	if (str_u64(at, atp))
		return EPROTO;
	e = escape_get(a, who, whop);
	return e ? e : escape_get(a, item, skipp);
}

static int check_one(struct str item, struct arena *a, uint64_t *afterp,
		     char *err, size_t errsz)
{
	struct str who, skip;
	char why[200];
	struct expr e;
	uint64_t at;

	if (cut(a, item, &at, &who, &skip)) {
		snprintf(err, errsz, "must be at_ms:expression:skip_if");
		return EPROTO;
	}
	if (*afterp != UINT64_MAX && at <= *afterp) {
		snprintf(err, errsz, "at_ms: must be more than the step's "
			 "before it, %llu", (unsigned long long)*afterp);
		return EPROTO;
	}
	*afterp = at;
	if (expr_parse(who, EXPR_PEOPLE, &e, why, sizeof(why))) {
		snprintf(err, errsz, "expression: %s", why);
		return EPROTO;
	}
	if (skip.len && expr_parse(skip, EXPR_MOMENT, &e, why, sizeof(why))) {
		snprintf(err, errsz, "skip_if: %s", why);
		return EPROTO;
	}
	return 0;
}

int steps_check(struct str list, struct arena *a, char *err, size_t errsz)
{
	uint64_t after = UINT64_MAX;
	char why[260];
	struct str item;
	unsigned n = 0;

	while (str_cut(&list, ',', &item)) {
		if (++n > STEPS_MAX) {
			snprintf(err, errsz, "steps: more than %u: use fewer",
				 STEPS_MAX);
			return EPROTO;
		}
		if (check_one(item, a, &after, why, sizeof(why))) {
			snprintf(err, errsz, "steps: step %u: %s", n, why);
			return EPROTO;
		}
	}
	return 0;
}

void steps_free(struct queue *q)
{
	for (size_t i = 0; i < q->nsteps; i++) {
		text_release(&q->stepv[i].who);
		text_release(&q->stepv[i].skip);
	}
	free(q->stepv);
	q->stepv = NULL;
	q->nsteps = 0;
}

void steps_read(struct core *c, struct queue *q)
{
	struct str list = text_str(&q->steps), item, who, skip;
	uint64_t at;

	steps_free(q);
	q->stepv = calloc(STEPS_MAX + 1, sizeof(*q->stepv));
	if (!q->stepv) {
		c->failed = true;
		return;
	}
	q->nsteps = 1;
	while (q->nsteps <= STEPS_MAX && str_cut(&list, ',', &item)) {
		struct step *s = &q->stepv[q->nsteps];

		if (cut(&c->arena, item, &at, &who, &skip))
			continue;
		s->at_ms = at;
		text_put(c, &s->who, who);
		text_put(c, &s->skip, skip);
		q->nsteps++;
	}
}

/* ---- a contact's way through them -------------------------------------------- */

const struct step *step_of(struct core *c, const struct contact *ct)
{
	const struct queue *q = queue_find(c, ct->queue);

	if (!q || !q->nsteps)
		return NULL;
	return &q->stepv[ct->step < q->nsteps ? ct->step : q->nsteps - 1];
}

static void enter(struct core *c, struct contact *ct, uint64_t step)
{
	ct->step = step;
	ct->told_alone = false;
	record_changed(c, &ct->rec);
	line_seek(c, ct);
	c->match = true;
}

static uint64_t by_clock(struct core *c, const struct contact *ct)
{
	const struct queue *q = queue_find(c, ct->queue);
	uint64_t n = ct->step;

	if (q && q->nsteps && n >= q->nsteps)
		n = q->nsteps - 1; /* there were more of them */
	while (q && n + 1 < q->nsteps &&
	       ct->step_from + q->stepv[n + 1].at_ms <= now_of(c))
		n++;
	return n;
}

void steps_begin(struct core *c, struct contact *ct, uint64_t from)
{
	ct->step_from = from;
	ct->step = 0;
	enter(c, ct, by_clock(c, ct));
}

bool steps_go_on(struct core *c, struct contact *ct)
{
	uint64_t n = by_clock(c, ct);

	if (n == ct->step)
		return false;
	enter(c, ct, n);
	return true;
}

uint64_t steps_due(struct core *c, const struct contact *ct)
{
	const struct queue *q = queue_find(c, ct->queue);

	return q && ct->step + 1 < q->nsteps
		? ct->step_from + q->stepv[ct->step + 1].at_ms : 0;
}

void steps_ask_again(struct core *c, struct contact *ct)
{
	const struct step *s = step_of(c, ct);

	if (s && s->skip.len)
		ct->told_alone = false;
}

/* Who is there for a step; asked for only where a skip_if stands. */
static struct expr_moment moment(struct core *c, const struct contact *ct,
				 const struct pool *p)
{
	struct tenant *t = tenant_find(c, ct->tenant);
	struct expr_moment m = {.free = p ? p->nidle : 0,
				.waiting = line_length(c, ct->queue)};

	for (size_t i = 0; p && t && i < t->nagents; i++)
		m.staffed += pool_has(p, t->agents[i]) &&
			     t->agents[i]->state != AGENT_OFFLINE;
	return m;
}

bool steps_skips(struct core *c, const struct contact *ct, struct str *whyp)
{
	const struct queue *q = queue_find(c, ct->queue);
	const struct step *s = step_of(c, ct);
	struct expr_moment m;
	char err[200];
	struct expr e;

	if (!s || !s->skip.len || ct->step + 1 >= q->nsteps ||
	    expr_parse(text_str(&s->skip), EXPR_MOMENT, &e, err, sizeof(err)))
		return false;
	m = moment(c, ct, s->pool);
	*whyp = text_str(&s->skip);
	return expr_now(&e, &m);
}

void steps_skip(struct core *c, struct contact *ct)
{
	enter(c, ct, ct->step + 1);
	line_news(c, ct);
}
