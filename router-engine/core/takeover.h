/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file takeover.h  Legs of a Kamailio node that died, on their way to another.
 *
 * A leg is stranded from the moment its node is known to be gone until a node
 * says leg.restored. Every other node, and the same one when it comes back, is
 * asked to take it; the one that holds the leg's address does. Who had not
 * answered yet is lost: its transaction died with the node. A waiting contact
 * keeps its place.
 */
#ifndef JF_CORE_TAKEOVER_H
#define JF_CORE_TAKEOVER_H

#include "router-engine/core/state.h"

/* This acd node is there: its current boot is new, or was thought dead. */
void takeover_node_up(struct core *c, struct node *n);
/* Its service address came or went: phones are rung from where one is. */
void takeover_address(struct core *c, struct node *n);
/* It is gone. */
void takeover_node_down(struct core *c, struct node *n);

void on_leg_restored(struct core *c, const struct msg *m);

/* True: its node is gone and nobody has taken it over in time. */
bool takeover_due(const struct leg *l);

/*
 * The node to ring this agent's phone from. *by_uri: not where the phone
 * registered, so it must be named by its registered contact. False: from
 * nowhere. *np may be NULL (a node that has not told of itself).
 */
bool takeover_ring(struct core *c, const struct agent *a, struct node **np,
		   bool *by_uri);
/* Its own node is there, or another that could ring it. */
bool takeover_reaches(struct core *c, const struct agent *a);

#endif
