/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stored records, a line each: KIND ID LINE, then what happens, t=TYPE .... A
 * core that took all that is told whole by a snapshot, and another one that
 * loads the snapshot tells the same.
 */
#include <stdlib.h>

#include "router-engine/core/core.h"

#define RECORDS_MAX 64

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_event(struct str line)
{
	return line.len > 2 && !memcmp(line.p, "t=", 2);
}

static size_t cut(struct str text, struct core_record v[RECORDS_MAX])
{
	struct str line;
	size_t n = 0;

	while (n < RECORDS_MAX && str_cut(&text, '\n', &line)) {
		if (is_event(line) || !str_cut(&line, ' ', &v[n].kind) ||
		    !str_cut(&line, ' ', &v[n].id))
			continue;
		v[n++].value = line;
	}
	return n;
}

static struct core *load(const struct core_record *v, size_t n)
{
	struct core *c;
	char err[256] = "";

	MUST(!core_alloc(&c, 1));
	if (!core_load(c, v, n, err, sizeof(err)))
		return c;
	MUST(err[0]);
	core_free(c);
	return NULL;
}

static void same(const struct core_out *a, const struct core_out *b)
{
	MUST(a->nrecords == b->nrecords);
	for (size_t i = 0; i < a->nrecords; i++) {
		size_t k = 0;

		while (k < b->nrecords &&
		       (!str_eq(a->records[i].kind, b->records[k].kind) ||
			!str_eq(a->records[i].id, b->records[k].id) ||
			!str_eq(a->records[i].value, b->records[k].value)))
			k++;
		MUST(k < b->nrecords);
	}
}

static void happen(struct core *c, struct str text)
{
	struct core_out out;
	struct arena a;
	struct str line;
	struct msg m;

	arena_init(&a);
	while (str_cut(&text, '\n', &line))
		if (is_event(line) && !msg_scan(&m, line, &a, NULL, 0) &&
		    msg_type_dir(m.type) <= DIR_INNER)
			MUST(!core_step(c, &m, &out));
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct core_record v[RECORDS_MAX];
	size_t n = cut((struct str){(const char *)data, size}, v);
	struct core *c = load(v, n), *again;
	struct core_out out, out2;

	if (!c)
		return 0;
	core_check(c);
	happen(c, (struct str){(const char *)data, size});
	MUST(!core_snapshot(c, &out));
	again = load(out.records, out.nrecords);
	MUST(again && !core_snapshot(again, &out2));
	same(&out, &out2);
	core_free(again);
	core_free(c);
	return 0;
}
