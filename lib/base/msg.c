/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages by tables: messages.def, included three times.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/base/escape.h"
#include "lib/base/id.h"
#include "lib/base/msg.h"

struct field_row {
	const char *name;
	enum msg_kind kind;
	const char *doc;
};

#define FIELD(sym, name, type, doc) {name, type, doc},
static const struct field_row fields[] = {
#include "lib/base/messages.def"
};
#undef FIELD

struct uses {
	unsigned char of[MSG_NFIELDS]; /* 0 no, 1 optional, 2 required */
};

struct type_row {
	const char *name;
	enum msg_dir dir;
	const char *doc;
	struct uses uses;
};

#define R(f) [F_##f] = 2,
#define O(f) [F_##f] = 1,
#define MSG(sym, name, dir, list, doc) [M_##sym] = {name, dir, doc, {{list}}},
static const struct type_row types[] = {
	[M_NONE] = {"none", DIR_INNER, "no message", {{0}}},
#include "lib/base/messages.def"
};
#undef MSG
#undef O
#undef R

const char *msg_type_name(enum msg_type type)
{
	return types[type].name;
}

enum msg_type msg_type_find(struct str name)
{
	for (int i = M_NONE + 1; i < MSG_NTYPES; i++)
		if (str_eq(name, str_c(types[i].name)))
			return (enum msg_type)i;
	return M_NONE;
}

enum msg_dir msg_type_dir(enum msg_type type)
{
	return types[type].dir;
}

const char *msg_type_doc(enum msg_type type)
{
	return types[type].doc;
}

const char *msg_field_name(enum msg_field field)
{
	return fields[field].name;
}

int msg_field_find(struct str name)
{
	for (int i = 0; i < MSG_NFIELDS; i++)
		if (str_eq(name, str_c(fields[i].name)))
			return i;
	return -1;
}

enum msg_kind msg_field_kind(enum msg_field field)
{
	return fields[field].kind;
}

const char *msg_field_doc(enum msg_field field)
{
	return fields[field].doc;
}

static bool is_stamp(enum msg_dir dir, enum msg_field f)
{
	switch (dir) {
	case DIR_EVENT:
		return f == F_SRC || f == F_BOOT || f == F_SEQ || f == F_TIME;
	case DIR_INNER:
		return f == F_TIME;
	case DIR_NODE:
		return f == F_ID || f == F_NOT_AFTER;
	case DIR_JOURNAL:
	case DIR_PUSH:
		return f == F_ID;
	default:
		return false;
	}
}

int msg_type_field(enum msg_type type, enum msg_field field)
{
	int use = types[type].uses.of[field];

	return use ? use : is_stamp(types[type].dir, field);
}

void msg_init(struct msg *m, enum msg_type type)
{
	m->type = type;
	m->n = 0;
}

static int find(const struct msg *m, enum msg_field field)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->f[i].field == field)
			return (int)i;
	return -1;
}

void msg_put(struct msg *m, enum msg_field field, struct str val)
{
	int i = find(m, field);

	if (!val.len) {
		if (i >= 0)
			m->f[i] = m->f[--m->n];
		return;
	}
	if (i < 0) {
		assert(m->n < MSG_MAX_FIELDS);
		if (m->n == MSG_MAX_FIELDS)
			return;
		i = (int)m->n++;
	}
	m->f[i].field = field;
	m->f[i].val = val;
}

void msg_put_num(struct msg *m, struct arena *a, enum msg_field f, uint64_t v)
{
	char buf[STR_DEC_MAX];

	msg_put(m, f, arena_str(a, (struct str){buf, str_dec(buf, v)}));
}

void msg_put_int(struct msg *m, struct arena *a, enum msg_field f, int64_t v)
{
	msg_put_fmt(m, a, f, "%lld", (long long)v);
}

void msg_put_fmt(struct msg *m, struct arena *a, enum msg_field f,
		 const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(buf))
		n = sizeof(buf) - 1;
	msg_put(m, f, arena_str(a, (struct str){buf, (size_t)n}));
}

struct str msg_get(const struct msg *m, enum msg_field field)
{
	int i = find(m, field);

	return i < 0 ? STR_NONE : m->f[i].val;
}

uint64_t msg_num(const struct msg *m, enum msg_field field)
{
	uint64_t v = 0;

	return str_u64(msg_get(m, field), &v) ? 0 : v;
}

int64_t msg_int(const struct msg *m, enum msg_field field)
{
	int64_t v = 0;

	return str_i64(msg_get(m, field), &v) ? 0 : v;
}

/* ---- checking ----------------------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static int fault(char *err, size_t errsz, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return EPROTO;
	va_start(ap, fmt);
	vsnprintf(err, errsz, fmt, ap);
	va_end(ap);
	return EPROTO;
}

static bool is_id(struct str v)
{
	uint64_t id;

	return v.len == ID_LEN && v.p[0] >= 'a' && v.p[0] <= 'z' &&
	       !id_parse(v, v.p[0], &id);
}

static bool is_line(struct str v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((unsigned char)v.p[i] < ' ' || v.p[i] == 0x7f)
			return false;
	return true;
}

/* What a value of this kind must be, or NULL when v is. */
static const char *malformed(enum msg_kind kind, struct str v)
{
	uint64_t u;
	int64_t i;

	switch (kind) {
	case K_TEXT:
	case K_LIST:
		return is_line(v) ? NULL : "one line without control characters";
	case K_NUM:
		return str_u64(v, &u) || u > (uint64_t)INT64_MAX
			? "a decimal number" : NULL;
	case K_INT:
		return str_i64(v, &i) ? "a decimal number with sign" : NULL;
	case K_ID:
		return is_id(v) ? NULL
				: "a letter and 16 hexadecimal digits";
	case K_BOOL:
		return v.len == 1 && (v.p[0] == '0' || v.p[0] == '1')
			? NULL : "0 or 1";
	default:
		return NULL;
	}
}

static int field_check(enum msg_type type, enum msg_field f, struct str v,
		       char *err, size_t errsz)
{
	const char *must = malformed(fields[f].kind, v);

	if (!must)
		return 0;
	return fault(err, errsz, "%s: field %s must be %s", types[type].name,
		     fields[f].name, must);
}

static int required_check(const struct msg *m, char *err, size_t errsz)
{
	for (int f = 0; f < MSG_NFIELDS; f++)
		if (types[m->type].uses.of[f] == 2 &&
		    find(m, (enum msg_field)f) < 0)
			return fault(err, errsz, "%s: field %s is missing",
				     types[m->type].name, fields[f].name);
	return 0;
}

int msg_check(const struct msg *m, char *err, size_t errsz)
{
	int e;

	for (unsigned i = 0; i < m->n; i++) {
		enum msg_field f = m->f[i].field;

		if (!msg_type_field(m->type, f))
			return fault(err, errsz, "%s: has no field %s",
				     types[m->type].name, fields[f].name);
		e = field_check(m->type, f, m->f[i].val, err, errsz);
		if (e)
			return e;
	}
	return required_check(m, err, errsz);
}

/* One pair of a message whose type is known. */
static int take(struct msg *m, struct str name, struct str v, char *err,
		size_t errsz)
{
	int f = msg_field_find(name);

	if (f < 0 || !msg_type_field(m->type, (enum msg_field)f) || !v.len)
		return 0; /* of a newer sender */
	if (field_check(m->type, (enum msg_field)f, v, err, errsz))
		return EPROTO;
	if (m->n == MSG_MAX_FIELDS && find(m, (enum msg_field)f) < 0)
		return fault(err, errsz, "%s: more than %d fields",
			     types[m->type].name, MSG_MAX_FIELDS);
	msg_put(m, (enum msg_field)f, v);
	return 0;
}

static int take_type(struct msg *m, struct str name, struct str v, char *err,
		     size_t errsz)
{
	if (!str_eq(name, STR_LIT("t")))
		return fault(err, errsz, "first field must be t, the type");
	msg_init(m, msg_type_find(v));
	if (m->type == M_NONE)
		return fault(err, errsz, "unknown type %.*s",
			     v.len < 40 ? (int)v.len : 40, v.p ? v.p : "");
	return 0;
}

int msg_parse(struct msg *m, const struct str *v, size_t n, char *err,
	      size_t errsz)
{
	int e;

	if (n < 2 || n % 2)
		return fault(err, errsz, "a message is pairs of field and value");
	e = take_type(m, v[0], v[1], err, errsz);
	for (size_t i = 2; !e && i < n; i += 2)
		e = take(m, v[i], v[i + 1], err, errsz);
	return e ? e : required_check(m, err, errsz);
}

/* ---- one line of text --------------------------------------------------- */

struct str msg_format(const struct msg *m, struct arena *a)
{
	const char *type = types[m->type].name;
	size_t size = 3 + strlen(type), n;
	char *p;

	for (unsigned i = 0; i < m->n; i++)
		size += 2 + strlen(fields[m->f[i].field].name) +
			escape_size(m->f[i].val);
	p = arena_alloc(a, size);
	if (!p)
		return STR_NONE;
	n = (size_t)snprintf(p, size, "t=%s", type);
	for (unsigned i = 0; i < m->n; i++) {
		n += (size_t)snprintf(p + n, size - n, " %s=",
				      fields[m->f[i].field].name);
		n += escape_put(p + n, m->f[i].val);
	}
	return (struct str){p, n};
}

int msg_scan(struct msg *m, struct str line, struct arena *a, char *err,
	     size_t errsz)
{
	struct str pair, name, v;
	bool first = true;
	int e = 0;

	while (!e && str_cut(&line, ' ', &pair)) {
		str_cut(&pair, '=', &name);
		e = escape_get(a, pair, &v);
		if (e)
			return e == ENOMEM ? e : fault(err, errsz,
				"field %.*s: %% needs two digits",
				name.len < 40 ? (int)name.len : 40, name.p);
		e = first ? take_type(m, name, v, err, errsz)
			  : take(m, name, v, err, errsz);
		first = false;
	}
	if (first)
		return fault(err, errsz, "empty line");
	return e ? e : required_check(m, err, errsz);
}
