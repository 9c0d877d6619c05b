/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the world does by itself: callers, agents, nodes, relays. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/id.h"
#include "tests/sim/internal.h"

static struct dialog *any_dialog(struct world *w)
{
	unsigned n = HASH_COUNT(w->dialogs);
	struct dialog *d = w->dialogs;

	for (uint64_t i = n ? world_random(w, n) : 0; i && d; i--)
		d = d->hh.next;
	return d;
}

static void new_call(struct world *w)
{
	uint64_t id = ID_NODE_BIT | (uint64_t)1 << 48 | ++w->next_leg;
	unsigned n = (unsigned)world_random(w, 100);
	struct dialog *d;

	if (w->drain || HASH_COUNT(w->dialogs) > MAX_LEGS)
		return;
	d = dialog_add(w, id, false);
	d->number = n < 50 ? "100" : n < 97 ? "200" : "999";
	d->call = n < 6 ? 0 : id;
	if (n < 6)
		later(w, 0, "t=leg.offered leg=l%016llx node=acd-1 kind=agent "
		      "tenant=1 number=*7%llu user=a%llu domain=demo sdp=v",
		      (unsigned long long)id,
		      (unsigned long long)world_random(w, 4),
		      (unsigned long long)world_random(w, AGENTS + 1));
	else
		later(w, 0, "t=leg.offered leg=l%016llx node=acd-1 kind=trunk "
		      "tenant=1 number=%s call_id=%llu caller=+1555%s",
		      (unsigned long long)id, d->number,
		      (unsigned long long)d->call,
		      n % 10 ? " sdp=v%3D0" : "");
}

/* An agent's phone sends its caller on. */
static void refer(struct world *w, const struct dialog *d)
{
	static const char *const to[] = {"a1", "a2", "a5", "a8", "100",
		"200", "+15550", "+15551", "+15552", "nobody"};

	later(w, 0, "t=leg.referred leg=l%016llx tid=1:1 refer_to=x number=%s",
	      (unsigned long long)d->id, to[world_random(w, 10)]);
}

/* Somebody wants the place of a leg. */
static void replace(struct world *w, const struct dialog *old)
{
	uint64_t id = ID_NODE_BIT | (uint64_t)1 << 48 | ++w->next_leg;
	bool agent = chance(w, 70);
	char who[40] = "";

	if (agent)
		snprintf(who, sizeof(who), "user=a%llu domain=demo",
			 (unsigned long long)world_random(w, AGENTS + 1));
	dialog_add(w, id, false);
	later(w, 0, "t=leg.offered leg=l%016llx node=acd-1 kind=%s tenant=1 "
	      "number=1 replaces=l%016llx %s%s", (unsigned long long)id,
	      agent ? "agent" : "trunk", (unsigned long long)old->id, who,
	      chance(w, 90) ? " sdp=v%3D0" : "");
}

static void someone_acts(struct world *w)
{
	struct dialog *d = any_dialog(w);

	if (!d)
		return;
	if (d->phase == PHASE_UP && !w->drain && chance(w, 60)) {
		d->held = !d->held;
		later(w, 0, "t=leg.reoffered leg=l%016llx tid=1:%llu "
		      "direction=%s%s", (unsigned long long)d->id,
		      (unsigned long long)w->serial,
		      d->held ? "sendonly" : "sendrecv",
		      chance(w, 90) ? " sdp=v%3D0" : "");
	} else if (d->phase == PHASE_UP || !d->uac) {
		dialog_end(w, d, "remote",
			   d->phase == PHASE_UP ? "bye" : "cancel", 487);
	}
}

static void someone_is_silent(struct world *w)
{
	struct dialog *d = any_dialog(w);

	if (d)
		later(w, 0, "t=media.silent leg=l%016llx ms=60000",
		      (unsigned long long)d->id);
}

static void someone_transfers(struct world *w)
{
	struct dialog *d, *tmp;

	HASH_ITER(hh, w->dialogs, d, tmp)
		if (!w->drain && d->phase == PHASE_UP &&
		    chance(w, d->uac ? 30 : 1)) {
			if (chance(w, 70))
				refer(w, d);
			else
				replace(w, d);
			return;
		}
}

static void someone_asks(struct world *w)
{
	static const char *const verbs[] = {"agent.ready", "agent.ready",
		"agent.ready", "agent.pause", "agent.logout"};
	unsigned long long a = 1 + world_random(w, AGENTS);

	if (chance(w, 70))
		later(w, 0, "t=%s agent=%llu actor=sim",
		      verbs[world_random(w, w->drain ? 3 : 5)], a);
	else if (chance(w, 80))
		later(w, 0, "t=agent.registered user=a%llu domain=demo "
		      "node=acd-1 contact_uri=sip:x expires_ms=1000", a);
	else
		later(w, 0, "t=agent.unregistered user=a%llu domain=demo "
		      "node=acd-1 cause=expired", a);
}

static void worker_restarts(struct world *w)
{
	if (w->worker_up && chance(w, 50)) {
		w->worker_up = false;
		later(w, 0, "t=node.down node=worker-1 boot=b%u kind=worker",
		      w->worker.boot);
		return;
	}
	w->worker_up = true;
	w->worker.boot++;
	w->worker.seq = 0;
	later(w, 0, "t=node.up node=worker-1 boot=b%u kind=worker "
	      "addr=127.0.0.1 port=40000 ports=400", w->worker.boot);
}

/* The caller has not heard of us: the INVITE comes again. */
static void comes_again(struct world *w, const struct dialog *old)
{
	uint64_t id = ID_NODE_BIT | (uint64_t)1 << 48 | ++w->next_leg;
	struct dialog *d = dialog_add(w, id, false);

	d->number = old->number;
	d->call = old->call;
	later(w, 500, "t=leg.offered leg=l%016llx node=acd-1 kind=trunk "
	      "tenant=1 number=%s call_id=%llu caller=+1555 sdp=v%%3D0",
	      (unsigned long long)id, d->number, (unsigned long long)d->call);
}

void acd_restarts(struct world *w)
{
	struct dialog *d, *tmp;

	/* What was not answered is never heard of again; of the others the
	 * records are there, but for a few. */
	HASH_ITER(hh, w->dialogs, d, tmp) {
		if (d->phase == PHASE_UP && chance(w, 90))
			continue;
		HASH_DEL(w->dialogs, d);
		if (d->call && d->phase != PHASE_UP && !w->drain &&
		    chance(w, 70))
			comes_again(w, d);
		free(d->memo);
		free(d);
	}
	w->acd.boot++;
	w->acd.seq = 0;
	later(w, 0, "t=node.up node=acd-1 boot=b%u kind=acd", w->acd.boot);
}

/* While calls arrive that nobody has answered yet. */
static void acd_dies(struct world *w)
{
	for (uint64_t n = world_random(w, 4); n; n--)
		new_call(w);
	later(w, 0, "acd dies");
}

static void relay_acts(struct world *w, unsigned n)
{
	struct relay *r = &w->relays[n];

	r->up = w->drain || !r->up || chance(w, 60);
	r->life += chance(w, 20);
	later(w, 0, "t=rtpengine.%s rtpengine=r%u addr=127.0.0.%u",
	      r->up ? "up" : "down", n + 1, n + 1);
}

static void someone_drains(struct world *w)
{
	static const char *const names[] = {"acd-1", "worker-1", "r1", "r2"};
	unsigned n = (unsigned)world_random(w, 4);

	later(w, 0, "t=node.%s node=%s actor=sim%s",
	      w->drain || chance(w, 50) ? "undrain" : "drain", names[n],
	      n && chance(w, 50) ? " at_once=1" : "");
}

void world_acts(struct world *w)
{
	unsigned n = (unsigned)world_random(w, 1000);

	if (n < 300)
		new_call(w);
	else if (n < 600)
		someone_acts(w);
	else if (n < 940)
		someone_asks(w);
	else if (n < 945)
		worker_restarts(w);
	else if (n < 947)
		acd_dies(w);
	else if (n < 949)
		someone_drains(w);
	else if (n < 950)
		someone_is_silent(w);
	else if (n < 956 && !w->drain)
		w->conf.step = 1;
	else if (n < 960)
		relay_acts(w, (unsigned)world_random(w, RELAYS));
	else
		someone_transfers(w);
}
