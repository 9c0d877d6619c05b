/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file batch.h  The records and effects of one commit, gathered from several
 * steps: of a record's values the last one counts, effects keep their order.
 */
#ifndef JF_BUS_BATCH_H
#define JF_BUS_BATCH_H

#include "lib/bus/args.h"
#include "lib/bus/owner.h"

struct batch_slot;

struct batch {
	struct args records; /* kind, id, value, ... */
	struct args effects; /* dest, pairs, field, value, ... */
	size_t nrecords, neffects;
	struct batch_slot *slots; /* where a record's value is */
};

void batch_init(struct batch *b);
void batch_release(struct batch *b);

void batch_record(struct batch *b, const struct owner_record *r);
/* prefix: of the effect's name; its ordinal follows. */
void batch_effect(struct batch *b, const char *prefix,
		  const struct owner_effect *e);

/* Appends how many and which of each to x, whose arguments are valid as long
 * as the batch is. */
void batch_write(struct batch *b, struct args *x);
bool batch_failed(const struct batch *b);

#endif
