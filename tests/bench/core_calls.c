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

#include "router-engine/store/mirror.h"
#include "tests/bench/core_box.h"

static struct mirror mirror;

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
	box_init();
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
	box_release();
	return 0;
}
