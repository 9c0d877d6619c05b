/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "router-engine/io/alarm.h"

struct alarm {
	struct event *ev;
	alarm_h *on_alarm;
	void *arg;
};

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct alarm *a = arg;

	(void)fd;
	(void)what;
	a->on_alarm(a->arg);
}

int alarm_alloc(struct alarm **ap, struct event_base *base, alarm_h *on_alarm,
		void *arg)
{
	struct alarm *a = calloc(1, sizeof(*a));

	if (!a)
		return ENOMEM;
	a->on_alarm = on_alarm;
	a->arg = arg;
	a->ev = evtimer_new(base, on_event, a);
	if (!a->ev) {
		free(a);
		return ENOMEM;
	}
	*ap = a;
	return 0;
}

void alarm_free(struct alarm *a)
{
	if (!a)
		return;
	event_free(a->ev);
	free(a);
}

void alarm_set(struct alarm *a, unsigned ms)
{
	struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

	event_add(a->ev, &tv);
}

void alarm_off(struct alarm *a)
{
	event_del(a->ev);
}

bool alarm_is_set(const struct alarm *a)
{
	return event_pending(a->ev, EV_TIMEOUT, NULL);
}

uint64_t alarm_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t alarm_now_ms(void)
{
	return alarm_now_us() / 1000;
}
