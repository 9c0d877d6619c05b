/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file core.h  The routing engine as a pure function: step(state, event).
 *
 * One struct core is one partition. It never does I/O, reads no clock and
 * keeps no global state: time arrives in events (F_TIME), and the same events
 * give the same effects, bit for bit.
 */
#ifndef JF_CORE_CORE_H
#define JF_CORE_CORE_H

#include "lib/base/msg.h"

struct core;

/* One thing to be done, or a row to be written. */
struct core_effect {
	struct msg m;
	struct str node, boot; /* DIR_NODE: whose stream */
	uint64_t not_after; /* DIR_NODE: 0 none */
};

/* A record that changed. value empty: it is gone. */
struct core_record {
	struct str kind, id, value;
};

/* What a step gave. Valid until the next core_step(). Order matters. */
struct core_out {
	const struct core_effect *effects;
	size_t neffects;
	const struct core_record *records;
	size_t nrecords;
};

/* 0, ENOMEM. */
int core_alloc(struct core **cp, unsigned partition);
void core_free(struct core *c);

/*
 * Loads stored records, in any order, into a new core; before any step.
 * 0, ENOMEM, EPROTO (err names the record and the field).
 */
int core_load(struct core *c, const struct core_record *v, size_t n, char *err,
	      size_t errsz);

/*
 * One step. m's type is DIR_EVENT or DIR_INNER and passes msg_check(); F_TIME
 * may lie before the core's time, which never goes back. An event that makes
 * no sense in the current state is counted and changes nothing.
 * 0; ENOMEM: the state must be thrown away and loaded again.
 */
int core_step(struct core *c, const struct msg *m, struct core_out *out);

/* When the next timer is due, or 0. The caller steps M_TIMER_DUE then, and
 * before any event that happened later. */
uint64_t core_due(const struct core *c);
uint64_t core_now(const struct core *c);

/* Every record, as after a step that changed them all. 0, ENOMEM. */
int core_snapshot(struct core *c, struct core_out *out);

/* Checks every invariant there is. NULL, or what is wrong (static text or
 * held by the core). For tests and the simulator. */
const char *core_check(struct core *c);

struct core_counts {
	uint64_t steps, ignored, stale; /* events; senseless; about old offers */
	uint64_t contacts, agents, legs, queued; /* now */
};
void core_counts(const struct core *c, struct core_counts *counts);

#endif
