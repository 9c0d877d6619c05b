/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file worker.h  What a media worker is made of.
 *
 * One loop does the bus, the clock and the mixing; files and speech are jobs
 * on threads. Commands come in through command.c, events leave through
 * report.c.
 */
#ifndef JF_WORKER_WORKER_H
#define JF_WORKER_WORKER_H

#include "lib/bus/bus.h"
#include "rtp/worker/conf.h"
#include "rtp/worker/mix.h"
#include "rtp/worker/record.h"

struct event_base;

struct worker {
	const struct conf *conf;
	struct event_base *base;
	char *const *argv; /* of this process, to begin anew */
	struct bus *bus;
	struct jobs *files, *speech, *writer; /* threads */
	struct prompts *prompts;
	struct mixer mixer;
	struct recorder *recorder;
	struct ticker *ticker;
	struct liveness *liveness;
	struct health *health; /* NULL: not asked for */
	struct event *again;  /* timer: node.up after a false alarm */
	struct event *second; /* timer: progress, figures */
	bool stopping;
	unsigned unconfirmed; /* recordings told, not confirmed by Redis */
	unsigned frames;      /* since it began */
	unsigned seconds;     /* since the figures were logged */
};

/* argv: main()'s; borrowed. 0, or an errno after a log line. */
int worker_start(struct worker *w, const struct conf *conf,
		 struct event_base *base, char *const *argv);
void worker_release(struct worker *w);
/* Closes recordings, tells about them, then leaves the loop. */
void worker_stop(struct worker *w);

/* ---- command.c
 * ----------------------------------------------------------------- */

bus_command_h worker_on_command;
/* Ports of a partition's legs: first, and how many. */
void worker_ports(const struct conf *conf, unsigned partition, unsigned *firstp,
		  unsigned *np);

/* ---- report.c
 * ------------------------------------------------------------------ */

void report_up(struct worker *w); /* node.up, to every partition */
void report_up_to(struct worker *w, unsigned partition);
/* media.alive of every leg of this partition. */
void report_alive(struct worker *w, unsigned partition);
void report_digit(struct leg *leg, char digit, unsigned ms, void *worker);
void report_silent(struct worker *w, const struct leg *leg);
void report_played(struct leg *leg, const char *cause, const char *reason,
		   void *worker);
/* The same of a playback that did not begin. */
void report_not_played(struct worker *w, unsigned partition, struct str id,
		       uint64_t play, const char *reason);
/* leg NULL: it was not known. */
void report_removed(struct worker *w, unsigned partition, struct str id,
		    const struct leg *leg);
void report_recorded(const struct record_result *result, void *worker);
void report_progress(struct worker *w);

#endif
