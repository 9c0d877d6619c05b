/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file ng.h  The asynchronous client of all rtpengines.
 *
 * An operation of messages.def (ng.negotiate, ng.propose, ng.accept,
 * ng.delete) becomes one or two ng commands over UDP. A command without an
 * answer is sent again every 100 ms with the SAME cookie, for rtpengine keeps
 * its answers by cookie; after a second the operation has failed. Operations
 * on one leg go one after the other, as datagrams may overtake each other;
 * of those that wait only the newest is carried out.
 */
#ifndef JF_IO_NG_H
#define JF_IO_NG_H

#include "lib/base/msg.h"

struct event_base;
struct ngc;

#define NGC_RESEND_MS 100
#define NGC_DEADLINE_MS 1000
#define NGC_PEERS_MAX 16

struct ngc_handlers {
	/* M_NG_REPLIED or M_NG_FAILED, without a time. Values are borrowed.
	 * An operation that a newer one replaced has no reply. */
	void (*on_result)(unsigned partition, const struct msg *m, void *arg);
	/* M_RTPENGINE_UP or M_RTPENGINE_DOWN, for every partition. */
	void (*on_health)(const struct msg *m, void *arg);
	void *arg;
};

struct ngc_stats {
	uint64_t requests, resent, replied, refused, silent;
};

/* 0, ENOMEM. */
int ngc_alloc(struct ngc **np, struct event_base *base,
	      const struct ngc_handlers *h);
void ngc_free(struct ngc *n); /* may be NULL; no handler runs */

/* One more rtpengine: see peer_alloc(). ENOSPC: more than NGC_PEERS_MAX. */
int ngc_add(struct ngc *n, const char *name, const char *ng,
	    const char *media);

/*
 * Carries out one DIR_NG message. The handler runs later, once. 0; EINVAL
 * (not such a message), ENOMEM: the handler does not run. An rtpengine that
 * is not in the configuration is a failure by the handler.
 */
int ngc_request(struct ngc *n, unsigned partition, const struct msg *m);

/* The partition is not ours any more: forgets what is under way for it. */
void ngc_cancel(struct ngc *n, unsigned partition);

/* What is known now, as on_health tells it: for a new owner of a partition. */
void ngc_tell(struct ngc *n, void (*fn)(const struct msg *m, void *arg),
	      void *arg);

const struct ngc_stats *ngc_stats(const struct ngc *n);

#endif
