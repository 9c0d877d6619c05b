/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file match.h  The matcher: who talks to whom.
 *
 * Contacts in the order of service (line_before()); for each the eligible
 * agent whom the queue's strategy puts first (idle.h). Every
 * choice, and every time nobody could be chosen at entry, is a decision.
 */
#ifndef JF_CORE_MATCH_H
#define JF_CORE_MATCH_H

#include "router-engine/core/state.h"

/* Makes every match there is now. */
void match_all(struct core *c);

/* The decision behind an offer that an agent asked for; to NULL: a number
 * outside. */
void match_tell_transfer(struct core *c, struct contact *ct,
			 const struct agent *to);

/* NULL: eligible for a contact in line; else why not, one word. */
const char *match_obstacle(struct core *c, const struct contact *ct,
			   const struct agent *a);

#endif
