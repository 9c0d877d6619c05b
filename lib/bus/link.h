/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file link.h  One connection to Redis: deadlines, and reconnecting for ever.
 *
 * hiredis 0.14 has neither. A link is up when it is connected and the
 * Function library is there (when it was asked to load it). It goes where the
 * primary is: to a given address, or to the one that the Sentinels name; a
 * Redis that is a replica (an old primary that woke up) is left at once.
 */
#ifndef JF_BUS_LINK_H
#define JF_BUS_LINK_H

#include "lib/base/str.h"

struct event_base;
struct redisReply;
struct link;

struct primary;

struct link_to {
	const char *host; /* with '/': a UNIX socket */
	uint16_t port;
	struct primary *primary; /* instead, when not NULL; outlives the link */
};

struct link_conf {
	struct link_to to;
	bool sentinel; /* to a Sentinel: its role does not matter */
	bool functions; /* load the library when it is missing */
	void (*on_state)(bool up, void *arg);
	/* Redis refuses writes, and why: its disk or its memory is full, its
	 * replicas are away. Each time. May be NULL. */
	void (*on_refused)(struct str why, void *arg);
	void *arg;
};

/* err: 0 (reply is not an error), EPROTO (error reply, in reply->str),
 * ETIMEDOUT, ECONNRESET, ECANCELED (link_free). reply: valid during the
 * call; NULL unless err is 0 or EPROTO. */
typedef void (link_h)(int err, const struct redisReply *reply, void *arg);

/* 0, ENOMEM. conf's strings are copied. */
int link_alloc(struct link **lp, struct event_base *base,
	       const struct link_conf *conf);
void link_free(struct link *l); /* not from one of its handlers */
bool link_up(const struct link *l);

/* Longer than a link waits for a reply before it connects anew: such a request
 * ends with a reply, ECONNRESET or ECANCELED, never with ETIMEDOUT. */
#define LINK_FOREVER_MS 3600000

/* Sends a command; argv is copied. 0: the handler runs exactly once, later.
 * ENOTCONN, ENOMEM: it never runs. h may be NULL. */
int link_command(struct link *l, const struct str *argv, size_t argc,
		 unsigned deadline_ms, link_h *h, void *arg);

/* CLOCK_BOOTTIME, ms: goes on while the machine is suspended. */
uint64_t link_clock_ms(void);

#endif
