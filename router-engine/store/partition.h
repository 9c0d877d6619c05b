/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file partition.h  One partition: events in, commits out.
 *
 * An event is stepped by the core; what the step gave (records, commands,
 * pushes, journal entries) and the event's place in the stream go into one
 * commit, often with other steps (committer.h). Requests to rtpengine wait until that commit is confirmed. Events
 * that changed nothing move the stream's cursor with the next commit.
 */
#ifndef JF_STORE_PARTITION_H
#define JF_STORE_PARTITION_H

#include "lib/bus/owner.h"
#include "router-engine/core/core.h"
#include "router-engine/store/mirror.h"

struct engine;
struct partition;

int partition_alloc(struct partition **pp, struct engine *e, unsigned n);
void partition_free(struct partition *p); /* may be NULL */

/* ---- from the owner: see owner.h ---------------------------------------- */

void partition_acquired(struct partition *p, const char *generation,
			uint64_t now, const struct owner_record *records,
			size_t n);
void partition_lost(struct partition *p, const char *reason);
void partition_event(struct partition *p, const struct msg *m,
		     struct str stream_id);
void partition_committed(struct partition *p, uint64_t commit);
void partition_wiped(struct partition *p);

/* The whole configuration has been told to it. */
void partition_configured(struct partition *p);

/* ---- inner events ---------------------------------------------------------- */

/* err: 0 stored; ECANCELED the partition was lost before it was confirmed;
 * ETIMEDOUT Redis did not confirm it in two seconds (it may still). */
typedef void (partition_done_h)(int err, void *arg);

/*
 * Steps m at the present time and commits what it gave. done may be NULL.
 * 0; EPERM: the partition is not served here, or too much waits for Redis to
 * promise more to whoever waits with done. Then done does not run.
 */
int partition_inner(struct partition *p, const struct msg *m,
		    partition_done_h *done, void *arg);

/* ---- looking at it ----------------------------------------------------------- */

bool partition_served(const struct partition *p); /* held and loaded */
unsigned partition_number(const struct partition *p);
const char *partition_generation(const struct partition *p);
const char *partition_trouble(const struct partition *p); /* NULL: none */
const struct mirror *partition_mirror(const struct partition *p);
void partition_counts(const struct partition *p, struct core_counts *counts);

struct partition_figures {
	uint64_t sent, confirmed; /* numbers of commits */
	size_t waiting; /* requests and answers that wait for theirs */
	uint64_t steps, step_us_sum, step_us_max; /* of the core, since start */
};
void partition_figures(const struct partition *p,
		       struct partition_figures *f);

#endif
