/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file lease.h  Getting a partition, keeping it, losing it.
 *
 * FREE       somebody else holds it, or nobody: we ask when its lease may end
 * LOADING    ours; the state is on its way
 * HELD       ours; events are read, commits are sent
 * DOUBTFUL   a renewal failed or Redis came back: we ask whether it is ours
 *            still, and what Redis has of our commits
 *
 * Who is DOUBTFUL has the partition's state. It gets it back unless somebody
 * acquired it later: from a Redis that lost its end, even from before our own
 * acquisition, or everything. Then commits.c tells what is missing.
 *
 * A lease counts from when its renewal was sent, on a clock that goes on while
 * the machine sleeps: after a pause nothing leaves before the next renewal.
 */
#ifndef JF_BUS_LEASE_H
#define JF_BUS_LEASE_H

#include "lib/bus/commits.h"
#include "lib/bus/internal.h"
#include "lib/bus/owner.h"

#define LEASE_WAITING_MAX 20000 /* commits without answer: no more events */

enum part_state { FREE, ASKING, LOADING, HELD, DOUBTFUL };

struct part {
	struct owner *o;
	unsigned partition;
	enum part_state state;
	char token[40], generation[64], cursor[48];
	uint64_t have; /* commits that Redis had when we acquired */
	uint64_t born; /* of the newest acquisition that we know of */
	bool paused; /* no events: too much waits for Redis */
	uint64_t asked_ms; /* when the renewal under way was sent; 0 none */
	uint64_t lease_until_ms; /* by our clock */
	uint64_t now; /* Redis' time at acquisition */
	uint64_t ask_at_ms; /* when to try again, or to renew */
	struct commits *commits;
	bool vacant; /* nobody held it when we asked before */
	bool doubtful; /* at this acquisition */
};

struct owner {
	struct bus *bus;
	struct owner_conf conf;
	char *name;
	unsigned lease_ms;
	bool was_up; /* the link, at some time */
	struct reader *reader;
	struct event *tick;
	struct part parts[BUS_PARTITIONS_MAX];
	struct owner_stats stats;
};

/* What a look at the clock asks for. */
void lease_tick(struct part *p, uint64_t now);
/* HELD no more before Redis said that it is. */
void lease_doubt(struct part *p);
void lease_release(struct part *p);
/* The handlers of the partition's commits; arg is the part. */
void lease_on_confirmed(uint64_t number, uint64_t us, void *arg);
void lease_on_refused(struct str reason, void *arg);

#endif
