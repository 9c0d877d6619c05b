/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file move.h  A leg's media at another rtpengine, or at other ports.
 *
 * Where rtpengine's outer side is (leg.outer) and what the phone or carrier
 * was told (leg.told) may differ after an rtpengine died: then a re-INVITE
 * tells it anew. Both are "address:port" of the SDP's audio.
 */
#ifndef JF_CORE_MOVE_H
#define JF_CORE_MOVE_H

#include "router-engine/core/state.h"

/* This rtpengine does not answer: its legs go to another, if there is one. */
void move_all(struct core *c, struct rtpengine *from);
/* It answers again: what moved away from it is forgotten there. */
void move_forget(struct core *c, struct rtpengine *at);

/* Tells the outer side where its media is, when it knows another place. */
void move_tell(struct core *c, struct leg *l);

void on_leg_reaccepted(struct core *c, const struct msg *m);
void on_leg_rerefused(struct core *c, const struct msg *m);

#endif
