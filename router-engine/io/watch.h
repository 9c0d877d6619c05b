/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file watch.h  Liveness links to media workers and Kamailio nodes.
 *
 * A node writes a byte every 100 ms to whoever connects to its liveness
 * address. End of file, a refused connection or a silence mean that
 * it is gone: faster than any round trip through Redis. Each start (boot) of
 * a node dies once; only a node.up heals a false alarm.
 */
#ifndef JF_IO_WATCH_H
#define JF_IO_WATCH_H

#include "lib/base/str.h"

struct event_base;
struct watch;

#define WATCH_SILENCE_MS 300 /* a worker's: somebody hears nothing */
#define WATCH_ACD_SILENCE_MS 1000 /* a Kamailio node's */
#define WATCH_RETRY_MS 50

/* This start of the worker is gone; reason in words. */
typedef void (watch_h)(struct str node, struct str boot, const char *reason,
		       void *arg);

/* 0, ENOMEM. */
int watch_alloc(struct watch **wp, struct event_base *base, watch_h *on_down,
		void *arg);
void watch_free(struct watch *w); /* may be NULL; no handler runs */

/*
 * Watches a worker at liveness ("address:port"). The same boot again: goes on
 * when it is alive, begins again after a false alarm when `again` (a node.up
 * came); another boot replaces the old one. silence_ms: how
 * long it may be silent. 0, EINVAL (liveness), ENOMEM.
 */
int watch_add(struct watch *w, struct str node, struct str boot,
	      struct str liveness, unsigned silence_ms, bool again);

/* True when this boot is known to be gone. */
bool watch_is_down(const struct watch *w, struct str node, struct str boot);

#endif
