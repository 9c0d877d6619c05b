/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file indialog.h  Requests of the other side inside a leg's dialog. */
#ifndef ACD_INDIALOG_H
#define ACD_INDIALOG_H

#include "kamailio-mods/acd/sip.h"

/* acd_request(): 1 done (also when it was refused), 0 a retransmission,
 * -1 the To-tag is none of ours. */
int indialog_request(sip_msg_t *m);

/*
 * For the link process: a request that had to wait for its leg (restore.h).
 * t: its transaction, tm's current one; NULL: an ACK. err: why the leg is not
 * here, 0: it is.
 */
void indialog_replay(sip_msg_t *m, struct cell *t, uint64_t id, int err);

/* The node's name of a server transaction: F_TID. */
void put_tid(const struct cell *t);
int tid_parse(struct str tid, unsigned *hashp, unsigned *labelp);

#endif
