/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The step: one event in, effects and changed records out.
 *
 * Reading order: state.h (what there is), states.def (what each state waits
 * for), then the file named after the object whose event interests you. To
 * add an event: list it in lib/base/messages.def and give it a handler in the
 * table below. Handlers change objects, call record_changed() on them, and put
 * effects with out.h; matching runs once after the handler when something
 * changed that may make a match.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "router-engine/core/agent.h"
#include "router-engine/core/conf.h"
#include "router-engine/core/contact.h"
#include "router-engine/core/drain.h"
#include "router-engine/core/idle.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/line.h"
#include "router-engine/core/match.h"
#include "router-engine/core/media.h"
#include "router-engine/core/move.h"
#include "router-engine/core/node.h"
#include "router-engine/core/offer.h"
#include "router-engine/core/out.h"
#include "router-engine/core/pools.h"
#include "router-engine/core/producer.h"
#include "router-engine/core/rebuild.h"
#include "router-engine/core/record.h"
#include "router-engine/core/recording.h"
#include "router-engine/core/takeover.h"
#include "router-engine/core/transfer.h"

typedef void (event_h)(struct core *c, const struct msg *m);

static void on_timer(struct core *c, const struct msg *m);
static void on_acquired(struct core *c, const struct msg *m);

static event_h *const handlers[MSG_NTYPES] = {
	[M_LEG_OFFERED] = on_leg_offered,
	[M_LEG_RINGING] = on_leg_ringing,
	[M_LEG_ANSWERED] = on_leg_answered,
	[M_LEG_CONFIRMED] = on_leg_confirmed,
	[M_LEG_REOFFERED] = on_leg_reoffered,
	[M_LEG_REACCEPTED] = on_leg_reaccepted,
	[M_LEG_REREFUSED] = on_leg_rerefused,
	[M_LEG_INFO] = on_leg_asked,
	[M_LEG_REFERRED] = on_leg_referred,
	[M_LEG_ENDED] = on_leg_ended,
	[M_LEG_GONE] = on_leg_gone,
	[M_LEG_RESTORED] = on_leg_restored,
	[M_LEG_ALIVE] = on_leg_alive,
	[M_ANNOUNCE_BEGIN] = on_announce_begin,
	[M_ANNOUNCE_END] = on_announce_end,
	[M_AGENT_REGISTERED] = on_agent_registered,
	[M_AGENT_UNREGISTERED] = on_agent_unregistered,
	[M_AGENT_READY] = on_agent_asked,
	[M_AGENT_PAUSE] = on_agent_asked,
	[M_AGENT_LOGOUT] = on_agent_asked,
	[M_CONTACT_END] = on_contact_end,
	[M_NODE_DRAIN] = on_node_drain,
	[M_NODE_UNDRAIN] = on_node_drain,
	[M_NODE_UP] = on_node_up,
	[M_NODE_DOWN] = on_node_down,
	[M_RTPENGINE_UP] = on_rtpengine_up,
	[M_RTPENGINE_DOWN] = on_rtpengine_down,
	[M_NG_REPLIED] = on_ng_replied,
	[M_NG_FAILED] = on_ng_failed,
	[M_MEDIA_DONE] = on_media_done,
	[M_MEDIA_SILENT] = on_media_silent,
	[M_MEDIA_REMOVED] = on_media_removed,
	[M_MEDIA_RECORDED] = on_media_recorded,
	[M_MEDIA_PROGRESS] = on_media_progress,
	[M_MEDIA_ALIVE] = on_media_alive,
	[M_CONF_BEGIN] = on_conf_begin,
	[M_CONF_TENANT] = on_conf_tenant,
	[M_CONF_QUEUE] = on_conf_queue,
	[M_CONF_AGENT] = on_conf_agent,
	[M_CONF_NUMBER] = on_conf_number,
	[M_CONF_END] = on_conf_end,
	[M_TIMER_DUE] = on_timer,
	[M_OWNER_ACQUIRED] = on_acquired,
	[M_AGENT_WAS] = on_agent_was,
};

int core_alloc(struct core **cp, unsigned partition)
{
	struct core *c = calloc(1, sizeof(*c));

	if (!c)
		return ENOMEM;
	c->partition = partition;
	TAILQ_INIT(&c->dirty);
	arena_init(&c->arena);
	c->meta.rec.kind = RECORD_META;
	text_put(c, &c->meta.name, STR_LIT("core"));
	if (c->failed) {
		core_free(c);
		return ENOMEM;
	}
	*cp = c;
	return 0;
}

void core_free(struct core *c)
{
	if (!c)
		return;
	HASH_CLEAR(arriving, c->arriving);
	record_free_all(c);
	line_free_all(c);
	pools_free(c);
	heap_release(&c->timers);
	arena_release(&c->arena);
	free(c->effects);
	free(c->records);
	free(c);
}

static int by_kind_and_id(const void *a, const void *b)
{
	const struct core_record *x = a, *y = b;
	int d = str_cmp(x->kind, y->kind);

	return d ? d : str_cmp(x->id, y->id);
}

/* The order of loading must not depend on the store's: the order of equal
 * effects follows from it. */
int core_load(struct core *c, const struct core_record *v, size_t n, char *err,
	      size_t errsz)
{
	struct core_record *sorted = malloc(n * sizeof(*sorted) + 1);
	int e = 0;

	if (!sorted)
		return ENOMEM;
	memcpy(sorted, v, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_kind_and_id);
	for (size_t i = 0; i < n && !e; i++)
		e = record_load(c, &sorted[i], err, errsz);
	free(sorted);
	if (e)
		return e;
	contact_relink(c);
	leg_relink(c);
	node_relink(c);
	conf_sort(c);
	record_flush(c); /* nothing changed yet */
	c->nrecords = 0;
	arena_reset(&c->arena);
	return c->failed ? ENOMEM : 0;
}

static void step_begin(struct core *c, const struct msg *m)
{
	uint64_t t = msg_num(m, F_TIME);

	arena_reset(&c->arena);
	c->neffects = c->nrecords = 0;
	c->failed = false;
	c->steps++;
	if (t > c->meta.now)
		c->meta.now = t;
}

static int step_end(struct core *c, struct core_out *out)
{
	record_flush(c);
	out->effects = c->effects;
	out->neffects = c->neffects;
	out->records = c->records;
	out->nrecords = c->nrecords;
	return c->failed ? ENOMEM : 0;
}

int core_step(struct core *c, const struct msg *m, struct core_out *out)
{
	event_h *h = handlers[m->type];

	step_begin(c, m);
	if (!producer_take(c, m))
		c->stale++;
	else if (h)
		h(c, m);
	else
		c->ignored++;
	if (c->match && !c->conf && !c->meta.rebuild)
		match_all(c);
	if (!TAILQ_EMPTY(&c->dirty))
		record_changed(c, &c->meta.rec);
	return step_end(c, out);
}

int core_snapshot(struct core *c, struct core_out *out)
{
	arena_reset(&c->arena);
	c->neffects = c->nrecords = 0;
	c->failed = false;
	record_change_all(c);
	return step_end(c, out);
}

uint64_t core_due(const struct core *c)
{
	const struct heap_node *n = heap_first(&c->timers);

	return n ? n->due : 0;
}

uint64_t core_now(const struct core *c)
{
	return c->meta.now;
}

static void wake(struct core *c, struct record *r)
{
	switch (r->kind) {
	case RECORD_META:
		rebuild_due(c);
		break;
	case RECORD_AGENT:
		agent_due(c, (struct agent *)r);
		break;
	case RECORD_CONTACT:
		contact_due(c, (struct contact *)r);
		break;
	case RECORD_OFFER:
		offer_due(c, (struct offer *)r);
		break;
	case RECORD_LEG:
		leg_due(c, (struct leg *)r);
		break;
	case RECORD_RECORDING:
		recording_due(c, (struct recording *)r);
		break;
	default:
		break;
	}
}

/* Every handler sets its object's timer anew or clears it; one that would
 * ask for the past again is woken by the next timer.due. */
static void on_timer(struct core *c, const struct msg *m)
{
	struct heap_node *n;
	uint64_t until = now_of(c);

	(void)m;
	while ((n = heap_first(&c->timers)) && n->due <= until) {
		struct record *r = (struct record *)((char *)n -
				   offsetof(struct record, timer));

		heap_remove(&c->timers, n);
		wake(c, r);
		if ((n = heap_first(&c->timers)) && n == &r->timer &&
		    n->due <= until)
			break;
	}
}

/* The generation's owner before us may have died between a commit and the
 * requests that follow it: what is awaited is asked again. */
static void on_acquired(struct core *c, const struct msg *m)
{
	if (c->meta.last_id < now_of(c) * 64)
		c->meta.last_id = now_of(c) * 64;
	record_changed(c, &c->meta.rec);
	media_ask_again(c);
	if (msg_num(m, F_REBUILD) || c->meta.rebuild)
		rebuild_begin(c);
	c->match = true;
}

void core_counts(const struct core *c, struct core_counts *k)
{
	*k = (struct core_counts){
		.steps = c->steps,
		.ignored = c->ignored,
		.stale = c->stale,
		.contacts = HASH_COUNT(c->contacts),
		.agents = HASH_COUNT(c->agents),
		.legs = HASH_COUNT(c->legs),
		.queued = line_total(c),
	};
}
