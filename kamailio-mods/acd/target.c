/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/target.h"
#include "core/action.h"
#include "core/dset.h"
#include "core/fmsg.h"
#include "core/receive.h"
#include "core/route.h"

static int keep(str *to, char *buf, const str *from)
{
	if(from->len <= 0 || from->len >= TARGET_URI)
		return from->len <= 0 ? 0 : EHOSTUNREACH;
	memcpy(buf, from->s, from->len);
	*to = (str){buf, from->len};
	return 0;
}

static int run(sip_msg_t *m, int route)
{
	int before = get_route_type(), r;
	run_act_ctx_t ctx;

	set_route_type(REQUEST_ROUTE);
	init_run_actions_ctx(&ctx);
	r = run_top_route(main_rt.rlist[route], m, &ctx);
	set_route_type(before);
	if(r < 0 || (ctx.run_flags & DROP_R_F))
		return EHOSTUNREACH;
	return 0;
}

int target_find(struct target *t, const char *route, struct str ruri,
		struct str dst)
{
	int n = route_lookup(&main_rt, (char *)route), err = EHOSTUNREACH;
	str ru = theirs(ruri), du = theirs(dst);
	sip_msg_t m;

	memset(t, 0, sizeof(*t));
	if(n < 0 || !main_rt.rlist[n])
		return ENOENT;
	if(faked_msg_get_new(&m) < 0)
		return ENOMEM;
	clear_branches();
	if(rewrite_uri(&m, &ru) < 0 || (du.len && set_dst_uri(&m, &du) < 0))
		goto out;
	err = run(&m, n);
	if(!err)
		err = keep(&t->ru, t->ruri, GET_RURI(&m));
	if(!err)
		err = keep(&t->du, t->dst, &m.dst_uri);
	t->socket = m.force_send_socket;
out:
	free_sip_msg(&m);
	clear_branches();
	ksr_msg_env_reset(); /* or AVPs leak from call to call */
	return err;
}
