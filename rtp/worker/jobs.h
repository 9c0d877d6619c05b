/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file jobs.h  Work that may block (disk, decoding, speech), on threads.
 *
 * The mixer's clock must never wait for a disk: whatever may, is a job. With
 * one thread jobs run in the order in which they were added.
 */
#ifndef JF_WORKER_JOBS_H
#define JF_WORKER_JOBS_H

#include <stddef.h>

struct event_base;
struct jobs;

/* run: on a thread of the pool. done: on the loop, afterwards; may be NULL. */
typedef void(job_h)(void *arg);

/* 0, ENOMEM, or what eventfd and pthread_create give. */
int jobs_alloc(struct jobs **jobsp, struct event_base *base, unsigned threads);
/* Waits for the jobs that were added, runs their done handlers. */
void jobs_free(struct jobs *jobs);

/* 0, ENOMEM: neither handler runs. */
int jobs_add(struct jobs *jobs, job_h *run, job_h *done, void *arg);
size_t jobs_pending(const struct jobs *jobs); /* added, not done */

#endif
