/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file steps.h  Relaxation: whom a contact may get changes while it waits.
 *
 * A queue's steps are a list of at_ms:expression:skip_if, parts encoded
 * (escape.h); each holds from at_ms after the contact came into line until the
 * next one's time. The queue's own skill is asked for in each of them. Before
 * the first step, and in a queue without steps, nothing else is.
 *
 * A step is left before its time when nobody is free at once and its skip_if
 * holds (Twilio TaskRouter's skip_if); later steps keep their times.
 */
#ifndef JF_CORE_STEPS_H
#define JF_CORE_STEPS_H

#include "router-engine/core/state.h"

#define STEPS_MAX 32

/* Queue.stepv[0] always is there: what holds before the first step. */
struct step {
	uint64_t at_ms;
	struct text who, skip; /* empty: anybody of the queue; never */
	struct pool *pool; /* pools.h */
};

/* Checks a list: 0; EPROTO: err names the step, the field, the column. */
int steps_check(struct str list, struct arena *a, char *err, size_t errsz);

/* Makes q->stepv from q->steps; a step whose expression cannot be read admits
 * nobody. */
void steps_read(struct core *c, struct queue *q);
void steps_free(struct queue *q);

/* The step of a contact in line, NULL: its queue is gone. */
const struct step *step_of(struct core *c, const struct contact *ct);

/* It comes into line now, or came at a time: the step by the clock. */
void steps_begin(struct core *c, struct contact *ct, uint64_t from);
/* Goes on to the step that is due. True: it did. */
bool steps_go_on(struct core *c, struct contact *ct);
/* When the next step is due; 0: never. */
uint64_t steps_due(struct core *c, const struct contact *ct);
/* It is to be offered again: its step's skip_if is asked again. */
void steps_ask_again(struct core *c, struct contact *ct);
/* Whether this one's skip_if, whose text is told, holds. */
bool steps_skips(struct core *c, const struct contact *ct, struct str *whyp);
/* To the next one, which there is. */
void steps_skip(struct core *c, struct contact *ct);

#endif
