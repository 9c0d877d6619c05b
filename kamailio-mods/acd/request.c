/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/identity.h"
#include "kamailio-mods/acd/registrations.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/session.h"
#include "core/parser/parse_uri.h"

#define INVITE_CALLBACKS                                                   \
	(TMCB_LOCAL_COMPLETED | TMCB_LOCAL_RESPONSE_OUT | TMCB_DONT_ACK)

/* tm would begin a UAS dialog's own numbers after its first request: the ACK
 * of a re-INVITE must know its number. */
static void next_cseq(dlg_t *d)
{
	if(d->loc_seq.is_set) {
		d->loc_seq.value++;
		return;
	}
	d->loc_seq.value = 1;
	d->loc_seq.is_set = 1;
}

static void fill(uac_req_t *u, str *method, struct lines *h, str *body,
		dlg_t *d)
{
	static str headers; /* of this process: tm copies at once */

	memset(u, 0, sizeof(*u));
	headers = h ? lines_str(h) : (str)STR_NULL;
	u->method = method;
	u->headers = headers.len ? &headers : NULL;
	u->body = body && body->len > 0 ? body : NULL;
	u->dialog = d;
}

int request_invite(struct leg *l, struct lines *h, struct str body)
{
	str method = str_init("INVITE"), b = theirs(body);
	uac_req_t u;

	request_follow(l);
	if(l->state == LEG_UP || l->asked_again || l->gw.again
			|| l->session.min)
		next_cseq(l->dlg);
	lines_contact(h, l);
	if(acd.offer_100rel && l->state == LEG_INVITED && body.len)
		lines_add(h, "Supported: 100rel");
	lines_identity(h, l);
	session_ask(l, h);
	lines_sdp(h, body);
	fill(&u, &method, h, &b, l->dlg);
	u.cb = on_invite_reply;
	u.cbp = (void *)(uintptr_t)l->id;
	u.cb_flags = INVITE_CALLBACKS;
	l->late = !body.len;
	l->acked = false;
	shm_clear(&l->ack_body);
	l->invite_cseq = l->dlg->loc_seq.value;
	if(tmb.t_uac_with_ids(&u, &l->hash, &l->label) < 0)
		return EIO;
	l->invite = INVITE_CLIENT;
	return 0;
}

static void ack(dlg_t *d, unsigned cseq, str *body)
{
	str method = str_init("ACK");
	unsigned next = d->loc_seq.value;
	struct lines h = {.used = 0};
	uac_req_t u;

	if(body && body->len > 0)
		lines_add(&h, "Content-Type: application/sdp");
	fill(&u, &method, &h, body, d);
	d->loc_seq.value = cseq;
	if(tmb.t_uac(&u) < 0)
		LM_WARN("event=ack_not_sent call_id=%.*s\n",
				d->id.call_id.len, d->id.call_id.s);
	d->loc_seq.value = next;
}

void request_ack(struct leg *l)
{
	ack(l->dlg, l->invite_cseq, &l->ack_body);
	l->acked = true;
	l->owed_by = 0;
}

static void bye(dlg_t *d, unsigned q850)
{
	str method = str_init("BYE");
	struct lines h = {.used = 0};
	uac_req_t u;

	next_cseq(d);
	lines_q850(&h, q850);
	fill(&u, &method, &h, NULL, d);
	if(tmb.t_uac(&u) < 0)
		LM_WARN("event=bye_not_sent call_id=%.*s\n",
				d->id.call_id.len, d->id.call_id.s);
}

void request_bye(struct leg *l, unsigned q850)
{
	request_follow(l);
	bye(l->dlg, q850);
}

/* A number of the leg's own, in the dialog of now. */
static dlg_t *next_request(struct leg *l)
{
	dlg_t *d = leg_dialog(l);

	request_follow(l);
	next_cseq(l->dlg);
	d->loc_seq = l->dlg->loc_seq;
	return d;
}

void request_prack(struct leg *l, unsigned rseq)
{
	str method = str_init("PRACK");
	struct lines h = {.used = 0};
	uac_req_t u;

	lines_add(&h, "RAck: %u %u INVITE", rseq, l->invite_cseq);
	fill(&u, &method, &h, NULL, next_request(l));
	if(tmb.t_uac(&u) < 0)
		LM_WARN("event=prack_not_sent leg=%s call=%s\n", l->name, l->call);
}

int request_update(struct leg *l, struct str sdp)
{
	str method = str_init("UPDATE"), b = theirs(sdp);
	struct lines h = {.used = 0};
	uac_req_t u;

	lines_contact(&h, l);
	lines_sdp(&h, sdp);
	fill(&u, &method, &h, &b, next_request(l));
	u.cb = on_update_reply;
	u.cbp = (void *)(uintptr_t)l->id;
	u.cb_flags = TMCB_LOCAL_COMPLETED;
	return tmb.t_uac(&u) < 0 ? EIO : 0;
}

int request_refresh(struct leg *l, struct str sdp)
{
	str method = str_init("UPDATE");
	struct lines h = {.used = 0};
	uac_req_t u;

	if(!l->session.update && sdp.len) {
		if(shm_put(&l->offer, sdp.p, (int)sdp.len))
			return EIO;
		l->asked_again = false;
		l->session.refreshing = true;
		return request_invite(l, &h, sdp);
	}
	lines_contact(&h, l);
	session_ask(l, &h);
	fill(&u, &method, &h, NULL, next_request(l));
	u.cb = on_refresh_reply;
	u.cbp = (void *)(uintptr_t)l->id;
	u.cb_flags = TMCB_LOCAL_COMPLETED;
	return tmb.t_uac(&u) < 0 ? EIO : 0;
}

int request_other(struct leg *l, const char *method, struct lines *h,
		struct str body)
{
	str name = {(char *)method, strlen(method)}, b = theirs(body);
	uac_req_t u;

	request_follow(l);
	next_cseq(l->dlg);
	fill(&u, &name, h, &b, l->dlg);
	u.cb = on_other_reply;
	u.cbp = (void *)(uintptr_t)l->id;
	u.cb_flags = TMCB_LOCAL_COMPLETED;
	return tmb.t_uac(&u) < 0 ? EIO : 0;
}

void request_drop_fork(struct leg *l, sip_msg_t *reply)
{
	dlg_t *d = NULL, *own = l->dlg;
	unsigned cseq = sip_cseq(reply); /* may be of an earlier gateway */

	if(tmb.new_dlg_uac(&own->id.call_id, &own->id.loc_tag, cseq,
			   &own->loc_uri, &own->rem_uri, &d) < 0)
		return;
	if(tmb.set_dlg_target(d, &own->rem_target, NULL) == 0
			&& tmb.dlg_response_uac(d, reply, IS_TARGET_REFRESH) >= 0) {
		d->send_sock = own->send_sock;
		ack(d, cseq, NULL);
		bye(d, 16);
		LM_NOTICE("event=fork_dropped leg=%s call=%s\n", l->name, l->call);
	}
	tmb.free_dlg(d);
}

bool request_by_connection(const struct leg *l)
{
	sip_uri_t uri;

	return l->flow.len && parse_uri(l->flow.s, l->flow.len, &uri) == 0
		   && uri.proto != PROTO_NONE && uri.proto != PROTO_UDP;
}

void request_follow(struct leg *l)
{
	char b[256];
	int n;

	if(!request_by_connection(l))
		return;
	n = registrations_flow(&l->dlg->rem_uri, &l->dlg->rem_target, b,
			sizeof(b));
	if(n && !str_same(&l->flow, &(str){b, n})) {
		shm_put(&l->flow, b, n);
		request_keep_flow(l);
	}
}

void request_keep_flow(struct leg *l)
{
	dlg_t *d = leg_dialog(l);

	if(!l->flow.len || d->route_set)
		return;
	if(!shm_put(&d->dst_uri, l->flow.s, l->flow.len))
		tmb.calculate_hooks(d);
}
