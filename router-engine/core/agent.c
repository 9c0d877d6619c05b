/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/agent.h"
#include "router-engine/core/contact.h"
#include "router-engine/core/idle.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"

static void state_journal(struct core *c, const struct agent *a,
			  enum agent_state next)
{
	struct core_effect *e = out_new(c, M_JOURNAL_AGENT_STATE);

	out_num(c, e, F_AGENT, a->id);
	out_num(c, e, F_TENANT, a->tenant);
	out_str(c, e, F_STATE, str_c(agent_states[a->state]));
	out_num(c, e, F_BEGIN, a->since);
	out_num(c, e, F_END, now_of(c));
	out_str(c, e, F_CAUSE, text_str(&a->cause));
	out_id(c, e, F_CONTACT, 'c', a->contact);
	out_str(c, e, F_NEXT, str_c(agent_states[next]));
}

static void push(struct core *c, const struct agent *a)
{
	struct core_effect *e = out_new(c, M_PUSH_AGENT);

	out_num(c, e, F_AGENT, a->id);
	out_num(c, e, F_TENANT, a->tenant);
	out_num(c, e, F_TIME, now_of(c));
	out_str(c, e, F_STATE, str_c(agent_states[a->state]));
	out_str(c, e, F_CAUSE, text_str(&a->cause));
	out_id(c, e, F_CONTACT, 'c', a->contact);
}

/* Calls and talk of its time since log-in. */
static void count(const struct core *c, struct agent *a,
		  enum agent_state state)
{
	if (a->state == AGENT_OFFLINE)
		a->calls = a->talk_ms = 0;
	if (a->state == AGENT_TALKING)
		a->talk_ms += now_of(c) - a->since;
	else if (state == AGENT_TALKING)
		a->calls++;
}

/* The only writer of agent.state; contact: whom the new state is about. */
static void enter(struct core *c, struct agent *a, enum agent_state state,
		  uint64_t contact, const char *cause)
{
	state_journal(c, a, state);
	count(c, a, state);
	a->state = state;
	a->since = now_of(c);
	a->contact = contact;
	text_put(c, &a->cause, str_c(cause));
	if (state != AGENT_RESERVED)
		a->offer = 0;
	timer_set(c, &a->rec, &a->due, 0);
	push(c, a);
	idle_update(c, a);
	if (state == AGENT_READY)
		c->match = true;
}

static bool at_work(const struct agent *a)
{
	return a->state == AGENT_RESERVED || a->state == AGENT_TALKING ||
	       a->state == AGENT_WRAP_UP;
}

/* ---- the phone ------------------------------------------------------------------ */

static struct agent *by_aor(struct core *c, const struct msg *m)
{
	struct tenant *t, *tmp;

	HASH_ITER(hh, c->tenants, t, tmp)
		if (!t->rec.gone &&
		    str_eq(text_str(&t->domain), msg_get(m, F_DOMAIN)))
			return agent_find_user(c, t->id, msg_get(m, F_USER));
	return NULL;
}

void on_agent_registered(struct core *c, const struct msg *m)
{
	struct agent *a = by_aor(c, m);

	if (!a) {
		c->ignored++;
		return;
	}
	if (!a->registered || !str_eq(text_str(&a->boot), msg_get(m, F_BOOT)))
		c->match = true;
	a->registered = true;
	text_put(c, &a->node, msg_get(m, F_NODE));
	text_put(c, &a->boot, msg_get(m, F_BOOT));
	text_put(c, &a->contact_uri, msg_get(m, F_CONTACT_URI));
	text_put(c, &a->received, msg_get(m, F_SOURCE));
	text_put(c, &a->socket, msg_get(m, F_SOCKET));
	a->expires = msg_num(m, F_EXPIRES_MS)
			     ? now_of(c) + msg_num(m, F_EXPIRES_MS) : 0;
	record_changed(c, &a->rec);
	idle_update(c, a);
}

void on_agent_unregistered(struct core *c, const struct msg *m)
{
	struct agent *a = by_aor(c, m);

	if (!a || !str_eq(text_str(&a->node), msg_get(m, F_NODE))) {
		c->ignored++;
		return;
	}
	a->registered = false;
	record_changed(c, &a->rec);
	idle_update(c, a);
}

/* ---- what agents ask for ----------------------------------------------------------- */

static void wrap_up_over(struct core *c, struct agent *a, const char *cause)
{
	struct contact *ct = contact_find(c, a->contact);

	if (!ct || ct->state != CONTACT_WRAP_UP || ct->agent != a->id)
		return;
	contact_segment(c, ct, cause, SEGMENT_NONE, 0, 0);
	contact_finish(c, ct);
}

static enum agent_state wanted(enum msg_type request)
{
	switch (request) {
	case M_AGENT_READY:
		return AGENT_READY;
	case M_AGENT_PAUSE:
		return AGENT_PAUSED;
	default:
		return AGENT_OFFLINE;
	}
}

void agent_ask(struct core *c, struct agent *a, enum msg_type request,
	       struct str actor)
{
	enum agent_state state = wanted(request);

	out_audit(c, a->tenant, actor, msg_type_name(request),
		  text_str(&a->user), STR_NONE);
	a->next = state;
	record_changed(c, &a->rec);
	if (a->state == AGENT_WRAP_UP && request == M_AGENT_READY) {
		wrap_up_over(c, a, "agent");
		agent_idle(c, a, "ready");
		return;
	}
	if (at_work(a) || a->state == state)
		return;
	if (state == AGENT_READY) {
		a->idle_since = now_of(c);
		a->not_before = 0;
	}
	enter(c, a, state, 0, "asked");
}

void on_agent_asked(struct core *c, const struct msg *m)
{
	struct agent *a = agent_find(c, msg_num(m, F_AGENT));

	if (!a || a->retired) {
		c->ignored++;
		return;
	}
	agent_ask(c, a, m->type, msg_get(m, F_ACTOR));
}

/* ---- work ---------------------------------------------------------------------------- */

void agent_reserve(struct core *c, struct agent *a, const struct offer *o)
{
	a->next = AGENT_READY;
	a->offer = o->id;
	enter(c, a, AGENT_RESERVED, o->contact, "offered");
}

void agent_talk(struct core *c, struct agent *a, const struct contact *ct)
{
	enter(c, a, AGENT_TALKING, ct->id, "accepted");
}

void agent_wrap_up(struct core *c, struct agent *a, struct contact *ct,
		   uint64_t limit_ms)
{
	enter(c, a, AGENT_WRAP_UP, ct->id, "talk_over");
	timer_set(c, &a->rec, &a->due, now_of(c) + limit_ms);
}

static void leave_if_retired(struct core *c, struct agent *a)
{
	if (a->retired)
		record_gone(c, &a->rec);
}

void agent_idle(struct core *c, struct agent *a, const char *cause)
{
	a->idle_since = now_of(c);
	enter(c, a, (enum agent_state)a->next, 0, cause);
	leave_if_retired(c, a);
}

void agent_leave_alone(struct core *c, struct agent *a, uint64_t ms,
		       const char *cause)
{
	if (a->state != AGENT_RESERVED)
		return;
	a->not_before = ms ? now_of(c) + ms : 0;
	enter(c, a, (enum agent_state)a->next, 0, cause);
	if (ms && a->state == AGENT_READY)
		timer_set(c, &a->rec, &a->due, a->not_before);
	leave_if_retired(c, a);
}

void agent_not_responding(struct core *c, struct agent *a, const char *cause)
{
	if (a->state != AGENT_RESERVED)
		return;
	enter(c, a, a->next == AGENT_READY ? AGENT_NOT_RESPONDING
					   : (enum agent_state)a->next,
	      0, cause);
	leave_if_retired(c, a);
}

void agent_restore(struct core *c, struct agent *a, struct str name)
{
	unsigned state = AGENT_OFFLINE;

	while (agent_states[state] && !str_eq(name, str_c(agent_states[state])))
		state++;
	if (a->state != AGENT_OFFLINE || !agent_states[state] ||
	    !str_eq(text_str(&a->cause), STR_LIT(AGENT_NEW)))
		return;
	if (state == AGENT_RESERVED || state == AGENT_TALKING ||
	    state == AGENT_WRAP_UP)
		state = AGENT_READY; /* if it still talks, its leg tells */
	if (state == AGENT_OFFLINE)
		return;
	a->next = state == AGENT_NOT_RESPONDING ? AGENT_READY : state;
	a->idle_since = now_of(c);
	enter(c, a, (enum agent_state)state, 0, "rebuilt");
}

void agent_retire(struct core *c, struct agent *a)
{
	a->retired = true;
	idle_leave(c, a);
	a->next = AGENT_OFFLINE;
	record_changed(c, &a->rec);
	if (at_work(a))
		return;
	state_journal(c, a, AGENT_OFFLINE);
	record_gone(c, &a->rec);
}

/* The end of wrap-up, or of being left alone. */
void agent_due(struct core *c, struct agent *a)
{
	if (a->state == AGENT_WRAP_UP) {
		wrap_up_over(c, a, "limit");
		agent_idle(c, a, "wrap_up_limit");
		return;
	}
	a->not_before = 0;
	timer_set(c, &a->rec, &a->due, 0);
	idle_update(c, a);
	c->match = true;
}
