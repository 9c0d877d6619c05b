/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file producer.h  The stamps of producers: nothing is taken twice. */
#ifndef JF_CORE_PRODUCER_H
#define JF_CORE_PRODUCER_H

#include "router-engine/core/state.h"

/* False when this event's (src, boot, seq) is not newer than what was taken:
 * it was sent again, or came back after a rolled-back Redis. */
bool producer_take(struct core *c, const struct msg *m);

#endif
