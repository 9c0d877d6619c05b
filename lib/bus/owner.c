/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owning partitions.
 *
 * FREE       somebody else holds it, or nobody: we ask when its lease may end
 * LOADING    ours; the state is on its way
 * HELD       ours; events are read, commits are sent
 * DOUBTFUL   a renewal failed or Redis came back: we ask whether it is ours
 *            still, and what Redis has of our commits
 *
 * A lease counts from when its renewal was sent, on a clock that goes on while
 * the machine sleeps: after a pause nothing leaves before the next renewal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <hiredis/hiredis.h>

#include "lib/bus/commits.h"
#include "lib/bus/internal.h"
#include "lib/bus/owner.h"
#include "lib/bus/reader.h"

#define LEASE_MS 600
#define TICKS 12 /* looks at the clock per lease; one renewal in three */

enum part_state { FREE, ASKING, LOADING, HELD, DOUBTFUL };

struct part {
	struct owner *o;
	unsigned partition;
	enum part_state state;
	char token[40], generation[64], cursor[48];
	uint64_t have; /* commits that Redis had when we acquired */
	uint64_t asked_ms; /* when the renewal under way was sent; 0 none */
	uint64_t lease_until_ms; /* by our clock */
	uint64_t now; /* Redis' time at acquisition */
	uint64_t ask_at_ms; /* when to try again, or to renew */
	struct commits *commits;
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

/* ---- losing ------------------------------------------------------------- */

static void lose(struct part *p, const char *reason)
{
	struct owner *o = p->o;
	bool held = p->state == HELD || p->state == DOUBTFUL;

	p->state = FREE;
	p->lease_until_ms = p->asked_ms = 0;
	p->ask_at_ms = link_clock_ms() + o->lease_ms;
	reader_remove(o->reader, p->partition);
	if (!held)
		return;
	o->stats.lost++;
	o->conf.h.on_lost(o, p->partition, reason, o->conf.h.arg);
}

/* ---- acquiring ---------------------------------------------------------- */

static void make_token(char *buf, size_t size)
{
	unsigned long long r[2] = {0, 0};

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		r[0] = link_clock_ms();
	snprintf(buf, size, "%016llx%016llx", r[0], r[1]);
}

static int fcall(struct part *p, struct args *x, unsigned deadline_ms,
		 link_h *h)
{
	int err = args_failed(x) ? ENOMEM
		: link_command(p->o->bus->link, x->v, x->n, deadline_ms, h, p);

	args_release(x);
	return err;
}

static struct str item(const redisReply *r, size_t i)
{
	return i < r->elements ? reply_str(r->element[i]) : STR_NONE;
}

static uint64_t item_num(const redisReply *r, size_t i)
{
	uint64_t v = 0;

	return str_u64(item(r, i), &v) ? 0 : v;
}

static bool granted(const redisReply *r)
{
	return r->type == REDIS_REPLY_ARRAY && r->elements >= 3 &&
	       r->element[0]->type == REDIS_REPLY_INTEGER &&
	       r->element[0]->integer == 1;
}

static void follow(struct part *p)
{
	char key[24];

	snprintf(key, sizeof(key), "{p%u}:in", p->partition);
	reader_add(p->o->reader, p->partition, key, p->cursor);
}

static void on_state_loaded(int err, const redisReply *r, void *arg)
{
	struct part *p = arg;
	struct owner *o = p->o;
	size_t n = err ? 0 : r->elements / 3;
	struct owner_record *v;

	if (err == ECANCELED || p->state != LOADING)
		return;
	v = err ? NULL : calloc(n + 1, sizeof(*v));
	if (!v) {
		lose(p, "the state could not be read");
		return;
	}
	for (size_t i = 0; i < n; i++)
		v[i] = (struct owner_record){item(r, i * 3), item(r, i * 3 + 1),
					     item(r, i * 3 + 2)};
	commits_begin(p->commits, p->token, p->generation, p->have);
	p->state = HELD;
	o->stats.acquired++;
	follow(p);
	o->conf.h.on_acquired(o, p->partition, p->generation, p->now, v, n,
			      o->conf.h.arg);
	free(v);
}

static void load(struct part *p)
{
	struct args x;

	args_init(&x);
	args_fcall(&x, "jf_load_1", p->partition);
	p->state = LOADING;
	if (fcall(p, &x, LINK_FOREVER_MS, on_state_loaded))
		lose(p, "not connected");
}

static void lease_granted(struct part *p, const redisReply *r)
{
	str_copy(p->generation, sizeof(p->generation), item(r, 1));
	p->now = item_num(r, 2);
	bus_set_clock(p->o->bus, p->now, p->asked_ms);
	p->have = item_num(r, 3);
	str_copy(p->cursor, sizeof(p->cursor), item(r, 4));
	p->lease_until_ms = p->asked_ms + p->o->lease_ms;
	p->ask_at_ms = p->asked_ms + p->o->lease_ms / 4;
	p->asked_ms = 0;
}

static void on_acquired(int err, const redisReply *r, void *arg)
{
	struct part *p = arg;
	uint64_t left;

	if (err == ECANCELED || p->state != ASKING)
		return;
	p->state = FREE;
	if (err || !granted(r)) {
		left = err ? p->o->lease_ms / 4 : item_num(r, 3) + 5;
		if (left > p->o->lease_ms)
			left = p->o->lease_ms;
		p->ask_at_ms = link_clock_ms() + left;
		return;
	}
	lease_granted(p, r);
	load(p);
}

static int ask(struct part *p, link_h *h)
{
	struct args x;
	char random[9];

	args_init(&x);
	if (p->state == FREE)
		make_token(p->token, sizeof(p->token));
	snprintf(random, sizeof(random), "%.8s", p->token);
	args_fcall(&x, "jf_acquire_1", p->partition);
	args_add(&x, str_c(p->o->name));
	args_add(&x, str_c(p->token));
	args_num(&x, p->o->lease_ms);
	args_add(&x, str_c(random));
	p->asked_ms = link_clock_ms();
	return fcall(p, &x, p->o->lease_ms, h);
}

static void acquire(struct part *p)
{
	if (!ask(p, on_acquired))
		p->state = ASKING;
}

/* ---- holding ------------------------------------------------------------ */

static void doubt(struct part *p)
{
	p->state = DOUBTFUL;
	p->asked_ms = 0;
}

static void release(struct part *p)
{
	struct args x;

	args_init(&x);
	args_fcall(&x, "jf_release_1", p->partition);
	args_add(&x, str_c(p->token));
	link_command(p->o->bus->link, x.v, x.n, p->o->bus->deadline_ms, NULL,
		     NULL);
	args_release(&x);
}

/* The lease had ended, or Redis forgot it; was anybody else here? */
static void on_reacquired(int err, const redisReply *r, void *arg)
{
	struct part *p = arg;
	struct owner *o = p->o;
	struct str last_token;

	if (err == ECANCELED || p->state != DOUBTFUL)
		return;
	if (err) {
		p->asked_ms = 0; /* the next tick asks again */
		return;
	}
	last_token = granted(r) ? item(r, 5) : STR_NONE;
	if (!granted(r) || (last_token.len &&
			    !str_eq(last_token, str_c(p->token)))) {
		release(p); /* asking for it again may have got it */
		lose(p, "another engine had the lease");
		return;
	}
	lease_granted(p, r);
	p->state = HELD;
	follow(p);
	if (commits_resume(p->commits, p->token, p->have))
		return;
	if (commits_rebase(p->commits)) {
		doubt(p); /* the link is gone again */
		return;
	}
	o->conf.h.on_wiped(o, p->partition, o->conf.h.arg);
}

static void on_renewed(int err, const redisReply *r, void *arg)
{
	struct part *p = arg;
	uint64_t asked = p->asked_ms;

	if (err == ECANCELED || (p->state != HELD && p->state != LOADING))
		return;
	p->asked_ms = 0;
	if (err)
		return;
	if (granted(r))
		p->lease_until_ms = asked + p->o->lease_ms;
	else if (p->state == HELD)
		doubt(p);
	else
		lose(p, "the lease ended before the state was there");
}

/* One at a time, each with a deadline: asked_ms is that of the reply. */
static void renew(struct part *p)
{
	struct args x;

	args_init(&x);
	args_fcall(&x, "jf_renew_1", p->partition);
	args_add(&x, str_c(p->token));
	args_num(&x, p->o->lease_ms);
	p->asked_ms = link_clock_ms();
	p->ask_at_ms = p->asked_ms + p->o->lease_ms / 4;
	if (fcall(p, &x, p->o->lease_ms, on_renewed))
		p->asked_ms = 0;
}

static void on_confirmed(uint64_t number, uint64_t us, void *arg)
{
	struct part *p = arg;
	struct owner_stats *st = &p->o->stats;

	st->commit_us_sum += us;
	if (us > st->commit_us_max)
		st->commit_us_max = us;
	if (p->state == HELD || p->state == DOUBTFUL)
		p->o->conf.h.on_committed(p->o, p->partition, number,
					  p->o->conf.h.arg);
}

static void on_refused(struct str reason, void *arg)
{
	struct part *p = arg;

	(void)reason;
	p->o->stats.refused++;
	if (p->state == HELD)
		doubt(p);
}

/* ---- the clock ---------------------------------------------------------- */

static void tick_part(struct part *p, uint64_t now)
{
	switch (p->state) {
	case FREE:
		if (now >= p->ask_at_ms)
			acquire(p);
		break;
	case LOADING:
	case HELD:
		if (!p->asked_ms && now >= p->ask_at_ms)
			renew(p);
		break;
	case DOUBTFUL:
		if (!p->asked_ms && ask(p, on_reacquired))
			p->asked_ms = 0;
		break;
	default:
		break;
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct owner *o = arg;
	uint64_t now = link_clock_ms();

	(void)fd;
	(void)what;
	if (!bus_up(o->bus))
		return;
	for (unsigned i = 0; i < o->conf.partitions; i++)
		tick_part(&o->parts[i], now);
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
			doubt(p);
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
}

/* ---- life --------------------------------------------------------------- */

static int parts_alloc(struct owner *o)
{
	for (unsigned i = 0; i < o->conf.partitions; i++) {
		struct part *p = &o->parts[i];
		struct commits_handlers h = {on_confirmed, on_refused, p};

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

		if (p->state == HELD || p->state == DOUBTFUL)
			release(p);
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

bool owner_caught_up(const struct owner *o, unsigned partition)
{
	return owner_holds(o, partition) &&
	       reader_drained(o->reader, partition);
}

static bool leaves(const struct msg *m)
{
	enum msg_dir dir = msg_type_dir(m->type);

	return dir == DIR_NODE || dir == DIR_JOURNAL || dir == DIR_PUSH;
}

uint64_t owner_commit(struct owner *o, unsigned partition,
		      struct str stream_id,
		      const struct owner_record *records, size_t nrecords,
		      const struct owner_effect *effects, size_t neffects)
{
	struct part *p = &o->parts[partition];

	if (p->state != HELD && p->state != DOUBTFUL) {
		errno = EPERM;
		return 0;
	}
	for (size_t i = 0; i < neffects; i++)
		if (!leaves(effects[i].m)) {
			errno = EINVAL;
			return 0;
		}
	o->stats.commits++;
	return commits_send(p->commits, stream_id, records, nrecords, effects,
			    neffects);
}

const struct owner_stats *owner_stats(const struct owner *o)
{
	struct owner_stats *st = (struct owner_stats *)(uintptr_t)&o->stats;

	st->resent = 0;
	for (unsigned i = 0; i < o->conf.partitions; i++)
		st->resent += commits_resent(o->parts[i].commits);
	return st;
}

struct bus *owner_bus(const struct owner *o)
{
	return o->bus;
}
