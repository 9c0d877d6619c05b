/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file fence.h  A node that stood still asks what is still its own.
 *
 * Its legs may have been taken over meanwhile. Each leg's record in Redis says
 * whose it is: what is another's is forgotten here without a word. Until every
 * record was read nothing is sent (own.h) and no command is carried out.
 */
#ifndef ACD_FENCE_H
#define ACD_FENCE_H

#include "lib/base/msg.h"

struct bus;

/* At the begin of whatever the link process does: looks whether we stood
 * still. True: the fence is down. */
bool fence_look(struct bus *bus);
/* Keeps a command for the time after the fence, which runs late when it came
 * too late already; lost without memory. */
void fence_keep(unsigned partition, const struct msg *m, bool late);
/* leg.forget: another node says that it has this leg. When its record says so
 * too, it is forgotten without a word. Redis may be away, as after the cut
 * that made another take it: it is asked until it answers. */
void fence_forget(struct bus *bus, unsigned partition, uint64_t leg);
/* Every 100 ms: those that Redis did not answer for. */
void fence_ask_again(void);
/* Every 100 ms. When all is known: lifts the fence, runs what was kept. */
void fence_tick(struct bus *bus);

#endif
