/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file drain.h  The journal on its way from Redis to PostgreSQL.
 *
 * The owner of a partition reads {pN}:journal from its beginning, hands a
 * batch to journal.drain(), which inserts the rows and moves journal.cursor
 * in one transaction, and trims the stream when that has committed. Whoever
 * dies in between does nothing twice: rows are named, and the cursor knows
 * them. While PostgreSQL is away the stream waits. A batch that the server
 * refuses as a whole is cut in halves, so that what is good goes on.
 */
#ifndef JF_STORE_DRAIN_H
#define JF_STORE_DRAIN_H

#include "lib/base/arena.h"
#include "router-engine/store/engine.h"

#define DRAIN_BATCH_MAX 256

struct drain_stats {
	uint64_t rows, batches, refused, retries;
};

int drain_alloc(struct drain **dp, struct engine *e);
void drain_free(struct drain *d); /* may be NULL */

/* There may be something in this partition's journal. */
void drain_soon(struct drain *d, unsigned partition);
/* PostgreSQL is back: all partitions that are served here. */
void drain_all(struct drain *d);

const struct drain_stats *drain_stats(const struct drain *d);

/*
 * The entries as a JSON array of objects, values as texts: "t" is the type,
 * then each field by its name. Bytes that PostgreSQL's text cannot hold (NUL,
 * malformed UTF-8) become U+FFFD. STR_NONE on ENOMEM.
 */
struct str drain_json(const struct msg *m, size_t n, struct arena *a);

#endif
