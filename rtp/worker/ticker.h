/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file ticker.h  A clock of 20 ms that catches up without bursts.
 *
 * Frames are due at fixed times of the monotonic clock. A frame that comes
 * late is followed by the next ones at half the usual distance until they are
 * on time again; what is more than 200 ms behind is skipped.
 */
#ifndef JF_WORKER_TICKER_H
#define JF_WORKER_TICKER_H

#include <stdint.h>

struct event_base;
struct ticker;

struct ticker_stats {
	uint64_t frames, late, skipped;	   /* late: by more than half a frame */
	uint64_t busy_us_sum, busy_us_max; /* in on_frame */
	uint64_t late_us_max;
};

/* on_skip: n frames will not come. 0, ENOMEM, or what timerfd gives. */
int ticker_alloc(struct ticker **tp, struct event_base *base,
		 void (*on_frame)(void *arg),
		 void (*on_skip)(unsigned n, void *arg), void *arg);
void ticker_free(struct ticker *t);
const struct ticker_stats *ticker_stats(const struct ticker *t);

#endif
