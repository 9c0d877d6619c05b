/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file msg.h  Messages: flat field-value pairs with a type.
 *
 * Everything that travels through Redis, is stepped by the core, or is written
 * to the journal is a struct msg. The types and fields are listed in ONE
 * file, messages.def, which gives the enums here, the tables of msg.c and
 * docs/protocol.md.
 */
#ifndef JF_BASE_MSG_H
#define JF_BASE_MSG_H

#include "lib/base/arena.h"
#include "lib/base/str.h"

enum msg_field {
#define FIELD(sym, name, type, doc) F_##sym,
#include "lib/base/messages.def"
	MSG_NFIELDS
};

enum msg_type {
	M_NONE,
#define MSG(sym, name, dir, fields, doc) M_##sym,
#include "lib/base/messages.def"
	MSG_NTYPES
};

/* Who sends a message to whom: see messages.def. */
enum msg_dir {
	DIR_EVENT,	/* {pN}:in, or an inner event of the engine */
	DIR_INNER,	/* engine only: never in Redis but in the replay log */
	DIR_NODE,	/* command to an acd node or media worker */
	DIR_NG,		/* request to rtpengine, carried out by the engine */
	DIR_JOURNAL,	/* row for PostgreSQL */
	DIR_PUSH,	/* what agents and wallboards see */
};

/* How a field's value is written. */
enum msg_kind {
	K_TEXT,	/* UTF-8, one line, no control characters */
	K_BODY,	/* any bytes: SDP, memo */
	K_NUM,	/* decimal, 0..2^63-1 */
	K_INT,	/* decimal with sign */
	K_ID,	/* one letter and 16 hexadecimal digits, see id.h */
	K_BOOL,	/* 0 or 1 */
	K_LIST,	/* comma-separated items, each colon-separated */
};

#define MSG_MAX_FIELDS 48

struct msg {
	enum msg_type type;
	unsigned n;
	struct {
		enum msg_field field;
		struct str val; /* borrowed */
	} f[MSG_MAX_FIELDS];
};

const char *msg_type_name(enum msg_type type); /* "leg.offered" */
enum msg_type msg_type_find(struct str name); /* M_NONE: unknown */
enum msg_dir msg_type_dir(enum msg_type type);
const char *msg_type_doc(enum msg_type type);
const char *msg_field_name(enum msg_field field); /* "not_after" */
int msg_field_find(struct str name); /* -1: unknown */
enum msg_kind msg_field_kind(enum msg_field field);
const char *msg_field_doc(enum msg_field field);
/* 0: the type has no such field, 1: optional, 2: required. */
int msg_type_field(enum msg_type type, enum msg_field field);

void msg_init(struct msg *m, enum msg_type type);
/* Sets a field, or replaces it. An empty value removes it. The bytes are
 * borrowed. A message that is full drops the field: an assert in debug. */
void msg_put(struct msg *m, enum msg_field field, struct str val);
/* The same with the value made in the arena. */
void msg_put_num(struct msg *m, struct arena *a, enum msg_field f, uint64_t v);
void msg_put_int(struct msg *m, struct arena *a, enum msg_field f, int64_t v);
void msg_put_fmt(struct msg *m, struct arena *a, enum msg_field f,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

struct str msg_get(const struct msg *m, enum msg_field field); /* or empty */
uint64_t msg_num(const struct msg *m, enum msg_field field); /* absent: 0 */
int64_t msg_int(const struct msg *m, enum msg_field field); /* absent: 0 */

/*
 * Parses flat pairs: v[0] = "t", v[1] = type name, then field, value, ...
 * Unknown fields are passed over (a newer sender); a known field with a
 * malformed value, an unknown type, an odd count or a missing required field
 * is EPROTO, and err (size errsz, may be NULL) names the field and the fix.
 * Values are borrowed from v.
 */
int msg_parse(struct msg *m, const struct str *v, size_t n, char *err,
	      size_t errsz);
/* Required fields present, no field the type does not have: as msg_parse. */
int msg_check(const struct msg *m, char *err, size_t errsz);

/*
 * One line of text, "t=leg.offered leg=... sdp=v%3D0%0D%0A...": what replay
 * logs and records hold. Space, %, =, control bytes are percent-encoded.
 */
struct str msg_format(const struct msg *m, struct arena *a);
int msg_scan(struct msg *m, struct str line, struct arena *a, char *err,
	     size_t errsz);

#endif
