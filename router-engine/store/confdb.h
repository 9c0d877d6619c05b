/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file confdb.h  The configuration: from PostgreSQL, kept in memory, told
 * to every partition that is served here.
 *
 * conf.snapshot(partition) gives rows whose names are fields of conf.tenant,
 * conf.queue, conf.agent and conf.number. It is read at the start, on NOTIFY
 * conf, on HUP and on `conf reload`, for all partitions, also while standing
 * by: a takeover while PostgreSQL is away has it. A partition is told only
 * what differs from what it was told last.
 */
#ifndef JF_STORE_CONFDB_H
#define JF_STORE_CONFDB_H

#include "lib/base/msg.h"

struct confdb;
struct engine;
struct partition;

int confdb_alloc(struct confdb **cp, struct engine *e);
void confdb_free(struct confdb *c); /* may be NULL */

/* Soon: several reasons within a moment are one reading. */
void confdb_reload(struct confdb *c);

/* err: 0 read and told; ENOTCONN PostgreSQL is away; EPROTO it refused. */
typedef void (confdb_done_h)(int err, void *arg);
/* The same, and tells when. 0; ENOTCONN, ENOMEM: done does not run. */
int confdb_reload_then(struct confdb *c, confdb_done_h *done, void *arg);

/* Tells what is known to a partition that was just acquired. */
void confdb_tell(struct confdb *c, struct partition *p);

/* When it was read last, ms of Redis' clock; 0: never. */
uint64_t confdb_read_at(const struct confdb *c);

/*
 * One row as a message: kind "conf.queue" (or "queue"), row a JSON object of
 * texts, numbers and booleans by field names; null is absent, an array of
 * texts is a list. Names that are no fields are passed over. Texts are made
 * in the arena. 0, ENOMEM, EPROTO (err names the field).
 */
int confdb_row(struct str kind, struct str row, struct arena *a,
	       struct msg *m, char *err, size_t errsz);

#endif
