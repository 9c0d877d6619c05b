/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts: numbers, names, parts, what is encoded in one line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/escape.h"
#include "lib/base/id.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written as it was, leading zeros and signs apart. */
static void numbers(struct str s)
{
	char buf[STR_DEC_MAX + 1], id[ID_LEN + 1];
	uint64_t u, n;
	int64_t i;

	if (!str_u64(s, &u)) {
		struct str again = {buf, str_dec(buf, u)};

		MUST(again.len <= s.len && !str_u64(again, &n) && n == u);
	}
	if (!str_i64(s, &i))
		MUST(s.p[0] == '-' ? i <= 0 : !str_u64(s, &u));
	if (!str_hex(s, &u))
		MUST(s.len && s.len <= 16);
	if (s.len && s.p[0] && !id_parse(s, s.p[0], &u)) {
		MUST(s.len == ID_LEN);
		id_format(id, s.p[0], u);
		MUST(!id_parse(str_c(id), s.p[0], &n) && n == u);
	}
}

static void encoded(struct str s, struct arena *a)
{
	char *buf = malloc(escape_size(s) + 1);
	struct str out, item;

	MUST(buf);
	out = (struct str){buf, escape_put(buf, s)};
	MUST(out.len == escape_size(s) && !memchr(buf, ' ', out.len));
	MUST(!escape_get(a, out, &item) && str_eq(item, s));
	out = escape_item(a, s);
	MUST(!s.len || !memchr(out.p, ',', out.len));
	MUST(!escape_get(a, out, &item) && str_eq(item, s));
	escape_get(a, s, &out);
	free(buf);
}

static void parts(struct str s)
{
	struct str rest = s, part;
	size_t sum = 0, n = 0;
	char small[16];

	while (str_cut(&rest, ',', &part)) {
		MUST(!memchr(part.p, ',', part.len));
		MUST(str_cmp(part, part) == 0);
		if (str_copy(small, sizeof(small), part))
			MUST(part.len >= sizeof(small) && !small[0]);
		sum += part.len;
		n++;
	}
	MUST(!s.len || sum + n == s.len || sum + n - 1 == s.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size};
	struct arena a;

	arena_init(&a);
	numbers(s);
	encoded(s, &a);
	parts(s);
	arena_release(&a);
	return 0;
}
