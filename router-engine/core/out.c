/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "router-engine/core/out.h"

static struct core_effect spare; /* never read: c->failed discards the step */

struct core_effect *out_new(struct core *c, enum msg_type type)
{
	struct core_effect *e;

	if (c->neffects == c->effects_cap) {
		size_t cap = c->effects_cap ? c->effects_cap * 2 : 16;
		struct core_effect *v = realloc(c->effects, cap * sizeof(*v));

		if (!v) {
			c->failed = true;
			msg_init(&spare.m, type);
			return &spare;
		}
		c->effects = v;
		c->effects_cap = cap;
	}
	e = &c->effects[c->neffects++];
	msg_init(&e->m, type);
	e->node = e->boot = STR_NONE;
	e->not_after = 0;
	return e;
}

void out_str(struct core *c, struct core_effect *e, enum msg_field f,
	     struct str v)
{
	if (v.len)
		msg_put(&e->m, f, arena_str(&c->arena, v));
}

void out_num(struct core *c, struct core_effect *e, enum msg_field f,
	     uint64_t v)
{
	msg_put_num(&e->m, &c->arena, f, v);
}

void out_opt(struct core *c, struct core_effect *e, enum msg_field f,
	     uint64_t v)
{
	if (v)
		out_num(c, e, f, v);
}

void out_id(struct core *c, struct core_effect *e, enum msg_field f,
	    char letter, uint64_t id)
{
	char buf[ID_LEN + 1];

	if (id)
		out_str(c, e, f, str_c(id_format(buf, letter, id)));
}

struct core_effect *out_leg(struct core *c, const struct leg *l,
			    enum msg_type type, uint64_t ms)
{
	struct core_effect *e = out_new(c, type);

	e->node = arena_str(&c->arena, text_str(&l->node));
	e->boot = arena_str(&c->arena, text_str(&l->boot));
	e->not_after = ms ? now_of(c) + ms : 0;
	out_id(c, e, F_LEG, 'l', l->id);
	return e;
}

struct core_effect *out_worker(struct core *c, const struct leg *l,
			       enum msg_type type)
{
	struct core_effect *e;

	if (!l->worker.len)
		return NULL;
	e = out_new(c, type);
	e->node = arena_str(&c->arena, text_str(&l->worker));
	e->boot = arena_str(&c->arena, text_str(&l->worker_boot));
	return e;
}

void out_audit(struct core *c, uint64_t tenant, struct str actor,
	       const char *verb, struct str object, struct str reason)
{
	struct core_effect *e = out_new(c, M_JOURNAL_AUDIT);

	out_num(c, e, F_TENANT, tenant);
	out_num(c, e, F_BEGIN, now_of(c));
	out_str(c, e, F_ACTOR, actor.len ? actor : STR_LIT("system"));
	out_str(c, e, F_VERB, str_c(verb));
	out_str(c, e, F_OBJECT, object);
	out_str(c, e, F_REASON, reason);
}
