/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages from outside: a line ("L..."), pairs split at 0x1f ("P..."),
 * or packed as in a stream's entry ("K..."). Whatever is taken must pass msg_check(), and
 * come back from its own text as it was.
 */
#include <stdlib.h>

#include "lib/base/pack.h"

#define PAIRS_MAX 300

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

static int parse(struct msg *m, struct str in, char *err, size_t errsz)
{
	struct str v[PAIRS_MAX];
	size_t n = 0;

	while (n < PAIRS_MAX && str_cut(&in, 0x1f, &v[n]))
		n++;
	return msg_parse(m, v, n, err, errsz);
}

static int unpack(struct msg *m, struct str in, char *err, size_t errsz)
{
	struct str v[PAIRS_MAX];
	size_t n;

	if (!msg_unpack(in, v, PAIRS_MAX, &n))
		return msg_parse(m, v, n, err, errsz);
	err[0] = '!';
	err[1] = '\0';
	return -1;
}

static void same(const struct msg *a, const struct msg *b)
{
	MUST(a->type == b->type && a->n == b->n);
	for (unsigned i = 0; i < a->n; i++)
		MUST(str_eq(msg_get(b, a->f[i].field), a->f[i].val));
}

static void round_trip(const struct msg *m, struct arena *a)
{
	struct msg again;
	struct str line;
	char err[160];

	MUST(!msg_check(m, err, sizeof(err)));
	line = msg_format(m, a);
	MUST(line.len && !memchr(line.p, '\n', line.len));
	MUST(!msg_scan(&again, line, a, err, sizeof(err)));
	same(m, &again);
	MUST(str_eq(msg_format(&again, a), line));
	MUST(!unpack(&again, msg_pack(m, a), err, sizeof(err)));
	same(m, &again);
}

/* A copy made value by value, numbers as numbers, is the same message. */
static void rebuilt(const struct msg *m, struct arena *a)
{
	struct msg copy;

	MUST(msg_type_doc(m->type) && msg_type_dir(m->type) <= DIR_PUSH);
	msg_init(&copy, m->type);
	for (unsigned i = 0; i < m->n; i++) {
		enum msg_field f = m->f[i].field;
		struct str v = m->f[i].val;

		MUST(msg_field_doc(f) && msg_type_field(m->type, f) >= 0);
		if (msg_field_kind(f) == K_NUM)
			msg_put_num(&copy, a, f, msg_num(m, f));
		else if (msg_field_kind(f) == K_INT)
			msg_put_int(&copy, a, f, msg_int(m, f));
		else
			msg_put(&copy, f, v);
		MUST(msg_num(&copy, f) == msg_num(m, f));
	}
	MUST(copy.n == m->n);
	while (copy.n)
		msg_put(&copy, copy.f[0].field, STR_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)data + 1, size ? size - 1 : 0};
	struct arena a;
	struct msg m;
	char err[160] = "";
	int e;

	if (!size)
		return 0;
	arena_init(&a);
	e = data[0] == 'P'   ? parse(&m, in, err, sizeof(err))
	    : data[0] == 'K' ? unpack(&m, in, err, sizeof(err))
			   : msg_scan(&m, in, &a, err, sizeof(err));
	if (e)
		MUST(err[0] && memchr(err, '\0', sizeof(err)));
	else
		round_trip(&m, &a), rebuilt(&m, &a);
	arena_release(&a);
	return 0;
}
