/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "lib/base/log.h"
#include "router-engine/core/steps.h"
#include "router-engine/io/alarm.h"
#include "router-engine/store/confdb.h"
#include "router-engine/store/directory.h"
#include "router-engine/store/engine.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/settings.h"

#define SETTLE_MS 20 /* several NOTIFYs of one change */

struct snapshot {
	struct arena arena;
	struct msg *rows;
	size_t n;
	bool known;
};

struct part {
	struct confdb *c;
	unsigned n;
	struct snapshot now;
};

struct waiter {
	TAILQ_ENTRY(waiter) link;
	confdb_done_h *done;
	void *arg;
};

TAILQ_HEAD(waiter_list, waiter);

struct confdb {
	struct engine *e;
	struct alarm *alarm;
	struct part parts[BUS_PARTITIONS_MAX];
	unsigned under_way; /* statements without an answer */
	int err; /* of this reading */
	bool again; /* asked for while reading */
	uint64_t read_at;
	struct waiter_list waiters; /* of the next reading */
	struct waiter_list served; /* of the one under way */
};

/* ---- a snapshot ---------------------------------------------------------------- */

static void snapshot_release(struct snapshot *s)
{
	arena_release(&s->arena);
	free(s->rows);
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
}

static bool msg_same(const struct msg *a, const struct msg *b)
{
	if (a->type != b->type || a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (a->f[i].field != b->f[i].field ||
		    !str_eq(a->f[i].val, b->f[i].val))
			return false;
	return true;
}

static bool snapshot_same(const struct snapshot *a, const struct snapshot *b)
{
	if (!a->known || !b->known || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!msg_same(&a->rows[i], &b->rows[i]))
			return false;
	return true;
}

/* The database refuses such steps; if one comes by all the same, it admits
 * nobody, and the queue goes on. */
static void look_at_steps(const struct msg *m, struct arena *a)
{
	char err[400];

	if (m->type == M_CONF_QUEUE &&
	    steps_check(msg_get(m, F_STEPS), a, err, sizeof(err)) == EPROTO)
		log_error("conf.row", "queue=%.*s error=\"%s\"",
			  STR_FMT(msg_get(m, F_QUEUE)), err);
}

/* A row that cannot be read is told and left out: one bad row must not keep
 * the others from taking effect. */
static int snapshot_read(struct snapshot *s, const struct pg_rows *rows)
{
	size_t n = pg_nrows(rows);
	char err[256];

	s->rows = calloc(n ? n : 1, sizeof(*s->rows));
	if (!s->rows)
		return ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int e = confdb_row(str_c(pg_text(rows, i, 0)),
				   str_c(pg_text(rows, i, 1)), &s->arena,
				   &s->rows[s->n], err, sizeof(err));

		if (e == ENOMEM)
			return ENOMEM;
		if (e)
			log_error("conf.row", "error=\"%s\"", err);
		else
			look_at_steps(&s->rows[s->n++], &s->arena);
	}
	s->known = true;
	return 0;
}

/* ---- telling ------------------------------------------------------------------- */

static void tell_type(struct partition *p, enum msg_type type)
{
	struct msg m;

	msg_init(&m, type);
	partition_inner(p, &m, NULL, NULL);
}

void confdb_tell(struct confdb *c, struct partition *p)
{
	const struct snapshot *s = &c->parts[partition_number(p)].now;

	if (!s->known || !partition_served(p))
		return;
	tell_type(p, M_CONF_BEGIN);
	for (size_t i = 0; i < s->n; i++)
		partition_inner(p, &s->rows[i], NULL, NULL);
	tell_type(p, M_CONF_END);
	log_info("conf.told", "partition=%u rows=%zu", partition_number(p),
		 s->n);
	partition_configured(p);
}

/* ---- reading --------------------------------------------------------------------- */

static void waiters_run(struct waiter_list *list, int err)
{
	struct waiter *w;

	while ((w = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, w, link);
		w->done(err, w->arg);
		free(w);
	}
}

static void one_done(struct confdb *c, int err)
{
	if (err)
		c->err = err;
	if (--c->under_way)
		return;
	if (!c->err)
		c->read_at = bus_now(c->e->bus);
	waiters_run(&c->served, c->err);
	if (c->again)
		confdb_reload(c);
}

static int on_rows(struct part *pt, const struct pg_rows *rows)
{
	struct snapshot fresh = {0};
	int err;

	arena_init(&fresh.arena);
	err = snapshot_read(&fresh, rows);
	if (err || snapshot_same(&fresh, &pt->now)) {
		snapshot_release(&fresh);
		return err;
	}
	snapshot_release(&pt->now);
	pt->now = fresh;
	confdb_tell(pt->c, pt->c->e->parts[pt->n]);
	return 0;
}

static void on_snapshot(int err, const struct pg_rows *rows, void *arg)
{
	struct part *pt = arg;

	if (err == ECANCELED)
		return;
	if (!err)
		err = on_rows(pt, rows);
	else if (err == EPROTO)
		log_error("conf.refused", "partition=%u error=\"%s\"", pt->n,
			  rows ? pg_message(rows) : "no result");
	one_done(pt->c, err);
}

static void on_directory(int err, const struct pg_rows *rows, void *arg)
{
	struct confdb *c = arg;

	if (err == ECANCELED)
		return;
	if (!err)
		err = directory_read(c->e->directory, rows);
	else if (err == EPROTO)
		log_error("conf.refused", "error=\"%s\"",
			  rows ? pg_message(rows) : "no result");
	one_done(c, err);
}

static void read_part(struct confdb *c, unsigned n)
{
	char text[16];
	const char *params[] = {text};
	int err;

	snprintf(text, sizeof(text), "%u", n);
	err = pg_query(c->e->pg,
		       "select kind, \"row\" from conf.snapshot($1::int)",
		       params, 1, on_snapshot, &c->parts[n]);
	if (err)
		c->err = err;
	else
		c->under_way++;
}

static void on_alarm(void *arg)
{
	struct confdb *c = arg;

	if (c->under_way || !c->e->pg) {
		c->again = true;
		return;
	}
	c->again = false;
	c->err = 0;
	TAILQ_CONCAT(&c->served, &c->waiters, link);
	c->under_way = 1; /* holds the end back while asking */
	for (unsigned n = 0; n < c->e->conf->partitions; n++)
		read_part(c, n);
	if (!pg_query(c->e->pg,
		      "select key, field, value from conf.directory()", NULL,
		      0, on_directory, c))
		c->under_way++;
	one_done(c, 0);
}

void confdb_reload(struct confdb *c)
{
	alarm_set(c->alarm, SETTLE_MS);
}

int confdb_reload_then(struct confdb *c, confdb_done_h *done, void *arg)
{
	struct waiter *w;

	if (!pg_up(c->e->pg))
		return ENOTCONN;
	w = calloc(1, sizeof(*w));
	if (!w)
		return ENOMEM;
	w->done = done;
	w->arg = arg;
	TAILQ_INSERT_TAIL(&c->waiters, w, link);
	confdb_reload(c);
	return 0;
}

uint64_t confdb_read_at(const struct confdb *c)
{
	return c->read_at;
}

int confdb_alloc(struct confdb **cp, struct engine *e)
{
	struct confdb *c = calloc(1, sizeof(*c));

	if (!c)
		return ENOMEM;
	c->e = e;
	TAILQ_INIT(&c->waiters);
	TAILQ_INIT(&c->served);
	for (unsigned i = 0; i < BUS_PARTITIONS_MAX; i++) {
		c->parts[i].c = c;
		c->parts[i].n = i;
		arena_init(&c->parts[i].now.arena);
	}
	if (alarm_alloc(&c->alarm, e->base, on_alarm, c)) {
		free(c);
		return ENOMEM;
	}
	*cp = c;
	return 0;
}

void confdb_free(struct confdb *c)
{
	if (!c)
		return;
	waiters_run(&c->served, ECANCELED);
	waiters_run(&c->waiters, ECANCELED);
	for (unsigned i = 0; i < BUS_PARTITIONS_MAX; i++)
		snapshot_release(&c->parts[i].now);
	alarm_free(c->alarm);
	free(c);
}
