/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file transfer.h  An agent's phone sends its caller on (REFER, RFC 3515), or
 * a phone takes a leg's place (INVITE with Replaces, RFC 3891).
 *
 * | Refer-To            | the caller                                          |
 * |---------------------|-----------------------------------------------------|
 * | an agent's user     | is offered to that agent, who must be ready         |
 * | a number of ours    | waits in its queue, with the time of the first line |
 * | a number outside    | is connected through the default trunks             |
 *
 * The agent who transfers leaves the talk at once. Should nobody answer, the
 * caller waits on in the queue. The phone is told by NOTIFY, and hung up with
 * the last one.
 */
#ifndef JF_CORE_TRANSFER_H
#define JF_CORE_TRANSFER_H

#include "router-engine/core/state.h"

void on_leg_referred(struct core *c, const struct msg *m);
/* What became of the contact that was sent on, as a SIP status code. */
void transfer_told(struct core *c, struct contact *ct, unsigned code);

/* A leg that arrives wants another's place. False: it was refused. */
bool transfer_asked(struct core *c, struct leg *l, const struct msg *m);
/* It is up: it takes it. */
void transfer_replace(struct core *c, struct leg *l);

#endif
