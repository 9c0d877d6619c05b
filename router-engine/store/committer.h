/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file committer.h  What a partition's steps gave, on its way to Redis.
 *
 * Steps share a commit. One that somebody waits for (a node's command, a
 * request to rtpengine, an answer to a person) leaves at once, or with the
 * confirmation of the commit under way: then Redis gets at one time what came
 * meanwhile. Anything else (rows, pushes, the end of what is over) waits for
 * the next such commit, LAZY_MS at most. A step that is not committed is not
 * acknowledged either: a successor takes it again, with the same result.
 */
#ifndef JF_STORE_COMMITTER_H
#define JF_STORE_COMMITTER_H

#include "lib/bus/owner.h"
#include "router-engine/core/core.h"
#include "router-engine/store/mirror.h"
#include "router-engine/store/pending.h"

struct committer;

/* pending gets the requests to rtpengine; both outlive it. 0, ENOMEM. */
int committer_alloc(struct committer **cp, struct engine *e, unsigned n,
		    struct mirror *mirror, struct pending *pending);
void committer_free(struct committer *c); /* may be NULL */
/* The partition was lost: what has not left never will. */
void committer_clear(struct committer *c);

/* The event with this stream id is the one being stepped. 0,
 * ENAMETOOLONG. */
int committer_event(struct committer *c, struct str stream_id);
/*
 * What a step gave. must: commit at once, even when it is nothing.
 * 0; EPERM: not the owner any more, on_lost follows; ENOMEM.
 */
int committer_take(struct committer *c, const struct core_out *out, bool must);
/* A commit was confirmed: the next one may leave. */
void committer_confirmed(struct committer *c);

/* The commit that has, or will have, what was taken last. */
uint64_t committer_number(const struct committer *c);

#endif
