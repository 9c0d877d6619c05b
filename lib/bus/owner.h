/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file owner.h  What the owner of a partition does with Redis: acquire,
 * renew, read events, commit.
 *
 * A commit is ONE Redis Function call: it refuses unless it carries the token
 * of the current acquisition and the last commit's number plus one; then it
 * stores the changed records, appends commands, pushes and journal entries,
 * and moves the cursor of {pN}:in. Commits are pipelined and kept until they
 * are confirmed and five seconds old (while Redis is away: when it went); after
 * a reconnect those that Redis lacks are sent again; when Redis has lost more
 * than we keep, on_wiped asks for a commit that stores every record. See
 * docs/decisions/0005-what-redis-may-lose.md.
 */
#ifndef JF_BUS_OWNER_H
#define JF_BUS_OWNER_H

#include "lib/bus/bus.h"

struct owner;

struct owner_record { /* of {pN}:state:<kind>, a hash: id -> value */
	struct str kind, id, value; /* commit: empty value deletes */
};

struct owner_handlers {
	/*
	 * The partition is ours: records holds its whole state, generation is
	 * new, now is Redis' time. Events follow from the stored cursor on.
	 */
	void (*on_acquired)(struct owner *o, unsigned partition,
			    const char *generation, uint64_t now,
			    const struct owner_record *records, size_t n,
			    void *arg);
	/* Not ours any more: drop its state, send nothing for it. */
	void (*on_lost)(struct owner *o, unsigned partition,
			const char *reason, void *arg);
	/*
	 * The next event: m has src, boot, seq, and time (of its stream id).
	 * Whoever steps it passes stream_id to the commit that carries its
	 * effects. An event that cannot be parsed is counted and passed over.
	 */
	void (*on_event)(struct owner *o, unsigned partition,
			 const struct msg *m, struct str stream_id, void *arg);
	/* A commit with this number is in Redis (and so are all before). */
	void (*on_committed)(struct owner *o, unsigned partition,
			     uint64_t commit, void *arg);
	/* Redis lost state: commit a full snapshot now. */
	void (*on_wiped)(struct owner *o, unsigned partition, void *arg);
	void *arg;
};

struct owner_conf {
	const char *name; /* engine's name */
	unsigned partitions; /* how many there are */
	unsigned lease_ms; /* 0: 600; renewed every lease_ms / 4 */
	struct owner_handlers h;
};

/* Uses the bus' link. From now on it tries to acquire every partition that
 * nobody holds. 0, EINVAL, ENOMEM. */
int owner_alloc(struct owner **op, struct bus *bus,
		const struct owner_conf *conf);
/* Gives up its leases (so that a successor needs not wait) and frees. */
void owner_free(struct owner *o);

bool owner_holds(const struct owner *o, unsigned partition);
/* True while the lease has at least margin_ms by our clock: what leaves for
 * elsewhere than Redis (ng) may leave. */
bool owner_safe(const struct owner *o, unsigned partition, unsigned margin_ms);
/* In on_acquired: nobody had held the partition for longer than a takeover
 * lasts, so Redis may have failed over meanwhile, and lack what its last holder
 * committed last. */
bool owner_doubts(const struct owner *o, unsigned partition);
/* True when no event is known to be unread: timers may fire by the clock. */
bool owner_caught_up(const struct owner *o, unsigned partition);

/* True while 20,000 commits wait for Redis: events are not read then, and
 * what need not be begun should not be. Commits are still taken. */
bool owner_full(const struct owner *o, unsigned partition);

/* One effect of a commit: where it goes is given by msg_type_dir(). */
struct owner_effect {
	struct str node, boot; /* DIR_NODE: whose stream */
	uint64_t not_after; /* DIR_NODE: 0 none */
	const struct msg *m;
};

/*
 * Sends the next commit and returns its number (> 0), or 0 with errno
 * (EPERM: not the owner; EINVAL: an effect that does not leave through Redis,
 * DIR_INNER and DIR_NG; ENOMEM). Each effect is named here. stream_id: last
 * event consumed, or empty. Everything is copied.
 */
uint64_t owner_commit(struct owner *o, unsigned partition,
		      struct str stream_id,
		      const struct owner_record *records, size_t nrecords,
		      const struct owner_effect *effects, size_t neffects);

/*
 * The same in two parts: several steps share a commit, which is what Redis
 * has of them, all or nothing. owner_add() gives the number that the commit
 * will have. Of several values of a record the last one is stored.
 */
uint64_t owner_add(struct owner *o, unsigned partition,
		   const struct owner_record *records, size_t nrecords,
		   const struct owner_effect *effects, size_t neffects);
uint64_t owner_send(struct owner *o, unsigned partition, struct str stream_id);
/* How many records and effects wait for owner_send(). */
size_t owner_gathered(const struct owner *o, unsigned partition);
/* Whether a commit is under way. */
bool owner_flying(const struct owner *o, unsigned partition);

/* ---- the journal -------------------------------------------------------- */

/* Entries of {pN}:journal from its beginning, oldest first, at most max. ids
 * are stream ids; m has F_ID, the entry's name. */
typedef void (owner_journal_h)(int err, unsigned partition,
			       const struct msg *m, const struct str *ids,
			       size_t n, void *arg);
int owner_journal_read(struct owner *o, unsigned partition, size_t max,
		       owner_journal_h *done, void *arg);
/* PostgreSQL has everything up to this stream id. */
int owner_journal_trim(struct owner *o, unsigned partition, struct str upto);

struct owner_stats {
	uint64_t commits, resent, refused, events, malformed, acquired, lost;
	uint64_t waiting; /* commits that Redis has not confirmed, now */
	uint64_t unreplicated; /* acquisitions that no replica knew of */
	uint64_t commit_us_sum, commit_us_max; /* send to confirmation */
};
const struct owner_stats *owner_stats(const struct owner *o);

#endif
