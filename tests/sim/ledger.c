/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "tests/sim/checker.h"
#include "tests/sim/ledger.h"

/* Anything that has a name: a leg, a contact, an offer, a producer. */
struct thing {
	char name[64];
	uint64_t told; /* rows of it */
	uint64_t seq; /* producer: the last; contact: when it came */
	bool offered, waits;
	bool plain; /* contact: its last decision was made for no step */
	bool sent; /* contact: it talked */
	char of[64]; /* leg: its contact; contact: its queue */
	UT_hash_handle hh;
};

struct ledger {
	struct thing *legs, *contacts, *offers, *producers;
	uint64_t offered;
	char fault[300];
};

static void wrong(struct ledger *h, const char *kind, const struct thing *t,
		  const char *what)
{
	if (!h->fault[0])
		snprintf(h->fault, sizeof(h->fault), "%s %s: %s", kind,
			 t->name, what);
}

static struct thing *thing(struct thing **all, struct str name)
{
	struct thing *t;

	HASH_FIND(hh, *all, name.p, name.len, t);
	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (str_copy(t->name, sizeof(t->name), name))
		abort();
	HASH_ADD_KEYPTR(hh, *all, t->name, name.len, t);
	return t;
}

static void drop(struct thing **all)
{
	struct thing *t, *tmp;

	HASH_ITER(hh, *all, t, tmp) {
		HASH_DEL(*all, t);
		free(t);
	}
}

/* ---- what came in --------------------------------------------------------- */

static bool is_new(struct ledger *h, const struct msg *m)
{
	char name[64];
	struct thing *p;

	snprintf(name, sizeof(name), "%.*s/%.*s", STR_FMT(msg_get(m, F_SRC)),
		 STR_FMT(msg_get(m, F_BOOT)));
	p = thing(&h->producers, str_c(name));
	if (msg_num(m, F_SEQ) <= p->seq)
		return false;
	p->seq = msg_num(m, F_SEQ);
	return true;
}

void ledger_event(struct ledger *h, const struct msg *m)
{
	if (!msg_get(m, F_SEQ).len || !is_new(h, m) ||
	    m->type != M_LEG_OFFERED ||
	    !str_eq(msg_get(m, F_KIND), STR_LIT("trunk")))
		return;
	thing(&h->legs, msg_get(m, F_LEG))->offered = true;
	h->offered++;
}

/* ---- what went out -------------------------------------------------------- */

static void on_leg(struct ledger *h, const struct msg *m)
{
	struct thing *t = thing(&h->legs, msg_get(m, F_LEG));

	if (t->told++)
		wrong(h, "leg", t, "told twice");
	str_copy(t->of, sizeof(t->of), msg_get(m, F_CONTACT));
}

static void on_contact(struct ledger *h, const struct msg *m)
{
	struct thing *t = thing(&h->contacts, msg_get(m, F_CONTACT));

	t->waits = false;
	if (t->told++)
		wrong(h, "contact", t, "told twice");
}

/* It keeps its place when an offer comes to nothing. */
static void on_state(struct ledger *h, const struct msg *m)
{
	struct thing *t = thing(&h->contacts, msg_get(m, F_CONTACT));

	t->waits = str_eq(msg_get(m, F_STATE), STR_LIT("queued"));
	if (str_eq(msg_get(m, F_STATE), STR_LIT("talking")))
		t->sent = true; /* by its agent, its bound counts anew */
	if (!t->waits)
		return;
	if (!t->seq)
		t->seq = msg_num(m, F_TIME);
	str_copy(t->of, sizeof(t->of), msg_get(m, F_QUEUE));
}

static void on_decision(struct ledger *h, const struct msg *m)
{
	struct thing *chosen = thing(&h->contacts, msg_get(m, F_CONTACT));
	struct thing *t, *tmp;
	char step[200];

	checker_step(step, sizeof(step), msg_get(m, F_REASON));
	chosen->plain = !step[0];
	if (!msg_get(m, F_OFFER).len)
		return;
	if (thing(&h->offers, msg_get(m, F_OFFER))->offered)
		wrong(h, "offer", chosen, "made twice");
	thing(&h->offers, msg_get(m, F_OFFER))->offered = true;
	if (str_eq(msg_get(m, F_POLICY), STR_LIT("transfer")))
		return; /* it comes out of a talk, not out of the line */
	HASH_ITER(hh, h->contacts, t, tmp)
		if (t->waits && t->plain && !t->sent && !step[0] &&
		    t->seq < chosen->seq &&
		    str_eq(str_c(t->of), msg_get(m, F_QUEUE)))
			wrong(h, "contact", t,
			      "another one was served before it");
}

static void on_segment(struct ledger *h, const struct msg *m)
{
	struct thing *t;

	if (!str_eq(msg_get(m, F_KIND), STR_LIT("offer")))
		return;
	t = thing(&h->offers, msg_get(m, F_OFFER));
	if (t->told++)
		wrong(h, "offer", t, "told twice");
}

void ledger_effects(struct ledger *h, const struct core_effect *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct msg *m = &v[i].m;

		if (m->type == M_JOURNAL_LEG)
			on_leg(h, m);
		else if (m->type == M_JOURNAL_CONTACT)
			on_contact(h, m);
		else if (m->type == M_PUSH_CONTACT)
			on_state(h, m);
		else if (m->type == M_JOURNAL_DECISION)
			on_decision(h, m);
		else if (m->type == M_JOURNAL_SEGMENT)
			on_segment(h, m);
	}
}

/* ---- the end -------------------------------------------------------------- */

void ledger_end(struct ledger *h)
{
	struct thing *t, *tmp;

	HASH_ITER(hh, h->legs, t, tmp) {
		if (t->offered && t->told != 1)
			wrong(h, "leg", t, "offered, and nothing told");
		if (t->of[0] && !thing(&h->contacts, str_c(t->of))->told)
			wrong(h, "leg", t, "nothing told of its contact");
	}
	HASH_ITER(hh, h->offers, t, tmp)
		if (t->offered != (t->told == 1))
			wrong(h, "offer", t, "made, and nothing told");
}

const char *ledger_fault(const struct ledger *h)
{
	return h->fault[0] ? h->fault : NULL;
}

uint64_t ledger_offered(const struct ledger *h)
{
	return h->offered;
}

struct ledger *ledger_alloc(void)
{
	return calloc(1, sizeof(struct ledger));
}

void ledger_free(struct ledger *h)
{
	if (!h)
		return;
	drop(&h->legs);
	drop(&h->contacts);
	drop(&h->offers);
	drop(&h->producers);
	free(h);
}
