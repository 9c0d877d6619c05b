/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uthash.h>

#include "tests/sim/checker.h"
#include "tests/sim/history.h"
#include "tests/sim/ledger.h"
#include "tests/sim/sim.h"
#include "tests/sim/store.h"
#include "tests/sim/wire.h"
#include "tests/sim/world.h"

#define DRAIN_STEPS 200000

struct sim {
	struct core *core, *twin; /* restarted; never restarted */
	struct store *store;
	struct world *world;
	struct arena arena;
	struct history *history;
	struct checker *checker;
	struct wire *wire; /* NULL: events come as they are */
	struct ledger *ledger; /* with a wire */
	struct sim_result *r;
	double cpu_s;
};

#define FAULT(s, ...)                                                          \
	do {                                                                   \
		if (!(s)->r->fault[0])                                         \
			snprintf((s)->r->fault, sizeof((s)->r->fault),         \
				 __VA_ARGS__);                                 \
	} while (0)

const char *sim_trace;

/* Order-free: a sum of the effects' hashes. */
static uint64_t effects_hash(struct sim *s, const struct core_out *out,
			     bool check)
{
	char err[200];
	uint64_t sum = 0;

	for (size_t i = 0; i < out->neffects; i++) {
		const struct msg *m = &out->effects[i].m;
		struct str line = msg_format(m, &s->arena);
		uint64_t h = 1469598103934665603u;

		for (size_t j = 0; j < line.len; j++)
			h = (h ^ (unsigned char)line.p[j]) * 1099511628211u;
		sum += h;
		if (!check)
			continue;
		if (msg_check(m, err, sizeof(err)))
			FAULT(s, "effect: %s", err);
		if (msg_type_dir(m->type) == DIR_JOURNAL ||
		    msg_type_dir(m->type) == DIR_PUSH)
			history_row(s->history, m);
	}
	return sum;
}

static void trace(struct sim *s, const char *line, const struct core_out *out)
{
	bool named = strstr(line, sim_trace) != NULL;

	for (size_t i = 0; i < out->neffects; i++) {
		struct str e = msg_format(&out->effects[i].m, &s->arena);
		bool it = e.len && memmem(e.p, e.len, sim_trace,
					  strlen(sim_trace));

		if (it && !named)
			printf("# %llu %s\n", (unsigned long long)s->r->steps,
			       line);
		named |= it;
	}
	if (!named)
		return;
	if (strstr(line, sim_trace))
		printf("# %llu %s\n", (unsigned long long)s->r->steps, line);
	for (size_t i = 0; i < out->neffects; i++)
		printf("#	%.*s\n", STR_FMT(msg_format(
			&out->effects[i].m, &s->arena)));
}

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void judge(struct sim *s, const struct msg *m,
		  const struct core_out *out)
{
	ledger_event(s->ledger, m);
	ledger_effects(s->ledger, out->effects, out->neffects);
	if (ledger_fault(s->ledger))
		FAULT(s, "%s", ledger_fault(s->ledger));
}

static void step_both(struct sim *s, const char *line)
{
	struct core_out out, twin;
	struct msg m;
	char err[200];
	const char *wrong;
	uint64_t h;
	double t;

	arena_reset(&s->arena);
	if (msg_scan(&m, str_c(line), &s->arena, err, sizeof(err))) {
		FAULT(s, "world: %s in %s", err, line);
		return;
	}
	history_step(s->history, line);
	t = cpu_now();
	if (core_step(s->core, &m, &out))
		FAULT(s, "out of memory");
	s->cpu_s += cpu_now() - t;
	if (s->wire)
		judge(s, &m, &out);
	h = effects_hash(s, &out, true);
	store_put(s->store, out.records, out.nrecords);
	wrong = core_check(s->core);
	if (wrong)
		FAULT(s, "%s after %s", wrong, line);
	if (sim_trace)
		trace(s, line, &out);
	world_effects(s->world, out.effects, out.neffects);
	core_step(s->twin, &m, &twin);
	if (effects_hash(s, &twin, false) != h)
		FAULT(s, "restart changed the effects of %s", line);
	world_timer(s->world, core_due(s->core));
	s->r->steps++;
}

/* Loads a core from what is stored. */
static void load(struct sim *s, struct core **cp)
{
	struct core_record *all;
	char err[200] = "";
	size_t n;

	all = store_all(s->store, &n);
	core_free(*cp);
	core_alloc(cp, 1);
	if (core_load(*cp, all, n, err, sizeof(err)))
		FAULT(s, "load: %s", err);
	free(all);
}

/* The process dies; its successor finds what was stored. */
static void restart(struct sim *s)
{
	struct core_out out;
	char line[100];

	core_snapshot(s->core, &out);
	if (!store_equals(s->store, out.records, out.nrecords))
		FAULT(s, "a change was not stored");
	load(s, &s->core);
	s->r->restarts++;
	snprintf(line, sizeof(line), "t=owner.acquired generation=g%llu "
		 "partition=1 time=%llu", (unsigned long long)s->r->restarts,
		 (unsigned long long)world_now(s->world));
	step_both(s, line);
}

/*
 * Redis fails over to a replica that lacks the last commits, and the engine
 * dies with it. Nodes send again what they said since; what the lost commits
 * had told them was done.
 */
static void roll_back(struct sim *s)
{
	unsigned most = history_size(s->history);
	unsigned n = 1 + (unsigned)world_random(s->world, most > 20 ? 20 : most);
	const char *again;
	char line[100];

	if (!most)
		return;
	store_roll_back(s->store, n);
	history_roll_back(s->history, n);
	load(s, &s->core);
	load(s, &s->twin);
	s->r->rollbacks++;
	world_new_owner(s->world);
	snprintf(line, sizeof(line), "t=owner.acquired generation=r%llu "
		 "partition=1 rebuild=1 time=%llu",
		 (unsigned long long)s->r->rollbacks,
		 (unsigned long long)world_now(s->world));
	step_both(s, line);
	while ((again = history_next(s->history)) && !s->r->fault[0])
		step_both(s, again);
}

static void finish_wire(struct sim *s)
{
	const struct wire_counts *c = wire_counts(s->wire);

	ledger_end(s->ledger);
	if (ledger_fault(s->ledger))
		FAULT(s, "%s", ledger_fault(s->ledger));
	s->r->offered = ledger_offered(s->ledger);
	s->r->cuts = c->cuts;
	s->r->doubled = c->doubled;
	s->r->rollbacks = c->rolled_back;
	s->r->again = c->again;
}

static void finish(struct sim *s)
{
	struct core_counts k;

	if (s->wire)
		finish_wire(s);
	core_counts(s->core, &k);
	if (k.contacts || k.legs || k.queued)
		FAULT(s, "left behind: %llu contacts, %llu legs",
		      (unsigned long long)k.contacts,
		      (unsigned long long)k.legs);
	s->r->ignored = k.ignored;
	s->r->stale = k.stale;
	s->r->step_us = s->cpu_s * 1e6 / (double)(s->r->steps ? s->r->steps : 1);
}

static bool drained(struct sim *s)
{
	struct core_counts k;

	core_counts(s->core, &k);
	return (!s->wire || wire_idle(s->wire)) && world_idle(s->world) &&
	       !k.contacts && !k.legs;
}

static void sim_release(struct sim *s)
{
	checker_free(s->checker);
	wire_free(s->wire);
	ledger_free(s->ledger);
	core_free(s->core);
	core_free(s->twin);
	store_free(s->store);
	history_free(s->history);
	world_free(s->world);
	arena_release(&s->arena);
}

static const char *next(struct sim *s)
{
	return s->wire ? wire_next(s->wire) : world_next(s->world);
}

static void trouble(struct sim *s)
{
	bool died = s->wire && wire_owner_died(s->wire);

	if ((world_random(s->world, 1000) == 0 || died) &&
	    !world_configures(s->world))
		restart(s);
	if (!s->wire && world_random(s->world, 1500) == 0 &&
	    !world_configures(s->world))
		roll_back(s);
}

void sim_run(uint64_t seed, uint64_t steps, bool bus, struct sim_result *r)
{
	struct sim s = {.r = r};

	memset(r, 0, sizeof(*r));
	arena_init(&s.arena);
	s.world = world_alloc(seed);
	s.store = store_alloc();
	s.checker = checker_alloc(r);
	s.history = history_alloc(checker_row, s.checker);
	s.wire = bus ? wire_alloc(s.world, seed) : NULL;
	s.ledger = bus ? ledger_alloc() : NULL;
	if (core_alloc(&s.core, 1) || core_alloc(&s.twin, 1)) {
		FAULT(&s, "out of memory");
	}
	while (!r->fault[0] && r->steps < steps) {
		step_both(&s, next(&s));
		trouble(&s);
	}
	world_drain(s.world);
	if (s.wire)
		wire_mend(s.wire);
	for (int i = 0; !r->fault[0] && i < DRAIN_STEPS && !drained(&s); i++)
		step_both(&s, next(&s));
	history_flush(s.history);
	if (!r->fault[0])
		finish(&s);
	sim_release(&s);
}
