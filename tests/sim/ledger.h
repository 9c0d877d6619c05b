/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file ledger.h  Judges what came in and what went out, and knows nothing
 * of the core's state: each call that came is told of exactly once, so is each
 * offer to an agent, and of those who wait in one queue the first is served.
 * For runs in which no row is lost.
 */
#ifndef JF_SIM_LEDGER_H
#define JF_SIM_LEDGER_H

#include "router-engine/core/core.h"

struct ledger;

struct ledger *ledger_alloc(void);
void ledger_free(struct ledger *h);
/* An event, as it was read; its stamp says whether it is new. */
void ledger_event(struct ledger *h, const struct msg *m);
void ledger_effects(struct ledger *h, const struct core_effect *v, size_t n);
/* Everything is over: what should have come by now? */
void ledger_end(struct ledger *h);
/* NULL, or what is wrong. */
const char *ledger_fault(const struct ledger *h);
uint64_t ledger_offered(const struct ledger *h);

#endif
