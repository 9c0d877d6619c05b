/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file rebuild.h  Calls and places from what the nodes still have.
 *
 * For an owner that finds less in Redis than was committed: an empty
 * partition, or a primary that lost its last moment together with the engine
 * that could have told it again. First the acd nodes name their legs, with the
 * memos that we gave them; then the workers name theirs; then contacts take
 * their places and talks go on. Nobody is matched meanwhile.
 */
#ifndef JF_CORE_REBUILD_H
#define JF_CORE_REBUILD_H

#include "router-engine/core/state.h"

/* Asks everybody; again, when an earlier owner did not come to its end. */
void rebuild_begin(struct core *c);
/* The timer of the meta record. */
void rebuild_due(struct core *c);

/*
 * Nodes send again what they sent in the last seconds, also about legs whose
 * story is told in the journal already. Such a leg.offered counts until its
 * node names the leg, or ends it; a feature code's does not count at all.
 */
bool rebuild_passes_over(struct core *c, const struct msg *offered,
			 uint64_t leg);
/* True: this leg was from before, and is forgotten. */
bool rebuild_forgets(struct core *c, struct leg *l);

void on_announce_begin(struct core *c, const struct msg *m);
void on_leg_alive(struct core *c, const struct msg *m);
void on_media_alive(struct core *c, const struct msg *m);
void on_announce_end(struct core *c, const struct msg *m);
void on_agent_was(struct core *c, const struct msg *m);

#endif
