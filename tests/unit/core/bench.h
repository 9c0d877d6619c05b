/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file bench.h  A core on the bench: events in as lines, effects looked at.
 *
 * A tenant with queue 1 (greeting, wrap-up of 10 s) and queue 2 (skill french
 * from 3 on, no greeting, no wrap-up), numbers 100 and 200, agents 1-3 with
 * french 2, 4, 6; an acd node, a worker, an rtpengine.
 */
#ifndef JF_TEST_BENCH_H
#define JF_TEST_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "router-engine/core/core.h"

struct bench {
	struct core *core;
	struct core_out out; /* of the last step */
	struct arena arena;
	uint64_t now, legs;
};

int bench_setup(void **state);
int bench_teardown(void **state);

/* Steps an event, "t=... field=...", at the bench's time; the core's
 * invariants hold afterwards. */
void give(struct bench *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Lets time pass: timers that come due are stepped one by one. The effects of
 * the last timer remain. */
void pass(struct bench *b, uint64_t ms);

/* The n-th effect of this type in the last step, or NULL. */
const struct core_effect *effect(struct bench *b, enum msg_type type,
				 unsigned n);
/* It must be there, and its field have this text ("" : not there). */
const struct core_effect *want(struct bench *b, enum msg_type type,
			       enum msg_field f, const char *text);
void want_none(struct bench *b, enum msg_type type);

/* ---- whole stretches of a call; ids are static texts of the bench ---------- */

/* A call to a number, answered and confirmed; its leg ("l..."). */
const char *call_arrives(struct bench *b, const char *number);
/* rtpengine answers what it was asked in the last step. */
void ng_answers(struct bench *b);
/* The leg that was invited in the last step. */
const char *invited(struct bench *b);
/* That phone answers; talk begins. */
void phone_answers(struct bench *b, const char *leg);
/* Agent 1 talks with a caller of queue 1; either may be NULL. */
void talk(struct bench *b, const char **callerp, const char **phonep);
/* An agent's phone registers and the agent is ready. */
void agent_ready(struct bench *b, unsigned agent);
/* The greeting of the leg is over. */
void greeting_ends(struct bench *b, const char *leg);

#endif
