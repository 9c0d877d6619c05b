/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/ticker.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "rtp/worker/frame.h"

#define FRAME_US (FRAME_MS * 1000)
#define BEHIND_MAX_US (10 * FRAME_US)

struct ticker {
	struct event *event;
	int fd;
	uint64_t due_us;
	void (*on_frame)(void *arg);
	void (*on_skip)(unsigned n, void *arg);
	void *arg;
	struct ticker_stats stats;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void arm(struct ticker *t, uint64_t at_us)
{
	struct itimerspec its = {
		.it_value = {(time_t)(at_us / 1000000),
			     (long)(at_us % 1000000) * 1000},
	};

	timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &its, NULL);
}

/* Frames that are too far behind are given up. */
static void skip(struct ticker *t, uint64_t now)
{
	unsigned n;

	if (now < t->due_us + BEHIND_MAX_US)
		return;
	n = (unsigned)((now - t->due_us) / FRAME_US);
	t->due_us += (uint64_t)n * FRAME_US;
	t->stats.skipped += n;
	t->on_skip(n, t->arg);
}

static void measure(struct ticker *t, uint64_t begin)
{
	uint64_t late = begin > t->due_us ? begin - t->due_us : 0;
	uint64_t busy = now_us() - begin;

	t->stats.frames++;
	t->stats.late += late > FRAME_US / 2;
	if (late > t->stats.late_us_max)
		t->stats.late_us_max = late;
	t->stats.busy_us_sum += busy;
	if (busy > t->stats.busy_us_max)
		t->stats.busy_us_max = busy;
}

static void on_due(int fd, short what, void *arg)
{
	struct ticker *t = arg;
	uint64_t n, begin = now_us();

	(void)what;
	if (read(fd, &n, sizeof(n)) < 0)
		return;
	skip(t, begin);
	t->on_frame(t->arg);
	measure(t, begin);
	t->due_us += FRAME_US;
	if (t->due_us < begin + FRAME_US / 2)
		arm(t, begin + FRAME_US / 2);
	else
		arm(t, t->due_us);
}

int ticker_alloc(struct ticker **tp, struct event_base *base,
		 void (*on_frame)(void *arg),
		 void (*on_skip)(unsigned n, void *arg), void *arg)
{
	struct ticker *t = calloc(1, sizeof(*t));

	if (!t)
		return ENOMEM;
	t->on_frame = on_frame;
	t->on_skip = on_skip;
	t->arg = arg;
	t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (t->fd >= 0)
		t->event =
			event_new(base, t->fd, EV_READ | EV_PERSIST, on_due, t);
	if (!t->event || event_add(t->event, NULL)) {
		ticker_free(t);
		return ENOMEM;
	}
	t->due_us = now_us() + FRAME_US;
	arm(t, t->due_us);
	*tp = t;
	return 0;
}

void ticker_free(struct ticker *t)
{
	if (!t)
		return;
	if (t->event)
		event_free(t->event);
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

const struct ticker_stats *ticker_stats(const struct ticker *t)
{
	return &t->stats;
}
