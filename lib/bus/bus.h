/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file bus.h  Messages through Redis: what nodes use.
 *
 * One struct bus is one process's link to Redis: a command connection and,
 * for whoever reads, a reading one, both on the caller's libevent base, both
 * reconnecting for ever. Every operation has a deadline; a handler runs
 * exactly once, never before the call returned. See docs/architecture.md,
 * "The bus", for the rules and the failure each of them prevents.
 */
#ifndef JF_BUS_BUS_H
#define JF_BUS_BUS_H

#include "lib/base/msg.h"

struct event_base;
struct bus;

#define BUS_PARTITIONS_MAX 64

struct bus_conf {
	const char *host; /* "127.0.0.1", or a path of a UNIX socket with '/' */
	uint16_t port;
	/* Instead of those: Sentinels, "host:port,host:port,host:port", and
	 * what they call the primary. */
	const char *sentinels, *primary;
	const char *name; /* producer's name: node, engine, api */
	unsigned partitions; /* how many there are, 1..BUS_PARTITIONS_MAX */
	unsigned deadline_ms; /* for every command; 0: 1000 */
	/* Redis came (true) or went (false). May be NULL. */
	void (*on_link)(bool up, void *arg);
	/* Redis refuses writes: its own words ("MISCONF ...", "OOM ...",
	 * "NOREPLICAS ..."); what was refused is sent again until it is taken.
	 * NULL: it was not seen for 3 s. May be NULL. */
	void (*on_trouble)(const char *why, void *arg);
	void *arg;
};

/* A list that bus_conf.sentinels takes. */
bool bus_sentinels_ok(const char *sentinels);

/* Starts connecting; returns before it is done. 0, EINVAL (also: sentinels is
 * not such a list), ENOMEM. Strings
 * of conf are copied. SIGPIPE is ignored from now on, if it was not handled. */
int bus_alloc(struct bus **busp, struct event_base *base,
	      const struct bus_conf *conf);
/* Handlers under way run with ECANCELED. Not from one of them. */
void bus_free(struct bus *bus);
bool bus_up(const struct bus *bus);
/* What on_trouble was told last. */
const char *bus_trouble(const struct bus *bus);
const char *bus_boot(const struct bus *bus); /* this process's boot */
/* Redis' clock, ms, by our monotonic clock and the last measured offset; 0
 * before the first connection. */
uint64_t bus_now(const struct bus *bus);

/* ---- producing events -------------------------------------------------- */

/* err: 0 confirmed by Redis; ETIMEDOUT not confirmed in time; ENOBUFS the
 * 10 s window is full. After ETIMEDOUT the event stays in the window and is
 * sent again after a reconnect, before anything newer. */
typedef void (bus_sent_h)(int err, void *arg);

/*
 * Stamps m (src, boot, seq per partition) and appends it to {pN}:in.
 * sent may be NULL. 0, EINVAL (fails msg_check), ENOBUFS, ENOMEM: the handler
 * then never runs.
 */
int bus_send(struct bus *bus, unsigned partition, const struct msg *m,
	     unsigned deadline_ms, bus_sent_h *sent, void *arg);

/*
 * The same with a leg's record in the same Redis Function call: {pN}:leg:<id>
 * is set to `record` (any bytes), or deleted when record is empty.
 */
int bus_send_leg(struct bus *bus, unsigned partition, const struct msg *m,
		 struct str leg, struct str record, unsigned deadline_ms,
		 bus_sent_h *sent, void *arg);

/* ---- reading commands -------------------------------------------------- */

struct bus_inbox;

/*
 * A command for this node from partition's owner. Commands that were done
 * already (by name) or came after their not_after are dropped before this,
 * counted, and for a late one on_late runs instead (may be NULL).
 */
typedef void (bus_command_h)(unsigned partition, const struct msg *m,
			     void *arg);

/*
 * Reads {pN}:out:<name>:<boot> of all partitions from their beginning, and
 * {pN}:out:*:*, commands to every node.
 * The bus has one inbox at most. 0, EEXIST, ENOMEM.
 */
int bus_inbox_start(struct bus *bus, bus_command_h *on_command,
		    bus_command_h *on_late, void *arg);

/* ---- key-value reads (directory and the like) --------------------------- */

/* v: n texts, NULL unless err is 0; HGETALL gives field, value, ... */
typedef void (bus_reply_h)(int err, const struct str *v, size_t n, void *arg);

/* Any command that returns a status, a bulk, an integer or an array of those.
 * argv is copied. */
int bus_command(struct bus *bus, const struct str *argv, size_t argc,
		unsigned deadline_ms, bus_reply_h *done, void *arg);

/* ---- figures ------------------------------------------------------------ */

struct bus_stats {
	uint64_t sent, confirmed, late, resent, window_full;
	uint64_t commands, duplicates, expired, malformed, reconnects;
};
const struct bus_stats *bus_stats(const struct bus *bus);

#endif
