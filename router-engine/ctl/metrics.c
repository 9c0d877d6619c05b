/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "router-engine/ctl/metrics.h"
#include "router-engine/ctl/server.h"
#include "router-engine/store/drain.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/settings.h"

/* ---- this process ---------------------------------------------------------- */

static void outside(struct prom *p, struct engine *e)
{
	const struct ngc_stats *n = ngc_stats(e->ng);
	const struct drain_stats *d = drain_stats(e->drain);

	prom_gauge(p, "jackfield_engine_redis_refuses",
		   "1: Redis refuses writes: its disk or memory is full, or "
		   "its replicas are away", bus_trouble(e->bus) != NULL);
	prom_gauge(p, "jackfield_engine_redis_up", "1: Redis is there",
		   bus_up(e->bus));
	prom_gauge(p, "jackfield_engine_postgres_up",
		   "1: PostgreSQL is there", pg_up(e->pg));
	prom_counter(p, "jackfield_engine_ng_requests_total",
		     "requests to rtpengine", (double)n->requests);
	prom_counter(p, "jackfield_engine_ng_resent_total",
		     "of them sent again", (double)n->resent);
	prom_counter(p, "jackfield_engine_ng_refused_total",
		     "of them refused", (double)n->refused);
	prom_counter(p, "jackfield_engine_ng_silent_total",
		     "of them never answered", (double)n->silent);
	prom_counter(p, "jackfield_engine_journal_rows_total",
		     "rows written to PostgreSQL", (double)d->rows);
	prom_counter(p, "jackfield_engine_journal_refused_total",
		     "batches that PostgreSQL refused", (double)d->refused);
}

static void owning(struct prom *p, struct engine *e)
{
	const struct owner_stats *s = owner_stats(e->owner);

	prom_counter(p, "jackfield_engine_events_total",
		     "events read from Redis", (double)s->events);
	prom_counter(p, "jackfield_engine_events_malformed_total",
		     "of them passed over", (double)s->malformed);
	prom_counter(p, "jackfield_engine_commits_total",
		     "commits confirmed by Redis", (double)s->commits);
	prom_counter(p, "jackfield_engine_commits_resent_total",
		     "commits sent again to a Redis that lacked them",
		     (double)s->resent);
	prom_counter(p, "jackfield_engine_commits_refused_total",
		     "commits that Redis refused", (double)s->refused);
	prom_counter(p, "jackfield_engine_commit_seconds_total",
		     "time from sending a commit to its confirmation, summed",
		     (double)s->commit_us_sum / 1e6);
	prom_counter(p, "jackfield_engine_acquired_total",
		     "partitions taken over", (double)s->acquired);
	prom_counter(p, "jackfield_engine_lost_total", "partitions lost",
		     (double)s->lost);
}

static void stepping(struct prom *p, struct engine *e)
{
	uint64_t steps = 0, us = 0;
	struct partition_figures f;

	for (unsigned i = 0; i < e->conf->partitions; i++) {
		partition_figures(e->parts[i], &f);
		steps += f.steps;
		us += f.step_us_sum;
	}
	prom_counter(p, "jackfield_engine_steps_total", "steps of the core",
		     (double)steps);
	prom_counter(p, "jackfield_engine_step_seconds_total",
		     "time in steps, summed", (double)us / 1e6);
}

/* ---- what it owns ------------------------------------------------------------ */

typedef double (figure_h)(const struct core_counts *n,
			  const struct partition_figures *f);

static double queued(const struct core_counts *n,
		     const struct partition_figures *f)
{
	(void)f;
	return (double)n->queued;
}

static double contacts(const struct core_counts *n,
		       const struct partition_figures *f)
{
	(void)f;
	return (double)n->contacts;
}

static double legs(const struct core_counts *n,
		   const struct partition_figures *f)
{
	(void)f;
	return (double)n->legs;
}

static double unconfirmed(const struct core_counts *n,
			  const struct partition_figures *f)
{
	(void)n;
	return f->confirmed < f->sent ? (double)(f->sent - f->confirmed) : 0;
}

static double owned(const struct core_counts *n,
		    const struct partition_figures *f)
{
	(void)n, (void)f;
	return 1;
}

static const struct {
	const char *name, *help;
	figure_h *figure;
} per_partition[] = {
	{"jackfield_partition_owned", "1: this engine owns it", owned},
	{"jackfield_partition_contacts", "contacts that are not over",
	 contacts},
	{"jackfield_partition_queued", "contacts in line", queued},
	{"jackfield_partition_legs", "legs that are not over", legs},
	{"jackfield_partition_unconfirmed", "commits on their way to Redis",
	 unconfirmed},
};

static void partitions(struct prom *p, struct engine *e)
{
	struct partition_figures f;
	struct core_counts n;
	char number[16];

	prom_gauge(p, "jackfield_engine_partitions",
		   "partitions that there are", e->conf->partitions);
	for (size_t k = 0; k < sizeof(per_partition) / sizeof(*per_partition);
	     k++) {
		prom_family(p, per_partition[k].name, "gauge",
			    per_partition[k].help);
		for (unsigned i = 0; i < e->conf->partitions; i++) {
			if (!partition_served(e->parts[i]))
				continue;
			partition_counts(e->parts[i], &n);
			partition_figures(e->parts[i], &f);
			snprintf(number, sizeof(number), "%u", i);
			prom_labelled(p, per_partition[k].figure(&n, &f),
				      "partition", number, NULL);
		}
	}
}

/* ---- rtpengines and nodes: records of a kind with `up` --------------------------- */

struct ups {
	struct prom *p;
	const char *kind;
	char number[16];
};

static void up_row(struct str id, struct str line, void *arg)
{
	struct ups *u = arg;
	char name[128];

	if (!str_copy(name, sizeof(name), id))
		prom_labelled(u->p, (double)line_num(line, "up"), u->kind,
			      name, "partition", u->number, NULL);
}

static void ups(struct prom *p, struct engine *e, const char *family,
		const char *kind, const char *help)
{
	struct ups u = {.p = p, .kind = kind};

	prom_family(p, family, "gauge", help);
	for (unsigned i = 0; i < e->conf->partitions; i++) {
		if (!partition_served(e->parts[i]))
			continue;
		snprintf(u.number, sizeof(u.number), "%u", i);
		mirror_each(partition_mirror(e->parts[i]), kind, up_row, &u);
	}
}

/* ---- queues and agents --------------------------------------------------------- */

struct queue_figures {
	struct prom *p;
	const struct mirror *m;
	struct arena arena;
	uint64_t now, waiting, longest_ms;
	struct str queue;
	bool longest; /* which of the two is asked for */
};

static void count_waiting(struct str id, struct str line, void *arg)
{
	struct queue_figures *q = arg;
	struct str state = line_get(line, "state", &q->arena);
	uint64_t since = line_num(line, "enqueued");

	(void)id;
	if (!str_eq(line_get(line, "queue", &q->arena), q->queue) ||
	    (!str_eq(state, STR_LIT("queued")) &&
	     !str_eq(state, STR_LIT("offered"))))
		return;
	q->waiting++;
	if (since && q->now > since && q->now - since > q->longest_ms)
		q->longest_ms = q->now - since;
}

static void queue_value(struct str id, struct str line, void *arg)
{
	struct queue_figures *q = arg;
	struct str tenant = line_get(line, "tenant", &q->arena);
	struct str domain = line_get(mirror_get(q->m, "tenant", tenant),
				     "domain", &q->arena);

	q->queue = id;
	q->waiting = q->longest_ms = 0;
	mirror_each(q->m, "contact", count_waiting, q);
	prom_labelled(q->p, q->longest ? (double)q->longest_ms / 1000
				       : (double)q->waiting,
		      "tenant", arena_printf(&q->arena, "%.*s",
					     STR_FMT(domain)).p,
		      "queue", arena_printf(&q->arena, "%.*s", STR_FMT(
				line_get(line, "name", &q->arena))).p, NULL);
}

static void queues(struct prom *p, struct engine *e, bool longest)
{
	struct queue_figures q = {.p = p, .longest = longest,
				  .now = bus_now(e->bus)};

	arena_init(&q.arena);
	for (unsigned i = 0; i < e->conf->partitions; i++) {
		if (!partition_served(e->parts[i]))
			continue;
		q.m = partition_mirror(e->parts[i]);
		mirror_each(q.m, "queue", queue_value, &q);
		arena_reset(&q.arena);
	}
	arena_release(&q.arena);
}

static const char *const states[] = {"offline", "paused", "ready", "reserved",
				     "talking", "wrap_up", "not_responding"};
#define NSTATES (sizeof(states) / sizeof(states[0]))

struct agent_figures {
	struct arena arena;
	uint64_t n[NSTATES];
};

static void count_agent(struct str id, struct str line, void *arg)
{
	struct agent_figures *a = arg;
	struct str state = line_get(line, "state", &a->arena);

	(void)id;
	for (size_t i = 0; i < NSTATES; i++)
		a->n[i] += str_eq(state, str_c(states[i]));
	arena_reset(&a->arena);
}

static void agents(struct prom *p, struct engine *e)
{
	struct agent_figures a = {.n = {0}};

	arena_init(&a.arena);
	for (unsigned i = 0; i < e->conf->partitions; i++)
		if (partition_served(e->parts[i]))
			mirror_each(partition_mirror(e->parts[i]), "agent",
				    count_agent, &a);
	arena_release(&a.arena);
	prom_family(p, "jackfield_agents", "gauge", "agents by state");
	for (size_t i = 0; i < NSTATES; i++)
		prom_labelled(p, (double)a.n[i], "state", states[i], NULL);
}

/* ---- all of it --------------------------------------------------------------------- */

void metrics_write(struct prom *p, void *engine)
{
	struct engine *e = engine;

	stepping(p, e);
	owning(p, e);
	outside(p, e);
	partitions(p, e);
	ups(p, e, "jackfield_rtpengine_up", "rtpengine",
	    "1: the rtpengine answers");
	ups(p, e, "jackfield_node_up", "node",
	    "1: the Kamailio node or media worker is there");
	agents(p, e);
	prom_family(p, "jackfield_queue_waiting", "gauge",
		    "contacts in line of a queue");
	queues(p, e, false);
	prom_family(p, "jackfield_queue_longest_wait_seconds", "gauge",
		    "how long the first in line waits");
	queues(p, e, true);
}

/* A standby is ready, too: it could take over. */
const char *metrics_missing(void *engine)
{
	struct engine *e = engine;

	if (!bus_up(e->bus))
		return "Redis is away";
	for (unsigned i = 0; i < e->conf->partitions; i++)
		if (partition_trouble(e->parts[i]))
			return partition_trouble(e->parts[i]);
	return NULL;
}
