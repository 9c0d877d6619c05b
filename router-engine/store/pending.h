/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file pending.h  What waits until its commit is confirmed: requests to
 * rtpengine, and answers to people.
 *
 * Nothing may happen outside Redis whose cause Redis does not have, and
 * nothing may leave after the lease: a successor would not know of it.
 */
#ifndef JF_STORE_PENDING_H
#define JF_STORE_PENDING_H

#include "router-engine/store/partition.h"

struct pending;

/* How much of the lease must be left when a request leaves. */
#define PENDING_MARGIN_MS 50
#define PENDING_ANSWER_MS 2000

int pending_alloc(struct pending **pp, struct engine *e, unsigned partition);
void pending_free(struct pending *p); /* answers run with ECANCELED */

/* A DIR_NG message (copied) of this commit. 0, ENOMEM. */
int pending_request(struct pending *p, uint64_t commit, const struct msg *m);
/* An answer that waits for this commit. 0, ENOMEM. */
int pending_answer(struct pending *p, uint64_t commit, partition_done_h *done,
		   void *arg);

/* This commit and all before it are confirmed. */
void pending_confirmed(struct pending *p, uint64_t commit);

/* The partition was lost: requests are dropped, answers run (ECANCELED). */
void pending_clear(struct pending *p);

size_t pending_count(const struct pending *p);

#endif
