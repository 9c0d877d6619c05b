/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file request.h  Requests that we send inside a leg's dialog. */
#ifndef ACD_REQUEST_H
#define ACD_REQUEST_H

#include "kamailio-mods/acd/sip.h"

/*
 * Sends the leg's INVITE, the first one or a re-INVITE, with this body; empty:
 * a late offer. The CSeq is the next one. 0, EIO.
 */
int request_invite(struct leg *l, struct lines *h, struct str body);
/*
 * ACK of the leg's last INVITE, with l->ack_body; marks it acknowledged. tm's
 * own ACK is not used: it has no Max-Forwards, repeats the INVITE's branch,
 * and is the same for every 2xx of a forked INVITE.
 */
void request_ack(struct leg *l);
void request_bye(struct leg *l, unsigned q850);
/* PRACK of their 18x in the early dialog. */
void request_prack(struct leg *l, unsigned rseq);
/* UPDATE with an offer (RFC 3311) in the leg's dialog of now. 0, EIO. */
int request_update(struct leg *l, struct str sdp);
/* UPDATE or re-INVITE that changes nothing: session.h. 0, EIO. */
int request_refresh(struct leg *l, struct str sdp);
/* INFO and the like: nobody is told of the reply. 0, EIO. */
int request_other(struct leg *l, const char *method, struct lines *h,
		struct str body);
/* A 2xx of a fork that we do not want: ACK and BYE on its own dialog. */
void request_drop_fork(struct leg *l, sip_msg_t *reply);

/* Where a phone behind NAT or on WebSocket is reached: its Contact is no
 * address, so every request goes to the flow. After each target refresh. */
void request_keep_flow(struct leg *l);

/* The flow is a connection: TCP, TLS, a WebSocket. */
bool request_by_connection(const struct leg *l);
/* A phone whose connection broke has registered over another one: requests go
 * there. Before each request. */
void request_follow(struct leg *l);

/* tm's callbacks (uac.c); the parameter is the leg's id. */
void on_invite_reply(struct cell *t, int type, struct tmcb_params *ps);
void on_update_reply(struct cell *t, int type, struct tmcb_params *ps);
void on_refresh_reply(struct cell *t, int type, struct tmcb_params *ps);
void on_other_reply(struct cell *t, int type, struct tmcb_params *ps);

#endif
