/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file internal.h  The world's parts, for the files that play them. */
#ifndef JF_SIM_INTERNAL_H
#define JF_SIM_INTERNAL_H

#include <uthash.h>

#include "lib/base/heap.h"
#include "tests/sim/script.h"
#include "tests/sim/world.h"

#define MAX_LEGS 60
#define RELAYS 2

enum phase { PHASE_EARLY, PHASE_UP, PHASE_GONE };

/* One SIP dialog at a node. */
struct dialog {
	uint64_t id;
	enum phase phase;
	bool uac, held;
	const char *number; /* callers: what they dialled */
	uint64_t call; /* and their Call-ID */
	char *memo; /* percent-encoded, or NULL */
	UT_hash_handle hh;
};

/* Something that will come back. */
struct pending {
	struct heap_node at;
	char line[LINE];
};

/* A leg at the worker. */
struct mixed {
	uint64_t id;
	unsigned boot, port;
	char point[64];
	UT_hash_handle hh;
};

struct producer_state {
	const char *name;
	unsigned boot;
	uint64_t seq;
};

/* An rtpengine; one that forgot its calls gives them other ports. */
struct relay {
	bool up;
	unsigned life;
};

struct world {
	uint64_t rng, now, serial, timer, next_leg;
	struct heap queue;
	struct dialog *dialogs;
	struct mixed *mixed;
	struct producer_state acd, worker;
	bool drain, worker_up, started;
	struct relay relays[RELAYS];
	struct script conf;
	char out[LINE], last[LINE]; /* last: to be repeated */
	struct arena arena;
};

/* Schedules a line without time and stamp. */
__attribute__((format(printf, 3, 4)))
void later(struct world *w, uint64_t ms, const char *fmt, ...);
uint64_t leg_of(const struct msg *m);
bool chance(struct world *w, unsigned percent);
struct dialog *dialog_find(struct world *w, uint64_t id);
struct dialog *dialog_add(struct world *w, uint64_t id, bool uac);
/* Exactly one leg.ended for every leg, like the real node. */
void dialog_end(struct world *w, struct dialog *d, const char *by,
		const char *cause, unsigned code);

/* acts.c: something happens that nobody asked for. */
void world_acts(struct world *w);
/* A new boot: what was not answered is gone. */
void acd_restarts(struct world *w);

/* announce.c: what the nodes keep, and name when they are asked. */
void dialog_remember(struct world *w, const struct msg *m);
void mixed_note(struct world *w, const struct msg *m);
void announce_legs(struct world *w);
void announce_media(struct world *w);
void mixed_free(struct world *w);

#endif
