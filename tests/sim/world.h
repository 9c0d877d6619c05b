/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file world.h  Everything around the core, played by a seeded generator:
 * phones, callers, rtpengine, the media worker, people who ask for things.
 *
 * The world reads the core's effects and schedules what would come back; now
 * and then it does what real worlds do: repeats, reorders, loses, restarts.
 */
#ifndef JF_SIM_WORLD_H
#define JF_SIM_WORLD_H

#include "router-engine/core/core.h"

struct world;

struct world *world_alloc(uint64_t seed);
void world_free(struct world *w);

/* The next event, as a line for msg_scan(); never NULL while not drained.
 * Valid until the next call. */
const char *world_next(struct world *w);
/* What the core wants done. */
void world_effects(struct world *w, const struct core_effect *v, size_t n);
/* When the core's next timer is due, 0 none. */
void world_timer(struct world *w, uint64_t due);

/* Another engine owns the partition: what its predecessor had asked goes
 * nowhere, and it is told the configuration and who is up. */
void world_new_owner(struct world *w);

/* No new calls from now on; everybody hangs up. */
void world_drain(struct world *w);
/* Nothing is under way and nothing will come but timers. */
bool world_idle(const struct world *w);
/* Between conf.begin and conf.end. */
bool world_configures(const struct world *w);
uint64_t world_random(struct world *w, uint64_t below);
uint64_t world_now(const struct world *w);

#endif
