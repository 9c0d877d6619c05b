/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file health.h  How a process does, over HTTP, for machines.
 *
 *	GET /healthz  200: its loop runs
 *	GET /readyz   200, or 503 and in words what it waits for
 *	GET /metrics  figures (prom.h)
 *
 * libevent's evhttp, for the inner network only: no TLS, no log-in.
 */
#ifndef JF_HEALTH_HEALTH_H
#define JF_HEALTH_HEALTH_H

#include "lib/health/prom.h"

struct event_base;
struct health;

struct health_conf {
	const char *address; /* IPv4 address:port */
	void (*metrics)(struct prom *p, void *arg);
	/* NULL, or what is missing, in words. */
	const char *(*missing)(void *arg);
	void *arg;
};

/* True when health_alloc() can read the text as an address. */
int health_address_ok(const char *address);
/* 0; EINVAL: no address:port; ENOMEM; another errno: cannot be listened on. */
int health_alloc(struct health **hp, struct event_base *base,
		 const struct health_conf *conf);
void health_free(struct health *h); /* may be NULL */

#endif
