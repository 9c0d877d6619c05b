/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records: what a successor finds when it loads the partition.
 *
 * A record is one line, "field=value field=value", with values percent-encoded
 * (lib/base/escape.h). To store a new member: add it to its struct in state.h
 * and a line to records.def; nothing else. Old lines without the field load
 * as zero, lines with a field that is no longer known load without it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/escape.h"
#include "router-engine/core/record.h"
#include "router-engine/core/steps.h"

enum field_type { FT_U64, FT_U32, FT_I64, FT_BOOL, FT_TEXT, FT_NAME, FT_IDENT };

struct field {
	const char *name;
	size_t offset;
	enum field_type type;
	const char *const *names; /* FT_NAME */
	char letter; /* FT_IDENT */
};

#define U64 FT_U64, NULL, 0
#define U32 FT_U32, NULL, 0
#define I64 FT_I64, NULL, 0
#define BOOL FT_BOOL, NULL, 0
#define TEXT FT_TEXT, NULL, 0
#define NAME(table) FT_NAME, table, 0
#define IDENT(letter) FT_IDENT, NULL, letter

struct row {
	enum record_kind kind;
	struct field f;
};

#define RECORD_FIELD(sym, st, member, type)                                    \
	{RECORD_##sym, {#member, offsetof(struct st, member), type}},
static const struct row rows[] = {
#include "router-engine/core/records.def"
};
#undef RECORD_FIELD

#define NROWS (sizeof(rows) / sizeof(rows[0]))

#define RECORD_KIND(sym, name) name,
static const char *const kind_names[] = {
#include "router-engine/core/records.def"
};
#undef RECORD_KIND

static const size_t kind_sizes[RECORD_NKINDS] = {
	[RECORD_META] = sizeof(struct meta),
	[RECORD_PRODUCER] = sizeof(struct producer),
	[RECORD_NODE] = sizeof(struct node),
	[RECORD_RTPENGINE] = sizeof(struct rtpengine),
	[RECORD_TENANT] = sizeof(struct tenant),
	[RECORD_QUEUE] = sizeof(struct queue),
	[RECORD_NUMBER] = sizeof(struct number),
	[RECORD_AGENT] = sizeof(struct agent),
	[RECORD_CONTACT] = sizeof(struct contact),
	[RECORD_LEG] = sizeof(struct leg),
	[RECORD_OFFER] = sizeof(struct offer),
	[RECORD_RECORDING] = sizeof(struct recording),
};

const char *record_kind_name(enum record_kind kind)
{
	return kind_names[kind];
}

/* The rows of one kind lie together: [first, end). */
static void kind_rows(enum record_kind kind, size_t *firstp, size_t *endp)
{
	size_t i = 0;

	while (rows[i].kind != kind)
		i++;
	*firstp = i;
	while (i < NROWS && rows[i].kind == kind)
		i++;
	*endp = i;
}

static void *member(const struct record *r, const struct field *f)
{
	return (char *)(uintptr_t)r + f->offset;
}

static bool is_zero(const struct record *r, const struct field *f)
{
	switch (f->type) {
	case FT_TEXT:
		return ((struct text *)member(r, f))->len == 0;
	case FT_BOOL:
		return !*(bool *)member(r, f);
	case FT_NAME:
		return false; /* always readable */
	case FT_U32:
		return *(unsigned *)member(r, f) == 0;
	default:
		return *(uint64_t *)member(r, f) == 0;
	}
}

/* A field's value, not yet escaped; buf takes what must be made. */
static struct str value_of(const struct record *r, const struct field *f,
			   char *buf, size_t size)
{
	int n = 0;

	switch (f->type) {
	case FT_TEXT:
		return text_str(member(r, f));
	case FT_NAME:
		return str_c(f->names[*(unsigned *)member(r, f)]);
	case FT_IDENT:
		return str_c(id_format(buf, f->letter,
				       *(uint64_t *)member(r, f)));
	case FT_BOOL:
		return STR_LIT("1");
	case FT_U32:
		n = (int)str_dec(buf, *(unsigned *)member(r, f));
		break;
	case FT_I64:
		n = snprintf(buf, size, "%lld",
			     (long long)*(int64_t *)member(r, f));
		break;
	case FT_U64:
		n = (int)str_dec(buf, *(uint64_t *)member(r, f));
		break;
	}
	return (struct str){buf, (size_t)n};
}

static size_t line_size(const struct record *r, size_t first, size_t end)
{
	char buf[32];
	size_t n = 1;

	for (size_t i = first; i < end; i++) {
		const struct field *f = &rows[i].f;
		struct str v;

		if (is_zero(r, f))
			continue;
		v = value_of(r, f, buf, sizeof(buf));
		n += strlen(f->name) + 2 + escape_size(v);
	}
	return n;
}

static struct str line_of(struct core *c, const struct record *r)
{
	size_t first, end, n = 0;
	char buf[32], *p;

	kind_rows(r->kind, &first, &end);
	p = arena_alloc(&c->arena, line_size(r, first, end));
	if (!p)
		return STR_NONE;
	for (size_t i = first; i < end; i++) {
		const struct field *f = &rows[i].f;
		size_t len = strlen(f->name);

		if (is_zero(r, f))
			continue;
		if (n)
			p[n++] = ' ';
		memcpy(p + n, f->name, len);
		n += len;
		p[n++] = '=';
		n += escape_put(p + n, value_of(r, f, buf, sizeof(buf)));
	}
	return (struct str){p, n};
}

static struct str id_of(struct core *c, const struct record *r)
{
	size_t first, end;
	char buf[32];

	kind_rows(r->kind, &first, &end);
	return arena_str(&c->arena,
			 value_of(r, &rows[first].f, buf, sizeof(buf)));
}

void *record_alloc(struct core *c, enum record_kind kind)
{
	struct record *r = calloc(1, kind_sizes[kind]);

	if (!r) {
		c->failed = true;
		return NULL;
	}
	r->kind = kind;
	return r;
}

void record_changed(struct core *c, struct record *r)
{
	if (r->dirty)
		return;
	r->dirty = true;
	TAILQ_INSERT_TAIL(&c->dirty, r, dirty_link);
}

void record_gone(struct core *c, struct record *r)
{
	r->gone = true;
	heap_remove(&c->timers, &r->timer);
	record_changed(c, r);
}

#define HASH_U64(head, obj, field) HASH_ADD(hh, head, field, sizeof(uint64_t), obj)
#define HASH_TEXT(head, obj, field)                                            \
	HASH_ADD_KEYPTR(hh, head, (obj)->field.p, (obj)->field.len, obj)

/* The one place that knows which table holds which kind. */
#define EACH_TABLE(X)                                                          \
	X(PRODUCER, producer, producers, HASH_TEXT, name)                      \
	X(NODE, node, nodes, HASH_TEXT, name)                                  \
	X(RTPENGINE, rtpengine, rtpengines, HASH_TEXT, name)                   \
	X(TENANT, tenant, tenants, HASH_U64, id)                               \
	X(QUEUE, queue, queues, HASH_U64, id)                                  \
	X(NUMBER, number, numbers, HASH_TEXT, number)                          \
	X(AGENT, agent, agents, HASH_U64, id)                                  \
	X(CONTACT, contact, contacts, HASH_U64, id)                            \
	X(LEG, leg, legs, HASH_U64, id)                                        \
	X(OFFER, offer, offers, HASH_U64, id)                                  \
	X(RECORDING, recording, recordings, HASH_U64, id)

/* False: out of memory. */
static bool table_add(struct core *c, struct record *r)
{
	switch (r->kind) {
#define ADD(sym, st, table, hash, key)                                         \
	case RECORD_##sym: {                                                   \
		struct st *o = (struct st *)r;                                 \
		hash(c->table, o, key);                                        \
		return o->hh.tbl != NULL;                                      \
	}
		EACH_TABLE(ADD)
#undef ADD
	default:
		return true;
	}
}

static void table_del(struct core *c, struct record *r)
{
	switch (r->kind) {
#define DEL(sym, st, table, hash, key)                                         \
	case RECORD_##sym: {                                                   \
		struct st *o = (struct st *)r;                                 \
		if (o->hh.tbl)                                                 \
			HASH_DEL(c->table, o);                                 \
		break;                                                         \
	}
		EACH_TABLE(DEL)
#undef DEL
	default:
		break;
	}
}

void record_each(struct core *c, enum record_kind kind, record_h *fn,
		 void *arg)
{
	switch (kind) {
#define EACH(sym, st, table, hash, key)                                        \
	case RECORD_##sym: {                                                   \
		struct st *o, *tmp;                                            \
		HASH_ITER(hh, c->table, o, tmp)                                \
			if (!o->rec.gone)                                      \
				fn(c, &o->rec, arg);                           \
		break;                                                         \
	}
		EACH_TABLE(EACH)
#undef EACH
	default:
		break;
	}
}

void record_insert(struct core *c, struct record *r)
{
	size_t first, end;

	kind_rows(r->kind, &first, &end);
	if (rows[first].f.type != FT_TEXT)
		r->timer.id = *(uint64_t *)member(r, &rows[first].f);
	if (!table_add(c, r)) {
		c->failed = true;
		r->gone = true; /* freed with the step that is thrown away */
	}
	record_changed(c, r);
}

static void record_free(struct record *r)
{
	size_t first, end;

	kind_rows(r->kind, &first, &end);
	for (size_t i = first; i < end; i++)
		if (rows[i].f.type == FT_TEXT)
			text_release(member(r, &rows[i].f));
	if (r->kind == RECORD_NODE)
		free(((struct node *)r)->used);
	if (r->kind == RECORD_AGENT)
		free(((struct agent *)r)->pools);
	if (r->kind == RECORD_QUEUE)
		steps_free((struct queue *)r);
	if (r->kind == RECORD_TENANT) {
		free(((struct tenant *)r)->agents);
		free(((struct tenant *)r)->idle_set);
		free(((struct tenant *)r)->users);
	}
	if (r->kind != RECORD_META)
		free(r);
}

static int records_grow(struct core *c)
{
	size_t cap = c->records_cap ? c->records_cap * 2 : 32;
	struct core_record *v;

	if (c->nrecords < c->records_cap)
		return 0;
	v = realloc(c->records, cap * sizeof(*v));
	if (!v) {
		c->failed = true;
		return ENOMEM;
	}
	c->records = v;
	c->records_cap = cap;
	return 0;
}

void record_flush(struct core *c)
{
	struct record *r;

	while ((r = TAILQ_FIRST(&c->dirty))) {
		TAILQ_REMOVE(&c->dirty, r, dirty_link);
		r->dirty = false;
		if (!records_grow(c)) {
			struct core_record *out = &c->records[c->nrecords++];

			out->kind = str_c(kind_names[r->kind]);
			out->id = id_of(c, r);
			out->value = r->gone ? STR_NONE : line_of(c, r);
		}
		if (r->gone) {
			table_del(c, r);
			record_free(r);
		}
	}
	c->failed |= c->arena.failed;
}

static void change_one(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	record_changed(c, r);
}

void record_change_all(struct core *c)
{
	record_changed(c, &c->meta.rec);
	for (int k = 0; k < RECORD_NKINDS; k++)
		record_each(c, (enum record_kind)k, change_one, NULL);
}

static void free_one(struct core *c, struct record *r, void *arg)
{
	(void)arg;
	table_del(c, r);
	record_free(r);
}

void record_free_all(struct core *c)
{
	for (int k = 0; k < RECORD_NKINDS; k++)
		record_each(c, (enum record_kind)k, free_one, NULL);
	record_free(&c->meta.rec);
}

static int name_index(const char *const *names, struct str v, unsigned *np)
{
	for (unsigned i = 0; names[i]; i++)
		if (str_eq(v, str_c(names[i]))) {
			*np = i;
			return 0;
		}
	return EPROTO;
}

/* A record that is found by a text must have it. */
static bool is_nameless(const struct record *r)
{
	size_t first, end;

	kind_rows(r->kind, &first, &end);
	return rows[first].f.type == FT_TEXT && is_zero(r, &rows[first].f);
}

/* v is unescaped. */
static int field_set(struct core *c, struct record *r, const struct field *f,
		     struct str v)
{
	uint64_t u = 0;

	switch (f->type) {
	case FT_TEXT:
		text_put(c, member(r, f), v);
		return c->failed ? ENOMEM : 0;
	case FT_NAME:
		return name_index(f->names, v, member(r, f));
	case FT_IDENT:
		return id_parse(v, f->letter, member(r, f)) ? EPROTO : 0;
	case FT_I64:
		return str_i64(v, member(r, f)) ? EPROTO : 0;
	case FT_U64:
		return str_u64(v, member(r, f)) ? EPROTO : 0;
	default:
		break;
	}
	if (str_u64(v, &u) || u > UINT32_MAX)
		return EPROTO;
	if (f->type == FT_BOOL)
		*(bool *)member(r, f) = u != 0;
	else
		*(unsigned *)member(r, f) = (unsigned)u;
	return 0;
}

static int pair_set(struct core *c, struct record *r, struct str pair,
		    struct str *namep)
{
	size_t first, end;
	struct str v;

	str_cut(&pair, '=', namep);
	if (escape_get(&c->arena, pair, &v))
		return c->arena.failed ? ENOMEM : EPROTO;
	kind_rows(r->kind, &first, &end);
	for (size_t i = first; i < end; i++)
		if (str_eq(*namep, str_c(rows[i].f.name)))
			return field_set(c, r, &rows[i].f, v);
	return 0; /* of a newer version */
}

static int line_set(struct core *c, struct record *r, struct str line,
		    char *err, size_t errsz)
{
	struct str pair, name = STR_NONE;
	int e = 0;

	while (!e && str_cut(&line, ' ', &pair))
		e = pair_set(c, r, pair, &name);
	if (e)
		snprintf(err, errsz, "record %s: field %.*s: malformed value",
			 kind_names[r->kind], STR_FMT(name));
	return e;
}

static int whole_line_set(struct core *c, struct record *r, struct str line,
			  char *err, size_t errsz)
{
	int e = line_set(c, r, line, err, errsz);

	if (!e && is_nameless(r)) {
		snprintf(err, errsz, "record %s: its name is missing",
			 kind_names[r->kind]);
		e = EPROTO;
	}
	return e;
}

int record_load(struct core *c, const struct core_record *in, char *err,
		size_t errsz)
{
	struct record *r;
	unsigned kind;
	int e;

	for (kind = 0; kind < RECORD_NKINDS; kind++)
		if (str_eq(in->kind, str_c(kind_names[kind])))
			break;
	if (kind == RECORD_NKINDS)
		return 0; /* not the core's */
	if (kind == RECORD_META) {
		e = whole_line_set(c, &c->meta.rec, in->value, err, errsz);
		timer_restore(c, &c->meta.rec);
		return e;
	}
	r = record_alloc(c, (enum record_kind)kind);
	if (!r)
		return ENOMEM;
	e = whole_line_set(c, r, in->value, err, errsz);
	if (e) {
		record_free(r);
		return e;
	}
	record_insert(c, r);
	timer_restore(c, r);
	return 0;
}

/* Which kinds have a `due`, and where. */
static uint64_t *due_of(struct record *r)
{
	size_t first, end;

	kind_rows(r->kind, &first, &end);
	for (size_t i = first; i < end; i++)
		if (!strcmp(rows[i].f.name, "due"))
			return member(r, &rows[i].f);
	return NULL;
}

void timer_set(struct core *c, struct record *r, uint64_t *duep, uint64_t due)
{
	*duep = due;
	record_changed(c, r);
	if (!due)
		heap_remove(&c->timers, &r->timer);
	else if (heap_set(&c->timers, &r->timer, due))
		c->failed = true;
}

void timer_restore(struct core *c, struct record *r)
{
	uint64_t *due = due_of(r);

	if (due && *due && heap_set(&c->timers, &r->timer, *due))
		c->failed = true;
}
