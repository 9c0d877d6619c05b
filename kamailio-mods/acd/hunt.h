/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file hunt.h  An INVITE of ours on its way through a group of gateways.
 *
 * It goes to the next one when a gateway gives no sign for next_ms, cannot be
 * reached, or refuses with a code that says something about the gateway and
 * not about who was called (408, 500, 502, 503, 504). All tries are one
 * dialog's, with rising CSeq; a 2xx of one that was given up is acknowledged
 * and ended. The leg is locked.
 */
#ifndef ACD_HUNT_H
#define ACD_HUNT_H

#include "kamailio-mods/acd/leg.h"

/* leg.invite without dst. Its dialog is made, nothing is sent yet. 0; EBUSY:
 * all are at their limits; EHOSTUNREACH; ENOMEM. */
int hunt_begin(struct leg *l, const struct msg *m);
/* A final reply, or 0: tm has waited long enough. True: the next one rings. */
bool hunt_refused(struct leg *l, unsigned code);
void hunt_accepted(struct leg *l);
/* From the sweep: no sign yet. */
void hunt_silent(struct leg *l);
/* A late final reply to an INVITE that we gave up. */
void hunt_late(struct leg *l, sip_msg_t *reply, unsigned code);

#endif
