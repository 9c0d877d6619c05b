/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/agent.h"
#include "router-engine/core/contact.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/match.h"
#include "router-engine/core/node.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"
#include "router-engine/core/takeover.h"
#include "router-engine/core/talk.h"
#include "router-engine/core/transfer.h"

#define RESPOND_MS 2000 /* a command to a node is worth nothing later */

/* ---- REFER --------------------------------------------------------------- */

struct target { /* one of them */
	struct agent *a;
	struct queue *q;
	struct str number;
};

/* 0, or why this agent cannot be offered anything now. */
static unsigned busy(struct core *c, const struct agent *a)
{
	struct node *n;
	bool by_uri;

	if (!a->registered || a->retired || !takeover_ring(c, a, &n, &by_uri))
		return 480;
	return a->state == AGENT_READY ? 0 : 486;
}

static bool is_outer(struct str number)
{
	if (number.len < 3 || number.len > 32 || number.p[0] != '+')
		return false;
	for (size_t i = 1; i < number.len; i++)
		if (number.p[i] < '0' || number.p[i] > '9')
			return false;
	return true;
}

/* 0, or the code that refuses the REFER. */
static unsigned find(struct core *c, const struct leg *l,
		     const struct msg *m, struct target *to)
{
	struct str user = msg_get(m, F_NUMBER);
	struct number *n = number_find(c, user);

	*to = (struct target){agent_find_user(c, l->tenant, user), NULL,
			      STR_NONE};
	if (to->a)
		return busy(c, to->a);
	if (n) {
		to->q = n->tenant == l->tenant ? queue_find(c, n->queue) : NULL;
		return to->q ? 0 : 404;
	}
	to->number = user;
	return is_outer(user) ? 0 : 404;
}

static unsigned refusal(struct core *c, const struct leg *l,
			const struct contact *ct, const struct msg *m,
			struct target *to)
{
	if (l->role != ROLE_AGENT || l->state != LEG_UP || !ct ||
	    ct->agent_leg != l->id || msg_get(m, F_REPLACES).len)
		return 603;
	if (!rtpengine_choose(c, STR_NONE))
		return 503;
	return find(c, l, m, to);
}

static void respond(struct core *c, struct leg *l, const struct msg *m,
		    unsigned code)
{
	struct core_effect *e = out_leg(c, l, M_LEG_RESPOND, RESPOND_MS);

	out_str(c, e, F_TID, msg_get(m, F_TID));
	out_num(c, e, F_CODE, code);
}

void transfer_told(struct core *c, struct contact *ct, unsigned code)
{
	struct leg *l = leg_find(c, ct->referrer);

	if (!l)
		return;
	if (l->state == LEG_UP)
		out_num(c, out_leg(c, l, M_LEG_NOTIFY, 0), F_CODE, code);
	if (code < 200)
		return;
	ct->referrer = 0;
	record_changed(c, &ct->rec);
	leg_hang_up(c, l, 0, 16, STR_NONE);
}

static void send_on(struct core *c, struct contact *ct,
		    const struct target *to)
{
	talk_leave(c, ct);
	if (to->q) {
		contact_send_on(c, ct, to->q);
		transfer_told(c, ct, 200);
		return;
	}
	if (offer_transfer(c, ct, to->a, to->number))
		match_tell_transfer(c, ct, to->a);
}

void on_leg_referred(struct core *c, const struct msg *m)
{
	struct leg *l = leg_told(c, m);
	struct contact *ct = l ? contact_find(c, l->contact) : NULL;
	struct target to;
	unsigned code;

	if (!l)
		return;
	code = refusal(c, l, ct, m, &to);
	respond(c, l, m, code ? code : 202);
	if (code)
		return;
	out_audit(c, ct->tenant, STR_LIT("phone"), "contact.transfer",
		  msg_get(m, F_NUMBER), STR_NONE);
	ct->referrer = l->id;
	transfer_told(c, ct, 100);
	send_on(c, ct, &to);
}

/* ---- Replaces ------------------------------------------------------------ */

static unsigned by_agent(struct core *c, struct leg *l, const struct leg *old,
			 const struct msg *m)
{
	struct agent *a = agent_find_user(c, l->tenant, msg_get(m, F_USER));

	if (!str_eq(msg_get(m, F_KIND), STR_LIT("agent")))
		return 603;
	if (!a)
		return 403;
	if (a->id != old->agent && a->state != AGENT_READY &&
	    a->state != AGENT_PAUSED && a->state != AGENT_NOT_RESPONDING)
		return 486;
	l->role = ROLE_AGENT;
	l->agent = a->id;
	return 0;
}

static unsigned asked(struct core *c, struct leg *l, const struct msg *m)
{
	struct leg *old = NULL;
	struct contact *ct;
	uint64_t id;

	if (!id_parse(msg_get(m, F_REPLACES), 'l', &id))
		old = leg_find(c, id);
	ct = old ? contact_find(c, old->contact) : NULL;
	if (!ct || old->state != LEG_UP || old->tenant != l->tenant ||
	    (old->id != ct->agent_leg && old->id != ct->caller_leg))
		return 481;
	if (old->id == ct->caller_leg)
		return 603;
	l->contact = ct->id;
	l->replaces = old->id;
	return by_agent(c, l, old, m);
}

bool transfer_asked(struct core *c, struct leg *l, const struct msg *m)
{
	unsigned code = asked(c, l, m);

	if (code)
		leg_hang_up(c, l, code, 21, STR_LIT("no replacing"));
	return !code;
}

/* The agent has what else was asked of them meanwhile. */
static bool agent_is_taken(const struct agent *a, const struct contact *ct)
{
	return a->id != ct->agent && (a->state == AGENT_TALKING ||
				      a->state == AGENT_WRAP_UP);
}

void transfer_replace(struct core *c, struct leg *l)
{
	struct contact *ct = contact_find(c, l->contact);
	struct leg *old = leg_find(c, l->replaces);
	struct agent *a = agent_find(c, l->agent);

	l->replaces = 0;
	record_changed(c, &l->rec);
	if (old && ct && a && old->id == ct->agent_leg &&
	    !agent_is_taken(a, ct)) {
		offer_take_back(c, a);
		talk_replace(c, ct, a, l);
	} else {
		old = l;
	}
	leg_hang_up(c, old, 0, 16, STR_LIT("replaced"));
}
