/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/drain.h"
#include "kamailio-mods/acd/leg.h"
#include "kamailio-mods/acd/link.h"
#include "kamailio-mods/acd/rpc.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/store.h"
#include "core/rpc.h"
#include "core/rpc_lookup.h"

struct listing {
	rpc_t *rpc;
	void *ctx;
};

static void list(struct leg *l, void *arg)
{
	struct listing *o = arg;
	str none = str_init("");
	void *h;

	if(o->rpc->add(o->ctx, "{", &h) < 0)
		return;
	o->rpc->struct_add(h, "sssdSd", "leg", l->name, "call", l->call, "state",
			l->ending ? "ending" : leg_state_name(l->state), "partition",
			(int)l->partition, "call_id",
			l->dlg ? &l->dlg->id.call_id : &none, "unacknowledged",
			(int)(l->wait_ack || (l->late && !l->acked
					&& l->state == LEG_UP)));
}

static void rpc_legs(rpc_t *rpc, void *ctx)
{
	struct listing o = {rpc, ctx};

	leg_each(list, &o);
}

static void rpc_stats(rpc_t *rpc, void *ctx)
{
	const struct {
		const char *name;
		counter_handle_t h;
	} all[] = {
		{"offered", stat_offered}, {"invited", stat_invited},
		{"answered", stat_answered}, {"ended", stat_ended},
		{"over_limit", stat_refused}, {"scarce", stat_scarce}, {"forged", stat_forged},
		{"escaped", stat_escaped}, {"no_ack", stat_no_ack},
		{"dropped", stat_dropped}, {"gone", stat_gone},
		{"commands", stat_commands}, {"banned", stat_banned},
		{"misshapen", stat_misshapen},
		{"restored", stat_restored},
	};
	unsigned i;
	void *h;

	if(rpc->add(ctx, "{", &h) < 0)
		return;
	rpc->struct_add(h, "dss", "legs", (int)leg_count(), "redis",
			link_figures->up ? "up" : "down", "directory",
			*link_figures->directory ? link_figures->directory : "none");
	for(i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		rpc->struct_add(h, "d", all[i].name,
				(int)counter_get_val(all[i].h));
	rpc->struct_add(h, "s", "draining", drain_any() ? "yes" : "no");
	rpc->struct_add(h, "dddd", "sent", (int)link_figures->sent, "confirmed",
			(int)link_figures->confirmed, "late", (int)link_figures->late,
			"reconnects", (int)link_figures->reconnects);
}

static void rpc_trunks(rpc_t *rpc, void *ctx)
{
	struct gateway g;
	void *h;
	int i;

	for(i = 0; i < GATEWAYS; i++) {
		if(!gateway_get(i, &g) || rpc->add(ctx, "{", &h) < 0)
			continue;
		rpc->struct_add(h, "sssdsdds", "trunk", g.name, "group", g.group,
				"uri", g.uri, "weight", (int)g.weight, "state",
				g.unanswered >= GATEWAY_DOWN ? "down" : "up", "failures",
				(int)g.failures, "register_code", (int)g.register_code,
				"registers", g.registrar[0] ? "yes" : "no");
	}
}

static const char *legs_doc[] = {"every leg at this node", NULL};
static const char *trunks_doc[] = {"trunks that take calls of ours", NULL};
static const char *stats_doc[] = {"counters of legs and of the link", NULL};

static rpc_export_t exports_rpc[] = {
	{"acd.legs", rpc_legs, legs_doc, RET_ARRAY},
	{"acd.trunks", rpc_trunks, trunks_doc, RET_ARRAY},
	{"acd.stats", rpc_stats, stats_doc, 0},
	{NULL, NULL, NULL, 0},
};

int rpc_init(void)
{
	return rpc_register_array(exports_rpc) ? EINVAL : 0;
}
