/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/session.h"
#include "core/data_lump_rpl.h"
#include "lib/base/header.h"

#define AGAIN_MS 5000 /* a refresh that met something else */

static bool parse(sip_msg_t *m, struct header_session *out)
{
	str body = sip_header(m, "Session-Expires");

	if(body.len <= 0)
		body = sip_header(m, "x");
	*out = (struct header_session){0, REFRESHER_NONE};
	return body.len > 0 && !header_session(ours(&body), out);
}

static void start(struct leg *l)
{
	struct session *s = &l->session;
	uint64_t now = now_ms(), all = (uint64_t)s->s * 1000;
	uint64_t early = s->s / 3 < 32 ? all / 3 : 32000;

	s->by = s->s ? now + (s->ours ? all : all - early) : 0;
	s->at = s->s && s->ours ? now + all / 2 : 0;
}

void session_resume(struct leg *l)
{
	start(l);
}

static bool allows_update(sip_msg_t *m)
{
	return sip_has_option(m, "Allow", "UPDATE");
}

void session_sdp(struct leg *l, struct str sdp)
{
	struct session *s = &l->session;

	if(!s->s || !s->ours || s->update)
		shm_clear(&s->sdp);
	else if(sdp.len && sdp.p != s->sdp.s)
		shm_put(&s->sdp, sdp.p, (int)sdp.len);
}

/* ---- they ask ----------------------------------------------------------- */

int session_asked(struct leg *l, sip_msg_t *m)
{
	struct session *s = &l->session;
	struct header_session h;
	bool there = parse(m, &h), timer = sip_has_option(m, "Supported",
			"timer") || sip_has_option(m, "k", "timer");
	char b[32];

	if(there && timer && h.s < (unsigned)acd.min_se_s) {
		add_lump_rpl(m, b, snprintf(b, sizeof(b), "Min-SE: %d\r\n",
				acd.min_se_s), LUMP_RPL_HDR);
		return 422;
	}
	s->s = there ? h.s : timer && acd.session_s ? (unsigned)acd.session_s : 0;
	if(s->s && s->s < (unsigned)acd.min_se_s)
		s->s = (unsigned)acd.min_se_s; /* a proxy's, for who knows no timers */
	s->timer = timer;
	s->ours = !timer || h.refresher != REFRESHER_UAC;
	if(m->allow || l->state == LEG_OFFERED)
		s->update = allows_update(m);
	return 0;
}

void session_answer(struct leg *l, struct lines *h, struct str sdp)
{
	struct session *s = &l->session;

	start(l);
	session_sdp(l, sdp);
	lines_add(h, "Supported: timer");
	if(!s->s)
		return;
	lines_add(h, "Session-Expires: %u;refresher=%s", s->s,
			s->ours ? "uas" : "uac");
	if(s->timer)
		lines_add(h, "Require: timer");
}

/* ---- we ask ------------------------------------------------------------- */

void session_ask(const struct leg *l, struct lines *h)
{
	const struct session *s = &l->session;
	unsigned want = s->s ? s->s : (unsigned)acd.session_s;

	lines_add(h, "Supported: timer");
	if(!want)
		return;
	if(want < s->min)
		want = s->min;
	lines_add(h, "Session-Expires: %u%s", want,
			!s->s ? "" : s->ours ? ";refresher=uac" : ";refresher=uas");
	if(s->min)
		lines_add(h, "Min-SE: %u", s->min);
}

void session_answered(struct leg *l, sip_msg_t *reply, struct str sdp)
{
	struct session *s = &l->session;
	struct header_session h;

	if(reply->allow || !s->s)
		s->update = allows_update(reply);
	if(parse(reply, &h)) {
		s->s = h.s;
		s->ours = h.refresher != REFRESHER_UAS;
	}
	start(l); /* no header to a refresh: it goes on as it was */
	session_sdp(l, sdp);
}

bool session_too_small(struct leg *l, sip_msg_t *reply)
{
	unsigned min = 0;

	if(sip_unsigned(sip_header(reply, "Min-SE"), &min)
			|| min <= l->session.min || min > 86400)
		return false;
	l->session.min = min;
	if(l->session.s && l->session.s < min)
		l->session.s = min;
	return true;
}

/* ---- time --------------------------------------------------------------- */

uint64_t session_at(const struct leg *l)
{
	const struct session *s = &l->session;

	return l->state != LEG_UP ? 0 : s->at && s->at < s->by ? s->at : s->by;
}

static void expired(struct leg *l)
{
	struct ending e = {"node", "timeout", 408, 0,
			str_init("the session was not refreshed")};

	LM_NOTICE("event=session_expired leg=%s call=%s\n", l->name, l->call);
	request_bye(l, 102);
	leg_over(l, &e);
}

void session_refreshed(struct leg *l, sip_msg_t *reply, unsigned code)
{
	struct session *s = &l->session;
	struct ending e = {"remote", "error", code, 0,
			str_init("the other side has no such dialog")};

	if(code < 300 && reply) {
		session_answered(l, reply, ours(&s->sdp));
		notice_store_only(l);
	} else if(code == 408 || code == 481) {
		request_bye(l, 102);
		leg_over(l, &e);
	} else if(reply && code == 422 && session_too_small(l, reply)) {
		s->at = now_ms();
	} else if(code == 405 || code == 501) {
		start(l); /* it is there, and knows no UPDATE */
	} else {
		s->at = now_ms() + AGAIN_MS;
	}
}

void on_refresh_reply(struct cell *t, int type, struct tmcb_params *ps)
{
	uint64_t id = (uint64_t)(uintptr_t)*ps->param;
	sip_msg_t *reply = ps->rpl == FAKED_REPLY ? NULL : ps->rpl;
	struct leg *l;

	if(reply && sip_parse(reply))
		return;
	leg_lock(id);
	l = leg_find(id);
	if(l && l->state == LEG_UP) {
		if(ps->code < 300 && reply) {
			tmb.dlg_response_uac(l->dlg, reply, IS_TARGET_REFRESH);
			request_keep_flow(l);
		}
		session_refreshed(l, reply, ps->code);
	}
	leg_unlock(id);
}

void session_due(struct leg *l, uint64_t now)
{
	struct session *s = &l->session;
	bool busy = l->invite != INVITE_NONE || l->update != INVITE_NONE
				|| l->wait_ack || l->again_at || leg_owes_ack(l);

	if(now >= s->by) {
		expired(l);
		return;
	}
	s->at = now + (busy ? AGAIN_MS : s->by - now);
	if(!busy && request_refresh(l, ours(&s->sdp)))
		s->at = now + AGAIN_MS;
}
