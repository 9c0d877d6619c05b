/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of PostgreSQL's, "KIND {JSON}", and what goes there: whatever bytes a
 * message has, the journal's JSON is JSON. "=LINE" is a message as it is,
 * with bytes that no sender of ours would let pass.
 */
#include <stdlib.h>

#include <jansson.h>

#include "router-engine/store/confdb.h"
#include "router-engine/store/drain.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drained(const struct msg *m, struct arena *a)
{
	struct msg two[2] = {*m, *m};
	struct str text = drain_json(two, 2, a);
	json_t *v = json_loadb(text.p, text.len, 0, NULL);

	MUST(json_array_size(v) == 2);
	json_decref(v);
}

/* Not parsed, on purpose. */
static void raw(struct str line, struct arena *a)
{
	struct str pair, name;
	struct msg m;

	msg_init(&m, line.len & 1 ? M_JOURNAL_SEGMENT : M_NONE);
	while (m.n < MSG_MAX_FIELDS && str_cut(&line, ' ', &pair)) {
		int f;

		str_cut(&pair, '=', &name);
		f = msg_field_find(name);
		m.f[m.n].field = f < 0 ? F_LEG : (enum msg_field)f;
		m.f[m.n++].val = pair;
	}
	drained(&m, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, kind;
	char err[256] = "";
	struct arena a;
	struct msg m;

	arena_init(&a);
	if (size && data[0] == '=') {
		raw((struct str){rest.p + 1, rest.len - 1}, &a);
	} else if (str_cut(&rest, ' ', &kind)) {
		if (!confdb_row(kind, rest, &a, &m, err, sizeof(err)))
			drained(&m, &a);
		else
			MUST(err[0]);
	}
	arena_release(&a);
	return 0;
}
