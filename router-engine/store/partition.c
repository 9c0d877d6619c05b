/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time: an event is stepped at its own time, and before it every timer that
 * was due earlier, so that after a takeover a ring timeout does not overtake
 * the answer that was already queued. Timers fire by the clock only when no
 * event is known to be unread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "router-engine/io/alarm.h"
#include "router-engine/store/agents_were.h"
#include "router-engine/store/calllog.h"
#include "router-engine/store/committer.h"
#include "router-engine/store/confdb.h"
#include "router-engine/store/directory.h"
#include "router-engine/store/drain.h"
#include "router-engine/store/engine.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/pending.h"
#include "router-engine/store/recorder.h"

#define BACKLOG_LOOK_MS 20
#define HELD_UP_MS 20 /* a timer later than this: the loop stood still */
#define TIMERS_MAX 100000 /* in one go: more is a fault of the core */

struct partition {
	struct engine *e;
	unsigned n;
	struct core *core; /* NULL: not served */
	char generation[64];
	char trouble[256]; /* why it is held but not served */
	struct mirror mirror;
	struct pending *pending;
	struct committer *committer;
	struct alarm *due;
	bool ask_agents; /* rebuilt, and PostgreSQL knows its agents */
	bool held_up; /* events may lie unread in our own socket */
	struct partition_figures figures;
	struct arena arena;
};

/* ---- one step ----------------------------------------------------------------- */

static void due_set(struct partition *p)
{
	uint64_t due = core_due(p->core), now = bus_now(p->e->bus), ms;

	if (!due) {
		alarm_off(p->due);
		return;
	}
	ms = due > now ? due - now : 0;
	alarm_set(p->due, ms > 3600000 ? 3600000 : (unsigned)ms);
}

static int core_step_timed(struct partition *p, const struct msg *m,
			   struct core_out *out)
{
	uint64_t begin = alarm_now_us(), us;
	int err = core_step(p->core, m, out);

	us = alarm_now_us() - begin;
	p->figures.steps++;
	p->figures.step_us_sum += us;
	if (us > p->figures.step_us_max)
		p->figures.step_us_max = us;
	return err;
}

/* must: commit even when nothing changed. */
static int step(struct partition *p, const struct msg *m, bool must)
{
	struct core_out out = {0};
	int err;

	recorder_event(p->e->recorder, p->n, p->generation, m);
	err = core_step_timed(p, m, &out);
	if (err) {
		engine_fail(p->e, "step of the core", err);
		return err;
	}
	recorder_decisions(p->e->recorder, p->n, p->generation, &out);
	recorder_flush(p->e->recorder);
	calllog(&out);
	err = committer_take(p->committer, &out, must);
	if (err == ENOMEM)
		engine_fail(p->e, "commit", err);
	return err;
}

static int step_timer(struct partition *p, uint64_t time)
{
	struct msg m;
	int err;

	msg_init(&m, M_TIMER_DUE);
	msg_put_num(&m, &p->arena, F_TIME, time);
	err = step(p, &m, false);
	arena_reset(&p->arena);
	return err;
}

/* Timers that were due before t, each at its own time. */
static int step_timers_before(struct partition *p, uint64_t t)
{
	unsigned n = 0;
	uint64_t due;
	int err = 0;

	while (!err && (due = core_due(p->core)) && due < t) {
		if (n++ == TIMERS_MAX) {
			engine_fail(p->e, "timers of the core", ELOOP);
			return ELOOP;
		}
		err = step_timer(p, due);
	}
	return err;
}

/*
 * Timers fire by the clock only when no event can be older than they are:
 * the stream is read up to its end, and the lease is safe. After this process
 * stood still (stopped, a paused machine) the loop runs timers before it has
 * looked at its sockets: they get their turn first.
 */
static bool may_fire(struct partition *p, uint64_t late_ms)
{
	if (!owner_caught_up(p->e->owner, p->n) ||
	    !owner_safe(p->e->owner, p->n, 0))
		return false;
	if (late_ms < HELD_UP_MS || p->held_up) {
		p->held_up = false;
		return true;
	}
	p->held_up = true;
	return false;
}

static void on_due(void *arg)
{
	struct partition *p = arg;
	uint64_t now = bus_now(p->e->bus), due;

	if (!p->core || !(due = core_due(p->core)))
		return;
	if (now < due) {
		due_set(p);
		return;
	}
	if (!may_fire(p, now - due)) {
		alarm_set(p->due, p->held_up ? 1 : BACKLOG_LOOK_MS);
		return;
	}
	step_timer(p, now);
	if (p->core && core_due(p->core) == due)
		alarm_set(p->due, BACKLOG_LOOK_MS); /* no busy loop, ever */
	else if (p->core)
		due_set(p);
}

/* ---- events of the stream ------------------------------------------------------ */

static unsigned patience(struct str kind)
{
	return str_eq(kind, STR_LIT("acd")) ? WATCH_ACD_SILENCE_MS
					    : WATCH_SILENCE_MS;
}

/* Nodes are watched from the moment they say where they are. */
static void look_at_node_up(struct partition *p, const struct msg *m)
{
	if (m->type != M_NODE_UP || !str_set(msg_get(m, F_LIVENESS)))
		return;
	if (watch_add(p->e->watch, msg_get(m, F_NODE), msg_get(m, F_BOOT),
		      msg_get(m, F_LIVENESS), patience(msg_get(m, F_KIND)), true))
		log_error("watch.failed", "node=%.*s liveness=%.*s",
			  STR_FMT(msg_get(m, F_NODE)),
			  STR_FMT(msg_get(m, F_LIVENESS)));
}

void partition_event(struct partition *p, const struct msg *m,
		     struct str stream_id)
{
	if (!p->core)
		return;
	if (step_timers_before(p, msg_num(m, F_TIME)) || !p->core)
		return;
	if (committer_event(p->committer, stream_id)) {
		engine_fail(p->e, "stream id", ENAMETOOLONG);
		return;
	}
	step(p, m, false);
	look_at_node_up(p, m);
	if (p->core)
		due_set(p);
}

void partition_committed(struct partition *p, uint64_t number)
{
	p->figures.confirmed = number;
	pending_confirmed(p->pending, number);
	if (p->core)
		committer_confirmed(p->committer);
}

void partition_wiped(struct partition *p)
{
	struct core_out out = {0};
	int err;

	if (!p->core)
		return;
	log_warn("partition.wiped", "partition=%u", p->n);
	err = core_snapshot(p->core, &out);
	if (!err)
		err = committer_take(p->committer, &out, true);
	if (err && err != EPERM)
		engine_fail(p->e, "snapshot", err);
	if (p->n == 0)
		directory_write(p->e->directory);
}

/* ---- inner events ------------------------------------------------------------------ */

int partition_inner(struct partition *p, const struct msg *m,
		    partition_done_h *done, void *arg)
{
	struct msg copy = *m;
	char time[24];
	uint64_t now;

	if (!p->core || (done && owner_full(p->e->owner, p->n)))
		return EPERM;
	now = bus_now(p->e->bus);
	if (now < core_now(p->core))
		now = core_now(p->core);
	if (owner_caught_up(p->e->owner, p->n) &&
	    owner_safe(p->e->owner, p->n, 0))
		step_timers_before(p, now);
	if (!p->core)
		return EPERM;
	snprintf(time, sizeof(time), "%llu", (unsigned long long)now);
	msg_put(&copy, F_TIME, str_c(time));
	if (step(p, &copy, done != NULL) || !p->core)
		return EPERM;
	due_set(p);
	if (done && pending_answer(p->pending, committer_number(p->committer),
				   done, arg))
		return EPERM;
	return 0;
}

/* ---- ours, and not ours any more ----------------------------------------------------- */

static int load(struct partition *p, const struct owner_record *records,
		size_t n)
{
	struct core_record *v = calloc(n ? n : 1, sizeof(*v));
	int err = v ? core_alloc(&p->core, p->n) : ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		v[i] = (struct core_record){records[i].kind, records[i].id,
					    records[i].value};
		recorder_record(p->e->recorder, p->n, p->generation, &v[i]);
		err = mirror_put(&p->mirror, &v[i]);
	}
	if (!err)
		err = core_load(p->core, v, n, p->trouble,
				sizeof(p->trouble));
	free(v);
	return err;
}

static void tell_acquired(struct partition *p, uint64_t now, bool rebuild)
{
	struct msg m;

	msg_init(&m, M_OWNER_ACQUIRED);
	msg_put_num(&m, &p->arena, F_TIME,
		    now > core_now(p->core) ? now : core_now(p->core));
	msg_put(&m, F_GENERATION, str_c(p->generation));
	msg_put_num(&m, &p->arena, F_PARTITION, p->n);
	if (rebuild)
		msg_put_num(&m, &p->arena, F_REBUILD, 1);
	step(p, &m, true);
	arena_reset(&p->arena);
}

static void tell(const struct msg *m, void *arg)
{
	struct partition *p = arg;

	partition_inner(p, m, NULL, NULL);
}

struct watching {
	struct partition *p;
	struct arena arena;
};

void partition_configured(struct partition *p)
{
	if (p->ask_agents)
		p->ask_agents = agents_were(p->e, p->n) != 0;
}

/* A node that was up for whoever had the partition before. That we missed it
 * says nothing: we may have been cut off ourselves. */
static void look_at_node(struct str id, struct str line, void *arg)
{
	struct watching *g = arg;
	struct str liveness = line_get(line, "liveness", &g->arena);

	if (!str_set(liveness) || !line_num(line, "up"))
		return;
	watch_add(g->p->e->watch, id, line_get(line, "boot", &g->arena),
		  liveness, patience(line_get(line, "kind", &g->arena)), true);
}

static void watch_nodes(struct partition *p)
{
	struct watching g = {.p = p};

	arena_init(&g.arena);
	mirror_each(&p->mirror, "node", look_at_node, &g);
	arena_release(&g.arena);
}

void partition_acquired(struct partition *p, const char *generation,
			uint64_t now, const struct owner_record *records,
			size_t n)
{
	int err;

	snprintf(p->generation, sizeof(p->generation), "%s", generation);
	p->trouble[0] = '\0';
	p->figures.confirmed = 0;
	recorder_load(p->e->recorder, p->n, p->generation);
	err = load(p, records, n);
	if (err) {
		/* One bad record must not take the other partitions with it:
		 * this one is held, and waits for whoever mends it. */
		log_error("partition.unreadable", "partition=%u error=\"%s\"",
			  p->n, p->trouble[0] ? p->trouble : strerror(err));
		core_free(p->core);
		p->core = NULL;
		if (err == ENOMEM)
			engine_fail(p->e, "loading a partition", err);
		return;
	}
	log_info("partition.acquired", "partition=%u generation=%s records=%zu",
		 p->n, p->generation, n);
	p->ask_agents = !n; /* Redis knows nothing */
	tell_acquired(p, now, !n || owner_doubts(p->e->owner, p->n));
	ngc_tell(p->e->ng, tell, p);
	watch_nodes(p);
	confdb_tell(p->e->confdb, p);
	if (p->n == 0)
		directory_write(p->e->directory);
	drain_soon(p->e->drain, p->n);
	if (p->core)
		due_set(p);
}

static void forget(struct partition *p)
{
	alarm_off(p->due);
	core_free(p->core);
	p->core = NULL;
	p->trouble[0] = '\0';
	committer_clear(p->committer);
	mirror_release(&p->mirror);
	pending_clear(p->pending);
}

void partition_lost(struct partition *p, const char *reason)
{
	log_warn("partition.lost", "partition=%u generation=%s reason=\"%s\"",
		 p->n, p->generation, reason);
	forget(p);
	ngc_cancel(p->e->ng, p->n);
}

int partition_alloc(struct partition **pp, struct engine *e, unsigned n)
{
	struct partition *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	p->e = e;
	p->n = n;
	arena_init(&p->arena);
	if (pending_alloc(&p->pending, e, n) ||
	    alarm_alloc(&p->due, e->base, on_due, p) ||
	    committer_alloc(&p->committer, e, n, &p->mirror, p->pending)) {
		partition_free(p);
		return ENOMEM;
	}
	*pp = p;
	return 0;
}

void partition_free(struct partition *p)
{
	if (!p)
		return;
	if (p->pending && p->due && p->committer)
		forget(p);
	pending_free(p->pending);
	alarm_free(p->due);
	committer_free(p->committer);
	arena_release(&p->arena);
	free(p);
}

/* ---- looking at it ------------------------------------------------------------------- */

bool partition_served(const struct partition *p)
{
	return p->core != NULL;
}

unsigned partition_number(const struct partition *p)
{
	return p->n;
}

const char *partition_generation(const struct partition *p)
{
	return p->generation;
}

const char *partition_trouble(const struct partition *p)
{
	return p->trouble[0] ? p->trouble : NULL;
}

const struct mirror *partition_mirror(const struct partition *p)
{
	return &p->mirror;
}

void partition_counts(const struct partition *p, struct core_counts *counts)
{
	if (p->core)
		core_counts(p->core, counts);
	else
		memset(counts, 0, sizeof(*counts));
}

void partition_figures(const struct partition *p, struct partition_figures *f)
{
	*f = p->figures;
	f->sent = committer_number(p->committer);
	f->waiting = pending_count(p->pending);
}
