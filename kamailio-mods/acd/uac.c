/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/digest.h"
#include "kamailio-mods/acd/directory.h"
#include "kamailio-mods/acd/early.h"
#include "kamailio-mods/acd/hunt.h"
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/own.h"
#include "kamailio-mods/acd/q850.h"
#include "kamailio-mods/acd/reliable.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/session.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/tag.h"
#include "kamailio-mods/acd/target.h"
#include "kamailio-mods/acd/uac.h"
#include "modules/tm/t_cancel.h"
#include "modules/tm/ut.h"
#include "core/socket_info.h"
#include "core/parser/parse_to.h"
#include "core/rand/kam_rand.h"
#include "core/socket_info.h"

/* ---- leg.invite --------------------------------------------------------- */

/* The first of its address in the configuration: the one for SIP. The core
 * takes any, also one that is for WebSocket or for figures. */
static struct socket_info *first_of(struct socket_info *si)
{
	struct socket_info **list = get_sock_info_list(si->proto), *o;

	for(o = list ? *list : NULL; o; o = o->next)
		if(ip_addr_cmp(&o->address, &si->address))
			return o;
	return si;
}

static int make_dialog(struct leg *l, const struct msg *m)
{
	str from = theirs(msg_get(m, F_FROM)), rem = theirs(msg_get(m, F_TO));
	str nobody = str_init("\"Anonymous\" <sip:anonymous@anonymous.invalid>");
	char b[TAG_SIZE];
	str tag;

	tag.s = b;
	tag.len = tag_make(b, l->partition, l->id);
	if(tag.len < 0
			|| tmb.new_dlg_uac(NULL, &tag, 1,
					   msg_get(m, F_PRIVACY).len ? &nobody : &from, &rem,
					   &l->dlg) < 0)
		return ENOMEM;
	return 0;
}

/* A WebSocket's socket is a TCP or TLS one: its URI says what it is. */
static int proto_of(const struct target *to)
{
	const str *hop = to->du.len ? &to->du : &to->ru;
	sip_uri_t uri;

	if(parse_uri(hop->s, hop->len, &uri) == 0
			&& (uri.proto == PROTO_WS || uri.proto == PROTO_WSS))
		return uri.proto;
	return to->socket->proto;
}

int uac_aim(struct leg *l, struct target *to)
{
	struct dest_info dst;

	if(tmb.set_dlg_target(l->dlg, &to->ru, to->du.len ? &to->du : NULL) < 0)
		return ENOMEM;
	/* The Contact must name the socket that the request leaves by. */
	init_dest_info(&dst);
	if(!to->socket) {
		snd_flags_t flags = {0};

		if(!uri2dst2(NULL, &dst, NULL, flags,
				   to->du.len ? &to->du : &to->ru, PROTO_NONE)
				|| !dst.send_sock)
			return EHOSTUNREACH;
		to->socket = first_of(dst.send_sock);
	}
	to->socket = own_socket(to->socket);
	l->dlg->send_sock = to->socket;
	return contact_set(l, to->socket, proto_of(to), acd.node);
}

/* Calls out count with those that come in. 0, EDQUOT. */
static int tenant_enter(struct leg *l, const struct msg *m)
{
	unsigned tenant = (unsigned)msg_num(m, F_TENANT);
	int most = tenant ? directory_tenant_calls(tenant) : 0;
	char b[32];
	str name = {b, snprintf(b, sizeof(b), "tenant:%u", tenant)};

	if(most <= 0)
		return 0;
	l->tenant = trunk_enter(&name, most);
	return l->tenant < 0 ? EDQUOT : 0;
}

static int send_invite(struct leg *l, const struct msg *m, struct target *to)
{
	struct str sdp = msg_get(m, F_SDP), memo = msg_get(m, F_MEMO);
	struct lines h = {.used = 0};
	int err = make_dialog(l, m);

	if(!err)
		err = tenant_enter(l, m);
	if(!err && memo.len)
		err = shm_put(&l->memo, memo.p, memo.len);
	if(!err && sdp.len)
		err = shm_put(&l->offer, sdp.p, sdp.len);
	if(err)
		return err;
	if(!to)
		return hunt_begin(l, m);
	/* a trunk is reached by its Contact and Record-Route, as RFC 3261 says */
	if(str_eq(msg_get(m, F_ROUTE), STR_LIT("agent")) && to->du.len
			&& shm_put(&l->flow, to->du.s, to->du.len))
		return ENOMEM;
	err = uac_aim(l, to);
	return err ? err : request_invite(l, &h, sdp);
}

/* No dialog was made: the engine hears of the end all the same. */
static void not_begun(unsigned partition, struct str leg, unsigned code,
		const char *reason)
{
	notice_begin(M_LEG_ENDED, partition);
	notice_put(F_LEG, leg.p, leg.len);
	notice_text(F_BY, "node");
	notice_text(F_CAUSE, "refused");
	notice_num(F_CODE, code);
	notice_num(F_Q850, q850_of_code(code));
	notice_text(F_REASON, reason);
	notice_send();
	LM_INFO("event=not_invited leg=%.*s code=%u reason=\"%s\"\n",
			(int)leg.len, leg.p, code, reason);
}

static const char *route_of(struct str name)
{
	if(str_eq(name, STR_LIT("agent")))
		return acd.agent_route;
	if(str_eq(name, STR_LIT("trunk")))
		return acd.trunk_route;
	return NULL;
}

static void enter(uint64_t id, unsigned partition, const struct msg *m,
		struct target *to)
{
	struct ending e = {"node", "error", 503, 0, str_init("not sent")};
	struct str contact = msg_get(m, F_CONTACT);
	struct leg *l = leg_add(id, partition, LEG_UAC);
	int err;

	if(!l) {
		not_begun(partition, msg_get(m, F_LEG), 503, "no memory");
		return;
	}
	l->commanded = true;
	if(contact.len)
		str_copy(l->call, sizeof(l->call), contact);
	err = send_invite(l, m, to);
	if(err) {
		if(err == EBUSY)
			e.reason = (str)str_init("trunks are at their limits");
		else if(err == EHOSTUNREACH)
			e.reason = (str)str_init("no trunk");
		else if(err == EDQUOT)
			e.reason = (str)str_init("the tenant's calls are at their limit");
		leg_over(l, &e);
		return;
	}
	stat_inc(stat_invited);
	LM_INFO("event=invited leg=%s call=%s call_id=%.*s\n", l->name, l->call,
			STR_FMT(&l->dlg->id.call_id));
}

/* The socket that a phone's NAT lets through, when the address is here. */
static void from_socket(struct target *to, struct str name)
{
	str text = theirs(name);
	struct socket_info *si = text.len ? lookup_local_socket(&text) : NULL;

	if(si && own_holds(si))
		to->socket = si;
}

void uac_invite(unsigned partition, const struct msg *m)
{
	struct str leg = msg_get(m, F_LEG);
	const char *route = route_of(msg_get(m, F_ROUTE));
	struct target to;
	uint64_t id;
	int err;

	if(id_parse(leg, 'l', &id))
		return;
	if(str_eq(msg_get(m, F_ROUTE), STR_LIT("trunk"))
			&& !msg_get(m, F_DST).len) { /* a gateway of the group */
		leg_lock(id);
		if(!leg_find(id))
			enter(id, partition, m, NULL);
		leg_unlock(id);
		return;
	}
	err = route ? target_find(&to, route, msg_get(m, F_RURI),
						  msg_get(m, F_DST)) : ENOENT;
	if(err) {
		not_begun(partition, leg, err == EHOSTUNREACH ? 480 : 500,
				err == EHOSTUNREACH ? "not reachable" : "no such route");
		return;
	}
	from_socket(&to, msg_get(m, F_SOCKET));
	leg_lock(id);
	if(leg_find(id))
		LM_WARN("event=leg_exists leg=%.*s\n", (int)leg.len, leg.p);
	else
		enter(id, partition, m, &to);
	leg_unlock(id);
}

/* ---- commands on our INVITEs -------------------------------------------- */

void uac_ack(struct leg *l, struct str sdp)
{
	if(!leg_owes_ack(l)) {
		LM_WARN("event=nothing_to_ack leg=%s call=%s\n", l->name, l->call);
		return;
	}
	shm_put(&l->ack_body, sdp.p, (int)sdp.len);
	session_sdp(l, sdp);
	request_ack(l);
}

static void rerefused(const struct leg *l, unsigned code, const str *reason)
{
	notice_leg(M_LEG_REREFUSED, l);
	notice_num(F_CODE, code);
	notice_str(F_REASON, reason);
	notice_send();
}

/* Before the 2xx an offer goes in an UPDATE, once the first is answered. */
static bool in_early_dialog(const struct leg *l)
{
	return (l->state == LEG_INVITED && l->early_answered && !l->ending)
		   || (l->state == LEG_OFFERED && reliable_answered(l));
}

static void update(struct leg *l, struct str sdp)
{
	str pending = str_init("an UPDATE is under way");

	if(l->update != INVITE_NONE || !sdp.len)
		rerefused(l, 491, &pending);
	else if(request_update(l, sdp))
		rerefused(l, 500, NULL);
	else
		l->update = INVITE_CLIENT;
}

void uac_reoffer(struct leg *l, struct str sdp)
{
	str pending = str_init("an INVITE is under way");
	struct lines h = {.used = 0};

	if(in_early_dialog(l)) {
		update(l, sdp);
		return;
	}
	if(l->state != LEG_UP || l->invite != INVITE_NONE || l->wait_ack
			|| l->update != INVITE_NONE || l->again_at || leg_owes_ack(l)) {
		rerefused(l, 491, &pending);
		return;
	}
	l->asked_again = false;
	shm_clear(&l->offer);
	if((sdp.len && shm_put(&l->offer, sdp.p, (int)sdp.len))
			|| request_invite(l, &h, sdp))
		rerefused(l, 500, NULL);
}

/* RFC 3261 14.1: who made the Call-ID waits longer, so that not both meet
 * again. Units of 10 ms. */
static uint64_t back_off_ms(const struct leg *l)
{
	return l->side == LEG_UAC ? 2100 + kam_rand() % 191 * 10
							  : kam_rand() % 201 * 10;
}

void uac_again(struct leg *l)
{
	struct lines h = {.used = 0};

	l->again_at = 0;
	l->asked_again = false;
	if(l->state != LEG_UP || l->invite != INVITE_NONE || l->wait_ack
			|| request_invite(l, &h, ours(&l->offer)))
		rerefused(l, 491, NULL);
}

void uac_give_way(struct leg *l)
{
	str met = str_init("theirs came first");

	if(!l->again_at)
		return;
	l->again_at = 0;
	rerefused(l, 491, &met);
}

void uac_cancel(struct leg *l)
{
	struct lines h = {.used = 0};
	struct cancel_info what;
	struct cell *t;

	if(l->invite != INVITE_CLIENT
			|| tmb.t_lookup_ident(&t, l->hash, l->label) < 0)
		return;
	init_cancel_info(&what);
	lines_q850(&h, l->end_q850);
	if(h.used) {
		what.reason.cause = CANCEL_REAS_PACKED_HDRS;
		what.reason.u.packed_hdrs = lines_str(&h);
	}
	tmb.prepare_to_cancel(t, &what.cancel_bitmap, 0);
	/* Before a 1xx tm keeps it until one came. */
	tmb.cancel_uacs(t, &what, F_CANCEL_B_FORCE_RETR);
	tmb.unref_cell(t);
	tmb.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
}

void uac_forget(struct leg *l)
{
	struct cell *t;

	if(l->invite != INVITE_CLIENT
			|| tmb.t_lookup_ident(&t, l->hash, l->label) < 0)
		return;
	tmb.t_release_transaction(t);
	tmb.unref_cell(t);
	tmb.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
}

/* ---- replies, the leg locked -------------------------------------------- */

static void provisional(struct leg *l, struct cell *t, sip_msg_t *reply,
		unsigned code)
{
	if(l->hash != t->hash_index || l->label != t->label)
		return; /* of a gateway that was given up */
	l->gw.by = 0; /* there is somebody */
	if(l->state != LEG_INVITED || l->ending || code <= 100
			|| sip_parse(reply) || !early_take(l, reply))
		return;
	notice_leg(M_LEG_RINGING, l);
	notice_num(F_CODE, code);
	sip_put_sdp(reply);
	notice_str(F_REASON, &reply->first_line.u.reply.reason);
	notice_send();
}

/* Ended by us while their 2xx was on its way: acknowledge, then BYE. */
static void drop_answer(struct leg *l)
{
	struct ending e = {"local", "ended", l->end_code, l->end_q850, STR_NULL};

	if(!l->acked)
		request_ack(l);
	request_bye(l, l->end_q850);
	leg_over(l, &e);
}

static void accepted(struct leg *l, sip_msg_t *reply)
{
	bool first = l->state == LEG_INVITED;

	if(first && l->dlg->state == DLG_DESTROYED)
		l->dlg->state = DLG_NEW; /* after a challenge */
	tmb.dlg_response_uac(l->dlg, reply, IS_TARGET_REFRESH);
	early_confirmed(l);
	request_keep_flow(l);
	hunt_accepted(l);
	l->state = LEG_UP;
	l->invite = INVITE_NONE;
	session_answered(l, reply, ours(&l->offer));
	shm_clear(&l->offer);
	if(l->late)
		l->owed_by = now_ms() + acd.ack_ms;
	else
		request_ack(l);
	if(l->ending) {
		drop_answer(l);
		return;
	}
	if(l->session.refreshing) {
		l->session.refreshing = false;
		notice_store_only(l);
		return;
	}
	if(first) {
		leg_touch(l);
		stat_inc(stat_answered);
		LM_INFO("event=answered leg=%s call=%s\n", l->name, l->call);
	}
	notice_leg(first ? M_LEG_ANSWERED : M_LEG_REACCEPTED, l);
	sip_put_sdp(reply);
	if(first)
		notice_str(F_CALL_ID, &l->dlg->id.call_id);
	if(first && l->gw.pinned)
		notice_num(F_PINNED, 1);
	notice_store(l);
	notice_send();
}

static bool again_with_credentials(struct leg *l, sip_msg_t *reply,
		unsigned code)
{
	struct lines h = {.used = 0};
	const str *uri = l->dlg->hooks.request_uri;
	struct str user = STR_NONE, password = STR_NONE;
	struct gateway g;

	if((code != 401 && code != 407) || !reply || l->ending || l->asked_again)
		return false;
	if(l->gw.at >= 0 && gateway_credentials(l->gw.at, &g)) {
		user = str_c(g.user);
		password = str_c(g.password);
	}
	if(!uri || digest_answer_as(&h, reply, "INVITE", uri, user, password))
		return false;
	l->asked_again = true;
	l->invite = INVITE_NONE;
	if(l->dlg->state == DLG_DESTROYED)
		l->dlg->state = DLG_NEW;
	return request_invite(l, &h, ours(&l->offer)) == 0;
}

static bool again_with_their_interval(struct leg *l, sip_msg_t *reply,
		unsigned code)
{
	struct lines h = {.used = 0};

	if(code != 422 || !reply || l->ending || !session_too_small(l, reply))
		return false;
	l->invite = INVITE_NONE;
	if(l->dlg->state == DLG_DESTROYED)
		l->dlg->state = DLG_NEW;
	return request_invite(l, &h, ours(&l->offer)) == 0;
}

static void refused(struct leg *l, sip_msg_t *reply, unsigned code)
{
	struct ending e = {"remote", "refused", code, 0, STR_NULL};

	if(reply) {
		e.q850 = sip_q850(reply);
		e.reason = reply->first_line.u.reply.reason;
	} else {
		e.by = "node";
		e.cause = "timeout";
	}
	l->invite = INVITE_NONE;
	if(hunt_refused(l, reply ? code : 0))
		return;
	if(l->session.refreshing && !l->ending) {
		l->session.refreshing = false;
		shm_clear(&l->offer);
		session_refreshed(l, reply, code);
		return;
	}
	if(l->state == LEG_UP && code == 491) {
		l->again_at = now_ms() + 1 + back_off_ms(l);
		return;
	}
	if(l->state == LEG_UP && code != 481 && reply) {
		shm_clear(&l->offer);
		rerefused(l, code, &e.reason);
		return;
	}
	if(l->state == LEG_UP) /* no dialog, or nobody there: RFC 3261 14.1 */
		request_bye(l, 0);
	if(l->ending) {
		e.by = "local";
		e.cause = "ended";
		if(l->end_q850)
			e.q850 = l->end_q850;
	}
	leg_over(l, &e);
}

static void final(struct leg *l, struct cell *t, sip_msg_t *reply,
		unsigned code)
{
	if(l->hash != t->hash_index || l->label != t->label) {
		hunt_late(l, reply, code);
		return;
	}
	if(l->invite != INVITE_CLIENT)
		return; /* tm may say it more than once */
	if(reply && sip_parse(reply))
		return;
	if(code < 300 && reply)
		accepted(l, reply);
	else if(!again_with_credentials(l, reply, code)
			&& !again_with_their_interval(l, reply, code))
		refused(l, reply, code);
}

void on_invite_reply(struct cell *t, int type, struct tmcb_params *ps)
{
	uint64_t id = (uint64_t)(uintptr_t)*ps->param;
	sip_msg_t *reply = ps->rpl == FAKED_REPLY ? NULL : ps->rpl;
	struct leg *l;

	leg_lock(id);
	l = leg_find(id);
	if(l && type == TMCB_LOCAL_COMPLETED && ps->code >= 200)
		final(l, t, reply, ps->code);
	else if(l && ps->code < 200 && reply)
		provisional(l, t, reply, ps->code);
	leg_unlock(id);
}

static void updated(struct leg *l, sip_msg_t *reply, unsigned code)
{
	str reason = reply ? reply->first_line.u.reply.reason
					   : (str)STR_NULL;

	l->update = INVITE_NONE;
	if(code > 299 || !reply || sip_parse(reply)) {
		rerefused(l, code, &reason);
		return;
	}
	/* or tm reads tags and routes once more, and keeps both */
	leg_dialog(l)->state = DLG_CONFIRMED;
	tmb.dlg_response_uac(leg_dialog(l), reply, IS_TARGET_REFRESH);
	request_keep_flow(l);
	notice_leg(M_LEG_REACCEPTED, l);
	sip_put_sdp(reply);
	if(l->state == LEG_UP)
		notice_store(l);
	notice_send();
}

void on_update_reply(struct cell *t, int type, struct tmcb_params *ps)
{
	uint64_t id = (uint64_t)(uintptr_t)*ps->param;
	sip_msg_t *reply = ps->rpl == FAKED_REPLY ? NULL : ps->rpl;
	struct leg *l;

	leg_lock(id);
	l = leg_find(id);
	if(l && l->update == INVITE_CLIENT)
		updated(l, reply, ps->code);
	leg_unlock(id);
}

void on_other_reply(struct cell *t, int type, struct tmcb_params *ps)
{
	uint64_t id = (uint64_t)(uintptr_t)*ps->param;
	struct ending e = {"remote", "error", ps->code, 0,
			str_init("the other side has no such dialog")};
	struct leg *l;

	if(ps->code != 481 && ps->code != 408)
		return;
	leg_lock(id);
	l = leg_find(id);
	if(l && l->state == LEG_UP) {
		request_bye(l, 0);
		leg_over(l, &e);
	}
	leg_unlock(id);
}
