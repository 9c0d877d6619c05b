/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <hiredis/hiredis.h>

#include "lib/bus/lease.h"
#include "lib/bus/reader.h"

#define BORN_LEN 12 /* hexadecimal digits */
#define REPLICATE_MS 200 /* a new owner waits for a replica so long */

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

	p->paused = false;
	snprintf(key, sizeof(key), "{p%u}:in", p->partition);
	reader_add(p->o->reader, p->partition, key, p->cursor);
}

static void on_replicated(int err, const redisReply *r, void *arg)
{
	struct part *p = arg;

	if (!err && r->type == REDIS_REPLY_INTEGER && !r->integer)
		p->o->stats.unreplicated++;
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

/*
 * What our predecessor committed was promised, and only it could tell it again
 * to another primary: a replica must have it before we begin. Behind acquire
 * on the same connection WAIT means everything before that.
 */
static void replicate(struct part *p)
{
	struct args x;

	args_init(&x);
	args_add(&x, STR_LIT("WAIT"));
	args_num(&x, 1);
	args_num(&x, REPLICATE_MS);
	fcall(p, &x, LINK_FOREVER_MS, on_replicated);
}

static void load(struct part *p)
{
	struct args x;

	if (p->o->bus->to.primary)
		replicate(p);
	args_init(&x);
	args_fcall(&x, "jf_load_7", p->partition);
	p->state = LOADING;
	if (fcall(p, &x, LINK_FOREVER_MS, on_state_loaded))
		lose(p, "not connected");
}

/* The time at the beginning of a generation's name. */
static uint64_t born_of(struct str generation)
{
	uint64_t born = 0;

	if (generation.len > BORN_LEN)
		generation.len = BORN_LEN;
	return str_hex(generation, &born) ? 0 : born;
}

static void lease_granted(struct part *p, const redisReply *r)
{
	str_copy(p->generation, sizeof(p->generation), item(r, 1));
	p->born = born_of(item(r, 1));
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
	if (!err && !granted(r) && item_num(r, 4) > p->born)
		p->born = item_num(r, 4);
	if (!err && !granted(r))
		p->vacant = !item(r, 1).len;
	if (err || !granted(r)) {
		/* Asked well before its end: who stops gives it back early. */
		left = p->o->lease_ms / 4;
		if (!err && item_num(r, 3) + 5 < left)
			left = item_num(r, 3) + 5;
		p->ask_at_ms = link_clock_ms() + left;
		return;
	}
	p->doubtful = p->vacant;
	p->vacant = false;
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
	args_fcall(&x, "jf_acquire_7", p->partition);
	args_add(&x, str_c(p->o->name));
	args_add(&x, str_c(p->token));
	args_num(&x, p->o->lease_ms);
	args_add(&x, str_c(random));
	args_num(&x, p->born);
	args_num(&x, p->state == DOUBTFUL);
	p->asked_ms = link_clock_ms();
	return fcall(p, &x, p->o->lease_ms, h);
}

static void acquire(struct part *p)
{
	if (!ask(p, on_acquired))
		p->state = ASKING;
}

/* ---- holding ------------------------------------------------------------ */

void lease_doubt(struct part *p)
{
	p->state = DOUBTFUL;
	p->asked_ms = 0;
}

void lease_release(struct part *p)
{
	struct args x;

	args_init(&x);
	args_fcall(&x, "jf_release_7", p->partition);
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
			    !str_eq(last_token, str_c(p->token)) &&
			    item_num(r, 6) >= p->born)) {
		lease_release(p); /* asking for it again may have got it */
		lose(p, "another engine had the lease");
		return;
	}
	lease_granted(p, r);
	p->state = HELD;
	follow(p);
	if (commits_resume(p->commits, p->token, p->have))
		return;
	if (commits_rebase(p->commits)) {
		lease_doubt(p); /* the link is gone again */
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
		lease_doubt(p);
	else
		lose(p, "the lease ended before the state was there");
}

/* One at a time, each with a deadline: asked_ms is that of the reply. */
static void renew(struct part *p)
{
	struct args x;

	args_init(&x);
	args_fcall(&x, "jf_renew_7", p->partition);
	args_add(&x, str_c(p->token));
	args_num(&x, p->o->lease_ms);
	p->asked_ms = link_clock_ms();
	p->ask_at_ms = p->asked_ms + p->o->lease_ms / 4;
	if (fcall(p, &x, p->o->lease_ms, on_renewed))
		p->asked_ms = 0;
}

void lease_on_confirmed(uint64_t number, uint64_t us, void *arg)
{
	struct part *p = arg;
	struct owner_stats *st = &p->o->stats;

	st->commit_us_sum += us;
	if (us > st->commit_us_max)
		st->commit_us_max = us;
	if (p->state == HELD || p->state == DOUBTFUL)
		p->o->conf.h.on_committed(p->o, p->partition, number,
					  p->o->conf.h.arg);
	if (p->paused && p->state == HELD &&
	    commits_waiting(p->commits) < LEASE_WAITING_MAX / 2)
		follow(p);
}

void lease_on_refused(struct str reason, void *arg)
{
	struct part *p = arg;

	(void)reason;
	p->o->stats.refused++;
	if (p->state == HELD)
		lease_doubt(p);
}

/* ---- the clock ---------------------------------------------------------- */

void lease_tick(struct part *p, uint64_t now)
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
