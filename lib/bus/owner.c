/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owning partitions: the clock, the link, events, commits. See lease.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/bus/lease.h"
#include "lib/bus/reader.h"

#define LEASE_MS 600
#define TICKS 12 /* looks at the clock per lease; one renewal in three */

/* ---- the clock ---------------------------------------------------------- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct owner *o = arg;
	uint64_t now = link_clock_ms();

	(void)fd;
	(void)what;
	if (!bus_up(o->bus))
		return;
	for (unsigned i = 0; i < o->conf.partitions; i++)
		lease_tick(&o->parts[i], now);
}

/*
 * Redis came back, perhaps without the last second, perhaps empty. Who held a
 * partition has what Redis lost: it asks at once, the others a lease later.
 */
static void on_link(bool up, void *arg)
{
	uint64_t others_ms = link_clock_ms();
	struct owner *o = arg;

	if (o->was_up)
		others_ms += o->lease_ms;
	o->was_up |= up;

	for (unsigned i = 0; i < o->conf.partitions; i++) {
		struct part *p = &o->parts[i];

		p->asked_ms = 0;
		if (p->state == ASKING || p->state == LOADING)
			p->state = FREE;
		if (p->state == FREE)
			p->ask_at_ms = others_ms;
		if (p->state == HELD)
			lease_doubt(p);
	}
	if (up)
		on_tick(-1, 0, o);
}

/* ---- events ------------------------------------------------------------- */

static void on_entry(unsigned partition, struct str id, const struct msg *m,
		     const char *err, void *arg)
{
	struct owner *o = arg;
	struct part *p = &o->parts[partition];
	struct msg timed;
	struct str ms = id, part;

	if (p->state != HELD && p->state != DOUBTFUL)
		return;
	str_copy(p->cursor, sizeof(p->cursor), id);
	if (err || msg_type_dir(m->type) != DIR_EVENT) {
		o->stats.malformed++;
		return;
	}
	o->stats.events++;
	timed = *m;
	str_cut(&ms, '-', &part);
	msg_put(&timed, F_TIME, part);
	o->conf.h.on_event(o, partition, &timed, id, o->conf.h.arg);
	if (owner_full(o, partition)) {
		p->paused = true;
		reader_remove(o->reader, partition);
	}
}

/* ---- life --------------------------------------------------------------- */

static int parts_alloc(struct owner *o)
{
	for (unsigned i = 0; i < o->conf.partitions; i++) {
		struct part *p = &o->parts[i];
		struct commits_handlers h = {lease_on_confirmed,
					     lease_on_refused, p};

		p->o = o;
		p->partition = i;
		if (commits_alloc(&p->commits, o->bus, i, &h))
			return ENOMEM;
	}
	return 0;
}

static int start(struct owner *o)
{
	struct reader_handlers h = {on_entry, NULL, o};
	unsigned tick_ms = o->lease_ms / TICKS ? o->lease_ms / TICKS : 1;
	struct timeval tv = {tick_ms / 1000, tick_ms % 1000 * 1000};

	if (parts_alloc(o) ||
	    reader_alloc(&o->reader, o->bus->base, &o->bus->to, &h))
		return ENOMEM;
	o->tick = event_new(o->bus->base, -1, EV_PERSIST, on_tick, o);
	return o->tick && !evtimer_add(o->tick, &tv) ? 0 : ENOMEM;
}

int owner_alloc(struct owner **op, struct bus *bus,
		const struct owner_conf *conf)
{
	struct owner *o;

	if (!conf->name || !conf->partitions ||
	    conf->partitions > BUS_PARTITIONS_MAX)
		return EINVAL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return ENOMEM;
	o->bus = bus;
	o->conf = *conf;
	o->lease_ms = conf->lease_ms ? conf->lease_ms : LEASE_MS;
	o->name = strdup(conf->name);
	if (!o->name || start(o)) {
		owner_free(o);
		return ENOMEM;
	}
	o->was_up = bus_up(bus);
	bus->owner_link = on_link;
	bus->owner_arg = o;
	*op = o;
	return 0;
}

/* Requests under way still name the parts: the memory goes with the bus. */
static void bury(void *arg)
{
	struct owner *o = arg;

	for (unsigned i = 0; i < o->conf.partitions; i++)
		commits_free(o->parts[i].commits);
	free(o->name);
	free(o);
}

/* The caller lets the loop run a moment, so that the releases leave. */
void owner_free(struct owner *o)
{
	if (!o)
		return;
	for (unsigned i = 0; i < o->conf.partitions; i++) {
		struct part *p = &o->parts[i];

		if (p->state != FREE)
			lease_release(p); /* also what is being asked for */
		p->state = FREE;
	}
	reader_free(o->reader);
	o->reader = NULL;
	if (o->tick)
		event_free(o->tick);
	o->tick = NULL;
	o->bus->owner_link = NULL;
	o->bus->bury = bury;
	o->bus->owner_arg = o;
}

bool owner_holds(const struct owner *o, unsigned partition)
{
	return o->parts[partition].state == HELD;
}

bool owner_safe(const struct owner *o, unsigned partition, unsigned margin_ms)
{
	const struct part *p = &o->parts[partition];

	return p->state == HELD &&
	       link_clock_ms() + margin_ms < p->lease_until_ms;
}

bool owner_doubts(const struct owner *o, unsigned partition)
{
	return o->parts[partition].doubtful;
}

bool owner_caught_up(const struct owner *o, unsigned partition)
{
	return owner_holds(o, partition) &&
	       reader_drained(o->reader, partition);
}

bool owner_full(const struct owner *o, unsigned partition)
{
	return commits_waiting(o->parts[partition].commits) >=
	       LEASE_WAITING_MAX;
}

static bool leaves(const struct msg *m)
{
	enum msg_dir dir = msg_type_dir(m->type);

	return dir == DIR_NODE || dir == DIR_JOURNAL || dir == DIR_PUSH;
}

static bool is_held(const struct part *p)
{
	if (p->state == HELD || p->state == DOUBTFUL)
		return true;
	errno = EPERM;
	return false;
}

uint64_t owner_add(struct owner *o, unsigned partition,
		   const struct owner_record *records, size_t nrecords,
		   const struct owner_effect *effects, size_t neffects)
{
	struct part *p = &o->parts[partition];

	if (!is_held(p))
		return 0;
	for (size_t i = 0; i < neffects; i++)
		if (!leaves(effects[i].m)) {
			errno = EINVAL;
			return 0;
		}
	return commits_add(p->commits, records, nrecords, effects, neffects);
}

uint64_t owner_send(struct owner *o, unsigned partition, struct str stream_id)
{
	struct part *p = &o->parts[partition];

	if (!is_held(p))
		return 0;
	o->stats.commits++;
	return commits_send(p->commits, stream_id);
}

uint64_t owner_commit(struct owner *o, unsigned partition,
		      struct str stream_id,
		      const struct owner_record *records, size_t nrecords,
		      const struct owner_effect *effects, size_t neffects)
{
	return owner_add(o, partition, records, nrecords, effects, neffects)
		? owner_send(o, partition, stream_id) : 0;
}

size_t owner_gathered(const struct owner *o, unsigned partition)
{
	return commits_gathered(o->parts[partition].commits);
}

bool owner_flying(const struct owner *o, unsigned partition)
{
	return commits_waiting(o->parts[partition].commits) != 0;
}

const struct owner_stats *owner_stats(const struct owner *o)
{
	struct owner_stats *st = (struct owner_stats *)(uintptr_t)&o->stats;

	st->resent = st->waiting = 0;
	for (unsigned i = 0; i < o->conf.partitions; i++) {
		st->resent += commits_resent(o->parts[i].commits);
		st->waiting += commits_waiting(o->parts[i].commits);
	}
	return st;
}

struct bus *owner_bus(const struct owner *o)
{
	return o->bus;
}
