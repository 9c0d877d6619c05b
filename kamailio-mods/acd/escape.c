/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kamailio-mods/acd/escape.h"
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/stats.h"
#include "core/route.h"
#include "core/receive.h"

/* The route left it unanswered, or there is none. */
static void refuse(unsigned hash, unsigned label)
{
	str phrase = str_init("Service Unavailable");
	struct cell *t;

	if(tmb.t_lookup_ident(&t, hash, label) < 0)
		return;
	if(t->uas.status < 200)
		tmb.t_reply_with_body(t, 503, &phrase, NULL, NULL, NULL);
	else
		tmb.unref_cell(t);
	tmb.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
}

static void go_on(unsigned hash, unsigned label)
{
	int route = route_lookup(&main_rt, acd.escape_route);

	if(route < 0 || !main_rt.rlist[route]) {
		refuse(hash, label);
		return;
	}
	/* tm itself answers 500 when the route neither replied nor relayed;
	 * one that cannot run at all leaves the call to us. */
	if(tmb.t_continue(hash, label, main_rt.rlist[route]) < 0)
		refuse(hash, label);
	ksr_msg_env_reset();
}

void escape(uint64_t id, const char *why)
{
	struct ending e = {"node", "error", 0, 41, {(char *)why, strlen(why)}};
	unsigned hash, label;
	struct leg *l;

	leg_lock(id);
	l = leg_find(id);
	if(!l || l->state != LEG_OFFERED || l->commanded
			|| l->invite != INVITE_SERVER) {
		leg_unlock(id);
		return;
	}
	hash = l->hash;
	label = l->label;
	stat_inc(stat_escaped);
	LM_WARN("event=escaped leg=%s call=- reason=\"%s\"\n", l->name, why);
	leg_over(l, &e);
	leg_unlock(id); /* the route may call us again */
	go_on(hash, label);
}
