/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file record.h  Objects as stored lines, by the tables of records.def.
 */
#ifndef JF_CORE_RECORD_H
#define JF_CORE_RECORD_H

#include "router-engine/core/state.h"

/* A new object of this kind, zeroed; NULL sets c->failed. Its id is set and
 * record_insert() called by the maker. */
void *record_alloc(struct core *c, enum record_kind kind);

/* Makes it findable and marks it changed. The id must be set. */
void record_insert(struct core *c, struct record *r);

/* It will be stored with this step. */
void record_changed(struct core *c, struct record *r);

/* It leaves with this step: not found from now on, freed at its end. */
void record_gone(struct core *c, struct record *r);

/* Stores what changed: fills c->records, frees what is gone. */
void record_flush(struct core *c);

/* Marks every record changed. */
void record_change_all(struct core *c);

/* Parses one stored record and inserts it. 0, ENOMEM, EPROTO. */
int record_load(struct core *c, const struct core_record *in, char *err,
		size_t errsz);

void record_free_all(struct core *c);

/* Runs fn on every live object of a kind, in the order of insertion. */
typedef void (record_h)(struct core *c, struct record *r, void *arg);
void record_each(struct core *c, enum record_kind kind, record_h *fn,
		 void *arg);

/* The name of a kind: "contact". */
const char *record_kind_name(enum record_kind kind);

/* When the object wants to be woken, 0: not at all. */
void timer_set(struct core *c, struct record *r, uint64_t *duep,
	       uint64_t due);
void timer_restore(struct core *c, struct record *r);

#endif
