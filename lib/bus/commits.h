/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file commits.h  The commits of one partition on their way to Redis.
 *
 * Numbered, pipelined, kept until confirmed and KEEP_MS old, or while Redis is
 * away KEEP_MS older than the first that waits for it: a Redis that lost its
 * last seconds gets them again.
 */
#ifndef JF_BUS_COMMITS_H
#define JF_BUS_COMMITS_H

#include "lib/bus/internal.h"
#include "lib/bus/owner.h"

struct commits;

struct commits_handlers {
	void (*on_confirmed)(uint64_t number, uint64_t us, void *arg);
	/* Redis refused for this reason (FENCE, GAP n, ARGS ...): look. */
	void (*on_refused)(struct str reason, void *arg);
	void *arg;
};

int commits_alloc(struct commits **cp, struct bus *bus, unsigned partition,
		  const struct commits_handlers *h);
void commits_free(struct commits *c);

/* A new acquisition: this token and generation; the last number is have. */
void commits_begin(struct commits *c, const char *token,
		   const char *generation, uint64_t have);
/* Gathers what the next commit will carry, copied: its number, or 0 with
 * errno (ENOMEM: what is gathered is not whole any more). */
uint64_t commits_add(struct commits *c, const struct owner_record *records,
		     size_t nrecords, const struct owner_effect *effects,
		     size_t neffects);
/* How many records and effects are gathered. */
size_t commits_gathered(const struct commits *c);
/* Sends what is gathered (or an empty commit). The number, or 0 with errno. */
uint64_t commits_send(struct commits *c, struct str stream_id);
/* Redis has everything up to `have` (under this token from now on): sends what
 * is missing again. False: it lost more than is kept. */
bool commits_resume(struct commits *c, const char *token, uint64_t have);
/* After that: what is kept follows a state that starts over, and the next
 * commit must have all of it. 0, or errno. */
int commits_rebase(struct commits *c);
/* How many Redis has not confirmed. */
uint64_t commits_waiting(const struct commits *c);
uint64_t commits_last(const struct commits *c);
/* How many were sent again. */
uint64_t commits_resent(const struct commits *c);

#endif
