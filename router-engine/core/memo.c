/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stddef.h>

#include "lib/base/escape.h"
#include "router-engine/core/memo.h"

#define MEMO_MAX 512

/* In the order of importance: what is at the end may be left out. */
static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{"contact", offsetof(struct memo, contact)},
	{"tenant", offsetof(struct memo, tenant)},
	{"queue", offsetof(struct memo, queue)},
	{"agent", offsetof(struct memo, agent)},
	{"begin", offsetof(struct memo, begin)},
	{"enqueued", offsetof(struct memo, enqueued)},
	{"since", offsetof(struct memo, since)},
	{"holders", offsetof(struct memo, holders)},
	{"pinned", offsetof(struct memo, pinned)},
	{"srtp", offsetof(struct memo, srtp)},
}, texts[] = {
	{"rtpengine", offsetof(struct memo, rtpengine)},
	{"number", offsetof(struct memo, number)},
	{"trunk", offsetof(struct memo, trunk)},
	{"caller", offsetof(struct memo, caller)},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t *number_at(struct memo *m, size_t i)
{
	return (uint64_t *)((char *)m + numbers[i].offset);
}

static struct str *text_at(struct memo *m, size_t i)
{
	return (struct str *)((char *)m + texts[i].offset);
}

static void put(char *p, size_t *np, const char *name, struct str v)
{
	size_t len = strlen(name);

	if (!v.len || *np + len + 2 + escape_size(v) > MEMO_MAX)
		return;
	if (*np)
		p[(*np)++] = ' ';
	memcpy(p + *np, name, len);
	*np += len;
	p[(*np)++] = '=';
	*np += escape_put(p + *np, v);
}

static struct memo of(struct core *c, const struct leg *l)
{
	struct contact *ct = contact_find(c, l->contact);
	struct memo m = {
		.contact = l->contact,
		.tenant = l->tenant,
		.agent = l->agent,
		.since = now_of(c),
		.pinned = l->pinned,
		.srtp = l->srtp,
		.role = l->role,
		.rtpengine = text_str(&l->rtpengine),
	};

	if (!ct)
		return m;
	m.queue = ct->queue;
	m.begin = ct->begin;
	m.enqueued = ct->enqueued;
	m.holders = ct->holders;
	if (l->role != ROLE_CALLER)
		return m;
	m.number = text_str(&ct->number);
	m.trunk = text_str(&ct->trunk);
	m.caller = text_str(&ct->caller);
	return m;
}

struct str memo_write(struct core *c, const struct leg *l)
{
	struct memo m = of(c, l);
	char *p = arena_alloc(&c->arena, MEMO_MAX);
	size_t n = 0;

	if (!p)
		return STR_NONE;
	put(p, &n, "role", str_c(leg_roles[m.role]));
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (*number_at(&m, i))
			put(p, &n, numbers[i].name,
			    arena_printf(&c->arena, "%llu", (unsigned long long)
					 *number_at(&m, i)));
	for (size_t i = 0; i < COUNT(texts); i++)
		put(p, &n, texts[i].name, *text_at(&m, i));
	return (struct str){p, n};
}

static int role_of(struct str v, unsigned *rolep)
{
	for (unsigned i = 0; i < LEG_NROLES; i++)
		if (str_eq(v, str_c(leg_roles[i]))) {
			*rolep = i;
			return 0;
		}
	return EPROTO;
}

/* A name that is not known is of a newer version. */
static int take(struct memo *m, struct str name, struct str v)
{
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (str_eq(name, str_c(numbers[i].name)))
			return str_u64(v, number_at(m, i)) ? EPROTO : 0;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (str_eq(name, str_c(texts[i].name)))
			*text_at(m, i) = v;
	return 0;
}

int memo_read(struct core *c, struct str text, struct memo *out)
{
	struct str pair, name, v;
	unsigned role = LEG_NROLES;
	int err = 0;

	*out = (struct memo){0};
	while (!err && str_cut(&text, ' ', &pair)) {
		str_cut(&pair, '=', &name);
		if (escape_get(&c->arena, pair, &v))
			return EPROTO;
		err = str_eq(name, STR_LIT("role")) ? role_of(v, &role)
						    : take(out, name, v);
	}
	out->role = role;
	/* whom nobody can release would be held for ever */
	out->holders &= HOLDS_CALLER | HOLDS_AGENT;
	return err || role == LEG_NROLES ? EPROTO : 0;
}
