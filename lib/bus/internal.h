/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file internal.h  The bus' parts, for each other. */
#ifndef JF_BUS_INTERNAL_H
#define JF_BUS_INTERNAL_H

#include <event2/event.h>

#include "lib/bus/args.h"
#include "lib/bus/bus.h"
#include "lib/bus/link.h"
#include "lib/bus/reply.h"

struct producer;
struct bus_inbox;

struct bus {
	struct event_base *base;
	char *host, *name;
	struct link_to to; /* where Redis is */
	unsigned partitions, deadline_ms;
	char boot[24];
	void (*on_link)(bool up, void *arg);
	void (*on_trouble)(const char *why, void *arg);
	void *arg;
	char trouble[160]; /* "" none */
	uint64_t trouble_ms; /* when it was seen last */
	/* an owner, when there is one, is told of the link too */
	void (*owner_link)(bool up, void *arg);
	void *owner_arg;
	void (*bury)(void *arg); /* its memory, after the link */
	struct link *link;
	struct producer *producer;
	struct bus_inbox *inbox;
	struct event *clock;
	int64_t offset_ms; /* Redis' clock minus ours */
	uint64_t asked_ms; /* the time, when it is being asked for; else 0 */
	bool clock_known;
	struct bus_stats stats;
};

/* producer.c */
int producer_alloc(struct producer **pp, struct bus *bus);
void producer_free(struct producer *p);
void producer_link_up(struct producer *p); /* sends the window again */

/* inbox.c */
void inbox_free(struct bus_inbox *in);

struct owner;
struct bus *owner_bus(const struct owner *o);

/* Redis said what time it is; asked_ms: when it was asked (link_clock_ms()). */
void bus_set_clock(struct bus *bus, uint64_t redis_ms, uint64_t asked_ms);

#endif
