/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file node.h  Kamailio nodes, media workers, rtpengines: which are there.
 */
#ifndef JF_CORE_NODE_H
#define JF_CORE_NODE_H

#include "router-engine/core/state.h"

void on_node_up(struct core *c, const struct msg *m);
void on_node_down(struct core *c, const struct msg *m);
void on_rtpengine_up(struct core *c, const struct msg *m);
void on_rtpengine_down(struct core *c, const struct msg *m);

/* Links after core_load(). */
void node_relink(struct core *c);

/* The worker this leg is on, when it still is the boot that it was put on. */
struct node *worker_of(struct core *c, const struct leg *l);
/* The least loaded worker, or that named `with` when it is up; NULL: none. */
struct node *worker_choose(struct core *c, struct str with);
/* An even port of its block that no leg has, or 0. */
uint64_t worker_port_take(struct core *c, struct node *w);
/* True: the port belongs to this boot's block, was free, and is taken. */
bool worker_port_keep(struct core *c, struct node *w, struct str boot,
		      uint64_t port);
void worker_port_give(struct node *w, uint64_t port);

/* An rtpengine that answers, with the fewest legs; NULL: none. Not `but` when
 * there is another. */
struct rtpengine *rtpengine_choose(struct core *c, struct str but);
/* The leg is there now; it is there no more. */
void rtpengine_take(struct core *c, struct leg *l, struct rtpengine *e);
/* Its rtpengine was set otherwise, or is known only now. */
void rtpengine_count(struct core *c, const struct leg *l);
void rtpengine_give(struct core *c, const struct leg *l);

#endif
