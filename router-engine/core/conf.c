/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration reload is a diff: a row whose version is known changes
 * nothing, a row that is not named is gone, and nobody loses a place. An agent
 * whose row is gone while at work is retired and leaves when idle.
 */
#include "router-engine/core/agent.h"
#include "router-engine/core/conf.h"
#include "router-engine/core/contact.h"
#include "router-engine/core/idle.h"
#include "router-engine/core/record.h"

static void unname(struct core *c, struct record *r, void *arg)
{
	(void)c;
	(void)arg;
	switch (r->kind) {
	case RECORD_TENANT:
		((struct tenant *)r)->named = false;
		break;
	case RECORD_QUEUE:
		((struct queue *)r)->named = false;
		break;
	case RECORD_NUMBER:
		((struct number *)r)->named = false;
		break;
	default:
		((struct agent *)r)->named = false;
		break;
	}
}

static void drop_unnamed(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	switch (r->kind) {
	case RECORD_TENANT:
		if (!((struct tenant *)r)->named)
			record_gone(c, r);
		break;
	case RECORD_QUEUE:
		if (!((struct queue *)r)->named)
			record_gone(c, r);
		break;
	case RECORD_NUMBER:
		if (!((struct number *)r)->named)
			record_gone(c, r);
		break;
	default:
		if (!((struct agent *)r)->named)
			agent_retire(c, (struct agent *)r);
		break;
	}
}

static const enum record_kind conf_kinds[] = {RECORD_TENANT, RECORD_QUEUE,
					      RECORD_NUMBER, RECORD_AGENT};

void on_conf_begin(struct core *c, const struct msg *m)
{
	(void)m;
	c->conf = true;
	for (size_t i = 0; i < 4; i++)
		record_each(c, conf_kinds[i], unname, NULL);
}

/* Its step, class, priority or bound may have changed. */
static void go_on(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	contact_replan(c, (struct contact *)r);
}

void on_conf_end(struct core *c, const struct msg *m)
{
	(void)m;
	if (!c->conf) {
		c->ignored++;
		return;
	}
	c->conf = false;
	for (size_t i = 0; i < 4; i++)
		record_each(c, conf_kinds[i], drop_unnamed, NULL);
	conf_sort(c);
	record_each(c, RECORD_CONTACT, go_on, NULL);
	c->match = true;
}

static int by_id(const struct agent *a, const struct agent *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

void conf_sort(struct core *c)
{
	HASH_SORT(c->agents, by_id);
	idle_rebuild(c);
}

static void put(struct core *c, struct text *t, const struct msg *m,
		enum msg_field f)
{
	text_put(c, t, msg_get(m, f));
}

void on_conf_tenant(struct core *c, const struct msg *m)
{
	uint64_t id = msg_num(m, F_TENANT);
	struct tenant *t = tenant_find(c, id);

	if (!t) {
		t = record_alloc(c, RECORD_TENANT);
		if (!t)
			return;
		t->id = id;
		record_insert(c, &t->rec);
	}
	t->named = true;
	if (t->version == msg_num(m, F_VERSION) && t->name.len)
		return;
	t->version = msg_num(m, F_VERSION);
	put(c, &t->name, m, F_NAME);
	put(c, &t->domain, m, F_DOMAIN);
	put(c, &t->language, m, F_LANGUAGE);
	put(c, &t->code_ready, m, F_CODE_READY);
	put(c, &t->code_pause, m, F_CODE_PAUSE);
	put(c, &t->code_logout, m, F_CODE_LOGOUT);
	record_changed(c, &t->rec);
}

static void queue_set(struct core *c, struct queue *q, const struct msg *m)
{
	q->tenant = msg_num(m, F_TENANT);
	q->version = msg_num(m, F_VERSION);
	q->level = msg_num(m, F_LEVEL);
	q->cls = msg_num(m, F_CLASS);
	q->priority = msg_int(m, F_PRIORITY);
	q->announce_ms = msg_num(m, F_ANNOUNCE_MS);
	q->ring_ms = msg_num(m, F_RING_MS);
	q->wrapup_limit_ms = msg_num(m, F_WRAPUP_LIMIT_MS);
	q->refusal_ms = msg_num(m, F_REFUSAL_MS);
	q->overdue_ms = msg_num(m, F_OVERDUE_MS);
	put(c, &q->name, m, F_NAME);
	put(c, &q->language, m, F_LANGUAGE);
	put(c, &q->skill, m, F_SKILL);
	put(c, &q->strategy, m, F_STRATEGY);
	put(c, &q->steps, m, F_STEPS);
	put(c, &q->greeting, m, F_GREETING);
	put(c, &q->music, m, F_MUSIC);
	put(c, &q->hold_music, m, F_HOLD_MUSIC);
	record_changed(c, &q->rec);
}

void on_conf_queue(struct core *c, const struct msg *m)
{
	uint64_t id = msg_num(m, F_QUEUE);
	struct queue *q = queue_find(c, id);

	if (!q) {
		q = record_alloc(c, RECORD_QUEUE);
		if (!q)
			return;
		q->id = id;
		record_insert(c, &q->rec);
	}
	q->named = true;
	if (q->version != msg_num(m, F_VERSION) || !q->name.len)
		queue_set(c, q, m);
}

void on_conf_agent(struct core *c, const struct msg *m)
{
	uint64_t id = msg_num(m, F_AGENT);
	struct agent *a = agent_find(c, id);

	if (!a) {
		a = record_alloc(c, RECORD_AGENT);
		if (!a)
			return;
		a->id = id;
		a->since = now_of(c);
		text_put(c, &a->cause, STR_LIT(AGENT_NEW));
		record_insert(c, &a->rec);
	}
	a->named = true;
	if (a->version == msg_num(m, F_VERSION) && a->user.len && !a->retired)
		return;
	a->retired = false;
	a->version = msg_num(m, F_VERSION);
	a->tenant = msg_num(m, F_TENANT);
	put(c, &a->name, m, F_NAME);
	put(c, &a->user, m, F_USER);
	put(c, &a->skills, m, F_SKILLS);
	put(c, &a->languages, m, F_LANGUAGES);
	put(c, &a->groups, m, F_GROUPS);
	a->srtp = msg_num(m, F_SRTP) != 0;
	record_changed(c, &a->rec);
}

void on_conf_number(struct core *c, const struct msg *m)
{
	struct str key = msg_get(m, F_NUMBER);
	struct number *n = number_find(c, key);

	if (!n) {
		n = record_alloc(c, RECORD_NUMBER);
		if (!n)
			return;
		text_put(c, &n->number, key);
		record_insert(c, &n->rec);
	}
	n->named = true;
	if (n->version == msg_num(m, F_VERSION) && n->queue)
		return;
	n->tenant = msg_num(m, F_TENANT);
	n->version = msg_num(m, F_VERSION);
	n->queue = msg_num(m, F_QUEUE);
	record_changed(c, &n->rec);
}
