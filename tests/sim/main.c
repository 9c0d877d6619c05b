/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core_sim [--bus] [--seed N] [--steps N] [--seeds N] [--trace TEXT]
 *
 * 10 seeds of 100,000 steps, or 10,000 of 2,000 when JF_LONG is set. With --bus
 * (bus_sim: always) 100 of 1,500, or 10,000: see sim.h.
 * Prints TAP, one case per seed; a failing seed replays with --seed.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

static void tell_bus(const struct sim_result *r)
{
	printf("# %" PRIu64 " offered, %" PRIu64 " cuts, %" PRIu64 " doubled, %"
	       PRIu64 " sent again\n", r->offered, r->cuts, r->doubled,
	       r->again);
}

static bool run(int n, uint64_t seed, uint64_t steps, bool bus)
{
	struct sim_result r;

	sim_run(seed, steps, bus, &r);
	printf("%sok %d - seed %" PRIu64 ": %" PRIu64 " steps\n",
	       r.fault[0] ? "not " : "", n, seed, r.steps);
	if (r.fault[0])
		printf("# step %" PRIu64 ": %s\n# again: core_sim%s --seed"
		       " %" PRIu64 " --steps %" PRIu64 "\n", r.steps, r.fault,
		       bus ? " --bus" : "", seed, steps);
	else
		printf("# %" PRIu64 " contacts, %" PRIu64 " talks, %" PRIu64
		       " decisions, %" PRIu64 " restarts, %" PRIu64
		       " roll-backs, %" PRIu64 " ignored, %" PRIu64 " stale, %.2f us per step\n",
		       r.contacts, r.talks, r.decisions, r.restarts, r.rollbacks, r.ignored,
		       r.stale, r.step_us);
	if (bus && !r.fault[0])
		tell_bus(&r);
	fflush(stdout);
	return !r.fault[0];
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"steps", required_argument, NULL, 'n'},
		{"seeds", required_argument, NULL, 'k'},
		{"bus", no_argument, NULL, 'b'},
		{"trace", required_argument, NULL, 't'},
		{NULL, 0, NULL, 0}};
	uint64_t seed = 1, steps = 100000, seeds = 10;
	const char *many = getenv("JF_LONG");
	int c, failed = 0;

	bool bus = strstr(argv[0], "bus_sim");

	if (bus) {
		seeds = 100;
		steps = 1500;
	}
	if (many && *many) {
		seeds = 10000;
		steps = bus ? 1500 : 2000;
	}

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's') {
			seed = strtoull(optarg, NULL, 10);
			seeds = 1;
		} else if (c == 'n') {
			steps = strtoull(optarg, NULL, 10);
		} else if (c == 'b') {
			bus = true;
		} else if (c == 'k') {
			seeds = strtoull(optarg, NULL, 10);
		} else if (c == 't') {
			sim_trace = optarg;
		} else {
			return 2;
		}
	}
	printf("1..%" PRIu64 "\n", seeds);
	for (uint64_t i = 0; i < seeds; i++)
		failed += !run((int)i + 1, seed + i, steps, bus);
	printf("%d passed, %d failed\n", (int)seeds - failed, failed);
	return failed != 0;
}
