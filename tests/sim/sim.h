/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file sim.h  One run: a core that is restarted from its stored records now
 * and then, and beside it one that never is. Both get the same events and must
 * do the same; every row that leaves is checked against those before it. Either
 * Redis and its owner are lost together now and then, or, with a bus between
 * (wire.h), events are lost, doubled, reordered and rolled back.
 */
#ifndef JF_SIM_SIM_H
#define JF_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_result {
	uint64_t steps, restarts, rollbacks, contacts, decisions, offers, talks;
	uint64_t ignored, stale;
	uint64_t offered, cuts, doubled, again; /* with a bus */
	double step_us; /* CPU per step of one core, checks not counted */
	char fault[400]; /* empty: everything held */
};

/* A text: every step that names it, in its event or its effects, is printed.
 * NULL: nothing is. */
extern const char *sim_trace;

void sim_run(uint64_t seed, uint64_t steps, bool bus, struct sim_result *r);

#endif
