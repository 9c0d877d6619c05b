/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "router-engine/core/state.h"

#define NAMED(sym, name, doc) name,

const char *const contact_states[] = {
#define CONTACT_STATE NAMED
#include "router-engine/core/states.def"
#undef CONTACT_STATE
	NULL};

const char *const agent_states[] = {
#define AGENT_STATE NAMED
#include "router-engine/core/states.def"
#undef AGENT_STATE
	NULL};

const char *const leg_states[] = {
#define LEG_STATE NAMED
#include "router-engine/core/states.def"
#undef LEG_STATE
	NULL};

const char *const segment_kinds[] = {
#define SEGMENT_KIND NAMED
#include "router-engine/core/states.def"
#undef SEGMENT_KIND
	NULL};

const char *const leg_roles[] = {
#define LEG_ROLE NAMED
#include "router-engine/core/states.def"
#undef LEG_ROLE
	NULL};

const char *const leg_ops[] = {
#define LEG_OP NAMED
#include "router-engine/core/states.def"
#undef LEG_OP
	NULL};

uint64_t new_id(struct core *c)
{
	uint64_t id = c->meta.now * 64;

	if (id <= c->meta.last_id)
		id = c->meta.last_id + 1;
	c->meta.last_id = id;
	return (uint64_t)c->partition << 48 | (id & 0xffffffffffff);
}

void text_release(struct text *t)
{
	free(t->p);
	t->p = NULL;
	t->len = 0;
}

void text_put(struct core *c, struct text *t, struct str s)
{
	char *p = NULL;

	if (str_eq(text_str(t), s))
		return;
	if (s.len) {
		p = malloc(s.len + 1);
		if (p) {
			memcpy(p, s.p, s.len);
			p[s.len] = '\0';
		} else {
			c->failed = true;
		}
	}
	text_release(t);
	t->p = p;
	t->len = p ? s.len : 0;
}

/* Objects that leave with this step are not found any more. */
#define FIND_ID(st, table)                                                     \
	struct st *st##_find(struct core *c, uint64_t id)                      \
	{                                                                      \
		struct st *o;                                                  \
                                                                               \
		HASH_FIND(hh, c->table, &id, sizeof(id), o);                   \
		return o && !o->rec.gone ? o : NULL;                           \
	}
#define FIND_TEXT(st, table)                                                   \
	struct st *st##_find(struct core *c, struct str key)                   \
	{                                                                      \
		struct st *o = NULL;                                           \
                                                                               \
		if (key.len)                                                   \
			HASH_FIND(hh, c->table, key.p, key.len, o);            \
		return o && !o->rec.gone ? o : NULL;                           \
	}

FIND_ID(tenant, tenants)
FIND_ID(queue, queues)
FIND_ID(agent, agents)
FIND_ID(offer, offers)
FIND_ID(contact, contacts)
FIND_ID(leg, legs)
FIND_ID(recording, recordings)
FIND_TEXT(number, numbers)
FIND_TEXT(node, nodes)
FIND_TEXT(rtpengine, rtpengines)

