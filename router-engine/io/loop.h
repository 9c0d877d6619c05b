/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file loop.h  The one loop of the engine, and the signals it hears.
 */
#ifndef JF_IO_LOOP_H
#define JF_IO_LOOP_H

struct event_base;
struct loop;

typedef void (loop_signal_h)(int signo, void *arg);

/* A loop that ends at TERM and INT, and calls on_hup at HUP. SIGPIPE is
 * ignored. 0, ENOMEM. */
int loop_alloc(struct loop **lp, loop_signal_h *on_hup, void *arg);
void loop_free(struct loop *l); /* may be NULL */
struct event_base *loop_base(struct loop *l);
/* Runs until loop_break() or a signal; returns the signal, or 0. */
int loop_run(struct loop *l);
void loop_break(struct event_base *base);
/* Lets the loop run for a moment: what was written last still leaves. */
void loop_linger(struct event_base *base, unsigned ms);

#endif
