/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/early.h"
#include "kamailio-mods/acd/hunt.h"
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/target.h"
#include "kamailio-mods/acd/uac.h"
#include "core/parser/parse_to.h"

/* Its user part of sip:user@host. */
static struct str user_of(struct str uri)
{
	struct str scheme, user;

	str_cut(&uri, ':', &scheme);
	return str_cut(&uri, '@', &user) ? user : STR_NONE;
}

static int target_at(struct target *to, const struct gateway *g, str *user)
{
	struct str rest = str_c(g->uri), scheme;
	int n;

	memset(to, 0, sizeof(*to));
	str_cut(&rest, ':', &scheme);
	n = snprintf(to->ruri, sizeof(to->ruri), "%.*s:%.*s@%.*s",
			(int)scheme.len, scheme.p, user->len, user->s, (int)rest.len,
			rest.p);
	if(n < 0 || n >= (int)sizeof(to->ruri))
		return ENAMETOOLONG;
	to->ru = (str){to->ruri, n};
	return 0;
}

static int send_to(struct leg *l, const struct gateway *g)
{
	struct lines h = {.used = 0};
	struct target to;
	int err = target_at(&to, g, &l->gw.user);

	if(l->dlg->state == DLG_DESTROYED)
		l->dlg->state = DLG_NEW; /* after a refusal */
	early_free(l);
	l->asked_again = false;
	l->gw.trusted = g->trusted;
	l->gw.pinned = g->pinned;
	if(!err)
		err = uac_aim(l, &to);
	if(!err)
		err = request_invite(l, &h, ours(&l->offer));
	return err;
}

/* Draws and sends until one takes it. `given_up` runs before the first. */
static int next(struct leg *l, void (*give_up)(struct leg *l))
{
	struct str group = ours(&l->gw.group);
	struct gateway g;
	int at, place, err;

	while(!(err = gateway_draw(group, &l->gw.tried, &g, &at, &place))) {
		if(give_up)
			give_up(l);
		give_up = NULL;
		trunk_leave(l->trunk);
		l->trunk = place;
		l->gw.at = at;
		err = send_to(l, &g);
		l->gw.again = true;
		if(!err) {
			l->gw.by = now_ms() + acd.next_ms;
			LM_INFO("event=hunt leg=%s call=%s trunk=%s\n", l->name, l->call,
					g.name);
			return 0;
		}
		gateway_result(at, 0);
	}
	return err;
}

int hunt_begin(struct leg *l, const struct msg *m)
{
	struct str group = msg_get(m, F_TRUNK), from = msg_get(m, F_FROM);
	struct str user = user_of(msg_get(m, F_RURI));

	if(!group.len)
		group = STR_LIT("default");
	if(!user.len)
		return EHOSTUNREACH;
	l->gw.hidden = msg_get(m, F_PRIVACY).len > 0;
	if(shm_put(&l->gw.group, group.p, (int)group.len)
			|| shm_put(&l->gw.user, user.p, (int)user.len)
			|| shm_put(&l->gw.identity, from.p, (int)from.len))
		return ENOMEM;
	return next(l, NULL);
}

bool hunt_refused(struct leg *l, unsigned code)
{
	if(l->gw.at < 0 || l->state != LEG_INVITED)
		return false;
	l->gw.by = 0;
	gateway_result(l->gw.at, code);
	return !l->ending && gateway_try_another(code) && next(l, NULL) == 0;
}

void hunt_accepted(struct leg *l)
{
	if(l->gw.at >= 0 && l->state == LEG_INVITED)
		gateway_result(l->gw.at, 200);
	l->gw.by = 0;
}

/* tm sends it again until a reply comes, and then CANCEL. */
static void give_up(struct leg *l)
{
	gateway_result(l->gw.at, 0);
	uac_cancel(l);
	l->invite = INVITE_NONE;
}

void hunt_silent(struct leg *l)
{
	struct ending e = {"node", "timeout", 503, 0, str_init("no gateway left")};

	l->gw.by = 0;
	if(l->state != LEG_INVITED || l->ending || l->invite != INVITE_CLIENT)
		return;
	/* Without another one this one may take its time. */
	if(next(l, give_up) && l->invite == INVITE_NONE)
		leg_over(l, &e);
}

void hunt_late(struct leg *l, sip_msg_t *reply, unsigned code)
{
	if(code < 300 && reply && l->gw.again && !sip_parse(reply)
			&& !str_same(&get_to(reply)->tag_value, &l->dlg->id.rem_tag))
		request_drop_fork(l, reply);
}
