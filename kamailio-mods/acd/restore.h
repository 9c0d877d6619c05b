/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file restore.h  Legs of a node that is gone, taken over from their records.
 *
 * A request with a tag of ours whose leg is not here waits: its transaction is
 * suspended and a copy of it goes to the link process, which asks Redis for
 * the leg's record, makes the leg and carries the request out as if it had
 * come now. leg.restore does the same without a request. Whoever is on the
 * other side then proves that it is still there: OPTIONS in the dialog; 481
 * or silence ends the leg (RFC 3261 section 12.2.1.2).
 */
#ifndef ACD_RESTORE_H
#define ACD_RESTORE_H

#include "kamailio-mods/acd/leg.h"

struct bus;

int restore_init(void); /* before the fork. 0, or errno */
int restore_fd(void); /* where what workers ask arrives */

/*
 * For SIP workers: asks for the leg of this request. t: its transaction, which
 * is suspended, or NULL (an ACK has none). 0; ENOSPC, ENOMEM, EPROTO: nothing
 * was asked.
 */
int restore_ask(sip_msg_t *m, struct cell *t, unsigned partition,
		uint64_t id);

/* For the link process. */
void restore_drain(struct bus *bus);
void restore_command(struct bus *bus, unsigned partition,
		const struct msg *m);
/* An address of ours came here: every leg on it is taken over. */
void restore_all(struct bus *bus);
void restore_tick(struct bus *bus);

#endif
