/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A short life of the core, recorded as the engine records it, and stepped
 * again from the log.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "router-engine/store/recorder.h"
#include "router-engine/store/replay.h"
#include "tests/unit/io/unit.h"

static char path[64];

struct life {
	struct recorder *r;
	struct core *core;
	struct arena arena;
	unsigned decisions;
};

static void step(struct life *l, const char *line)
{
	struct core_out out;
	char err[256] = "";
	struct msg m;

	if (msg_scan(&m, str_c(line), &l->arena, err, sizeof(err)))
		fail_msg("%s: %s", line, err);
	recorder_event(l->r, 1, "g1", &m);
	assert_int_equal(core_step(l->core, &m, &out), 0);
	recorder_decisions(l->r, 1, "g1", &out);
	for (size_t i = 0; i < out.neffects; i++)
		l->decisions += out.effects[i].m.type == M_JOURNAL_DECISION;
	arena_reset(&l->arena);
}

static const char *const events[] = {
	"t=owner.acquired time=1000000 generation=g1 partition=1",
	"t=rtpengine.up time=1000001 rtpengine=rtp-1 addr=127.0.0.1",
	"t=conf.begin time=1000002",
	"t=conf.tenant time=1000002 tenant=1 version=1 name=demo "
	"domain=demo.example language=en",
	"t=conf.queue time=1000002 queue=1 tenant=1 version=1 name=support "
	"language=en announce_ms=0 ring_ms=15000 wrapup_limit_ms=0 "
	"refusal_ms=1000",
	"t=conf.agent time=1000002 agent=1 tenant=1 version=1 name=A "
	"user=alice",
	"t=conf.number time=1000002 number=+12025550100 tenant=1 version=1 "
	"queue=1",
	"t=conf.end time=1000002",
	"t=node.up time=1000003 node=acd-1 boot=a1 kind=acd",
	"t=node.up time=1000003 node=worker-1 boot=w1 kind=worker "
	"addr=127.0.0.1 port=20000 ports=100 liveness=127.0.0.1:9",
	"t=agent.registered time=1000004 user=alice domain=demo.example "
	"node=acd-1 contact_uri=sip:alice@127.0.0.1 expires_ms=600000",
	"t=agent.ready time=1000005 agent=1 actor=jackfieldctl",
	"t=leg.offered time=1000010 leg=l8001000000000001 node=acd-1 "
	"kind=trunk tenant=1 number=+12025550100 trunk=t caller=+1 "
	"sdp=v%3D0%0D%0Ac%3DIN%20IP4%20127.0.0.1%0D%0A"
	"m%3Daudio%204000%20RTP/AVP%208%0D%0A",
	NULL,
};

/* Answers what the core asks of rtpengine until it asks nothing more. */
static void live(struct life *l)
{
	for (int i = 0; events[i]; i++)
		step(l, events[i]);
	step(l, "t=ng.replied time=1000020 leg=l8001000000000001 token=1 "
	     "op=negotiate sdp=v%3D0%0D%0A addr=127.0.0.1:5000 codec=PCMA");
	step(l, "t=leg.confirmed time=1000030 leg=l8001000000000001");
}

static int setup(void **state)
{
	static struct life l;

	memset(&l, 0, sizeof(l));
	snprintf(path, sizeof(path), "/tmp/jf-replay-%d", (int)getpid());
	unlink(path);
	arena_init(&l.arena);
	*state = &l;
	if (recorder_alloc(&l.r, path) || core_alloc(&l.core, 1))
		return -1;
	recorder_load(l.r, 1, "g1");
	live(&l);
	recorder_free(l.r);
	core_free(l.core);
	return 0;
}

static int teardown(void **state)
{
	struct life *l = *state;

	arena_release(&l->arena);
	unlink(path);
	return 0;
}

static int run(struct replay_result *r)
{
	FILE *log = fopen(path, "r"), *sink = fopen("/dev/null", "w");
	int err = replay_run(log, sink, sink, r);

	fclose(log);
	fclose(sink);
	return err;
}

static void test_same_decisions(void **state)
{
	struct life *l = *state;
	struct replay_result r;

	assert_true(l->decisions > 0);
	assert_int_equal(run(&r), 0);
	assert_int_equal(r.decisions, l->decisions);
	assert_int_equal(r.differing, 0);
	assert_true(r.events > 10);
}

/* The text of the log, changed by a test and written back. */
static char *slurp(void)
{
	char *text = calloc(1, 1 << 16);
	FILE *f = fopen(path, "r");

	assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
	fclose(f);
	return text;
}

static void spit(const char *text, const char *mode)
{
	FILE *f = fopen(path, mode);

	fputs(text, f);
	fclose(f);
}

static void test_difference_is_found(void **state)
{
	char *text = slurp(), *at = strstr(text, "agent=1 actor");
	struct replay_result r;

	(void)state;
	assert_non_null(at);
	at[6] = '9'; /* somebody else went ready: nobody is chosen */
	spit(text, "w");
	free(text);
	assert_int_equal(run(&r), 0);
	assert_true(r.differing > 0);
}

static void test_end_cut_off(void **state)
{
	struct replay_result r;

	(void)state;
	spit("1 g1 t=timer.due time=10000", "a"); /* no end of line */
	assert_int_equal(run(&r), 0);
	assert_int_equal(r.differing, 0);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"x g1 load\n", "99 g1 load\n", "1\n", "1 g1 t=no.such\n",
		"1 g1 record agent\n", "2 g1 t=timer.due time=1\n",
		"1 g2 load\n1 g2 record agent 1 agent=%zz\n"
		"1 g2 t=timer.due time=1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct replay_result r;

		spit(bad[i], "w");
		assert_int_equal(run(&r), EPROTO);
		assert_memory_equal(r.fault, "line ", 5);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same_decisions),
		TEST(test_difference_is_found),
		TEST(test_end_cut_off),
		TEST(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
