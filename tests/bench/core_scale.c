/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core_scale AGENTS WAITING: CPU time of single events in a partition of 200
 * skills and 200 queues with three steps each, ten skills for every agent.
 * Contacts come in while nobody is ready; steps come due; agents become ready;
 * then, with nobody in line, contacts come to agents who are all free.
 * Prints a line for each sort of event: name count p50 p99 max, in us.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/core_box.h"

#define SKILLS 200
#define EVENTS_MAX 200000
#define FREED_MAX 1000

enum sort { ARRIVES, STEPS, FREED, MATCHED, RELOADED, NSORTS };
static const char *const names[] = {"arrives, nobody is free",
	"timers come due", "agent becomes free", "arrives, all are free",
	"configuration is read"};

static uint32_t took[NSORTS][EVENTS_MAX];
static size_t counts[NSORTS];
static bool freeing, matching;

static void note(const struct msg *m, uint64_t ns)
{
	enum sort s;

	if (m->type == M_LEG_CONFIRMED)
		s = matching ? MATCHED : ARRIVES;
	else if (m->type == M_TIMER_DUE)
		s = STEPS;
	else if (m->type == M_AGENT_READY && freeing)
		s = FREED;
	else if (m->type == M_CONF_END)
		s = RELOADED;
	else
		return;
	if (counts[s] < EVENTS_MAX)
		took[s][counts[s]++] = (uint32_t)ns;
}

/* The same partition every time. */
static uint64_t drawn;

static unsigned draw(unsigned below)
{
	drawn = drawn * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(drawn >> 33) % below;
}

static void tell_queues(void)
{
	char line[400];

	for (unsigned i = 1; i <= SKILLS; i++) {
		unsigned other = 1 + draw(SKILLS);

		snprintf(line, sizeof(line), "t=conf.queue queue=%u tenant=1 "
			 "version=1 name=q language=en announce_ms=0 "
			 "ring_ms=20000 wrapup_limit_ms=0 refusal_ms=1000 "
			 "class=%u overdue_ms=600000 steps=0:s%u%%20>%%3D%%207"
			 "%%20and%%20s%u,5000:s%u%%20>%%3D%%204%%20or%%20s%u,"
			 "20000:any", i, i % 3, i, other, i, other);
		say(line);
		snprintf(line, sizeof(line), "t=conf.number number=%u "
			 "tenant=1 version=1 queue=%u", i, i);
		say(line);
		run();
	}
}

static void tell_agent(unsigned id)
{
	char line[400];
	int n = snprintf(line, sizeof(line), "t=conf.agent agent=%u tenant=1 "
			 "version=1 name=n user=u%u skills=", id, id);

	for (int k = 0; k < 10; k++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%ss%u:%u",
			      k ? "," : "", 1 + draw(SKILLS), 1 + draw(10));
	say(line);
	run();
}

/* The second time everything is as it was. */
static void tell_rows(unsigned agents)
{
	drawn = 42;
	say("t=conf.begin");
	say("t=conf.tenant tenant=1 version=1 name=t domain=t language=en");
	tell_queues();
	for (unsigned i = 1; i <= agents; i++)
		tell_agent(i);
	say("t=conf.end");
	run();
}

static void configure(unsigned agents)
{
	char line[200];

	say("t=owner.acquired generation=g partition=1");
	tell_rows(agents);
	say("t=node.up node=n boot=b kind=acd");
	say("t=node.up node=w boot=b kind=worker addr=10.0.0.9 port=2000 "
	    "ports=60000");
	say("t=rtpengine.up rtpengine=r addr=10.0.0.8");
	for (unsigned i = 1; i <= agents; i++) {
		snprintf(line, sizeof(line), "t=agent.registered user=u%u "
			 "domain=t node=n contact_uri=sip:u@10.0.0.1:5060 "
			 "expires_ms=9999999999", i);
		say(line);
		run();
	}
}

static void ready(unsigned agent)
{
	char line[100];

	snprintf(line, sizeof(line), "t=agent.ready agent=%u actor=x", agent);
	say(line);
	run();
}

static void arrive(unsigned n)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", 1 + draw(SKILLS));
	call(n, number);
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void report(void)
{
	for (int s = 0; s < NSORTS; s++) {
		size_t n = counts[s];

		if (!n)
			continue;
		qsort(took[s], n, sizeof(**took), by_size);
		printf("%s|%zu|%.1f|%.1f|%.1f\n", names[s], n,
		       took[s][n / 2] / 1e3, took[s][n * 99 / 100] / 1e3,
		       took[s][n - 1] / 1e3);
	}
}

int main(int argc, char **argv)
{
	unsigned agents, waiting, n = 0, freed;
	size_t before;

	if (argc != 3)
		die("say AGENTS WAITING");
	agents = (unsigned)atoi(argv[1]);
	waiting = (unsigned)atoi(argv[2]);
	freed = agents < FREED_MAX ? agents : FREED_MAX;
	stepped = note;
	timers = hold = true;
	box_init();
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	configure(agents);
	printf("bytes per agent|1|%zu\n", (mallinfo2().uordblks +
	       mallinfo2().hblkhd - before) / agents);
	while (n < waiting)
		arrive(++n);
	tell_rows(agents); /* while they wait */
	freeing = true;
	for (unsigned i = 1; i <= freed; i++)
		ready(i);
	if (!calls)
		die("nobody who became free got somebody");
	box_release();
	freeing = hold = false;
	matching = true;
	box_init();
	configure(agents);
	for (unsigned i = 1; i <= agents; i++)
		ready(i);
	calls = 0;
	for (unsigned i = 0; i < freed; i++)
		arrive(++n);
	report();
	box_release();
	return 0;
}
