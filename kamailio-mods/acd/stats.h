/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file stats.h  Counters of the group `acd`. */
#ifndef ACD_STATS_H
#define ACD_STATS_H

#include "core/counters.h"

extern counter_handle_t stat_offered, stat_invited, stat_answered, stat_ended,
		stat_refused, stat_scarce, stat_forged, stat_escaped, stat_no_ack,
		stat_dropped, stat_gone, stat_commands, stat_banned, stat_misshapen,
		stat_restored;

#define stat_inc(h) counter_inc(h)

int stats_init(void); /* 0, EINVAL */

#endif
