/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file refer.h  REFER inside a dialog (RFC 3515), and its NOTIFYs. */
#ifndef ACD_REFER_H
#define ACD_REFER_H

#include "kamailio-mods/acd/sip.h"

/* 0, or the code that refuses a REFER before anybody is asked: 400 (no
 * Refer-To, or one that cannot be read), 501 (for another method than
 * INVITE), and those of replaces_leg() for the Replaces in it. */
int refer_refusal(sip_msg_t *m);
/* leg.referred. */
void refer_tell(struct leg *l, sip_msg_t *m, struct cell *t);
/* leg.notify: from 200 on the subscription is over. */
void refer_notify(struct leg *l, unsigned code, struct str reason);

#endif
