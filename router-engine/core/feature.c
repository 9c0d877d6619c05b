/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feature codes: an agent without a screen says by phone that they are ready,
 * pause, or leave. The state changes when the call arrives; the answer is a
 * spoken confirmation, which may be cut off without effect.
 */
#include "router-engine/core/agent.h"
#include "router-engine/core/feature.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/media.h"
#include "router-engine/core/say.h"

/* Which request a dialled code is; M_NONE: none. */
static enum msg_type code_of(const struct tenant *t, struct str dialled)
{
	if (!dialled.len)
		return M_NONE;
	if (str_eq(dialled, text_str(&t->code_ready)))
		return M_AGENT_READY;
	if (str_eq(dialled, text_str(&t->code_pause)))
		return M_AGENT_PAUSE;
	if (str_eq(dialled, text_str(&t->code_logout)))
		return M_AGENT_LOGOUT;
	return M_NONE;
}

bool feature_begin(struct core *c, struct leg *l, const struct msg *m)
{
	struct tenant *t = tenant_find(c, l->tenant);
	struct agent *a = agent_find_user(c, l->tenant, msg_get(m, F_USER));
	enum msg_type request = t ? code_of(t, msg_get(m, F_NUMBER)) : M_NONE;

	l->role = ROLE_FEATURE;
	l->agent = a ? a->id : 0;
	if (!a) {
		leg_hang_up(c, l, 403, 21, STR_LIT("not an agent"));
		return false;
	}
	if (request == M_NONE) {
		leg_hang_up(c, l, 404, 1, STR_LIT("no such feature code"));
		return false;
	}
	agent_ask(c, a, request, STR_LIT("phone"));
	return true;
}

void feature_up(struct core *c, struct leg *l)
{
	struct tenant *t = tenant_find(c, l->tenant);
	struct agent *a = agent_find(c, l->agent);

	if (!t || !a || !l->added) {
		leg_hang_up(c, l, 0, 16, STR_NONE);
		return;
	}
	media_play(c, l, say_agent_state(c, text_str(&t->language),
					 (enum agent_state)a->state),
		   false, "confirmation");
}

void feature_played(struct core *c, struct leg *l)
{
	leg_hang_up(c, l, 0, 16, STR_NONE);
}
