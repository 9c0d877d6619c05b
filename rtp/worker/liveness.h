/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file liveness.h  The link by which engines see that the worker lives.
 *
 * Whoever connects gets a byte every 100 ms, from the loop that also mixes: a
 * worker that hangs is as silent as one that died.
 */
#ifndef JF_WORKER_LIVENESS_H
#define JF_WORKER_LIVENESS_H

struct event_base;
struct liveness;

/* where: "address:port". 0, EINVAL, ENOMEM, or what bind gives. */
int liveness_alloc(struct liveness **lp, struct event_base *base,
		   const char *where);
void liveness_free(struct liveness *l); /* closes every link */

#endif
