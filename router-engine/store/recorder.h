/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file recorder.h  The replay log: every stepped event, in order.
 *
 * Lines of text, each beginning with the partition and the generation:
 *
 *	3 GENERATION load                      a new owner begins
 *	3 GENERATION record KIND ID LINE       each record it found
 *	3 GENERATION t=leg.offered leg=...     each event as it was stepped
 *	3 GENERATION decision t=...            what the core decided on the way
 *
 * KIND and ID are percent-encoded. store/replay.h steps such a log again.
 */
#ifndef JF_STORE_RECORDER_H
#define JF_STORE_RECORDER_H

#include "router-engine/core/core.h"

struct recorder;

/* Appends to the file. 0, ENOMEM, or an errno of fopen(). */
int recorder_alloc(struct recorder **rp, const char *path);
void recorder_free(struct recorder *r); /* may be NULL; writes what is left */
/* Opens the path again: somebody moved the file away. */
void recorder_reopen(struct recorder *r);

/* r may be NULL in all of these: nothing is recorded. */
void recorder_load(struct recorder *r, unsigned partition,
		   const char *generation);
void recorder_record(struct recorder *r, unsigned partition,
		     const char *generation, const struct core_record *rec);
void recorder_event(struct recorder *r, unsigned partition,
		    const char *generation, const struct msg *m);
void recorder_decisions(struct recorder *r, unsigned partition,
			const char *generation, const struct core_out *out);
/* Everything so far is the system's: before the commit leaves, so that a
 * killed engine's log has whatever took effect. */
void recorder_flush(struct recorder *r);

#endif
