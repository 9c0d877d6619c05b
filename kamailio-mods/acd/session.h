/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file session.h  Session timers (RFC 4028): a dialog whose other side has
 * vanished ends although nobody says BYE.
 *
 * We ask for one (parameter session_s) in INVITEs of ours, and give one to
 * who supports it; we then refresh, unless they want to. A refresh is an
 * UPDATE without a body, or, for who does not allow UPDATE, a re-INVITE with
 * the session description as it is. The engine hears nothing of it.
 */
#ifndef ACD_SESSION_H
#define ACD_SESSION_H

#include "kamailio-mods/acd/sip.h"

/* Their INVITE or UPDATE: 0, or 422 (the reply's Min-SE is set); what our
 * 2xx will say is kept. */
int session_asked(struct leg *l, sip_msg_t *m);
/* Lines of our 2xx to it; the timer begins. sdp: ours, as it is now. */
void session_answer(struct leg *l, struct lines *h, struct str sdp);
/* Lines of an INVITE or UPDATE of ours. */
void session_ask(const struct leg *l, struct lines *h);
/* Their 2xx to it; sdp: ours, as it is now. */
void session_answered(struct leg *l, sip_msg_t *reply, struct str sdp);
/* Their 422: true when it may be asked once more, with their Min-SE. */
bool session_too_small(struct leg *l, sip_msg_t *reply);

/* Our final reply to a refresh of ours; 0: it does not end the leg. */
void session_refreshed(struct leg *l, sip_msg_t *reply, unsigned code);
/* When there is something to do, ms; 0: never. Then do it. */
uint64_t session_at(const struct leg *l);
void session_due(struct leg *l, uint64_t now);
/* The timer of a leg that was restored. */
void session_resume(struct leg *l);
/* Our session description changed. */
void session_sdp(struct leg *l, struct str sdp);

#endif
