/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file wire.h  What a bus does to events on their way from the world.
 *
 * Lost and sent again: a producer is cut off; what it says waits, and comes
 * after what it had sent before, once more. Doubled: an event comes twice.
 * Reordered between producers, never within one: whoever is cut off is
 * overtaken. Rolled back: Redis lost its end; all producers send again what
 * they have kept, in one order of many; with the owner, when that dies too.
 */
#ifndef JF_SIM_WIRE_H
#define JF_SIM_WIRE_H

#include "tests/sim/world.h"

struct wire;

struct wire_counts {
	uint64_t cuts, held, doubled, rolled_back, again;
};

struct wire *wire_alloc(struct world *w, uint64_t seed);
void wire_free(struct wire *b);
/* The next event as the owner reads it; as world_next(). */
const char *wire_next(struct wire *b);
/* Once after a roll-back that took the owner along. */
bool wire_owner_died(struct wire *b);
/* Nobody is cut off, nothing comes again; from now on no trouble. */
void wire_mend(struct wire *b);
bool wire_idle(const struct wire *b);
const struct wire_counts *wire_counts(const struct wire *b);

#endif
