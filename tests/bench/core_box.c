/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/bench/core_box.h"

#define FIFO 4096 /* events under way */

struct event {
	struct msg m;
	struct arena arena;
};

struct core *core;
uint64_t now = 1750000000000, calls;
bool hold, timers;
void (*stepped)(const struct msg *m, uint64_t ns);
static struct event fifo[FIFO];
static size_t head, tail;

void die(const char *what)
{
	fprintf(stderr, "core_box: %s\n", what);
	exit(1);
}

static struct event *event(enum msg_type type)
{
	struct event *e = &fifo[tail++ % FIFO];

	if (tail - head > FIFO)
		die("too many events under way");
	arena_reset(&e->arena);
	msg_init(&e->m, type);
	return e;
}

static void put(struct event *e, enum msg_field f, struct str v)
{
	msg_put(&e->m, f, arena_str(&e->arena, v));
}

void say(const char *line)
{
	struct event *e = &fifo[tail++ % FIFO];
	char err[200];

	arena_reset(&e->arena);
	if (msg_scan(&e->m, arena_str(&e->arena, str_c(line)), &e->arena, err,
		     sizeof(err)))
		die(err);
}

/* ---- everybody answers --------------------------------------------------- */

static void ng(const struct msg *m, const char *op, const char *inner)
{
	struct event *e = event(M_NG_REPLIED);

	put(e, F_LEG, msg_get(m, F_LEG));
	put(e, F_TOKEN, msg_get(m, F_TOKEN));
	put(e, F_OP, str_c(op));
	put(e, F_SDP, STR_LIT("v=0"));
	if (inner)
		put(e, F_ADDR, str_c(inner));
}

static void about(enum msg_type type, const struct msg *m)
{
	struct event *e = event(type);

	put(e, F_LEG, msg_get(m, F_LEG));
	switch (type) {
	case M_LEG_ANSWERED:
		put(e, F_SDP, STR_LIT("v=0"));
		break;
	case M_LEG_ENDED:
		put(e, F_BY, STR_LIT("local"));
		put(e, F_CAUSE, STR_LIT("ended"));
		break;
	case M_MEDIA_REMOVED:
		put(e, F_PACKETS, STR_LIT("100"));
		put(e, F_LOST, STR_LIT("0"));
		put(e, F_JITTER_US, STR_LIT("10"));
		put(e, F_MOS100, STR_LIT("440"));
		break;
	default:
		break;
	}
}

static void answer(const struct msg *m)
{
	switch (m->type) {
	case M_NG_NEGOTIATE:
		ng(m, "negotiate", "10.0.0.8:30000");
		break;
	case M_NG_PROPOSE:
		ng(m, "propose", NULL);
		break;
	case M_NG_ACCEPT:
		ng(m, "accept", "10.0.0.8:30002");
		break;
	case M_NG_DELETE:
		ng(m, "delete", NULL);
		break;
	case M_LEG_ANSWER:
		about(M_LEG_CONFIRMED, m);
		break;
	case M_LEG_INVITE:
		about(M_LEG_ANSWERED, m);
		break;
	case M_LEG_END:
		about(M_LEG_ENDED, m);
		break;
	case M_MEDIA_REMOVE:
		about(M_MEDIA_REMOVED, m);
		break;
	case M_MEDIA_RECORD: /* they talk: the caller hangs up */
		calls++;
		if (!hold)
			about(M_LEG_ENDED, &(struct msg){0});
		break;
	default:
		break;
	}
}

static char caller[ID_LEN + 1]; /* of the latest call */

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void step(const struct msg *m)
{
	uint64_t begin = stepped ? clock_ns() : 0;
	struct core_out out;

	if (core_step(core, m, &out))
		die("core_step");
	if (stepped)
		stepped(m, clock_ns() - begin);
	for (size_t i = 0; i < out.neffects; i++)
		answer(&out.effects[i].m);
}

static void step_timers(void)
{
	struct arena a;
	struct msg m;

	arena_init(&a);
	while (core_due(core) && core_due(core) <= now) {
		arena_reset(&a);
		msg_init(&m, M_TIMER_DUE);
		msg_put_num(&m, &a, F_TIME, now);
		step(&m);
	}
	arena_release(&a);
}

void run(void)
{
	while (head != tail) {
		struct event *e = &fifo[head++ % FIFO];

		if (e->m.type == M_LEG_ENDED && !msg_get(&e->m, F_LEG).len) {
			msg_put(&e->m, F_LEG, str_c(caller));
			msg_put(&e->m, F_BY, STR_LIT("remote"));
			msg_put(&e->m, F_CAUSE, STR_LIT("bye"));
		}
		msg_put_num(&e->m, &e->arena, F_TIME, ++now);
		step(&e->m);
		if (timers)
			step_timers();
	}
}

void call(unsigned n, const char *number)
{
	char line[400];

	id_format(caller, 'l', ID_NODE_BIT | n);
	snprintf(line, sizeof(line), "t=leg.offered leg=%s node=n boot=b "
		 "kind=trunk tenant=1 trunk=t number=%s caller=+12025550000 "
		 "call_id=%u@carrier.example sdp=v=0", caller, number, n);
	say(line);
	run();
}

void box_init(void)
{
	for (size_t i = 0; i < FIFO; i++) {
		arena_init(&fifo[i].arena);
		arena_alloc(&fifo[i].arena, 1); /* its block is not the core's */
	}
	if (core_alloc(&core, 1))
		die("core_alloc");
}

void box_release(void)
{
	core_free(core);
	for (size_t i = 0; i < FIFO; i++)
		arena_release(&fifo[i].arena);
}
