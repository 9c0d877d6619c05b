/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file primary.h  Which Redis is the primary, as its Sentinels say.
 *
 * All Sentinels are asked a few times a second; who names the newest
 * configuration (config-epoch) is believed. A subscription to +switch-master
 * would be no faster, and one that broke silently says nothing.
 */
#ifndef JF_BUS_PRIMARY_H
#define JF_BUS_PRIMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct primary;

#define PRIMARY_SENTINELS_MAX 9

struct primary_listener {
	TAILQ_ENTRY(primary_listener) link;
	void (*on_move)(void *arg); /* it is another one now */
	void *arg;
};

/* sentinels: "host:port,host:port", name: what they call it. 0; EINVAL: not
 * such a text; ENOMEM. */
int primary_alloc(struct primary **pp, struct event_base *base,
		  const char *sentinels, const char *name);
/* After all who listen. */
void primary_free(struct primary *p);
/* NULL until one has said. */
const char *primary_host(const struct primary *p, uint16_t *port);

/* The primary answers its Sentinels and refuses writes (MISCONF: its disk is
 * full): they are asked for another one, now and then. */
void primary_leave(struct primary *p);

/* The listener is the caller's, until it is taken off. */
void primary_listen(struct primary *p, struct primary_listener *l);
void primary_unlisten(struct primary *p, struct primary_listener *l);

#endif
