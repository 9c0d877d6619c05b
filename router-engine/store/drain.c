/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "router-engine/io/alarm.h"
#include "router-engine/store/drain.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/settings.h"

#define SOON_MS 200 /* rows of a moment share a batch */
#define LOOK_MS 2000 /* in case something was missed */
#define RETRY_MS 500

enum lane_state {
	LANE_IDLE, /* waits for the alarm */
	LANE_READING, /* waits for Redis */
	LANE_DRAINING, /* waits for PostgreSQL */
};

struct lane {
	struct drain *d;
	unsigned n;
	enum lane_state state;
	bool more; /* something came meanwhile */
	uint64_t not_before_ms; /* after a refusal */
	size_t max; /* of the next batch */
	size_t batch; /* in the one under way */
	char upto[48]; /* its last stream id */
	struct alarm *alarm;
};

struct drain {
	struct engine *e;
	struct lane lanes[BUS_PARTITIONS_MAX];
	struct drain_stats stats;
	struct arena arena;
};

static void read_batch(struct lane *l);

const struct drain_stats *drain_stats(const struct drain *d)
{
	return &d->stats;
}

static void idle(struct lane *l, unsigned ms)
{
	l->state = LANE_IDLE;
	alarm_set(l->alarm, l->more && ms > SOON_MS ? SOON_MS : ms);
}

/* Tries again after a while, whatever comes meanwhile. */
static void hold_back(struct lane *l)
{
	l->not_before_ms = alarm_now_ms() + RETRY_MS;
	l->more = false;
	idle(l, RETRY_MS);
}

/* ---- PostgreSQL -------------------------------------------------------------------- */

static void on_refused(struct lane *l, const struct pg_rows *rows)
{
	l->d->stats.refused++;
	log_error("journal.refused",
		  "partition=%u rows=%zu sqlstate=%s error=\"%s\"", l->n,
		  l->batch, rows ? pg_sqlstate(rows) : "",
		  rows ? pg_message(rows) : "no result");
	l->max = l->batch > 1 ? l->batch / 2 : 1;
	hold_back(l);
}

static void on_drained(int err, const struct pg_rows *rows, void *arg)
{
	struct lane *l = arg;
	bool full = l->batch == l->max; /* there may be more: at once */

	if (err == ECANCELED)
		return;
	if (err == EPROTO) {
		on_refused(l, rows);
		return;
	}
	if (err) { /* unknown whether it committed: the cursor will tell */
		l->d->stats.retries++;
		hold_back(l);
		return;
	}
	l->d->stats.batches++;
	l->d->stats.rows += l->batch;
	owner_journal_trim(l->d->e->owner, l->n, str_c(l->upto));
	l->max = l->max * 2 > DRAIN_BATCH_MAX ? DRAIN_BATCH_MAX : l->max * 2;
	idle(l, full ? 0 : LOOK_MS);
}

static int send_batch(struct lane *l, const struct msg *m,
		      const struct str *ids, size_t n)
{
	struct drain *d = l->d;
	char number[16];
	const char *params[2] = {number};
	struct str json = drain_json(m, n, &d->arena);
	int err = ENOMEM;

	snprintf(number, sizeof(number), "%u", l->n);
	params[1] = json.p;
	if (json.p)
		err = str_copy(l->upto, sizeof(l->upto), ids[n - 1]);
	if (!err)
		err = pg_query(d->e->pg,
			       "select journal.drain($1::int, $2::jsonb)",
			       params, 2, on_drained, l);
	l->batch = n;
	arena_reset(&d->arena);
	return err;
}

/* ---- Redis ---------------------------------------------------------------------------- */

static void on_read(int err, unsigned partition, const struct msg *m,
		    const struct str *ids, size_t n, void *arg)
{
	struct lane *l = &((struct drain *)arg)->lanes[partition];

	if (err == ECANCELED || !l->d->e->pg)
		return; /* stopping */
	if (!err && n) {
		err = send_batch(l, m, ids, n);
		if (!err) {
			l->state = LANE_DRAINING;
			return;
		}
	}
	/* Nothing there, Redis or PostgreSQL away. */
	if (err)
		hold_back(l);
	else
		idle(l, LOOK_MS);
}

static void read_batch(struct lane *l)
{
	struct engine *e = l->d->e;

	l->more = false;
	if (!e->pg || !e->parts[l->n] || !partition_served(e->parts[l->n]) ||
	    !pg_up(e->pg))
		return; /* drain_soon() follows when that changes */
	if (owner_journal_read(e->owner, l->n, l->max, on_read, l->d))
		alarm_set(l->alarm, RETRY_MS);
	else
		l->state = LANE_READING;
}

static void on_alarm(void *arg)
{
	read_batch(arg);
}

void drain_soon(struct drain *d, unsigned partition)
{
	struct lane *l = &d->lanes[partition];

	if (l->state != LANE_IDLE || l->more) {
		l->more = true;
		return;
	}
	l->more = true;
	if (alarm_now_ms() >= l->not_before_ms)
		alarm_set(l->alarm, SOON_MS);
}

void drain_all(struct drain *d)
{
	for (unsigned i = 0; i < d->e->conf->partitions; i++)
		drain_soon(d, i);
}

int drain_alloc(struct drain **dp, struct engine *e)
{
	struct drain *d = calloc(1, sizeof(*d));

	if (!d)
		return ENOMEM;
	d->e = e;
	arena_init(&d->arena);
	for (unsigned i = 0; i < BUS_PARTITIONS_MAX; i++) {
		struct lane *l = &d->lanes[i];

		l->d = d;
		l->n = i;
		l->max = DRAIN_BATCH_MAX;
		if (alarm_alloc(&l->alarm, e->base, on_alarm, l)) {
			drain_free(d);
			return ENOMEM;
		}
	}
	*dp = d;
	return 0;
}

void drain_free(struct drain *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < BUS_PARTITIONS_MAX; i++)
		alarm_free(d->lanes[i].alarm);
	arena_release(&d->arena);
	free(d);
}
