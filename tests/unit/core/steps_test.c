/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Relaxation: published examples of others' systems, decision for decision,
 * and what a change of configuration does to those who wait. */
#include <errno.h>

#include "router-engine/core/steps.h"
#include "tests/unit/core/bench.h"

/* Queue 1 with these steps, encoded; agents 1-4. */
static void configure(struct bench *b, unsigned version, const char *steps)
{
	static const char *const agents[] = {
		"skills=french:3,dynamodb:5 groups=support",
		"skills=french:4,dynamodb:4 groups=support,night",
		"skills=french:5,dynamodb:5 groups=manager languages=fr",
		"skills=german:1 groups=manager"};

	give(b, "t=conf.begin");
	give(b, "t=conf.tenant tenant=1 version=1 name=demo domain=demo "
	     "language=en");
	give(b, "t=conf.queue queue=1 tenant=1 version=%u name=q language=en "
	     "announce_ms=0 ring_ms=15000 wrapup_limit_ms=0 refusal_ms=60000 "
	     "music=file:m steps=%s", version, steps);
	give(b, "t=conf.number number=100 tenant=1 version=1 queue=1");
	for (unsigned i = 0; i < 4; i++)
		give(b, "t=conf.agent agent=%u tenant=1 version=2 name=n "
		     "user=a%u %s", i + 1, i + 1, agents[i]);
	give(b, "t=conf.end");
}

/* The offer in the last step goes to this agent, for this reason; the call is
 * taken and goes on. */
static void takes(struct bench *b, const char *agent, const char *reason)
{
	const struct core_effect *e;

	e = want(b, M_JOURNAL_DECISION, F_AGENT, agent);
	if (!str_eq(msg_get(&e->m, F_REASON), str_c(reason)))
		fail_msg("reason: %.*s", STR_FMT(msg_get(&e->m, F_REASON)));
	phone_answers(b, invited(b));
}

static void alone(struct bench *b, const char *reason)
{
	want(b, M_JOURNAL_DECISION, F_REASON, reason);
	want_none(b, M_NG_PROPOSE);
}

/* Amazon Connect, "Set routing criteria": French >= 4 and DynamoDB >= 5 for
 * 30 s, French >= 3 and DynamoDB >= 5 for 30 s, then any agent of the queue. */
static void amazon(void **state)
{
	struct bench *b = *state;

	configure(b, 2, "0:french%20>%3D%204%20and%20dynamodb%20>%3D%205,"
		  "30000:french%20>%3D%203%20and%20dynamodb%20>%3D%205,"
		  "60000:any");
	agent_ready(b, 2);
	b->now += 1;
	agent_ready(b, 1);
	call_arrives(b, "100");
	alone(b, "step 1 (french >= 4 and dynamodb >= 5): none of 4 agents is "
	      "free");
	pass(b, 29999);
	want_none(b, M_JOURNAL_DECISION);
	pass(b, 1);
	takes(b, "1", "step 2 (french >= 3 and dynamodb >= 5): the only "
	      "eligible agent");
	call_arrives(b, "100");
	pass(b, 30000);
	alone(b, "step 2 (french >= 3 and dynamodb >= 5): none of 4 agents is "
	      "free");
	pass(b, 29999);
	want_none(b, M_NG_PROPOSE);
	pass(b, 1);
	takes(b, "2", "step 3 (any): the only eligible agent");
	/* who can do it goes before who idles longer */
	agent_ready(b, 4);
	b->now += 1000;
	agent_ready(b, 3);
	call_arrives(b, "100");
	takes(b, "3", "step 1 (french >= 4 and dynamodb >= 5): the only "
	      "eligible agent");
}

/* Twilio TaskRouter: two targets of 10 s each; timeouts add up from the
 * task's creation. The reservation is rejected after 8 s: the second target
 * has the 12 s that remain until 20. */
static void twilio_rejected(void **state)
{
	struct bench *b = *state;
	const char *phone;

	configure(b, 2, "0:group%20support:free%20%3D%200,"
		  "10000:group%20night%20and%20group%20manager,20000:any");
	agent_ready(b, 1);
	agent_ready(b, 4);
	call_arrives(b, "100");
	want(b, M_JOURNAL_DECISION, F_AGENT, "1");
	phone = invited(b);
	pass(b, 8000);
	give(b, "t=leg.ended leg=%s by=remote cause=refused code=603", phone);
	want(b, M_JOURNAL_DECISION, F_REASON, "step 1 (group support): left "
	     "at once, as free = 0");
	want(b, M_JOURNAL_DECISION, F_REASON, "step 2 (group night and group "
	     "manager): none of 4 agents is free");
	pass(b, 11999);
	want_none(b, M_NG_PROPOSE);
	pass(b, 1);
	takes(b, "4", "step 3 (any): the only eligible agent");
}

/* skip_if is asked only when nobody is free at once, and on the way in. */
static void twilio_skips(void **state)
{
	struct bench *b = *state;

	configure(b, 2, "0:group%20support:staffed%20%3D%200,10000:group%20"
		  "manager:waiting%20>%201,20000:agent%20a2");
	agent_ready(b, 4);
	call_arrives(b, "100"); /* support is not there: managers at once */
	takes(b, "4", "step 2 (group manager): the only eligible agent");
	agent_ready(b, 1);
	give(b, "t=agent.pause agent=1 actor=test");
	call_arrives(b, "100");
	alone(b, "step 1 (group support): none of 4 agents is free");
	call_arrives(b, "100");
	alone(b, "step 1 (group support): none of 4 agents is free");
	give(b, "t=agent.logout agent=1 actor=test");
	want_none(b, M_JOURNAL_DECISION);
	pass(b, 10000); /* two wait: the second step is left on the way in */
	want(b, M_JOURNAL_DECISION, F_REASON, "step 2 (group manager): left "
	     "at once, as waiting > 1");
	want(b, M_JOURNAL_DECISION, F_REASON, "step 3 (agent a2): none of 4 "
	     "agents is free");
	agent_ready(b, 2);
	takes(b, "2", "step 3 (agent a2): the only eligible agent");
}

/* The queue's own skill holds in every step. */
static void own_skill(void **state)
{
	struct bench *b = *state;

	give(b, "t=conf.begin");
	give(b, "t=conf.tenant tenant=1 version=1 name=d domain=demo "
	     "language=en");
	give(b, "t=conf.queue queue=2 tenant=1 version=2 name=q language=en "
	     "skill=french level=3 announce_ms=0 ring_ms=15000 "
	     "wrapup_limit_ms=0 refusal_ms=5000 steps=1000:agent%%20a1");
	give(b, "t=conf.number number=200 tenant=1 version=1 queue=2");
	give(b, "t=conf.agent agent=1 tenant=1 version=2 name=A user=a1 "
	     "skills=french:2");
	give(b, "t=conf.agent agent=2 tenant=1 version=2 name=A user=a2 "
	     "skills=french:3");
	give(b, "t=conf.end");
	agent_ready(b, 1);
	call_arrives(b, "200");
	want(b, M_JOURNAL_DECISION, F_CANDIDATES, "1:0:skill,2:0:offline");
	pass(b, 1000);
	want(b, M_JOURNAL_DECISION, F_CANDIDATES, "1:1000:skill,2:0:step");
}

/* Nobody loses a place, and the step is the one of the clock. */
static void reload(void **state)
{
	struct bench *b = *state;

	configure(b, 2, "0:agent%20a1,60000:any");
	agent_ready(b, 2);
	call_arrives(b, "100");
	pass(b, 5000);
	configure(b, 3, "0:agent%20a1,4000:agent%20a3,30000:agent%20a2");
	want(b, M_JOURNAL_DECISION, F_REASON, "step 2 (agent a3): none of 4 "
	     "agents is free");
	call_arrives(b, "100");
	configure(b, 4, "0:agent%20a1 priority=1");
	want_none(b, M_NG_PROPOSE);
	pass(b, 100000);
	want_none(b, M_NG_PROPOSE);
	configure(b, 5, " priority=1"); /* none: anybody, the first first */
	want(b, M_JOURNAL_DECISION, F_POSITION, "1");
	takes(b, "2", "the only eligible agent");
}

/* One that cannot be read admits nobody; the others hold. */
static void unreadable(void **state)
{
	struct bench *b = *state;

	configure(b, 2, "0:french%20>%3D,1000:any");
	agent_ready(b, 1);
	call_arrives(b, "100");
	alone(b, "step 1 (french >=): none of 4 agents is free");
	pass(b, 1000);
	takes(b, "1", "step 2 (any): the only eligible agent");
}

static void checked(const char *list, const char *want_err)
{
	char err[400] = "";
	struct arena a;
	int e;

	arena_init(&a);
	e = steps_check(str_c(list), &a, err, sizeof(err));
	assert_string_equal(err, want_err);
	assert_int_equal(e, *want_err ? EPROTO : 0);
	arena_release(&a);
}

static void faults(void **state)
{
	(void)state;
	checked("", "");
	checked("0:any:,5000:french >= 3%2C:", "steps: step 2: expression: "
		"column 12: expected and, or or the end, found \",\"");
	checked("0:any,1:any:staffed = 0", "");
	checked("x:any", "steps: step 1: must be at_ms:expression:skip_if");
	checked("5:any,5:any", "steps: step 2: at_ms: must be more than the "
		"step's before it, 5");
	checked("0:", "steps: step 1: expression: column 1: expected a skill, "
		"any, language, group, agent, not or (, found the end");
	checked("0:any:french", "steps: step 1: skip_if: column 1: expected "
		"staffed, free, waiting, not or (, found \"french\"");
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		TEST(amazon), TEST(twilio_rejected), TEST(twilio_skips),
		TEST(own_skill), TEST(reload), TEST(unreadable), TEST(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
