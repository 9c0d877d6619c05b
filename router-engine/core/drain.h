/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file drain.h  Nodes, workers and rtpengines that get nothing new.
 *
 * An acd node that drains refuses new calls; its carriers try elsewhere. A
 * worker or an rtpengine that drains is chosen only when there is no other
 * one. What they have ends by itself, or leaves at once: legs go to another
 * worker, and calls are offered again with another rtpengine's address. That
 * is remembered by name, over their restarts, until it is taken back.
 */
#ifndef JF_CORE_DRAIN_H
#define JF_CORE_DRAIN_H

#include "router-engine/core/state.h"

/* Tells an acd node what it should do with new calls; always: also when it
 * is to take them. */
void drain_tell(struct core *c, const struct node *n, bool always);
void on_node_drain(struct core *c, const struct msg *m); /* and undrain */

#endif
