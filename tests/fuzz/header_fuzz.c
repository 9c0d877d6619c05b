/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A header's value as each of the headers that we read ourselves, and as a
 * stored line. What is found lies within it. */
#include <stdlib.h>

#include "lib/base/header.h"
#include "lib/base/line.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(struct str part, struct str s)
{
	return !part.len || (part.p >= s.p && part.p + part.len <= s.p + s.len);
}

static void values(struct str s)
{
	struct header_replaces r;
	struct header_session h;
	struct header_rack k;
	unsigned n;

	if (!header_replaces(s, &r))
		MUST(r.call_id.len && within(r.call_id, s) &&
		     within(r.to_tag, s) && within(r.from_tag, s));
	if (!header_session(s, &h))
		MUST(h.s && h.refresher <= REFRESHER_UAS);
	if (!header_rack(s, &k))
		MUST(k.method.len && within(k.method, s));
	if (!header_unsigned(s, &n))
		MUST(n <= 0x7fffffff);
	MUST(header_q850(s) < 128);
	if (header_lists(s, STR_LIT("timer")))
		MUST(s.len >= 5);
}

static void entries(struct str s)
{
	struct str rest = s, entry;
	size_t n = 0;

	while (header_entry(&rest, &entry)) {
		MUST(within(entry, s) && within(header_uri(entry), entry));
		MUST(n++ <= s.len);
	}
}

static void line(struct str s)
{
	struct str rest = s, name, value;
	struct arena a;

	arena_init(&a);
	while (line_cut(&rest, &name, &value))
		MUST(within(name, s) && within(value, s));
	value = line_get(s, "call_id", &a);
	MUST(value.len <= s.len);
	line_num(s, "lseq");
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of its own size: a byte read behind it is seen */
	char *copy = malloc(size ? size : 1);
	struct str s = {copy, size};

	MUST(copy);
	memcpy(copy, data, size);
	values(s);
	entries(s);
	line(s);
	free(copy);
	return 0;
}
