/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file checker.h  What must be true of the history, by its rows alone.
 *
 * It knows nothing of the core's state: chains of segments and of agents'
 * states have no hole, nobody is offered while at work, every offer is made
 * once, and who came first into a queue is served first.
 */
#ifndef JF_SIM_CHECKER_H
#define JF_SIM_CHECKER_H

#include "lib/base/msg.h"
#include "tests/sim/sim.h"

struct checker;

/* The first fault goes to r->fault; r's figures are counted. */
struct checker *checker_alloc(struct sim_result *r);
void checker_free(struct checker *k);
/* The next row or push; arg: the checker. */
void checker_row(const struct msg *m, void *arg);

/* "step 2 (french >= 3)" of "step 2 (french >= 3): idle the longest ...". */
void checker_step(char *dst, size_t size, struct str reason);

#endif
