/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus of one process: its link, its clock, and the parts that use them.
 *
 * link.c      a connection with deadlines
 * primary.c   where it goes, when Sentinels say
 * producer.c  events: stamps, the window, sending again
 * inbox.c     commands: reading, what was done already, what is too late
 * owner.c     partitions: events, commits (commits.c), lease (lease.c)
 * functions.lua  what must happen in Redis at once
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include <hiredis/hiredis.h>

#include "lib/bus/internal.h"
#include "lib/bus/primary.h"

#define CLOCK_EVERY_MS 2000
#define TROUBLE_MS 3000 /* without it: over */
#define CLOCK_TRIP_MS 100 /* an answer that took longer says too little */

/* ---- a Redis that refuses ----------------------------------------------- */

static void on_refused(struct str why, void *arg)
{
	struct bus *bus = arg;
	bool known = bus->trouble[0];

	bus->trouble_ms = link_clock_ms();
	if (why.len >= sizeof(bus->trouble))
		why.len = sizeof(bus->trouble) - 1;
	str_copy(bus->trouble, sizeof(bus->trouble), why);
	if (!known && bus->on_trouble)
		bus->on_trouble(bus->trouble, bus->arg);
}

static void trouble_over(struct bus *bus)
{
	if (!bus->trouble[0] || bus->trouble_ms + TROUBLE_MS > link_clock_ms())
		return;
	bus->trouble[0] = '\0';
	if (bus->on_trouble)
		bus->on_trouble(NULL, bus->arg);
}

const char *bus_trouble(const struct bus *bus)
{
	return bus->trouble[0] ? bus->trouble : NULL;
}

/* ---- Redis' clock ------------------------------------------------------- */

/* A process that stood still between question and answer would take an old
 * time for now, and an offer that is over for a fresh one. */
void bus_set_clock(struct bus *bus, uint64_t redis_ms, uint64_t asked_ms)
{
	uint64_t now = link_clock_ms();

	if (bus->clock_known && now - asked_ms > CLOCK_TRIP_MS)
		return;
	bus->offset_ms = (int64_t)redis_ms -
			 (int64_t)(asked_ms + (now - asked_ms) / 2);
	bus->clock_known = true;
}

uint64_t bus_now(const struct bus *bus)
{
	if (!bus->clock_known)
		return 0;
	return (uint64_t)((int64_t)link_clock_ms() + bus->offset_ms);
}

static void on_time(int err, const redisReply *r, void *arg)
{
	struct bus *bus = arg;
	uint64_t s, us;

	if (!err && r->type == REDIS_REPLY_ARRAY && r->elements == 2 &&
	    !str_u64(reply_str(r->element[0]), &s) &&
	    !str_u64(reply_str(r->element[1]), &us))
		bus_set_clock(bus, s * 1000 + us / 1000, bus->asked_ms);
	bus->asked_ms = 0;
}

static void ask_time(struct bus *bus)
{
	const struct str cmd[] = {STR_LIT("TIME")};

	if (bus->asked_ms)
		return;
	bus->asked_ms = link_clock_ms();
	if (link_command(bus->link, cmd, 1, bus->deadline_ms, on_time, bus))
		bus->asked_ms = 0;
}

static void on_clock(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask_time(arg);
	trouble_over(arg);
}

/* ---- the link ----------------------------------------------------------- */

static void on_state(bool up, void *arg)
{
	struct bus *bus = arg;

	if (up) {
		bus->stats.reconnects++;
		ask_time(bus);
		producer_link_up(bus->producer);
	}
	if (bus->owner_link)
		bus->owner_link(up, bus->owner_arg);
	if (bus->on_link)
		bus->on_link(up, bus->arg);
}

static void make_boot(struct bus *bus)
{
	struct timespec t;
	unsigned random = 0;

	clock_gettime(CLOCK_REALTIME, &t);
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (unsigned)t.tv_nsec;
	snprintf(bus->boot, sizeof(bus->boot), "%llx%06x",
		 (unsigned long long)t.tv_sec, random & 0xffffff);
}

static int start(struct bus *bus)
{
	struct link_conf conf = {.to = bus->to, .functions = true,
				 .on_state = on_state,
				 .on_refused = on_refused, .arg = bus};
	struct timeval tv = {CLOCK_EVERY_MS / 1000, 0};
	int err = producer_alloc(&bus->producer, bus);

	if (!err)
		err = link_alloc(&bus->link, bus->base, &conf);
	if (err)
		return err;
	bus->clock = event_new(bus->base, -1, EV_PERSIST, on_clock, bus);
	return bus->clock && !evtimer_add(bus->clock, &tv) ? 0 : ENOMEM;
}

static int find_primary(struct bus *bus, const struct bus_conf *conf)
{
	bus->to = (struct link_to){.host = bus->host, .port = conf->port};
	if (!conf->sentinels)
		return bus->host ? 0 : ENOMEM;
	return primary_alloc(&bus->to.primary, bus->base, conf->sentinels,
			     conf->primary);
}

int bus_alloc(struct bus **busp, struct event_base *base,
	      const struct bus_conf *conf)
{
	struct bus *bus;
	int err;

	if ((conf->sentinels ? !conf->primary : !conf->host) || !conf->name ||
	    !conf->partitions ||
	    conf->partitions > BUS_PARTITIONS_MAX)
		return EINVAL;
	bus = calloc(1, sizeof(*bus));
	if (!bus)
		return ENOMEM;
	bus->base = base;
	bus->host = conf->sentinels ? NULL : strdup(conf->host);
	bus->name = strdup(conf->name);
	bus->partitions = conf->partitions;
	bus->deadline_ms = conf->deadline_ms ? conf->deadline_ms : 1000;
	bus->on_link = conf->on_link;
	bus->on_trouble = conf->on_trouble;
	bus->arg = conf->arg;
	make_boot(bus);
	err = bus->name ? find_primary(bus, conf) : ENOMEM;
	if (!err)
		err = start(bus);
	if (err) {
		bus_free(bus);
		return err;
	}
	*busp = bus;
	return 0;
}

void bus_free(struct bus *bus)
{
	if (!bus)
		return;
	inbox_free(bus->inbox);
	link_free(bus->link);
	if (bus->bury)
		bus->bury(bus->owner_arg);
	producer_free(bus->producer);
	primary_free(bus->to.primary);
	if (bus->clock)
		event_free(bus->clock);
	free(bus->host);
	free(bus->name);
	free(bus);
}

bool bus_up(const struct bus *bus)
{
	return link_up(bus->link);
}

const char *bus_boot(const struct bus *bus)
{
	return bus->boot;
}

const struct bus_stats *bus_stats(const struct bus *bus)
{
	return &bus->stats;
}

/* ---- any command -------------------------------------------------------- */

struct call {
	bus_reply_h *done;
	void *arg;
	struct str *v;
	struct arena a;
};

static size_t flatten(struct call *k, const redisReply *r, size_t at)
{
	if (r->type == REDIS_REPLY_ARRAY) {
		for (size_t i = 0; i < r->elements; i++)
			at = flatten(k, r->element[i], at);
		return at;
	}
	if (k->v)
		k->v[at] = r->type == REDIS_REPLY_INTEGER
			? arena_printf(&k->a, "%lld", r->integer)
			: reply_str(r);
	return at + 1;
}

static void on_called(int err, const redisReply *r, void *arg)
{
	struct call *k = arg;
	size_t n = 0;

	if (!err) {
		n = flatten(k, r, 0);
		k->v = calloc(n + 1, sizeof(*k->v));
		if (k->v)
			flatten(k, r, 0);
		else
			err = ENOMEM;
	}
	k->done(err, err ? NULL : k->v, err ? 0 : n, k->arg);
	arena_release(&k->a);
	free(k->v);
	free(k);
}

int bus_command(struct bus *bus, const struct str *argv, size_t argc,
		unsigned deadline_ms, bus_reply_h *done, void *arg)
{
	struct call *k;
	int err;

	if (!done)
		return link_command(bus->link, argv, argc, deadline_ms, NULL,
				    NULL);
	k = calloc(1, sizeof(*k));
	if (!k)
		return ENOMEM;
	k->done = done;
	k->arg = arg;
	arena_init(&k->a);
	err = link_command(bus->link, argv, argc, deadline_ms, on_called, k);
	if (err)
		free(k);
	return err;
}
