/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file reader.h  Reads streams for ever, each from where it got to.
 *
 * A connection of its own, XREAD BLOCK in a loop. Used for commands (inbox)
 * and events (owner).
 */
#ifndef JF_BUS_READER_H
#define JF_BUS_READER_H

#include "lib/bus/args.h"
#include "lib/bus/bus.h"
#include "lib/bus/link.h"

struct event_base;
struct reader;

#define READER_STREAMS_MAX (2 * BUS_PARTITIONS_MAX)

struct reader_handlers {
	/* An entry; err is NULL, or says why m could not be parsed. */
	void (*on_entry)(unsigned stream, struct str id, const struct msg *m,
			 const char *err, void *arg);
	/* Connected anew: positions may be set again. */
	void (*on_up)(void *arg);
	void *arg;
};

int reader_alloc(struct reader **rp, struct event_base *base,
		 const struct link_to *to, const struct reader_handlers *h);
void reader_free(struct reader *r);

/* Reads stream number i (below READER_STREAMS_MAX) with this key from after
 * id on. Takes effect with the next read, within 100 ms. ENOMEM. */
int reader_add(struct reader *r, unsigned i, const char *key, const char *id);
void reader_remove(struct reader *r, unsigned i);
/* A read from its position on came back with nothing more behind it, and the
 * connection holds since. */
bool reader_drained(const struct reader *r, unsigned i);

#endif
