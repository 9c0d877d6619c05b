/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file patience.h  How long a new call waits for Redis to confirm it.
 *
 * confirm_ms, then it escapes. With Sentinels a silent Redis is one that is
 * being replaced, and a call waits for that, failover_ms; but once somebody has
 * waited so long in vain, the next ones do not, until Redis confirms again.
 * For the process that has the link to Redis.
 */
#ifndef ACD_PATIENCE_H
#define ACD_PATIENCE_H

#include <stdint.h>

/* Before the processes begin. */
void patience_init(void);
unsigned patience_ms(void);
/* err: as bus_sent_h of leg.offered has it. Escapes, or gives the engine its
 * time for a first command. */
void patience_over(int err, uint64_t leg);

#endif
