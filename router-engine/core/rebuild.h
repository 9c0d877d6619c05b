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

void on_announce_begin(struct core *c, const struct msg *m);
void on_leg_alive(struct core *c, const struct msg *m);
void on_media_alive(struct core *c, const struct msg *m);
void on_announce_end(struct core *c, const struct msg *m);
void on_agent_was(struct core *c, const struct msg *m);

#endif
