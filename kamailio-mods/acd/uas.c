/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/directory.h"
#include "kamailio-mods/acd/drain.h"
#include "kamailio-mods/acd/identity.h"
#include "kamailio-mods/acd/merge.h"
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/own.h"
#include "kamailio-mods/acd/reliable.h"
#include "kamailio-mods/acd/replaces.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/session.h"
#include "kamailio-mods/acd/spare.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/tag.h"
#include "kamailio-mods/acd/uas.h"
#include "core/data_lump_rpl.h"
#include "core/flags.h"
#include "core/ip_addr.h"
#include "core/parser/parse_from.h"

/* tm's own limit, behind ours: the sweep ends an unanswered leg first. */
#define TM_MARGIN_S 60

/* Not called for anything: its parameter is how a CANCEL finds the leg. */
static void marker(struct cell *t, int type, struct tmcb_params *ps)
{
}

static int find_marker(struct cell *t, uint64_t *idp)
{
	struct tm_callback *cb = (struct tm_callback *)t->tmcb_hl.first;

	for(; cb; cb = cb->next)
		if(cb->callback == marker) {
			*idp = (uint64_t)(uintptr_t)cb->param;
			return 0;
		}
	return ENOENT;
}

void uas_mark(sip_msg_t *m, struct cell *t, uint64_t id)
{
	tmb.register_tmcb(m, t, TMCB_E2ECANCEL_IN, marker,
			(void *)(uintptr_t)id, NULL);
}

static void reply(sip_msg_t *m, int code)
{
	if(tmb.t_reply(m, code, (char *)sip_phrase(code)) < 0)
		LM_WARN("event=reply_not_sent code=%d\n", code);
}

/* ---- acd_offer ---------------------------------------------------------- */

void uas_flow(struct leg *l, sip_msg_t *m)
{
	char b[128];
	int n = snprintf(b, sizeof(b),
			m->rcv.src_ip.af == AF_INET6 ? "sip:[%s]:%u%s" : "sip:%s:%u%s",
			ip_addr2a(&m->rcv.src_ip), m->rcv.src_port,
			sip_transport(m->rcv.proto));

	shm_put(&l->flow, b, n);
	request_keep_flow(l);
}

static int make_dialog(struct leg *l, sip_msg_t *m)
{
	char tag[TAG_SIZE];
	int n;

	if(tmb.new_dlg_uas(m, 99, &l->dlg) < 0)
		return EPROTO;
	n = tag_make(tag, l->partition, l->id);
	if(n < 0 || shm_put(&l->dlg->id.loc_tag, tag, n)
			|| contact_set(l, m->rcv.bind_address, m->rcv.proto, acd.node))
		return ENOMEM;
	l->dlg->send_sock = m->rcv.bind_address;
	l->server_cseq = sip_cseq(m);
	return 0;
}

static void put_who(const struct offer *o)
{
	struct str rest = ours(&o->who), user;
	str part;

	if(o->kind.len != 5 || memcmp(o->kind.s, "agent", 5)) {
		notice_str(F_TRUNK, &o->who);
		return;
	}
	if(!str_cut(&rest, '@', &user))
		return;
	part = theirs(user);
	notice_str(F_USER, &part);
	part = theirs(rest);
	notice_str(F_DOMAIN, &part);
}

static int tell(const struct leg *l, sip_msg_t *m, const struct offer *o)
{
	char source[64], replaced[ID_LEN + 1];

	notice_leg(M_LEG_OFFERED, l);
	notice_text(F_NODE, acd.node);
	notice_str(F_KIND, &o->kind);
	notice_num(F_TENANT, o->tenant);
	notice_str(F_NUMBER, &m->parsed_uri.user);
	put_who(o);
	identity_put(m, o->kind.s[0] == 't' && isflagset(m, acd.trusted_flag) > 0);
	notice_str(F_CALL_ID, &l->dlg->id.call_id);
	notice_put(F_SOURCE, source, snprintf(source, sizeof(source),
			m->rcv.src_ip.af == AF_INET6 ? "[%s]:%u" : "%s:%u",
			ip_addr2a(&m->rcv.src_ip), m->rcv.src_port));
	if(isflagset(m, acd.pinned_flag) > 0)
		notice_num(F_PINNED, 1);
	if(o->replaces)
		notice_text(F_REPLACES, id_format(replaced, 'l', o->replaces));
	sip_put_sdp(m);
	return notice_send();
}

/* The INVITE's transaction is ours and suspended; the leg is locked. */
static int enter(struct leg *l, sip_msg_t *m, const struct offer *o)
{
	struct cell *t = tmb.t_gett();

	if(make_dialog(l, m))
		return 400;
	if(reliable_init(l, m))
		return 503;
	if(session_asked(l, m))
		return 422;
	if(o->kind.len == 5 && !memcmp(o->kind.s, "agent", 5))
		uas_flow(l, m);
	l->hash = t->hash_index;
	l->label = t->label;
	l->invite = INVITE_SERVER;
	l->offered_late = sip_sdp(m).len <= 0;
	l->first_by = now_ms() + acd.failover_ms + acd.first_ms;
	l->trying_by = now_ms() + TRYING_MS;
	uas_mark(m, t, l->id);
	if(t->flags & T_CANCELED) /* before the mark was there to be found */
		return 487;
	return tell(l, m, o) ? 503 : 0;
}

struct places { /* what an INVITE takes until its leg is over */
	int trunk, tenant; /* -1: none */
	uint64_t merge;
};

static void leave(const struct places *at)
{
	trunk_leave(at->trunk);
	trunk_leave(at->tenant);
	merge_leave(at->merge);
}

static int begin(sip_msg_t *m, const struct offer *o, const struct places *at)
{
	uint64_t id = leg_new_id();
	struct leg *l;
	int code = 503;

	leg_lock(id);
	l = leg_add(id, o->partition, LEG_UAS);
	if(l) {
		l->trunk = at->trunk;
		l->merge = at->merge;
		l->tenant = at->tenant;
		code = enter(l, m, o);
		if(!code)
			LM_INFO("event=offered leg=%s call=- kind=%.*s call_id=%.*s\n",
					l->name, STR_FMT(&o->kind),
					STR_FMT(&l->dlg->id.call_id));
		else
			leg_free(l);
	} else {
		leave(at);
	}
	leg_unlock(id);
	return code;
}

/* A trunk may try elsewhere, RFC 3261 21.5.4; the tenant's lines are busy. */
static void over_limit(sip_msg_t *m, const char *what, const str *who, int most)
{
	char again[] = "Retry-After: 5\r\n";

	stat_inc(stat_refused);
	LM_NOTICE("event=over_limit %s=%.*s limit=%d\n", what, STR_FMT(who), most);
	if(what[1] == 'r')
		add_lump_rpl(m, again, sizeof(again) - 1, LUMP_RPL_HDR);
	reply(m, what[1] == 'r' ? 503 : 486);
}

/* Who takes over a call that is here is no new call. */
static bool is_drained(sip_msg_t *m, const struct offer *o)
{
	char again[] = DRAIN_AGAIN;

	if(o->replaces || !drain_of(o->partition))
		return false;
	stat_inc(stat_refused);
	add_lump_rpl(m, again, sizeof(again) - 1, LUMP_RPL_HDR);
	reply(m, 503);
	return true;
}

/* Places on the trunk and among the tenant's calls: 0, EBUSY (answered). */
static int take_place(sip_msg_t *m, const struct offer *o, struct places *at)
{
	int most = o->kind.s[0] == 't' ? directory_tenant_calls(o->tenant) : 0;
	char b[32];
	str name = {b, snprintf(b, sizeof(b), "tenant:%u", o->tenant)};

	at->trunk = at->tenant = -1;
	if(o->limit > 0) {
		at->trunk = trunk_enter(&o->who, o->limit);
		if(at->trunk < 0) {
			over_limit(m, "trunk", &o->who, o->limit);
			return EBUSY;
		}
	}
	if(most <= 0)
		return 0;
	at->tenant = trunk_enter(&name, most);
	if(at->tenant >= 0)
		return 0;
	over_limit(m, "tenant", &name, most);
	return EBUSY;
}

/* Answered, when it came on another way already. */
static bool is_merged(sip_msg_t *m, uint64_t merge)
{
	int err = merge_enter(merge);

	if(err)
		reply(m, err == EEXIST ? 482 : 503);
	return err != 0;
}

int uas_offer(sip_msg_t *m, struct offer *o)
{
	unsigned hash, label;
	struct places at;
	int r, code;

	if(own_is_fenced())
		return 0; /* it waited in a socket while we stood still */
	if(sip_parse(m) || parse_sip_msg_uri(m) < 0 || !m->parsed_uri.user.len)
		return -1;
	if(spare_refuses(m))
		return -1;
	tmb.set_fr(m, 0, (acd.unanswered_s + TM_MARGIN_S) * 1000);
	r = tmb.t_newtran(m);
	if(r <= 0)
		return r;
	/* the leg's partition, not the number's: its engine has the leg */
	code = replaces_find(m, &o->replaces, &o->partition);
	if(code) {
		reply(m, code);
		return -1;
	}
	if(is_drained(m, o))
		return -1;
	at.merge = merge_key(m);
	if(is_merged(m, at.merge))
		return -1;
	if(take_place(m, o, &at)) {
		leave(&at);
		return -1;
	}
	tmb.t_gett()->flags &= ~T_AUTO_INV_100; /* see uas_trying() */
	if(tmb.t_suspend(m, &hash, &label) != 0) {
		leave(&at);
		reply(m, 487);
		return -1;
	}
	code = begin(m, o, &at);
	if(code) {
		reply(m, code);
		return -1;
	}
	stat_inc(stat_offered);
	return 1;
}

/* ---- acd_cancel --------------------------------------------------------- */

static bool is_pending(const struct leg *l, const struct cell *t)
{
	return l && l->invite == INVITE_SERVER && l->hash == t->hash_index
		   && l->label == t->label;
}

/* Takes tm's reference of t. The leg is locked and has this INVITE. */
static void cancelled(struct leg *l, struct cell *t, sip_msg_t *m)
{
	str phrase = str_init("Request Terminated");
	struct ending e = {"remote", "cancel", 487, sip_q850(m), STR_NULL};

	t->flags |= T_CANCELED;
	if(tmb.t_reply_with_body(t, 487, &phrase, NULL, NULL,
			   &l->dlg->id.loc_tag) < 0)
		LM_WARN("event=reply_not_sent leg=%s call=%s code=487\n", l->name,
				l->call);
	l->invite = INVITE_NONE;
	if(l->state == LEG_OFFERED)
		leg_over(l, &e);
}

/* The INVITE's transaction, referenced, when it is of a leg that is here;
 * NULL: escaped, or never ours. */
static struct cell *invite_of(sip_msg_t *m, uint64_t *idp)
{
	struct cell *t = tmb.t_lookup_original(m);
	bool here = false;

	if(!t || t == T_UNDEFINED)
		return NULL;
	if(!find_marker(t, idp)) {
		leg_lock(*idp);
		here = leg_find(*idp) != NULL;
		leg_unlock(*idp);
	}
	if(here)
		return t;
	tmb.unref_cell(t);
	return NULL;
}

int uas_cancel(sip_msg_t *m)
{
	struct cell *t;
	struct leg *l;
	uint64_t id;
	int r;

	if(own_is_fenced())
		return 0; /* it waited in a socket while we stood still */
	t = sip_parse(m) ? NULL : invite_of(m, &id);
	if(!t)
		return -1;
	r = tmb.t_newtran(m);
	if(r <= 0) {
		tmb.unref_cell(t);
		return r;
	}
	reply(m, 200);
	leg_lock(id);
	l = leg_find(id);
	if(is_pending(l, t))
		cancelled(l, t, m);
	else
		tmb.unref_cell(t); /* answered already: too late, RFC 3261 9.2 */
	leg_unlock(id);
	return 1;
}

/* ---- our replies -------------------------------------------------------- */

int uas_reply(struct leg *l, unsigned hash, unsigned label, unsigned code,
		struct str reason, struct lines *h, struct str body, bool invite)
{
	const char *phrase = sip_phrase(code);
	str text = reason.len ? theirs(reason)
						  : (str){(char *)phrase, strlen(phrase)};
	str b = theirs(body), headers;
	struct cell *t;
	int r;

	if(tmb.t_lookup_ident(&t, hash, label) < 0)
		return ENOENT;
	lines_sdp(h, body);
	headers = lines_str(h);
	if(invite)
		l->trying_by = 0;
	if(invite && code >= 200 && code < 300) {
		leg_hold(l, t);
		l->wait_ack = true;
		l->ack_by = now_ms() + acd.ack_ms;
	}
	r = tmb.t_reply_with_body(t, code, &text, b.len ? &b : NULL, &headers,
			&l->dlg->id.loc_tag);
	tmb.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
	return r < 0 ? EIO : 0;
}

void uas_trying(struct leg *l)
{
	struct lines h = {.used = 0};

	l->trying_by = 0;
	if(l->state == LEG_OFFERED && l->invite == INVITE_SERVER)
		uas_reply(l, l->hash, l->label, 100, STR_NONE, &h, STR_NONE, true);
}

void uas_progress(struct leg *l, unsigned code, struct str reason,
		struct str sdp)
{
	struct lines h = {.used = 0};

	if(l->state != LEG_OFFERED || code <= 100 || code > 199)
		return;
	l->trying_by = 0;
	if(l->reliable) {
		reliable_progress(l, code, reason, sdp);
		return;
	}
	lines_contact(&h, l);
	if(uas_reply(l, l->hash, l->label, code, reason, &h, sdp, true))
		LM_WARN("event=reply_not_sent leg=%s call=%s code=%u\n", l->name,
				l->call, code);
}

void uas_answer(struct leg *l, struct str sdp)
{
	struct ending e = {"node", "error", 500, 0, str_init("no transaction")};
	struct lines h = {.used = 0};

	if(reliable_defers(l, sdp))
		return;
	if(reliable_answered(l))
		sdp = STR_NONE;
	reliable_free(l);
	lines_contact(&h, l);
	session_answer(l, &h, sdp);
	l->invite = INVITE_NONE;
	if(uas_reply(l, l->hash, l->label, 200, STR_NONE, &h, sdp, true)) {
		leg_over(l, &e);
		return;
	}
	l->state = LEG_UP;
	l->dlg->state = DLG_CONFIRMED;
	leg_touch(l);
	stat_inc(stat_answered);
	LM_INFO("event=answered leg=%s call=%s\n", l->name, l->call);
}

void uas_refuse(struct leg *l, unsigned code, struct str reason,
		unsigned q850)
{
	struct ending e = {"local", "ended", code, q850, theirs(reason)};
	struct lines h = {.used = 0};

	lines_q850(&h, q850);
	if(l->invite == INVITE_SERVER
			&& uas_reply(l, l->hash, l->label, code, reason, &h, STR_NONE,
					true))
		LM_WARN("event=reply_not_sent leg=%s call=%s code=%u\n", l->name,
				l->call, code);
	l->invite = INVITE_NONE;
	leg_over(l, &e);
}
