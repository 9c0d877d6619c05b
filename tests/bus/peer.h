/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file peer.h  A node or an engine that does on its standard input's word
 * what a test wants, and tells on its standard output what happened to it.
 */
#ifndef JF_TESTS_BUS_PEER_H
#define JF_TESTS_BUS_PEER_H

#include "lib/bus/bus.h"

struct event_base;

/* What a test says: a verb and its words. */
struct words {
	struct str v[8];
	size_t n;
};

uint64_t word_num(const struct words *w, size_t i); /* absent: 0 */

/* One line, at once. */
void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* node.c: a node, a producer with an inbox.
 *	send P FIRST COUNT [MS]	agent.ready FIRST, FIRST+1, ...: "sent N ERR"
 *	leg P N TEXT		leg.gone with the leg's record (none: deleted)
 *	inbox			"command P ID LEG MEMO", "late P ID LEG MEMO"
 */
void node_do(struct bus *bus, const struct words *w);

/* engine.c: an owner that counts how often each agent was ready, as records
 * "count", drops what a producer stamped before as the core does, and for
 * each writes an audit row and, when a target is given, a command. It tells
 * "acquired", "lost", "event", "duplicate", "wiped".
 *	target NODE BOOT [MS]	where commands go; not_after, from now
 *	leave P			"left" when owner_safe(), else "held"
 *	commit P		a commit of nothing: "commit NUMBER ERRNO"
 *	count P N		"count N TIMES"
 *	confirmed P		"confirmed NUMBER"
 */
struct engine;
struct engine *engine_start(struct bus *bus, const char *name,
			    unsigned partitions, unsigned lease_ms);
void engine_do(struct engine *e, const struct words *w);
void engine_stats(const struct engine *e);
void engine_stop(struct engine *e);
void engine_free(struct engine *e); /* after the bus */

#endif
