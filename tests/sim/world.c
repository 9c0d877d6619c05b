/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/escape.h"
#include "lib/base/id.h"
#include "tests/sim/internal.h"

uint64_t world_random(struct world *w, uint64_t below)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return (w->rng >> 11) % below;
}

bool chance(struct world *w, unsigned percent)
{
	return world_random(w, 100) < percent;
}

struct world *world_alloc(uint64_t seed)
{
	struct world *w = calloc(1, sizeof(*w));

	w->rng = seed * 0x9e3779b97f4a7c15u + 1;
	w->now = 1750000000000;
	w->acd.name = "acd-1";
	w->worker.name = "worker-1";
	w->conf.version = 1;
	arena_init(&w->arena);
	return w;
}

void world_free(struct world *w)
{
	struct heap_node *n;
	struct dialog *d, *tmp;

	while ((n = heap_first(&w->queue))) {
		heap_remove(&w->queue, n);
		free(n);
	}
	heap_release(&w->queue);
	HASH_ITER(hh, w->dialogs, d, tmp) {
		HASH_DEL(w->dialogs, d);
		free(d->memo);
		free(d);
	}
	mixed_free(w);
	arena_release(&w->arena);
	free(w);
}

uint64_t world_now(const struct world *w)
{
	return w->now;
}

void later(struct world *w, uint64_t ms, const char *fmt, ...)
{
	struct pending *p = calloc(1, sizeof(*p));
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->line, sizeof(p->line), fmt, ap);
	va_end(ap);
	p->at.id = ++w->serial;
	heap_set(&w->queue, &p->at, w->now + ms);
}

struct dialog *dialog_find(struct world *w, uint64_t id)
{
	struct dialog *d;

	HASH_FIND(hh, w->dialogs, &id, sizeof(id), d);
	return d;
}

struct dialog *dialog_add(struct world *w, uint64_t id, bool uac)
{
	struct dialog *d = calloc(1, sizeof(*d));

	d->id = id;
	d->uac = uac;
	HASH_ADD(hh, w->dialogs, id, sizeof(d->id), d);
	return d;
}

void dialog_end(struct world *w, struct dialog *d, const char *by,
		const char *cause, unsigned code)
{
	later(w, world_random(w, 5),
	      "t=leg.ended leg=l%016llx by=%s cause=%s code=%u q850=16",
	      (unsigned long long)d->id, by, cause, code);
	HASH_DEL(w->dialogs, d);
	free(d->memo);
	free(d);
}

/* ---- what the core asks for -------------------------------------------------------- */

uint64_t leg_of(const struct msg *m)
{
	uint64_t id = 0;

	id_parse(msg_get(m, F_LEG), 'l', &id);
	return id;
}

/* How an agent's phone takes a call. */
static void phone_rings(struct world *w, uint64_t id)
{
	unsigned long long l = id;
	unsigned luck = (unsigned)world_random(w, 100);
	uint64_t ms = 200 + world_random(w, 8000);

	dialog_add(w, id, true);
	if (luck < 90)
		later(w, 20, "t=leg.ringing leg=l%016llx code=180", l);
	if (luck < 65)
		later(w, ms, "t=leg.answered leg=l%016llx sdp=v%%3D0", l);
	else if (luck < 75)
		later(w, ms, "phone l%016llx 603", l);
	else if (luck < 80)
		later(w, ms, "phone l%016llx 486", l);
	else if (luck < 83)
		later(w, 30, "phone l%016llx 480", l);
}

static void on_end(struct world *w, uint64_t id)
{
	struct dialog *d = dialog_find(w, id);

	if (d)
		dialog_end(w, d, "local", "ended", 0);
	else if (chance(w, 50)) /* it was over already */
		later(w, 1, "t=leg.gone leg=l%016llx reason=unknown",
		      (unsigned long long)id);
}

static void on_reanswer(struct world *w, const struct msg *m, uint64_t id)
{
	if (dialog_find(w, id) && msg_num(m, F_CODE) == 200)
		later(w, 5, "t=leg.confirmed leg=l%016llx%s",
		      (unsigned long long)id,
		      chance(w, 20) ? " sdp=v%3D0" : "");
}

static void on_ng(struct world *w, const struct msg *m, const char *op)
{
	unsigned long long l = leg_of(m), token = msg_num(m, F_TOKEN);
	unsigned n = str_eq(msg_get(m, F_RTPENGINE), STR_LIT("r2"));
	uint64_t ms = 1 + world_random(w, 3);
	struct relay *r = &w->relays[n];

	if (!r->up || chance(w, 1))
		later(w, ms, "t=ng.failed leg=l%016llx token=%llu op=%s "
		      "cause=%s", l, token, op,
		      chance(w, 50) ? "refused" : "silent");
	else
		later(w, ms, "t=ng.replied leg=l%016llx token=%llu op=%s "
		      "sdp=v%%3D0 addr=127.0.0.%u:%llu outer=192.0.2.%u:%u "
		      "codec=PCMA", l, token, op, n + 1, 30000 + l % 1000 * 2,
		      n + 1, 10000 + r->life);
}

/* Phones take our re-INVITE, most of them. */
static void on_reoffer(struct world *w, uint64_t id)
{
	unsigned long long l = id;

	if (!dialog_find(w, id))
		return;
	if (chance(w, 95))
		later(w, 10, "t=leg.reaccepted leg=l%016llx sdp=v%%3D0", l);
	else
		later(w, 10, "t=leg.rerefused leg=l%016llx code=488", l);
}

static bool to_this_boot(const struct world *w, const struct core_effect *e)
{
	char boot[16];

	snprintf(boot, sizeof(boot), "b%u", w->worker.boot);
	return w->worker_up && str_eq(e->boot, str_c(boot));
}

static void on_worker(struct world *w, const struct core_effect *e)
{
	const struct msg *m = &e->m;
	unsigned long long l = leg_of(m);

	if (!to_this_boot(w, e))
		return;
	mixed_note(w, m);
	if (m->type == M_MEDIA_REMOVE)
		later(w, 2, "t=media.removed leg=l%016llx packets=100 lost=1 "
		      "jitter_us=500 mos100=440", l);
	else if (m->type == M_MEDIA_PLAY && !msg_num(m, F_LOOP))
		later(w, 500 + world_random(w, 4000),
		      "t=media.done leg=l%016llx play=%llu cause=end ms=1", l,
		      (unsigned long long)msg_num(m, F_PLAY));
	else if (m->type == M_MEDIA_RECORD_END)
		later(w, 5, "t=media.recorded recording=%.*s file=f.wav "
		      "begin=%llu ms=10 bytes=100 sha256=00",
		      STR_FMT(msg_get(m, F_RECORDING)),
		      (unsigned long long)w->now);
}

/* Commands for an earlier boot are read by nobody. */
static bool is_unread(const struct world *w, const struct core_effect *e)
{
	char boot[16];

	snprintf(boot, sizeof(boot), "b%u", w->acd.boot);
	return str_eq(e->node, STR_LIT("acd-1")) &&
	       !str_eq(e->boot, str_c(boot));
}

static void on_restore(struct world *w, uint64_t id)
{
	bool there = dialog_find(w, id) != NULL;

	later(w, 3, there ? "t=leg.restored leg=l%016llx node=acd-1 state=up"
			  : "t=leg.gone leg=l%016llx reason=none",
	      (unsigned long long)id);
}

static void on_effect(struct world *w, const struct core_effect *e)
{
	const struct msg *m = &e->m;
	uint64_t id = leg_of(m);

	if (is_unread(w, e))
		return;
	switch (m->type) {
	case M_LEG_ANSWER:
		if (dialog_find(w, id))
			later(w, 10, "t=leg.confirmed leg=l%016llx",
			      (unsigned long long)id);
		break;
	case M_LEG_INVITE:
		if (!dialog_find(w, id))
			phone_rings(w, id);
		break;
	case M_LEG_ANNOUNCE:
		announce_legs(w);
		break;
	case M_MEDIA_ANNOUNCE:
		announce_media(w);
		break;
	case M_LEG_END:
	case M_LEG_REJECT:
		on_end(w, id);
		break;
	case M_LEG_RESTORE:
		on_restore(w, id);
		break;
	case M_LEG_REANSWER:
		on_reanswer(w, m, id);
		break;
	case M_LEG_REOFFER:
		on_reoffer(w, id);
		break;
	case M_NG_NEGOTIATE:
		on_ng(w, m, "negotiate");
		break;
	case M_NG_PROPOSE:
		on_ng(w, m, "propose");
		break;
	case M_NG_ACCEPT:
		on_ng(w, m, "accept");
		break;
	case M_NG_DELETE:
		on_ng(w, m, "delete");
		break;
	default:
		if (msg_type_dir(m->type) == DIR_NODE)
			on_worker(w, e);
		break;
	}
	dialog_remember(w, m);
}

void world_effects(struct world *w, const struct core_effect *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		on_effect(w, &v[i]);
}

void world_timer(struct world *w, uint64_t due)
{
	w->timer = due;
}

/* ---- the stream ------------------------------------------------------------------------- */

/* phone l... CODE: the agent's phone refuses, unless it was cancelled. Lines
 * without a type are the world's own. */
static bool resolve(struct world *w, const char *line)
{
	unsigned long long id;
	unsigned code;
	struct dialog *d;

	if (!strcmp(line, "acd dies")) {
		acd_restarts(w);
		return true;
	}
	if (sscanf(line, "phone l%llx %u", &id, &code) != 2)
		return false;
	d = dialog_find(w, id);
	if (d)
		dialog_end(w, d, "remote", "refused", code);
	return true;
}

/* An event of a dialog that is over, or before its time, never was sent. */
static bool in_vain(struct world *w, const char *line)
{
	unsigned long long id;
	const char *leg = strstr(line, "leg=l");
	struct dialog *d;
	bool answered = !strncmp(line, "t=leg.answered", 14);
	bool confirmed = !strncmp(line, "t=leg.confirmed", 15);

	if (!answered && !confirmed && strncmp(line, "t=leg.r", 7))
		return false;
	if (!leg || sscanf(leg, "leg=l%llx", &id) != 1)
		return false;
	d = dialog_find(w, id);
	if (d && (answered || confirmed))
		d->phase = PHASE_UP;
	return !d;
}

static void stamp(struct world *w, const char *line)
{
	struct producer_state *p = NULL;
	int n;

	if (!strncmp(line, "t=leg.", 6) || !strncmp(line, "t=announce.", 11) ||
	    !strncmp(line, "t=agent.reg", 11) ||
	    !strncmp(line, "t=agent.unreg", 13))
		p = &w->acd;
	else if (!strncmp(line, "t=media.", 8))
		p = &w->worker;
	n = snprintf(w->out, LINE, "%.1900s time=%llu", line,
		     (unsigned long long)w->now);
	if (p)
		snprintf(w->out + n, (size_t)(LINE - n),
			 " src=%s boot=b%u seq=%llu", p->name, p->boot,
			 (unsigned long long)++p->seq);
}

static const char *next_pending(struct world *w)
{
	struct heap_node *n = heap_first(&w->queue);
	struct pending *p = (struct pending *)n;
	bool dropped;

	heap_remove(&w->queue, n);
	if (n->due > w->now)
		w->now = n->due;
	dropped = resolve(w, p->line) || in_vain(w, p->line);
	if (!dropped)
		stamp(w, p->line);
	free(p);
	if (dropped)
		return NULL;
	if (chance(w, 3))
		memcpy(w->last, w->out, LINE);
	return w->out;
}

static const char *start(struct world *w)
{
	w->started = true;
	w->worker_up = w->relays[0].up = w->relays[1].up = true;
	w->conf.step = 1;
	w->acd.boot = w->worker.boot = 1;
	later(w, 0, "t=node.up node=acd-1 boot=b1 kind=acd");
	later(w, 0, "t=node.up node=worker-1 boot=b1 kind=worker "
	      "addr=127.0.0.1 port=40000 ports=400");
	later(w, 0, "t=rtpengine.up rtpengine=r1 addr=127.0.0.1");
	later(w, 0, "t=rtpengine.up rtpengine=r2 addr=127.0.0.2");
	snprintf(w->out, LINE, "t=owner.acquired generation=g partition=1 "
		 "time=%llu", (unsigned long long)w->now);
	return w->out;
}

static const char *timer_line(struct world *w)
{
	if (w->timer > w->now)
		w->now = w->timer;
	snprintf(w->out, LINE, "t=timer.due time=%llu",
		 (unsigned long long)w->now);
	return w->out;
}

static const char *choose(struct world *w)
{
	struct heap_node *n = heap_first(&w->queue);
	uint64_t pause = world_random(w, w->drain ? 3000 : 400);

	if (w->last[0] && chance(w, 20)) { /* sent again */
		memcpy(w->out, w->last, LINE);
		w->last[0] = '\0';
		return w->out;
	}
	if (w->timer && (!n || w->timer <= n->due) &&
	    w->timer <= w->now + pause)
		return timer_line(w);
	if (n && n->due <= w->now + pause)
		return next_pending(w);
	w->now += pause;
	world_acts(w);
	return NULL;
}

const char *world_next(struct world *w)
{
	const char *line = NULL;

	if (!w->started)
		return start(w);
	if (w->conf.step)
		return script_line(&w->conf);
	while (!line && !w->conf.step)
		line = choose(w);
	return line ? line : script_line(&w->conf);
}

/* A new owner is told the whole configuration anew. */
bool world_configures(const struct world *w)
{
	return w->conf.step != 0;
}

void world_drain(struct world *w)
{
	w->drain = true;
}

bool world_idle(const struct world *w)
{
	return !w->conf.step && !heap_first(&w->queue) && !w->dialogs;
}
