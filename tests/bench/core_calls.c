/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core_calls AGENTS WAITING CALLS: a core with that many ready agents, that
 * many contacts who wait for a skill that nobody has, and that many calls one
 * after the other, answered by everybody who is asked. Prints bytes of the
 * core's memory; under callgrind core_step() is what is looked at.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/id.h"
#include "router-engine/core/core.h"
#include "router-engine/store/mirror.h"

#define FIFO 4096 /* events under way */

struct event {
	struct msg m;
	struct arena arena;
};

static struct core *core;
static struct mirror mirror;
static struct event fifo[FIFO];
static size_t head, tail;
static uint64_t now = 1750000000000, calls;
static bool hold; /* nobody hangs up */

static void die(const char *what)
{
	fprintf(stderr, "core_calls: %s\n", what);
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

static void say(const char *line)
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

static void run(void)
{
	struct core_out out;

	while (head != tail) {
		struct event *e = &fifo[head++ % FIFO];

		if (e->m.type == M_LEG_ENDED && !msg_get(&e->m, F_LEG).len) {
			msg_put(&e->m, F_LEG, str_c(caller));
			msg_put(&e->m, F_BY, STR_LIT("remote"));
			msg_put(&e->m, F_CAUSE, STR_LIT("bye"));
		}
		msg_put_num(&e->m, &e->arena, F_TIME, ++now);
		if (core_step(core, &e->m, &out))
			die("core_step");
		for (size_t i = 0; i < out.neffects; i++)
			answer(&out.effects[i].m);
	}
}

/* ---- the partition ----------------------------------------------------------- */

static void configure(unsigned agents)
{
	char line[300];

	say("t=owner.acquired generation=g partition=1");
	say("t=conf.begin");
	say("t=conf.tenant tenant=1 version=1 name=t domain=t language=en");
	say("t=conf.queue queue=1 tenant=1 version=1 name=a language=en "
	    "skill=a level=1 announce_ms=0 ring_ms=20000 wrapup_limit_ms=0 "
	    "refusal_ms=1000");
	say("t=conf.queue queue=2 tenant=1 version=1 name=b language=en "
	    "skill=b level=1 announce_ms=0 ring_ms=20000 wrapup_limit_ms=0 "
	    "refusal_ms=1000");
	say("t=conf.number number=1 tenant=1 version=1 queue=1");
	say("t=conf.number number=2 tenant=1 version=1 queue=2");
	run();
	for (unsigned i = 1; i <= agents; i++) {
		snprintf(line, sizeof(line), "t=conf.agent agent=%u tenant=1 "
			 "version=1 name=n%u user=u%u skills=a:5,c:3", i, i, i);
		say(line);
		run();
	}
	say("t=conf.end");
	say("t=node.up node=n boot=b kind=acd");
	say("t=node.up node=w boot=b kind=worker addr=10.0.0.9 port=2000 "
	    "ports=60000");
	say("t=rtpengine.up rtpengine=r addr=10.0.0.8");
	run();
	for (unsigned i = 1; i <= agents; i++) {
		snprintf(line, sizeof(line), "t=agent.registered user=u%u "
			 "domain=t node=n contact_uri=sip:u%u@10.0.0.1:5060 "
			 "expires_ms=600000", i, i);
		say(line);
		snprintf(line, sizeof(line), "t=agent.ready agent=%u actor=x",
			 i);
		say(line);
		run();
	}
}

static void call(unsigned n, const char *number)
{
	char line[400];

	id_format(caller, 'l', ID_NODE_BIT | n);
	snprintf(line, sizeof(line), "t=leg.offered leg=%s node=n boot=b "
		 "kind=trunk tenant=1 trunk=t number=%s caller=+12025550000 "
		 "call_id=%u@carrier.example sdp=v=0", caller, number, n);
	say(line);
	run();
}

static size_t bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void tell(const char *what, size_t before, unsigned n)
{
	if (n)
		printf("%s %.0f\n", what,
		       (double)(bytes() - before) / (double)n);
}

/* What the engine keeps of every record beside the core, for its answers. */
static void mirrored(unsigned agents)
{
	struct core_out out;
	size_t before;

	if (core_snapshot(core, &out))
		die("core_snapshot");
	before = bytes();
	for (size_t i = 0; i < out.nrecords; i++)
		if (mirror_put(&mirror, &out.records[i]))
			die("mirror_put");
	tell("bytes_per_agent_mirrored", before, agents);
	mirror_release(&mirror);
}

int main(int argc, char **argv)
{
	unsigned agents, waiting, count, held, n = 0;
	size_t before;

	if (argc != 4)
		die("say AGENTS WAITING CALLS");
	agents = (unsigned)atoi(argv[1]);
	waiting = (unsigned)atoi(argv[2]);
	count = (unsigned)atoi(argv[3]);
	for (size_t i = 0; i < FIFO; i++) {
		arena_init(&fifo[i].arena);
		arena_alloc(&fifo[i].arena, 1); /* its block is not the core's */
	}
	if (core_alloc(&core, 1))
		die("core_alloc");
	before = bytes();
	configure(agents);
	tell("bytes_per_agent", before, agents);
	mirrored(agents);
	before = bytes();
	for (unsigned i = 0; i < waiting; i++)
		call(++n, "2");
	tell("bytes_per_waiting_contact", before, waiting);
	for (unsigned i = 0; i < count; i++)
		call(++n, "1");
	if (calls != count)
		die("not every call was a talk");
	hold = true;
	held = agents < 50 ? agents : 50;
	before = bytes();
	for (unsigned i = 0; i < held; i++)
		call(++n, "1");
	tell("bytes_per_established_call", before, held);
	core_free(core);
	for (size_t i = 0; i < FIFO; i++)
		arena_release(&fifo[i].arena);
	return 0;
}
