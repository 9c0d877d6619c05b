/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/contact.h"
#include "router-engine/core/idle.h"
#include "router-engine/core/line.h"
#include "router-engine/core/match.h"
#include "router-engine/core/node.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/pools.h"
#include "router-engine/core/record.h"
#include "router-engine/core/steps.h"
#include "router-engine/core/takeover.h"

#define CANDIDATES_MAX 20 /* named in a decision; the others are counted */
#define CANDIDATE_BYTES (2 * STR_DEC_MAX + 20) /* verdicts are short words */

/* The queue's own skill comes before what its step asks for. */
static const char *lacks(const struct queue *q, const struct agent *a)
{
	const struct pool *own = q->nsteps ? q->stepv[0].pool : NULL;

	return a->home && own && pool_has(own, a) ? "step" : "skill";
}

const char *match_obstacle(struct core *c, const struct contact *ct,
			   const struct agent *a)
{
	const struct queue *q = queue_find(c, ct->queue);
	const struct step *s = step_of(c, ct);
	struct node *n;
	bool by_uri;

	if (!q || !s || !s->pool || !a->home || !pool_has(s->pool, a))
		return q ? lacks(q, a) : "skill";
	if (a->state != AGENT_READY)
		return agent_states[a->state];
	if (!a->registered || !a->node.len)
		return "unregistered";
	if (!takeover_ring(c, a, &n, &by_uri))
		return "unreachable";
	if (a->not_before > now_of(c))
		return "refused";
	return NULL;
}

static uint64_t idle_ms(const struct core *c, const struct agent *a)
{
	return a->state == AGENT_READY && a->idle_since < now_of(c)
		? now_of(c) - a->idle_since : 0;
}

struct candidates {
	struct str list;
	uint64_t considered, eligible;
};

static void append(char *p, size_t *n, const char *s)
{
	size_t len = strlen(s);

	memcpy(p + *n, s, len);
	*n += len;
}

/* agent:idle_ms:verdict, at the end of a list that has room for it. */
static void candidates_add(struct core *c, struct candidates *k,
			   const struct contact *ct, const struct agent *a,
			   const struct agent *chosen)
{
	const char *why = match_obstacle(c, ct, a);
	char *p = (char *)k->list.p;
	size_t n = k->list.len;

	if (n)
		p[n++] = ',';
	n += str_dec(p + n, a->id);
	p[n++] = ':';
	n += str_dec(p + n, idle_ms(c, a));
	p[n++] = ':';
	append(p, &n, a == chosen ? "chosen" : why ? why : "eligible");
	k->list.len = n;
}

/* The tenant's first agents, and whoever was chosen, by name. */
static struct candidates candidates_of(struct core *c,
				       const struct contact *ct,
				       const struct agent *chosen)
{
	struct tenant *t = tenant_find(c, ct->tenant);
	struct candidates k = {STR_NONE, t ? t->nagents : 0,
			       ct->pool ? ct->pool->nidle : 0};
	bool named = !chosen;

	k.list.p = arena_alloc(&c->arena, (CANDIDATES_MAX + 1) *
			       CANDIDATE_BYTES);
	if (!k.list.p)
		return k; /* the step fails */
	for (size_t i = 0; i < k.considered && i < CANDIDATES_MAX; i++) {
		candidates_add(c, &k, ct, t->agents[i], chosen);
		named |= t->agents[i] == chosen;
	}
	if (!named)
		candidates_add(c, &k, ct, chosen, chosen);
	return k;
}

static struct str reason_of(struct core *c, const struct queue *q,
			    const struct candidates *k,
			    const struct agent *chosen)
{
	if (!k->considered)
		return STR_LIT("the tenant has no agents");
	if (!chosen && k->eligible)
		return STR_LIT("no media relay answers");
	if (!chosen)
		return arena_printf(&c->arena, "none of %llu agents is free",
				    (unsigned long long)k->considered);
	if (k->eligible == 1)
		return STR_LIT("the only eligible agent");
	return arena_printf(&c->arena, "%s of %llu eligible",
			    idle_strategy(q)->words,
			    (unsigned long long)k->eligible);
}

/* With the step that it was made for. */
static struct str reason_at(struct core *c, const struct contact *ct,
			    struct str reason)
{
	const struct step *s = step_of(c, ct);

	if (ct->overdue)
		reason = arena_printf(&c->arena, "%.*s; overdue, so before all "
				      "classes", STR_FMT(reason));
	if (!s || !s->who.len)
		return reason;
	return arena_printf(&c->arena, "step %llu (%.*s): %.*s",
			    (unsigned long long)ct->step,
			    STR_FMT(text_str(&s->who)), STR_FMT(reason));
}

static void decide(struct core *c, struct contact *ct, const struct queue *q,
		   const struct agent *chosen, const struct candidates *k,
		   struct str policy, struct str reason)
{
	uint64_t position = line_position(ct), decision = new_id(c);
	struct core_effect *e = out_new(c, M_JOURNAL_DECISION);

	out_id(c, e, F_DECISION, 'd', decision);
	out_id(c, e, F_CONTACT, 'c', ct->id);
	out_num(c, e, F_TENANT, ct->tenant);
	out_num(c, e, F_QUEUE, q->id);
	out_num(c, e, F_BEGIN, now_of(c));
	out_num(c, e, F_WAIT_MS, now_of(c) - ct->enqueued);
	out_num(c, e, F_POSITION, position);
	out_str(c, e, F_POLICY, policy);
	out_str(c, e, F_REASON, reason);
	out_num(c, e, F_CONSIDERED, k->considered);
	out_str(c, e, F_CANDIDATES, k->list);
	out_opt(c, e, F_AGENT, chosen ? chosen->id : 0);
	out_id(c, e, F_OFFER, 'o', ct->offer);
	e = out_new(c, M_PUSH_DECISION);
	out_id(c, e, F_CONTACT, 'c', ct->id);
	out_num(c, e, F_TENANT, ct->tenant);
	out_num(c, e, F_TIME, now_of(c));
	out_str(c, e, F_POLICY, policy);
	out_str(c, e, F_REASON, reason);
	out_num(c, e, F_CONSIDERED, k->considered);
	out_str(c, e, F_CANDIDATES, k->list);
	out_opt(c, e, F_AGENT, chosen ? chosen->id : 0);
}

/* The first in the order of service for whom somebody is free. */
static struct contact *next_to_serve(struct core *c)
{
	struct contact *ct, *best = NULL;
	const struct pool *p;

	for (size_t i = 0; (p = pools_next(c, &i)); i++) {
		ct = line_first(p);
		if (!best || line_before(ct, best))
			best = ct;
	}
	return best;
}

/* False: no offer could be made. */
static bool match_one(struct core *c, struct contact *ct)
{
	struct queue *q = queue_find(c, ct->queue);
	const struct strategy *s = idle_strategy(q);
	struct agent *a = idle_next(c, ct->pool, s);
	struct candidates k;

	if (!a)
		return true; /* whoever was counted cannot be reached */
	k = candidates_of(c, ct, a);
	if (!offer_make(c, ct, a))
		return false;
	decide(c, ct, q, a, &k, str_c(s->name),
	       reason_at(c, ct, reason_of(c, q, &k, a)));
	return ct->state == CONTACT_OFFERED;
}

/* Once in each step: that it found nobody. */
static void tell_alone(struct core *c, struct contact *ct, struct str reason)
{
	struct queue *q = queue_find(c, ct->queue);
	struct candidates k;

	if (!q || ct->state != CONTACT_QUEUED || ct->told_alone)
		return;
	k = candidates_of(c, ct, NULL);
	ct->told_alone = true;
	record_changed(c, &ct->rec);
	if (!reason.len)
		reason = reason_of(c, q, &k, NULL);
	decide(c, ct, q, NULL, &k, str_c(idle_strategy(q)->name),
	       reason_at(c, ct, reason));
}

/* Nobody was free for it at once. True: it is in another step now, in which
 * somebody may be. */
static bool alone(struct core *c, struct contact *ct, bool ready)
{
	struct str why;

	if (!ready || ct->state != CONTACT_QUEUED || !steps_skips(c, ct, &why)) {
		tell_alone(c, ct, STR_NONE);
		return false;
	}
	tell_alone(c, ct, arena_printf(&c->arena, "left at once, as %.*s",
				       STR_FMT(why)));
	steps_skip(c, ct);
	return true;
}

void match_tell_transfer(struct core *c, struct contact *ct,
			 const struct agent *to)
{
	struct queue *q = queue_find(c, ct->queue);
	struct candidates k = {STR_NONE, 0, 0};

	if (q)
		decide(c, ct, q, to, &k, STR_LIT("transfer"),
		       STR_LIT("sent on by an agent"));
}

/* Without a media relay an offer would fail at once: rtpengine.up matches. */
void match_all(struct core *c)
{
	bool ready = rtpengine_choose(c, STR_NONE) != NULL;
	struct contact *ct;

	do {
		while (ready && !c->failed && (ct = next_to_serve(c)))
			ready = match_one(c, ct);
		while ((ct = line_next_news(c)) && !alone(c, ct, ready))
			;
	} while (ct && !c->failed);
	c->match = false;
}
