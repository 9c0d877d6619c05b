/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold after every step, whatever came in. The simulator runs this
 * after each of its steps; production never does.
 */
#include <stdio.h>

#include "router-engine/core/contact.h"
#include "router-engine/core/expr.h"
#include "router-engine/core/idle.h"
#include "router-engine/core/line.h"
#include "router-engine/core/match.h"
#include "router-engine/core/node.h"
#include "router-engine/core/steps.h"

#define FAULT(c, ...)                                                          \
	(snprintf((c)->fault, sizeof((c)->fault), __VA_ARGS__), (c)->fault)

static const char *check_contact(struct core *c, const struct contact *ct)
{
	bool waits = ct->state == CONTACT_QUEUED ||
		     ct->state == CONTACT_OFFERED;
	struct offer *o = offer_find(c, ct->offer);
	struct leg *l = leg_find(c, ct->caller_leg);
	unsigned long long id = ct->id;

	if (waits != line_in(ct))
		return FAULT(c, "contact %llx: %s, in line: %d", id,
			     contact_states[ct->state], line_in(ct));
	if ((ct->state == CONTACT_OFFERED) != (o != NULL))
		return FAULT(c, "contact %llx: %s, offer: %d", id,
			     contact_states[ct->state], o != NULL);
	if (waits && !ct->enqueued)
		return FAULT(c, "contact %llx: waits since never", id);
	if (ct->state < CONTACT_WRAP_UP && (!l || l->contact != ct->id))
		return FAULT(c, "contact %llx: %s without its caller", id,
			     contact_states[ct->state]);
	if ((ct->state == CONTACT_TALKING || ct->state == CONTACT_HELD) &&
	    !leg_find(c, ct->agent_leg))
		return FAULT(c, "contact %llx: talks to nobody", id);
	if (ct->segment_kind == SEGMENT_NONE)
		return FAULT(c, "contact %llx: no segment is open", id);
	if (ct->segment_begin > now_of(c))
		return FAULT(c, "contact %llx: segment in the future", id);
	return NULL;
}

static const char *check_agent(struct core *c, const struct agent *a)
{
	struct offer *o = offer_find(c, a->offer);
	struct contact *ct = contact_find(c, a->contact);
	unsigned long long id = a->id;

	if ((a->state == AGENT_RESERVED) != (o != NULL))
		return FAULT(c, "agent %llu: %s, offer: %d", id,
			     agent_states[a->state], o != NULL);
	if (o && o->agent != a->id)
		return FAULT(c, "agent %llu: another's offer", id);
	/* who wraps up may have sent the contact on */
	if (a->state == AGENT_TALKING && (!ct || ct->agent != a->id))
		return FAULT(c, "agent %llu: %s without a contact", id,
			     agent_states[a->state]);
	if (a->state == AGENT_WRAP_UP && !a->due)
		return FAULT(c, "agent %llu: wrap-up without an end", id);
	return NULL;
}

static const char *check_offer(struct core *c, const struct offer *o)
{
	struct contact *ct = contact_find(c, o->contact);
	struct agent *a = agent_find(c, o->agent);
	struct leg *l = leg_find(c, o->leg);
	unsigned long long id = o->id;

	if (!ct || ct->offer != o->id)
		return FAULT(c, "offer %llx: its contact has another", id);
	if (o->agent ? !a || a->offer != o->id : !o->number.len)
		return FAULT(c, "offer %llx: its agent has another", id);
	if (!l || l->offer != o->id)
		return FAULT(c, "offer %llx: no leg", id);
	if (!o->due)
		return FAULT(c, "offer %llx: rings for ever", id);
	return NULL;
}

static const char *check_leg(struct core *c, const struct leg *l)
{
	unsigned long long id = l->id;
	struct node *w = worker_of(c, l);

	if (l->state == LEG_CLOSING && !l->due)
		return FAULT(c, "leg %llx: closes for ever", id);
	if ((l->state == LEG_ARRIVING || l->state == LEG_INVITING) &&
	    l->op == OP_NONE && !c->meta.rebuild && !l->stranded)
		return FAULT(c, "leg %llx: %s, and nothing is awaited", id,
			     leg_states[l->state]);
	if (w && l->port && !l->measured &&
	    !(w->used && w->used[l->port - w->port]))
		return FAULT(c, "leg %llx: port %llu is not its own", id,
			     (unsigned long long)l->port);
	return NULL;
}

static const struct contact *of_place(const struct rank_node *n)
{
	return (const struct contact *)((const char *)n -
					offsetof(struct contact, place));
}

/* By the rows, not by the sets that the matcher uses. */
static bool admits(const struct queue *q, const struct step *s,
		   const struct agent *a)
{
	const struct expr_agent x = {
		.skills = text_str(&a->skills), .user = text_str(&a->user),
		.groups = text_str(&a->groups),
		.languages = text_str(&a->languages)};
	struct expr e = {.n = 1, .nodes = {{.op = EXPR_SKILL, .cmp = EXPR_GE}}};
	char err[200];

	e.nodes[0].name = text_str(&q->skill);
	e.nodes[0].value = (uint32_t)q->level;
	if (q->skill.len && !expr_holds(&e, &x))
		return false;
	return !s->who.len || (!expr_parse(text_str(&s->who), EXPR_PEOPLE, &e,
					   err, sizeof(err)) &&
			       expr_holds(&e, &x));
}

static const char *why_not(struct core *c, const struct contact *ct,
			   const struct agent *a)
{
	const char *why = match_obstacle(c, ct, a);

	return why ? why : "";
}

/* Nobody eligible idles while the contact waits. */
static const char *check_alone(struct core *c, const struct contact *ct)
{
	bool settled = !c->meta.rebuild && !c->conf &&
		       (!core_due(c) || core_due(c) > now_of(c)) &&
		       rtpengine_choose(c, STR_NONE);
	const struct queue *q = queue_find(c, ct->queue);
	const struct step *s = step_of(c, ct);
	const struct agent *a, *tmp;

	if (!settled || !q || !s || ct->state != CONTACT_QUEUED)
		return NULL;
	if (rank_in(&ct->news) || ct->pool != s->pool)
		return FAULT(c, "contact %llx: nobody was sought in step %llu",
			     (unsigned long long)ct->id,
			     (unsigned long long)ct->step);
	HASH_ITER(hh, c->agents, a, tmp)
		if (a->tenant == ct->tenant && idle_is(c, a) &&
		    admits(q, s, a) && strcmp(why_not(c, ct, a), "unreachable"))
			return FAULT(c, "contact %llx waits, agent %llu idles",
				     (unsigned long long)ct->id,
				     (unsigned long long)a->id);
	return NULL;
}

/* A line is in order. */
static const char *check_line(struct core *c, const struct line *l)
{
	const struct rank_node *n = rank_first(&l->contacts), *next;

	for (; n; n = next) {
		next = rank_next(n);
		if (of_place(n)->queue != l->queue ||
		    (next && !line_before(of_place(n), of_place(next))))
			return FAULT(c, "line %llu: %llx is out of place",
				     (unsigned long long)l->queue,
				     (unsigned long long)of_place(n)->id);
	}
	return NULL;
}

/* Whoever is on the seats is free, and the other way round. */
static const char *check_seats(struct core *c, const struct agent *a)
{
	bool settled = !c->conf && (!core_due(c) || core_due(c) > now_of(c));

	if (settled && a->seated != idle_is(c, a))
		return FAULT(c, "agent %llu: %s, seated: %d",
			     (unsigned long long)a->id, agent_states[a->state],
			     a->seated);
	return NULL;
}

#define CHECK_ALL(table, st, fn)                                               \
	do {                                                                   \
		const struct st *o_, *tmp_;                                    \
		const char *f_;                                                \
		HASH_ITER(hh, c->table, o_, tmp_)                              \
			if ((f_ = fn(c, o_)))                                  \
				return f_;                                     \
	} while (0)

const char *core_check(struct core *c)
{
	CHECK_ALL(contacts, contact, check_contact);
	CHECK_ALL(agents, agent, check_agent);
	CHECK_ALL(offers, offer, check_offer);
	CHECK_ALL(legs, leg, check_leg);
	CHECK_ALL(agents, agent, check_seats);
	CHECK_ALL(lines, line, check_line);
	CHECK_ALL(contacts, contact, check_alone);
	return NULL;
}
