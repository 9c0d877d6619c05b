/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file directory.h  What Kamailio must know of the configuration, in Redis:
 * the hashes `numbers`, `trunks`, `credentials` and their version.
 *
 * Written whole by the owner of partition 0, by one script, so that nobody
 * sees a part of it; the version changes only when something differs.
 */
#ifndef JF_STORE_DIRECTORY_H
#define JF_STORE_DIRECTORY_H

#include "router-engine/store/engine.h"

int directory_alloc(struct directory **dp, struct engine *e);
void directory_free(struct directory *d); /* may be NULL */

/* Rows (key, field, value) of conf.directory(): kept, and written when
 * partition 0 is ours. 0, ENOMEM. */
int directory_read(struct directory *d, const struct pg_rows *rows);

/* Writes what is known, when partition 0 is ours: it was acquired, or Redis
 * came back. */
void directory_write(struct directory *d);

#endif
