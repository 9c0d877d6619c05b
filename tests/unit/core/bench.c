/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/id.h"
#include "tests/unit/core/bench.h"

static const char *const setup_lines[] = {
	"t=owner.acquired generation=g partition=1",
	"t=conf.begin",
	"t=conf.tenant tenant=1 version=1 name=demo domain=demo language=en "
	"code_ready=*70 code_pause=*71 code_logout=*72",
	"t=conf.queue queue=1 tenant=1 version=1 name=support language=en "
	"greeting=say:en:hi music=file:music.wav hold_music=file:hold.wav "
	"announce_ms=30000 ring_ms=15000 wrapup_limit_ms=10000 "
	"refusal_ms=5000",
	"t=conf.queue queue=2 tenant=1 version=1 name=french language=zh "
	"skill=french level=3 music=file:music.wav announce_ms=0 "
	"ring_ms=15000 wrapup_limit_ms=0 refusal_ms=5000",
	"t=conf.number number=100 tenant=1 version=1 queue=1",
	"t=conf.number number=200 tenant=1 version=1 queue=2",
	"t=conf.agent agent=1 tenant=1 version=1 name=A user=a1 "
	"skills=french:2",
	"t=conf.agent agent=2 tenant=1 version=1 name=B user=a2 "
	"skills=french:4",
	"t=conf.agent agent=3 tenant=1 version=1 name=C user=a3 "
	"skills=sales:9,french:6",
	"t=conf.end",
	"t=node.up node=acd-1 boot=b1 kind=acd",
	"t=node.up node=w-1 boot=b1 kind=worker addr=10.0.0.9 port=40000 "
	"ports=100",
	"t=rtpengine.up rtpengine=r1 addr=10.0.0.8",
};

int bench_setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->now = 1750000000000;
	arena_init(&b->arena);
	assert_int_equal(core_alloc(&b->core, 1), 0);
	for (size_t i = 0; i < sizeof(setup_lines) / sizeof(*setup_lines); i++)
		give(b, "%s", setup_lines[i]);
	*state = b;
	return 0;
}

int bench_teardown(void **state)
{
	struct bench *b = *state;

	core_free(b->core);
	arena_release(&b->arena);
	free(b);
	return 0;
}

void give(struct bench *b, const char *fmt, ...)
{
	char line[2000], err[200];
	const char *wrong;
	struct msg m;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	arena_reset(&b->arena);
	if (msg_scan(&m, str_c(line), &b->arena, err, sizeof(err)))
		fail_msg("%s: %s", line, err);
	msg_put_num(&m, &b->arena, F_TIME, b->now);
	assert_int_equal(core_step(b->core, &m, &b->out), 0);
	for (size_t i = 0; i < b->out.neffects; i++)
		if (msg_check(&b->out.effects[i].m, err, sizeof(err)))
			fail_msg("%s gave %s", line, err);
	wrong = core_check(b->core);
	if (wrong)
		fail_msg("%s: %s", line, wrong);
}

void pass(struct bench *b, uint64_t ms)
{
	uint64_t until = b->now + ms, due;

	while ((due = core_due(b->core)) && due <= until) {
		if (due > b->now)
			b->now = due;
		give(b, "t=timer.due");
	}
	b->now = until;
}

const struct core_effect *effect(struct bench *b, enum msg_type type,
				 unsigned n)
{
	for (size_t i = 0; i < b->out.neffects; i++)
		if (b->out.effects[i].m.type == type && !n--)
			return &b->out.effects[i];
	return NULL;
}

const struct core_effect *want(struct bench *b, enum msg_type type,
			       enum msg_field f, const char *text)
{
	const struct core_effect *e = effect(b, type, 0);

	for (unsigned n = 0; (e = effect(b, type, n)); n++)
		if (str_eq(msg_get(&e->m, f), str_c(text)))
			return e;
	fail_msg("no %s with %s=%s", msg_type_name(type), msg_field_name(f),
		 text);
	return NULL;
}

void want_none(struct bench *b, enum msg_type type)
{
	if (effect(b, type, 0))
		fail_msg("%s was not wanted", msg_type_name(type));
}

/* Remembers a text beyond the step that gave it. */
static const char *keep(struct str s)
{
	static char kept[64][64];
	static unsigned n;
	char *p = kept[n++ % 64];

	assert_int_equal(str_copy(p, 64, s), 0);
	return p;
}

void ng_answers(struct bench *b)
{
	static const enum msg_type types[] = {M_NG_NEGOTIATE, M_NG_PROPOSE,
					      M_NG_ACCEPT, M_NG_DELETE};
	static const char *const ops[] = {"negotiate", "propose", "accept",
					  "delete"};
	const struct core_effect *e = NULL;
	unsigned i;

	for (i = 0; i < 4 && !(e = effect(b, types[i], 0)); i++)
		;
	assert_non_null(e);
	give(b, "t=ng.replied leg=%s token=%s op=%s sdp=local codec=PCMA "
	     "%s%u", keep(msg_get(&e->m, F_LEG)),
	     keep(msg_get(&e->m, F_TOKEN)), ops[i],
	     i == 1 ? "ms=" : "addr=10.0.0.8:",
	     30000 + 2 * (unsigned)b->legs);
}

const char *call_arrives(struct bench *b, const char *number)
{
	char leg[ID_LEN + 1];
	const char *id;

	b->legs++;
	id = keep(str_c(id_format(leg, 'l', ID_NODE_BIT | b->legs)));
	give(b, "t=leg.offered leg=%s node=acd-1 boot=b1 kind=trunk tenant=1 "
	     "number=%s caller=+15550001 trunk=t call_id=x@y sdp=theirs", id,
	     number);
	ng_answers(b);
	want(b, M_LEG_ANSWER, F_SDP, "local");
	give(b, "t=leg.confirmed leg=%s", id);
	return id;
}

const char *invited(struct bench *b)
{
	const struct core_effect *e;

	ng_answers(b);
	e = effect(b, M_LEG_INVITE, 0);
	assert_non_null(e);
	return keep(msg_get(&e->m, F_LEG));
}

void phone_answers(struct bench *b, const char *leg)
{
	give(b, "t=leg.answered leg=%s sdp=agents", leg);
	b->legs++;
	ng_answers(b);
	want(b, M_PUSH_CONTACT, F_STATE, "talking");
}

void agent_ready(struct bench *b, unsigned agent)
{
	give(b, "t=agent.registered user=a%u domain=demo node=acd-1 "
	     "contact_uri=sip:a expires_ms=60000", agent);
	give(b, "t=agent.ready agent=%u actor=test", agent);
}

void greeting_ends(struct bench *b, const char *leg)
{
	give(b, "t=media.done leg=%s play=1 cause=end ms=900", leg);
}

void talk(struct bench *b, const char **callerp, const char **phonep)
{
	const char *caller, *phone;

	agent_ready(b, 1);
	caller = call_arrives(b, "100");
	greeting_ends(b, caller);
	phone = invited(b);
	phone_answers(b, phone);
	if (callerp)
		*callerp = caller;
	if (phonep)
		*phonep = phone;
}
