/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uthash.h>

#include "tests/sim/sim.h"
#include "tests/sim/store.h"
#include "tests/sim/world.h"

#define DRAIN_STEPS 200000

/* Where the rows of one contact or agent have got to. */
struct chain {
	char key[24];
	uint64_t end, ordinal;
	bool over;
	UT_hash_handle hh;
};

struct sim {
	struct core *core, *twin; /* restarted; never restarted */
	struct store *store;
	struct world *world;
	struct arena arena;
	struct chain *chains;
	struct sim_result *r;
	double cpu_s;
};

#define FAULT(s, ...)                                                          \
	do {                                                                   \
		if (!(s)->r->fault[0])                                         \
			snprintf((s)->r->fault, sizeof((s)->r->fault),         \
				 __VA_ARGS__);                                 \
	} while (0)

static struct chain *chain_of(struct sim *s, struct str key)
{
	struct chain *k;

	HASH_FIND(hh, s->chains, key.p, key.len, k);
	if (k)
		return k;
	k = calloc(1, sizeof(*k));
	str_copy(k->key, sizeof(k->key), key);
	HASH_ADD_KEYPTR(hh, s->chains, k->key, key.len, k);
	return k;
}

/* Each stretch begins where the one before ended. */
static void extend(struct sim *s, struct chain *k, const struct msg *m)
{
	uint64_t begin = msg_num(m, F_BEGIN), end = msg_num(m, F_END);

	if (k->over)
		FAULT(s, "%s: a row after its end", k->key);
	if (k->end && k->end != begin)
		FAULT(s, "%s: gap of %lld ms", k->key,
		      (long long)(begin - k->end));
	if (end < begin)
		FAULT(s, "%s: ends before it begins", k->key);
	k->end = end;
}

static void check_row(struct sim *s, const struct msg *m)
{
	struct chain *k;

	if (m->type == M_JOURNAL_SEGMENT) {
		k = chain_of(s, msg_get(m, F_CONTACT));
		extend(s, k, m);
		if (msg_num(m, F_ORDINAL) != ++k->ordinal)
			FAULT(s, "%s: segment %llu missing", k->key,
			      (unsigned long long)k->ordinal);
	} else if (m->type == M_JOURNAL_AGENT_STATE) {
		k = chain_of(s, msg_get(m, F_AGENT));
		if (str_eq(msg_get(m, F_CAUSE), STR_LIT("configured")))
			k->end = 0; /* the row was gone for a while */
		extend(s, k, m);
	} else if (m->type == M_JOURNAL_CONTACT) {
		k = chain_of(s, msg_get(m, F_CONTACT));
		if (k->over || k->end != msg_num(m, F_END))
			FAULT(s, "%s: does not end with its segments", k->key);
		k->over = true;
		s->r->contacts++;
	} else if (m->type == M_JOURNAL_DECISION) {
		s->r->decisions++;
		s->r->offers += msg_get(m, F_AGENT).len > 0;
	} else if (m->type == M_PUSH_CONTACT) {
		s->r->talks += str_eq(msg_get(m, F_CAUSE), STR_LIT("answered"));
	}
}

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
		check_row(s, m);
	}
	return sum;
}

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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
	t = cpu_now();
	if (core_step(s->core, &m, &out))
		FAULT(s, "out of memory");
	s->cpu_s += cpu_now() - t;
	h = effects_hash(s, &out, true);
	store_put(s->store, out.records, out.nrecords);
	wrong = core_check(s->core);
	if (wrong)
		FAULT(s, "%s after %s", wrong, line);
	world_effects(s->world, out.effects, out.neffects);
	core_step(s->twin, &m, &twin);
	if (effects_hash(s, &twin, false) != h)
		FAULT(s, "restart changed the effects of %s", line);
	world_timer(s->world, core_due(s->core));
	s->r->steps++;
}

/* The process dies; its successor finds what was stored. */
static void restart(struct sim *s)
{
	struct core_out out;
	struct core_record *all;
	char err[200] = "", line[100];
	size_t n;

	core_snapshot(s->core, &out);
	if (!store_equals(s->store, out.records, out.nrecords))
		FAULT(s, "a change was not stored");
	all = store_all(s->store, &n);
	core_free(s->core);
	core_alloc(&s->core, 1);
	if (core_load(s->core, all, n, err, sizeof(err)))
		FAULT(s, "load: %s", err);
	free(all);
	s->r->restarts++;
	snprintf(line, sizeof(line), "t=owner.acquired generation=g%llu "
		 "partition=1 time=%llu", (unsigned long long)s->r->restarts,
		 (unsigned long long)world_now(s->world));
	step_both(s, line);
}

static void finish(struct sim *s)
{
	struct core_counts k;

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
	return world_idle(s->world) && !k.contacts && !k.legs;
}

static void sim_release(struct sim *s)
{
	struct chain *k, *tmp;

	HASH_ITER(hh, s->chains, k, tmp) {
		HASH_DEL(s->chains, k);
		free(k);
	}
	core_free(s->core);
	core_free(s->twin);
	store_free(s->store);
	world_free(s->world);
	arena_release(&s->arena);
}

void sim_run(uint64_t seed, uint64_t steps, struct sim_result *r)
{
	struct sim s = {.r = r};

	memset(r, 0, sizeof(*r));
	arena_init(&s.arena);
	s.world = world_alloc(seed);
	s.store = store_alloc();
	if (core_alloc(&s.core, 1) || core_alloc(&s.twin, 1)) {
		FAULT(&s, "out of memory");
	}
	while (!r->fault[0] && r->steps < steps) {
		step_both(&s, world_next(s.world));
		if (world_random(s.world, 1000) == 0 && !world_configures(s.world))
			restart(&s);
	}
	world_drain(s.world);
	for (int i = 0; !r->fault[0] && i < DRAIN_STEPS && !drained(&s); i++)
		step_both(&s, world_next(s.world));
	if (!r->fault[0])
		finish(&s);
	sim_release(&s);
}
