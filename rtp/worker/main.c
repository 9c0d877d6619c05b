/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media-worker --config FILE [--check-config]
 *
 * Behind rtpengine every leg is plain PCMA on a UDP port here. The files, in
 * the order in which a call meets them:
 *
 *	command.c	what owners of partitions ask for
 *	leg.c		a leg's port: packets in and out
 *	rtp.c		packets, loss and jitter
 *	jitter.c	packets into frames of 20 ms
 *	dtmf.c		digits
 *	mix.c		who hears whom
 *	play.c		prompts to one leg; prompt.c keeps them, tts.c speaks
 *	record.c	what two legs say, into a file
 *	ticker.c	20 ms
 *	report.c	what owners are told
 */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "lib/base/log.h"
#include "rtp/worker/worker.h"

#define STOP_MS 3000 /* for Redis to hear of the recordings */

static const char usage[] = "media-worker --config FILE [--check-config]\n";

static void on_deadline(int fd, short what, void *arg)
{
	(void)fd, (void)what;
	event_base_loopbreak(arg);
}

static void on_signal(int fd, short what, void *arg)
{
	struct worker *w = arg;
	struct timeval limit = {.tv_sec = STOP_MS / 1000};

	(void)what;
	log_info("stopping", "signal=%d recordings=%zu", fd,
		 recorder_count(w->recorder));
	event_base_once(w->base, -1, EV_TIMEOUT, on_deadline, w->base, &limit);
	worker_stop(w);
}

static int run(const struct conf *conf, char *const *argv)
{
	struct event_base *base = event_base_new();
	struct event *term = NULL, *intr = NULL;
	struct worker w = {0};
	int err = ENOMEM;

	if (!base)
		return ENOMEM;
	err = worker_start(&w, conf, base, argv);
	if (err)
		goto out;
	term = evsignal_new(base, SIGTERM, on_signal, &w);
	intr = evsignal_new(base, SIGINT, on_signal, &w);
	if (!term || !intr || event_add(term, NULL) || event_add(intr, NULL)) {
		err = ENOMEM;
		goto out;
	}
	log_info("started", "node=%s boot=%s ports=%u-%u", conf->name,
		 bus_boot(w.bus), conf->first_port, conf->last_port);
	event_base_dispatch(base);
out:
	worker_release(&w);
	if (term)
		event_free(term);
	if (intr)
		event_free(intr);
	event_base_free(base);
	return err;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *path = NULL;
	struct conf conf;
	char err[512];
	bool check = false;
	int c, status = EX_OK;

	log_init("media-worker");
	while ((c = getopt_long(argc, argv, "c:kh", options, NULL)) != -1) {
		if (c == 'c')
			path = optarg;
		else if (c == 'k')
			check = true;
		else
			return fputs(usage, c == 'h' ? stdout : stderr),
			       c == 'h' ? EX_OK : EX_USAGE;
	}
	if (!path || optind != argc)
		return fputs(usage, stderr), EX_USAGE;
	if (conf_read(&conf, path, err, sizeof(err))) {
		fprintf(stderr, "media-worker: %s\n", err);
		return EX_CONFIG;
	}
	signal(SIGPIPE, SIG_IGN);
	if (!check)
		status = run(&conf, argv) ? EX_UNAVAILABLE : EX_OK;
	conf_release(&conf);
	return status;
}
