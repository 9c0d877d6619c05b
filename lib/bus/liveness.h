/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file liveness.h  The link by which engines see that a node lives.
 *
 * Whoever connects gets a byte every 100 ms, from the loop that also works: a
 * node that hangs is as silent as one that died. An engine that closes its
 * link may have taken us for dead: on_closed, so that we can say we are not.
 */
#ifndef JF_BUS_LIVENESS_H
#define JF_BUS_LIVENESS_H

#include <stdbool.h>

struct event_base;
struct liveness;

/* where: "address:port"; on_closed: a link was closed, not by us. 0, EINVAL,
 * ENOMEM, or what bind gives. */
int liveness_alloc(struct liveness **lp, struct event_base *base,
		   const char *where, void (*on_closed)(void *arg), void *arg);
void liveness_free(struct liveness *l); /* closes every link */

/*
 * There are links, and on none of them has what we write been acknowledged for
 * so long: packets vanish. An engine that died closes its link, or its machine
 * does; neither counts. ms: 500 at least, as TCP may put an acknowledgement
 * off for 200 ms.
 */
bool liveness_is_cut_off(const struct liveness *l, unsigned ms);

#endif
