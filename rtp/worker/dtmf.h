/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file dtmf.h  Digits from telephone-event packets, RFC 4733.
 *
 * An event is one RTP timestamp: its packets repeat with a growing duration,
 * its end comes three times, and any of them may be lost. Each event is told
 * once: at the first end, or when another event begins, or when nothing more
 * came for 200 ms.
 */
#ifndef JF_WORKER_DTMF_H
#define JF_WORKER_DTMF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs within dtmf_put() and dtmf_tick(). */
typedef void(dtmf_h)(char digit, unsigned ms, void *arg);

struct dtmf {
	bool open;  /* an event is under way */
	bool known; /* done_ts means something */
	uint32_t ts, done_ts;
	uint8_t event;
	uint32_t before;   /* duration of segments before this one (2.5.1.3) */
	uint16_t duration; /* timestamp units, so far */
	unsigned idle;	   /* frames without a packet of it */
};

void dtmf_put(struct dtmf *d, uint32_t ts, const uint8_t *p, size_t n,
	      dtmf_h *on_digit, void *arg);
/* Every 20 ms. */
void dtmf_tick(struct dtmf *d, dtmf_h *on_digit, void *arg);

#endif
