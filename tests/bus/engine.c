/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/id.h"
#include "lib/bus/owner.h"
#include "tests/bus/peer.h"

#define AGENTS 100000
#define PRODUCERS 16
#define PARTITIONS 4

struct stamp {
	char name[120]; /* src/boot */
	uint64_t seq;
};

struct part {
	unsigned count[AGENTS];
	struct stamp producers[PRODUCERS];
	size_t nproducers;
	uint64_t confirmed;
};

struct engine {
	struct bus *bus;
	struct owner *owner;
	char node[64], boot[64];
	uint64_t not_after_ms;
	struct part parts[PARTITIONS];
};

/* ---- state -------------------------------------------------------------- */

static struct stamp *stamp_of(struct part *p, struct str name)
{
	for (size_t i = 0; i < p->nproducers; i++)
		if (str_eq(name, str_c(p->producers[i].name)))
			return &p->producers[i];
	if (p->nproducers == PRODUCERS)
		abort();
	str_copy(p->producers[p->nproducers].name, 120, name);
	return &p->producers[p->nproducers++];
}

static void load(struct part *p, const struct owner_record *r)
{
	uint64_t id, v;

	if (str_u64(r->value, &v))
		abort();
	if (str_eq(r->kind, STR_LIT("producer")))
		stamp_of(p, r->id)->seq = v;
	else if (!str_u64(r->id, &id) && id < AGENTS)
		p->count[id] = (unsigned)v;
}

static void on_acquired(struct owner *o, unsigned n, const char *generation,
			uint64_t now, const struct owner_record *records,
			size_t nrecords, void *arg)
{
	struct engine *e = arg;

	(void)o;
	memset(&e->parts[n], 0, sizeof(e->parts[n]));
	for (size_t i = 0; i < nrecords; i++)
		load(&e->parts[n], &records[i]);
	tell("acquired %u %s %zu %llu", n, generation, nrecords,
	     (unsigned long long)now);
}

static void on_lost(struct owner *o, unsigned n, const char *reason, void *arg)
{
	(void)o;
	(void)arg;
	tell("lost %u %s", n, reason);
}

static void on_committed(struct owner *o, unsigned n, uint64_t number,
			 void *arg)
{
	struct engine *e = arg;

	(void)o;
	if (number <= e->parts[n].confirmed)
		tell("confirmed twice %llu", (unsigned long long)number);
	e->parts[n].confirmed = number;
}

/* ---- commits ------------------------------------------------------------ */

static struct owner_record record(struct arena *a, const char *kind,
				  struct str id, uint64_t v)
{
	return (struct owner_record){
		str_c(kind), id,
		arena_printf(a, "%llu", (unsigned long long)v)};
}

static size_t effects(struct engine *e, unsigned n, uint64_t agent,
		      struct arena *a, struct msg *m, struct owner_effect *v)
{
	char leg[ID_LEN + 1];

	msg_init(&m[0], M_JOURNAL_AUDIT);
	msg_put(&m[0], F_TENANT, STR_LIT("1"));
	msg_put(&m[0], F_BEGIN, STR_LIT("1"));
	msg_put(&m[0], F_ACTOR, STR_LIT("phone"));
	msg_put(&m[0], F_VERB, STR_LIT("count"));
	msg_put_num(&m[0], a, F_OBJECT, agent);
	v[0] = (struct owner_effect){.m = &m[0]};
	if (!e->node[0])
		return 1;
	msg_init(&m[1], M_LEG_MEMO);
	id_format(leg, 'l', agent);
	msg_put(&m[1], F_LEG, arena_str(a, str_c(leg)));
	msg_put_num(&m[1], a, F_MEMO, e->parts[n].count[agent]);
	v[1] = (struct owner_effect){
		str_c(e->node), str_c(e->boot),
		e->not_after_ms ? bus_now(e->bus) + e->not_after_ms : 0, &m[1]};
	return 2;
}

static void count(struct engine *e, unsigned n, uint64_t agent,
		  const struct stamp *s, struct str stream_id)
{
	struct part *p = &e->parts[n];
	struct owner_record r[2];
	struct owner_effect v[2];
	struct msg m[2];
	struct arena a;
	size_t nv;

	arena_init(&a);
	p->count[agent]++;
	nv = effects(e, n, agent, &a, m, v);
	r[0] = record(&a, "count", arena_printf(&a, "%llu",
		      (unsigned long long)agent), p->count[agent]);
	r[1] = record(&a, "producer", str_c(s->name), s->seq);
	owner_commit(e->owner, n, stream_id, r, 2, v, nv);
	arena_release(&a);
}

static void on_event(struct owner *o, unsigned n, const struct msg *m,
		     struct str stream_id, void *arg)
{
	struct engine *e = arg;
	uint64_t agent = msg_num(m, F_AGENT);
	struct stamp *s;
	char name[120];

	snprintf(name, sizeof(name), "%.*s/%.*s", STR_FMT(msg_get(m, F_SRC)),
		 STR_FMT(msg_get(m, F_BOOT)));
	s = stamp_of(&e->parts[n], str_c(name));
	if (msg_num(m, F_SEQ) <= s->seq || m->type != M_AGENT_READY ||
	    agent >= AGENTS) {
		tell("%s %u %llu", m->type == M_AGENT_READY ? "duplicate"
		     : "other", n, (unsigned long long)agent);
		owner_commit(o, n, stream_id, NULL, 0, NULL, 0);
		return;
	}
	if (msg_num(m, F_SEQ) != s->seq + 1)
		tell("hole %u %llu", n, (unsigned long long)agent);
	s->seq = msg_num(m, F_SEQ);
	tell("event %u %llu", n, (unsigned long long)agent);
	count(e, n, agent, s, stream_id);
}

static void on_wiped(struct owner *o, unsigned n, void *arg)
{
	static struct owner_record v[AGENTS + PRODUCERS];
	struct engine *e = arg;
	struct part *p = &e->parts[n];
	struct arena a;
	size_t nv = 0;

	arena_init(&a);
	for (unsigned i = 0; i < AGENTS; i++)
		if (p->count[i])
			v[nv++] = record(&a, "count",
					 arena_printf(&a, "%u", i),
					 p->count[i]);
	for (size_t i = 0; i < p->nproducers; i++)
		v[nv++] = record(&a, "producer",
				 str_c(p->producers[i].name),
				 p->producers[i].seq);
	owner_commit(o, n, STR_NONE, v, nv, NULL, 0);
	arena_release(&a);
	tell("wiped %u", n);
}

/* ---- what a test asks --------------------------------------------------- */

void engine_do(struct engine *e, const struct words *w)
{
	unsigned n = (unsigned)word_num(w, 1) % PARTITIONS;

	if (str_eq(w->v[0], STR_LIT("target"))) {
		str_copy(e->node, sizeof(e->node), w->v[1]);
		str_copy(e->boot, sizeof(e->boot), w->v[2]);
		e->not_after_ms = word_num(w, 3);
		tell("target %s %s", e->node, e->boot);
	} else if (str_eq(w->v[0], STR_LIT("leave"))) {
		tell(owner_safe(e->owner, n, 50) ? "left" : "held");
	} else if (str_eq(w->v[0], STR_LIT("commit"))) {
		uint64_t number = owner_commit(e->owner, n, STR_NONE, NULL, 0,
					       NULL, 0);

		tell("commit %llu %d", (unsigned long long)number,
		     number ? 0 : errno);
	} else if (str_eq(w->v[0], STR_LIT("count"))) {
		tell("count %llu %u", (unsigned long long)word_num(w, 2),
		     e->parts[n].count[word_num(w, 2) % AGENTS]);
	} else if (str_eq(w->v[0], STR_LIT("confirmed"))) {
		tell("confirmed %llu",
		     (unsigned long long)e->parts[n].confirmed);
	} else {
		tell("what?");
	}
}

void engine_stats(const struct engine *e)
{
	const struct owner_stats *s = owner_stats(e->owner);

	printf(" commits=%llu resent_commits=%llu refused=%llu events=%llu "
	       "malformed=%llu acquired=%llu lost=%llu waiting=%llu",
	       (unsigned long long)s->commits, (unsigned long long)s->resent,
	       (unsigned long long)s->refused, (unsigned long long)s->events,
	       (unsigned long long)s->malformed,
	       (unsigned long long)s->acquired, (unsigned long long)s->lost,
	       (unsigned long long)s->waiting);
}

struct engine *engine_start(struct bus *bus, const char *name,
			    unsigned partitions, unsigned lease_ms)
{
	struct engine *e = calloc(1, sizeof(*e));
	struct owner_conf conf = {
		.name = name, .partitions = partitions, .lease_ms = lease_ms,
		.h = {on_acquired, on_lost, on_event, on_committed, on_wiped,
		      e}};

	if (!e || partitions > PARTITIONS)
		abort();
	e->bus = bus;
	return owner_alloc(&e->owner, bus, &conf) ? NULL : e;
}

void engine_stop(struct engine *e)
{
	owner_free(e->owner);
	e->owner = NULL;
}

void engine_free(struct engine *e)
{
	free(e);
}
