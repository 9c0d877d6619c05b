/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file uas.h  Legs that the other side began: INVITE in, our replies.
 *
 * The INVITE's transaction is kept with t_suspend, which is what lets the
 * escape route continue it; an engine's replies go straight to it by its hash
 * and label.
 */
#ifndef ACD_UAS_H
#define ACD_UAS_H

#include "kamailio-mods/acd/sip.h"

struct offer { /* of acd_offer() */
	str kind; /* trunk, agent */
	unsigned tenant, partition;
	str who; /* the trunk's name, or user@domain */
	int limit; /* calls at once, 0: any */
	uint64_t replaces; /* found by uas_offer(); 0: none */
};

/* Gives an initial INVITE to an engine, or answers it: 1 given, -1 answered,
 * 0 a retransmission (the script ends). */
int uas_offer(sip_msg_t *m, struct offer *o);
/* CANCEL of an INVITE that we hold: 1; not ours: -1, nothing was done. */
int uas_cancel(sip_msg_t *m);

/* A phone's requests come from where it can be reached: by another connection,
 * perhaps, than the one that died. */
void uas_flow(struct leg *l, sip_msg_t *m);
/* Lets a CANCEL of this INVITE find the leg. */
void uas_mark(sip_msg_t *m, struct cell *t, uint64_t id);

/* Replies on a server transaction of the leg; 2xx to an INVITE is held and
 * awaits its ACK. 0, ENOENT: tm has it no more; EIO. */
int uas_reply(struct leg *l, unsigned hash, unsigned label, unsigned code,
		struct str reason, struct lines *h, struct str body, bool invite);

/* 100, when nothing better has been said for so long (RFC 3261 section
 * 17.2.1). Not at once: whoever hears a 100 does not send the INVITE again, and
 * would be lost with a node that dies before its answer. The leg is locked. */
#define TRYING_MS 150
void uas_trying(struct leg *l);

/* Commands, the leg locked. */
void uas_progress(struct leg *l, unsigned code, struct str reason,
		struct str sdp);
void uas_answer(struct leg *l, struct str sdp);
/* Final refusal: the leg is over and freed. */
void uas_refuse(struct leg *l, unsigned code, struct str reason,
		unsigned q850);

#endif
