/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file uac.h  Legs that we begin, and our re-INVITEs. */
#ifndef ACD_UAC_H
#define ACD_UAC_H

#include "kamailio-mods/acd/leg.h"

struct target;

/* leg.invite. Takes the leg's lock itself: the route runs before. */
void uac_invite(unsigned partition, const struct msg *m);

/* The leg locked: */
/* Where the next INVITE goes, and the Contact for it. 0, ENOMEM,
 * EHOSTUNREACH. */
int uac_aim(struct leg *l, struct target *to);
void uac_ack(struct leg *l, struct str sdp); /* leg.ack */
void uac_reoffer(struct leg *l, struct str sdp); /* leg.reoffer */
/* Our re-INVITE met theirs (491) and its time has come once more. */
void uac_again(struct leg *l);
/* Theirs came before it did: the engine hears that ours was refused. */
void uac_give_way(struct leg *l);
void uac_cancel(struct leg *l); /* our first INVITE, before or after a 1xx */
/* Nobody answered our CANCEL: its INVITE is over (RFC 3261 9.1), where tm
 * would wait for fr_inv_timer. */
void uac_forget(struct leg *l);

#endif
