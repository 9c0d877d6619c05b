/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/probe.h"
#include "kamailio-mods/acd/request.h"

#define RECONNECT_MS 60000 /* a phone's connection died with its node */
#define PACE_MS 5 /* between two: a node's whole load comes at once */

void probe_proved(struct leg *l)
{
	if(!l->wait_ack)
		return;
	l->wait_ack = false;
	notice_leg(M_LEG_CONFIRMED, l);
	notice_store(l);
	notice_send();
}

static void on_reply(struct cell *t, int type, struct tmcb_params *ps)
{
	uint64_t id = (uint64_t)(uintptr_t)*ps->param;
	struct ending e = {"remote", "error", ps->code, 0,
			str_init("the other side has no such dialog")};
	struct leg *l;

	leg_lock(id);
	l = leg_find(id);
	if(l && l->state == LEG_UP && (ps->code == 481 || ps->code == 408)) {
		request_bye(l, 0);
		leg_over(l, &e);
	} else if(l) {
		leg_touch(l);
		probe_proved(l);
	}
	leg_unlock(id);
}

void probe_send(struct leg *l)
{
	str method = str_init("OPTIONS");
	uac_req_t u = {.method = &method, .dialog = l->dlg, .cb = on_reply,
			.cbp = (void *)(uintptr_t)l->id, .cb_flags = TMCB_LOCAL_COMPLETED};

	l->probe_at = 0;
	request_follow(l);
	l->dlg->loc_seq.value++;
	LM_INFO("event=probe leg=%s call=%s\n", l->name, l->call);
	if(tmb.t_uac(&u) < 0)
		LM_WARN("event=probe_not_sent leg=%s call=%s\n", l->name, l->call);
}

void probe_begin(struct leg *l, bool heard)
{
	static uint64_t next;
	uint64_t now = now_ms();

	if(heard)
		return;
	l->probe_at = next > now ? next : now;
	next = l->probe_at + PACE_MS;
	if(request_by_connection(l))
		l->probe_at += RECONNECT_MS;
	else if(l->probe_at == now)
		probe_send(l);
}
