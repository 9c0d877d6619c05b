/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file drain.h  New calls refused while the node drains.
 *
 * Each partition's owner says so with node.calls; its calls hear 503 with
 * Retry-After (RFC 3261 section 21.5.4), and a carrier's OPTIONS too, so that
 * carriers try elsewhere. What is there goes on, phones stay registered.
 */
#ifndef ACD_DRAIN_H
#define ACD_DRAIN_H

#include <stdbool.h>

#define DRAIN_AGAIN "Retry-After: 30\r\n"

/* Before the processes begin. 0, ENOMEM. */
int drain_init(void);
void drain_set(unsigned partition, bool draining);
bool drain_of(unsigned partition);
bool drain_any(void);

#endif
