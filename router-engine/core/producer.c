/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/producer.h"
#include "router-engine/core/record.h"

/* Producers send again what is 10 s old, and more after Redis was away. As long
 * as Redis keeps their last numbers. */
#define FORGET_MS 3600000

static void forget_old(struct core *c)
{
	struct producer *p, *tmp;

	HASH_ITER(hh, c->producers, p, tmp)
		if (!p->rec.gone && p->seen + FORGET_MS < now_of(c))
			record_gone(c, &p->rec);
}

static struct producer *producer_new(struct core *c, struct str name)
{
	struct producer *p = record_alloc(c, RECORD_PRODUCER);

	if (!p)
		return NULL;
	forget_old(c);
	text_put(c, &p->name, name);
	record_insert(c, &p->rec);
	return p;
}

bool producer_take(struct core *c, const struct msg *m)
{
	struct str src = msg_get(m, F_SRC), name;
	uint64_t seq = msg_num(m, F_SEQ);
	struct producer *p;

	if (!src.len || !seq)
		return true; /* inner */
	name = arena_printf(&c->arena, "%.*s/%.*s", STR_FMT(src),
			    STR_FMT(msg_get(m, F_BOOT)));
	HASH_FIND(hh, c->producers, name.p, name.len, p);
	if (p && p->rec.gone)
		p = NULL;
	if (!p)
		p = producer_new(c, name);
	if (!p || seq <= p->seq)
		return false;
	p->seq = seq;
	p->seen = now_of(c);
	record_changed(c, &p->rec);
	return true;
}
