/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file sim.h  One run: a core that is restarted from its stored records now
 * and then, and beside it one that never is. Both get the same events and must
 * do the same; every row that leaves is checked against those before it.
 */
#ifndef JF_SIM_SIM_H
#define JF_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_result {
	uint64_t steps, restarts, rollbacks, contacts, decisions, offers, talks;
	uint64_t ignored, stale;
	double step_us; /* CPU per step of one core, checks not counted */
	char fault[400]; /* empty: everything held */
};

/* A text: every step that names it, in its event or its effects, is printed.
 * NULL: nothing is. */
extern const char *sim_trace;

void sim_run(uint64_t seed, uint64_t steps, struct sim_result *r);

#endif
