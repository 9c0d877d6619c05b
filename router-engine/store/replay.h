/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file replay.h  Steps a replay log again, and compares the decisions.
 */
#ifndef JF_STORE_REPLAY_H
#define JF_STORE_REPLAY_H

#include <stdint.h>
#include <stdio.h>

struct replay_result {
	uint64_t events, decisions, differing;
	char fault[512]; /* of the log itself: "line 7: ..." */
};

/*
 * Reads a log of store/recorder.h. Every decision of the core is printed to
 * out (one line each: partition, generation, journal.decision as text); one
 * that differs from the recorded one is told on errors. A last line without
 * its end is what a killed engine leaves and is passed over.
 * 0; EPROTO (result->fault), ENOMEM. result->differing tells the rest.
 */
int replay_run(FILE *log, FILE *out, FILE *errors,
	       struct replay_result *result);

#endif
