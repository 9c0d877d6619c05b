/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <strings.h>

#include "kamailio-mods/acd/indialog.h"
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/own.h"
#include "kamailio-mods/acd/refer.h"
#include "kamailio-mods/acd/reliable.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/restore.h"
#include "kamailio-mods/acd/session.h"
#include "kamailio-mods/acd/spare.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/tag.h"
#include "kamailio-mods/acd/uac.h"
#include "kamailio-mods/acd/uas.h"
#include "core/data_lump_rpl.h"
#include "core/parser/parse_from.h"
#include "core/rand/kam_rand.h"

static const char gone[] = "Call/Transaction Does Not Exist";

int tid_parse(struct str tid, unsigned *hashp, unsigned *labelp)
{
	struct str part;
	uint64_t hash, label;

	if(!str_cut(&tid, '-', &part) || str_u64(part, &hash)
			|| str_u64(tid, &label) || hash > 0xffffffff
			|| label > 0xffffffff)
		return EINVAL;
	*hashp = (unsigned)hash;
	*labelp = (unsigned)label;
	return 0;
}

void put_tid(const struct cell *t)
{
	char b[32];

	notice_put(F_TID, b,
			snprintf(b, sizeof(b), "%u-%u", t->hash_index, t->label));
}

static void answer(sip_msg_t *m, int code, const char *phrase)
{
	if(tmb.t_reply(m, code, (char *)phrase) < 0)
		LM_WARN("event=reply_not_sent code=%d\n", code);
}

/* RFC 3261 14.2: one INVITE after the other, and not all at once again. */
static void ask_to_wait(sip_msg_t *m)
{
	char b[32];
	int n = snprintf(b, sizeof(b), "Retry-After: %d\r\n",
			(int)(kam_rand() % 11));

	add_lump_rpl(m, b, n, LUMP_RPL_HDR);
}

static bool same_dialog(const struct leg *l, sip_msg_t *m)
{
	const dlg_t *d = l ? leg_dialog(l) : NULL;

	return d && str_same(&d->id.loc_tag, &get_to(m)->tag_value)
		   && str_same(&d->id.call_id, &m->callid->body)
		   && str_same(&d->id.rem_tag, &get_from(m)->tag_value);
}

/* ---- ACK ---------------------------------------------------------------- */

static void confirmed(struct leg *l, sip_msg_t *m)
{
	struct ending e = {"local", "ended", l->end_code, l->end_q850, STR_NULL};

	leg_release(l);
	l->wait_ack = false;
	l->ack_by = 0;
	if(l->bye_after_ack) {
		request_bye(l, l->end_q850);
		leg_over(l, &e);
		return;
	}
	notice_leg(M_LEG_CONFIRMED, l);
	sip_put_sdp(m);
	notice_store(l);
	notice_send();
}

/* False: its leg is not here. */
static bool acknowledged(sip_msg_t *m, uint64_t id)
{
	struct leg *l;
	bool here;

	leg_lock(id);
	l = leg_find(id);
	here = l != NULL;
	if(same_dialog(l, m) && l->wait_ack && sip_cseq(m) == l->server_cseq)
		confirmed(l, m);
	leg_unlock(id);
	return here;
}

static int on_ack(sip_msg_t *m, unsigned partition, uint64_t id)
{
	tmb.t_newtran(m); /* matches our 2xx: ends its retransmission */
	if(!acknowledged(m, id))
		restore_ask(m, NULL, partition, id);
	return 1;
}

/* ---- the others: transaction made, leg locked --------------------------- */

static void on_bye(struct leg *l, sip_msg_t *m, struct cell *t)
{
	struct ending e = {"remote", "bye", 0, sip_q850(m), STR_NULL};
	struct lines h = {.used = 0};

	if(l->invite == INVITE_SERVER) { /* RFC 3261 15.1.2 */
		uas_reply(l, l->hash, l->label, 487, STR_NONE, &h, STR_NONE, true);
		tmb.t_sett(t, T_BR_UNDEFINED);
	}
	if(l->update == INVITE_SERVER) {
		uas_reply(l, l->update_hash, l->update_label, 487, STR_NONE, &h,
				STR_NONE, false);
		tmb.t_sett(t, T_BR_UNDEFINED);
	}
	leg_over(l, &e);
}

static void on_prack(struct leg *l, sip_msg_t *m, struct cell *t)
{
	int code = reliable_prack(l, m);

	answer(m, code, code == 481 ? gone : sip_phrase(code));
	reliable_next(l);
	tmb.t_sett(t, T_BR_UNDEFINED);
}

/* RFC 3311. Without an offer it refreshes target and session only. */
static void on_update(struct leg *l, sip_msg_t *m, struct cell *t)
{
	struct lines h = {.used = 0};
	str lines;

	if(sip_sdp(m).len <= 0) {
		lines_contact(&h, l);
		if(l->state == LEG_UP)
			session_answer(l, &h, ours(&l->session.sdp));
		lines = lines_str(&h);
		add_lump_rpl(m, lines.s, lines.len, LUMP_RPL_HDR);
		answer(m, 200, "OK");
		if(l->state == LEG_UP)
			notice_store_only(l);
		return;
	}
	tmb.t_addblind();
	uac_give_way(l);
	l->update = INVITE_SERVER;
	l->update_hash = t->hash_index;
	l->update_label = t->label;
	notice_leg(M_LEG_REOFFERED, l);
	put_tid(t);
	sip_put_sdp(m);
	if(l->state == LEG_UP)
		notice_store(l);
	notice_send();
}

static void on_invite(struct leg *l, sip_msg_t *m, struct cell *t)
{
	uac_give_way(l);
	l->hash = t->hash_index;
	l->label = t->label;
	l->invite = INVITE_SERVER;
	l->server_cseq = sip_cseq(m);
	l->offered_late = sip_sdp(m).len <= 0;
	uas_mark(m, t, l->id);
	notice_leg(M_LEG_REOFFERED, l);
	put_tid(t);
	sip_put_sdp(m);
	notice_store(l);
	notice_send();
}

static void on_info(struct leg *l, sip_msg_t *m, struct cell *t)
{
	str body = sip_body(m);

	notice_leg(M_LEG_INFO, l);
	put_tid(t);
	if(m->content_type)
		notice_str(F_CONTENT_TYPE, &m->content_type->body);
	notice_str(F_BODY, &body);
	notice_send();
}

/* Theirs, that is not answered yet; RFC 3261 14.2, RFC 3311 5.2. */
static int busy(const struct leg *l, sip_msg_t *m)
{
	if(l->state == LEG_INVITED ? !l->early_answered
							   : l->invite == INVITE_CLIENT)
		return 491; /* ours is not */
	if(l->update == INVITE_CLIENT)
		return 491;
	if(l->update == INVITE_SERVER
			|| (l->state == LEG_OFFERED && !reliable_answered(l))
			|| (l->state == LEG_UP
					&& (l->invite == INVITE_SERVER || l->wait_ack))) {
		ask_to_wait(m);
		return 500;
	}
	return 0;
}

/* What is wrong with a request, as a code; 0: nothing. */
static int refusal(const struct leg *l, sip_msg_t *m)
{
	const dlg_seq_t *seq = &leg_dialog(l)->rem_seq;
	const int early = METHOD_BYE | METHOD_PRACK | METHOD_UPDATE;
	int code = 0;

	if(seq->is_set && sip_cseq(m) < seq->value)
		return 500; /* RFC 3261 12.2.2 */
	if(l->state != LEG_UP && !(m->REQ_METHOD & early))
		return 500;
	if(m->REQ_METHOD == METHOD_INVITE)
		code = l->ending || l->bye_after_ack ? 481 : busy(l, m);
	else if(m->REQ_METHOD == METHOD_UPDATE && sip_sdp(m).len > 0)
		code = busy(l, m);
	if(code)
		return code;
	return m->REQ_METHOD == METHOD_REFER ? refer_refusal(m) : 0;
}

static int kept(sip_msg_t *m)
{
	return m->REQ_METHOD == METHOD_INVITE || m->REQ_METHOD == METHOD_INFO
		   || m->REQ_METHOD == METHOD_REFER;
}

/* A code to answer with, or 0: the engine will. */
static int take(struct leg *l, sip_msg_t *m, struct cell *t)
{
	bool refresh = m->REQ_METHOD & (METHOD_INVITE | METHOD_UPDATE);
	int code = refusal(l, m);

	if(!code && refresh && l->state == LEG_UP)
		code = session_asked(l, m);
	if(code)
		return code;
	leg_touch(l);
	tmb.dlg_request_uas(leg_dialog(l), m,
			refresh ? IS_TARGET_REFRESH : IS_NOT_TARGET_REFRESH);
	if(l->flow.len)
		uas_flow(l, m);
	if(m->REQ_METHOD == METHOD_BYE) {
		on_bye(l, m, t);
		return 200;
	}
	if(m->REQ_METHOD == METHOD_PRACK) {
		on_prack(l, m, t);
		return 0;
	}
	if(m->REQ_METHOD == METHOD_UPDATE) {
		on_update(l, m, t);
		return 0;
	}
	if(!kept(m))
		return m->REQ_METHOD == METHOD_OPTIONS ? 200 : 501;
	tmb.t_addblind();
	if(m->REQ_METHOD == METHOD_INVITE) {
		answer(m, 100, "Trying");
		on_invite(l, m, t);
	} else if(m->REQ_METHOD == METHOD_INFO) {
		on_info(l, m, t);
	} else {
		refer_tell(l, m, t);
	}
	return 0;
}

/* ENOENT: its leg is not here. */
static int carry_out(sip_msg_t *m, struct cell *t, uint64_t id)
{
	struct leg *l;
	int code = 0, err = 0;

	leg_lock(id);
	l = leg_find(id);
	if(same_dialog(l, m))
		code = take(l, m, t);
	else if(l)
		code = 481;
	else
		err = ENOENT;
	leg_unlock(id);
	if(code)
		answer(m, code, code == 481 ? gone : sip_phrase(code));
	return err;
}

/* Nobody has its leg. Our BYE crossed theirs, or theirs comes once more; to
 * them it makes no difference. */
static void refuse(sip_msg_t *m, int err)
{
	if(m->REQ_METHOD == METHOD_BYE)
		answer(m, 200, "OK");
	else if(err == ENOENT)
		answer(m, 481, gone);
	else
		answer(m, 503, "Service Unavailable");
}

void indialog_replay(sip_msg_t *m, struct cell *t, uint64_t id, int err)
{
	if(!t)
		acknowledged(m, id);
	else if(err || carry_out(m, t, id))
		refuse(m, err ? err : ENOENT);
}

/* The leg is here, and this is not its dialog. */
static bool is_strange(sip_msg_t *m, uint64_t id)
{
	struct leg *l;
	bool strange;

	leg_lock(id);
	l = leg_find(id);
	strange = l && !same_dialog(l, m);
	leg_unlock(id);
	return strange;
}

int indialog_request(sip_msg_t *m)
{
	struct cell *t;
	uint64_t id;
	unsigned partition;
	int r;

	if(own_is_fenced())
		return 0; /* it waited in a socket while we stood still */
	if(sip_parse(m))
		return -1;
	if(tag_parse(&get_to(m)->tag_value, &partition, &id)) {
		stat_inc(stat_forged);
		return -1;
	}
	if(m->REQ_METHOD == METHOD_ACK)
		return on_ack(m, partition, id);
	if(is_strange(m, id)) {
		spare_reply(m, 481, gone);
		return 1;
	}
	if(m->REQ_METHOD == METHOD_INVITE)
		tmb.set_fr(m, 0, (acd.end_ms + 1000));
	r = tmb.t_newtran(m); /* first: its leg may be gone since */
	if(r <= 0)
		return r;
	t = tmb.t_gett();
	if(carry_out(m, t, id)) {
		r = restore_ask(m, t, partition, id);
		if(r)
			refuse(m, r);
	}
	return 1;
}
