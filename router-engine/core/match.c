/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router-engine/core/contact.h"
#include "router-engine/core/match.h"
#include "router-engine/core/node.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"
#include "router-engine/core/takeover.h"

#define POLICY STR_LIT("longest_idle")
#define CANDIDATES_MAX 50 /* named in a decision; the others are counted */

/* The level of a skill in "sales:5,french:3"; -1: not there. */
static int level_of(struct str skills, struct str skill)
{
	struct str item, name;
	uint64_t level;

	while (str_cut(&skills, ',', &item)) {
		str_cut(&item, ':', &name);
		if (str_eq(name, skill) && !str_u64(item, &level))
			return (int)level;
	}
	return -1;
}

static bool has_skill(const struct queue *q, const struct agent *a)
{
	return !q->skill.len ||
	       level_of(text_str(&a->skills), text_str(&q->skill)) >=
		       (int)q->level;
}

const char *match_obstacle(struct core *c, const struct queue *q,
			   const struct agent *a)
{
	struct node *n;
	bool by_uri;

	if (!has_skill(q, a))
		return "skill";
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

static struct agent *choose(struct core *c, const struct contact *ct,
			    const struct queue *q)
{
	struct agent *a, *tmp, *best = NULL;

	HASH_ITER(hh, c->agents, a, tmp) {
		if (a->tenant != ct->tenant || a->rec.gone || a->retired ||
		    match_obstacle(c, q, a))
			continue;
		if (!best || a->idle_since < best->idle_since ||
		    (a->idle_since == best->idle_since && a->id < best->id))
			best = a;
	}
	return best;
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

static void candidates_add(struct core *c, struct candidates *k,
			   const struct agent *a, const char *verdict)
{
	if (k->considered > CANDIDATES_MAX &&
	    strcmp(verdict, "chosen"))
		return;
	k->list = arena_printf(&c->arena, "%.*s%s%llu:%llu:%s",
			       STR_FMT(k->list), k->list.len ? "," : "",
			       (unsigned long long)a->id,
			       (unsigned long long)idle_ms(c, a), verdict);
}

static struct candidates candidates_of(struct core *c,
				       const struct contact *ct,
				       const struct queue *q,
				       const struct agent *chosen)
{
	struct candidates k = {STR_NONE, 0, 0};
	struct agent *a, *tmp;

	HASH_ITER(hh, c->agents, a, tmp) {
		const char *why;

		if (a->tenant != ct->tenant || a->rec.gone || a->retired)
			continue;
		why = match_obstacle(c, q, a);
		k.considered++;
		k.eligible += !why;
		candidates_add(c, &k, a, a == chosen ? "chosen"
			       : why ? why : "eligible");
	}
	return k;
}

static struct str reason_of(struct core *c, const struct candidates *k,
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
	return arena_printf(&c->arena, "idle the longest of %llu eligible",
			    (unsigned long long)k->eligible);
}

static void decide(struct core *c, struct contact *ct, const struct queue *q,
		   const struct agent *chosen, const struct candidates *k,
		   uint64_t decision)
{
	uint64_t position = contact_position(c, ct);
	struct str reason = reason_of(c, k, chosen);
	struct core_effect *e = out_new(c, M_JOURNAL_DECISION);

	out_id(c, e, F_DECISION, 'd', decision);
	out_id(c, e, F_CONTACT, 'c', ct->id);
	out_num(c, e, F_TENANT, ct->tenant);
	out_num(c, e, F_QUEUE, q->id);
	out_num(c, e, F_BEGIN, now_of(c));
	out_num(c, e, F_WAIT_MS, now_of(c) - ct->enqueued);
	out_num(c, e, F_POSITION, position);
	out_str(c, e, F_POLICY, POLICY);
	out_str(c, e, F_REASON, reason);
	out_num(c, e, F_CONSIDERED, k->considered);
	out_str(c, e, F_CANDIDATES, k->list);
	out_opt(c, e, F_AGENT, chosen ? chosen->id : 0);
	out_id(c, e, F_OFFER, 'o', chosen ? ct->offer : 0);
	e = out_new(c, M_PUSH_DECISION);
	out_id(c, e, F_CONTACT, 'c', ct->id);
	out_num(c, e, F_TENANT, ct->tenant);
	out_num(c, e, F_TIME, now_of(c));
	out_str(c, e, F_POLICY, POLICY);
	out_str(c, e, F_REASON, reason);
	out_num(c, e, F_CONSIDERED, k->considered);
	out_str(c, e, F_CANDIDATES, k->list);
	out_opt(c, e, F_AGENT, chosen ? chosen->id : 0);
}

static void match_one(struct core *c, struct contact *ct, bool ready)
{
	struct queue *q = queue_find(c, ct->queue);
	struct agent *a = q && ready ? choose(c, ct, q) : NULL;
	struct candidates k;

	if (!q || (!a && ct->told_alone))
		return;
	k = candidates_of(c, ct, q, a);
	if (!a) {
		ct->told_alone = true;
		record_changed(c, &ct->rec);
		decide(c, ct, q, NULL, &k, new_id(c));
		return;
	}
	if (offer_make(c, ct, a))
		decide(c, ct, q, a, &k, new_id(c));
}

static bool anybody_ready(const struct core *c)
{
	const struct agent *a, *tmp;

	HASH_ITER(hh, c->agents, a, tmp)
		if (a->state == AGENT_READY && !a->rec.gone)
			return true;
	return false;
}

/* Without a media relay an offer would fail at once: rtpengine.up matches. */
void match_all(struct core *c)
{
	bool ready = anybody_ready(c) && rtpengine_choose(c, STR_NONE);
	struct contact *ct, *next;

	TAILQ_FOREACH_SAFE_(ct, &c->line, line, next)
		if (ct->state == CONTACT_QUEUED && (ready || !ct->told_alone))
			match_one(c, ct, ready);
	c->match = false;
}
