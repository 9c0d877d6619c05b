/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node kept for us of a leg. One that was read is written by a core
 * with such a contact and such a leg, and read again. */
#include <stdlib.h>

#include "router-engine/core/core.h"
#include "router-engine/core/memo.h"
#include "router-engine/core/record.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void contact(struct core *c, const struct memo *m)
{
	struct contact *ct = record_alloc(c, RECORD_CONTACT);

	MUST(ct);
	ct->id = m->contact;
	ct->queue = m->queue;
	ct->begin = m->begin;
	ct->enqueued = m->enqueued;
	ct->holders = m->holders;
	text_put(c, &ct->number, m->number);
	text_put(c, &ct->trunk, m->trunk);
	text_put(c, &ct->caller, m->caller);
	record_insert(c, &ct->rec);
}

static void written(struct core *c, const struct memo *m)
{
	struct leg l = {.contact = m->contact, .tenant = m->tenant,
			.agent = m->agent, .role = m->role};
	struct memo again;
	struct str text;

	contact(c, m);
	text_put(c, &l.rtpengine, m->rtpengine);
	text = memo_write(c, &l);
	MUST(text.len && !memo_read(c, text, &again));
	MUST(again.contact == m->contact && again.role == m->role);
	MUST(again.queue == m->queue && again.holders == m->holders);
	text_release(&l.rtpengine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memo m;
	struct core *c;

	MUST(!core_alloc(&c, 1));
	if (!memo_read(c, (struct str){(const char *)data, size}, &m))
		written(c, &m);
	core_free(c);
	return 0;
}
