/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <sys/queue.h>

#include "kamailio-mods/acd/command.h"
#include "kamailio-mods/acd/fence.h"
#include "kamailio-mods/acd/leg.h"
#include "kamailio-mods/acd/own.h"
#include "kamailio-mods/acd/store.h"
#include "kamailio-mods/acd/uac.h"
#include "lib/bus/bus.h"

#define RECORD_MS 500
#define ASKED_AT_ONCE 500
/* tm's timers have all run out by then, into the fence. */
#define LEAST_MS 1000

struct claim { /* a leg that we had */
	struct bus *bus;
	uint64_t leg;
	unsigned partition;
	bool asked, known;
};

struct moved { /* a leg that another says it has; claim is first */
	struct claim claim;
	LIST_ENTRY(moved) link;
};

struct kept {
	STAILQ_ENTRY(kept) link;
	struct arena arena;
	unsigned partition;
	bool late;
	struct msg m;
};

static STAILQ_HEAD(, kept) commands = STAILQ_HEAD_INITIALIZER(commands);
static LIST_HEAD(, moved) all_moved = LIST_HEAD_INITIALIZER(all_moved);
static struct claim *claims;
static size_t nclaims, claims_size, unknown, asked;
static uint64_t since;

static void add(struct leg *l, void *arg)
{
	if(nclaims == claims_size) {
		size_t size = claims_size ? claims_size * 2 : 256;
		struct claim *v = realloc(claims, size * sizeof(*v));

		if(!v)
			abort(); /* better no node than one that knows not what it owns */
		claims = v;
		claims_size = size;
	}
	claims[nclaims++] = (struct claim){arg, l->id, l->partition, false, false};
}

static void begin(struct bus *bus)
{
	size_t i;

	if(!since) {
		nclaims = 0;
		leg_each(add, bus);
	}
	for(i = 0; i < nclaims; i++) /* all again, when we stood still again */
		claims[i].known = false;
	unknown = nclaims;
	since = now_ms();
	LM_WARN("event=woke_up legs=%zu\n", nclaims);
}

bool fence_look(struct bus *bus)
{
	if(own_beat())
		begin(bus);
	return since != 0;
}

/* Another has it: its transactions end here without a word. */
static void forget(uint64_t id)
{
	struct leg *l;

	leg_lock(id);
	l = leg_find(id);
	if(l) {
		LM_NOTICE("event=moved_away leg=%s call=%s\n", l->name, l->call);
		uac_forget(l);
		if(l->held)
			tmb.t_release_transaction(l->held);
		leg_free(l);
	}
	leg_unlock(id);
}

/* An unanswered leg has no record: nobody can have taken it. */
static bool unanswered(uint64_t id)
{
	struct leg *l;
	bool yes;

	leg_lock(id);
	l = leg_find(id);
	yes = l && l->state != LEG_UP;
	leg_unlock(id);
	return yes;
}

static void on_record(int err, const struct str *v, size_t n, void *arg)
{
	struct claim *c = arg;

	asked--;
	c->asked = false;
	if(err == ECANCELED)
		return;
	if(err || c->known)
		return; /* asked again */
	c->known = true;
	unknown--;
	if(n && v[0].len ? !store_is_ours(v[0]) : !unanswered(c->leg))
		forget(c->leg);
}

static int get(struct claim *c, bus_reply_h *done)
{
	char key[64], name[ID_LEN + 1];
	struct str argv[2] = {STR_LIT("GET"),
			{key, (size_t)snprintf(key, sizeof(key), "{p%u}:leg:%s",
						  c->partition, id_format(name, 'l', c->leg))}};

	return bus_command(c->bus, argv, 2, RECORD_MS, done, c);
}

static void ask(struct claim *c)
{
	if(get(c, on_record))
		return;
	c->asked = true;
	asked++;
}

static void moved_free(struct moved *m)
{
	LIST_REMOVE(m, link);
	free(m);
}

static void on_moved(int err, const struct str *v, size_t n, void *arg)
{
	struct moved *m = arg;

	m->claim.asked = false;
	if(err && err != ECANCELED)
		return; /* the next tick asks again */
	if(!err && !(n && v[0].len && store_is_ours(v[0])))
		forget(m->claim.leg); /* no record: over, there */
	moved_free(m);
}

static void ask_moved(struct moved *m)
{
	m->claim.asked = !get(&m->claim, on_moved);
}

void fence_forget(struct bus *bus, unsigned partition, uint64_t leg)
{
	struct moved *m = calloc(1, sizeof(*m));

	if(!m)
		return;
	m->claim = (struct claim){bus, leg, partition, false, false};
	LIST_INSERT_HEAD(&all_moved, m, link);
	ask_moved(m);
}

void fence_ask_again(void)
{
	struct moved *m;

	LIST_FOREACH(m, &all_moved, link)
		if(!m->claim.asked)
			ask_moved(m);
}

void fence_keep(unsigned partition, const struct msg *m, bool late)
{
	struct kept *k = calloc(1, sizeof(*k));
	unsigned i;

	if(!k)
		return;
	arena_init(&k->arena);
	k->partition = partition;
	k->late = late;
	k->m = *m;
	for(i = 0; i < m->n; i++)
		k->m.f[i].val = arena_str(&k->arena, m->f[i].val);
	STAILQ_INSERT_TAIL(&commands, k, link);
}

static void lift(struct bus *bus)
{
	struct kept *k;

	since = 0;
	own_lift();
	LM_WARN("event=awake legs=%u\n", leg_count());
	while((k = STAILQ_FIRST(&commands))) {
		STAILQ_REMOVE_HEAD(&commands, link);
		(k->late ? command_late : command_run)(k->partition, &k->m, bus);
		arena_release(&k->arena);
		free(k);
	}
}

void fence_tick(struct bus *bus)
{
	size_t i;

	if(!since || !bus_up(bus))
		return;
	for(i = 0; i < nclaims && asked < ASKED_AT_ONCE; i++)
		if(!claims[i].known && !claims[i].asked)
			ask(&claims[i]);
	if(!unknown && now_ms() >= since + LEAST_MS)
		lift(bus);
}
