/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <event2/event.h>

#include "router-engine/io/loop.h"

struct loop {
	struct event_base *base;
	struct event *term, *intr, *hup;
	loop_signal_h *on_hup;
	void *arg;
	int ended_by;
};

static void on_end(evutil_socket_t signo, short what, void *arg)
{
	struct loop *l = arg;

	(void)what;
	l->ended_by = (int)signo;
	event_base_loopbreak(l->base);
}

static void on_hup(evutil_socket_t signo, short what, void *arg)
{
	struct loop *l = arg;

	(void)what;
	l->on_hup((int)signo, l->arg);
}

static struct event *listen_to(struct loop *l, int signo,
			       event_callback_fn fn)
{
	struct event *ev = evsignal_new(l->base, signo, fn, l);

	if (ev && event_add(ev, NULL)) {
		event_free(ev);
		return NULL;
	}
	return ev;
}

/* Timers to the millisecond, not to the tick of the coarse clock. */
static struct event_base *base_new(void)
{
	struct event_config *cfg = event_config_new();
	struct event_base *base = NULL;

	if (cfg) {
		event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
		base = event_base_new_with_config(cfg);
		event_config_free(cfg);
	}
	return base;
}

int loop_alloc(struct loop **lp, loop_signal_h *hup, void *arg)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return ENOMEM;
	signal(SIGPIPE, SIG_IGN);
	l->on_hup = hup;
	l->arg = arg;
	l->base = base_new();
	if (l->base) {
		l->term = listen_to(l, SIGTERM, on_end);
		l->intr = listen_to(l, SIGINT, on_end);
		l->hup = listen_to(l, SIGHUP, on_hup);
	}
	if (!l->term || !l->intr || !l->hup) {
		loop_free(l);
		return ENOMEM;
	}
	*lp = l;
	return 0;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->term)
		event_free(l->term);
	if (l->intr)
		event_free(l->intr);
	if (l->hup)
		event_free(l->hup);
	if (l->base)
		event_base_free(l->base);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

int loop_run(struct loop *l)
{
	event_base_dispatch(l->base);
	return l->ended_by;
}

void loop_break(struct event_base *base)
{
	event_base_loopbreak(base);
}

void loop_linger(struct event_base *base, unsigned ms)
{
	struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}
