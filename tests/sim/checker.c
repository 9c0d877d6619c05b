/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "tests/sim/checker.h"

#define REBUILT 101 /* segments of rebuilt contacts count from here */

/* Where the rows of one contact or agent have got to. */
struct chain {
	char key[24];
	uint64_t end, ordinal;
	bool over;
	UT_hash_handle hh;
};

/* A contact as those who watch see it. */
struct seen {
	char contact[24];
	uint64_t queue, enqueued; /* enqueued 0: not known */
	bool waits; /* in line, offered to nobody */
	char step[200]; /* that the last decision was made for; "?" */
	UT_hash_handle hh;
};

struct name { /* of an offer that was made, or of an agent */
	char text[24];
	char state[16];
	UT_hash_handle hh;
};

struct checker {
	struct sim_result *r;
	struct chain *chains;
	struct seen *seen;
	struct name *offers, *agents;
	char passed[24]; /* a contact who may have been passed over, */
	uint64_t passed_at; /* and when; 0: nobody */
};

#define FAULT(s, ...)                                                          \
	do {                                                                   \
		if (!(s)->r->fault[0])                                         \
			snprintf((s)->r->fault, sizeof((s)->r->fault),         \
				 __VA_ARGS__);                                 \
	} while (0)

/* ---- chains -------------------------------------------------------------- */

static struct chain *chain_of(struct checker *s, struct str key)
{
	struct chain *k;

	HASH_FIND(hh, s->chains, key.p, key.len, k);
	if (k)
		return k;
	k = calloc(1, sizeof(*k));
	str_copy(k->key, sizeof(k->key), key);
	HASH_ADD_KEYPTR(hh, s->chains, k->key, key.len, k);
	return k;
}

/* Each stretch begins where the one before ended. */
static void extend(struct checker *s, struct chain *k, const struct msg *m)
{
	uint64_t begin = msg_num(m, F_BEGIN), end = msg_num(m, F_END);

	if (k->over)
		FAULT(s, "%s: a row after its end", k->key);
	if (k->end && k->end != begin)
		FAULT(s, "%s: gap of %lld ms", k->key,
		      (long long)(begin - k->end));
	if (end < begin)
		FAULT(s, "%s: ends before it begins", k->key);
	k->end = end;
}

static void check_chain(struct checker *s, const struct msg *m)
{
	struct chain *k;

	if (m->type == M_JOURNAL_SEGMENT) {
		k = chain_of(s, msg_get(m, F_CONTACT));
		if (msg_num(m, F_ORDINAL) == REBUILT && k->ordinal < REBUILT) {
			k->ordinal = REBUILT - 1; /* its row was lost */
			k->end = 0;
		}
		extend(s, k, m);
		if (msg_num(m, F_ORDINAL) != ++k->ordinal)
			FAULT(s, "%s: segment %llu missing", k->key,
			      (unsigned long long)k->ordinal);
	} else if (m->type == M_JOURNAL_AGENT_STATE) {
		k = chain_of(s, msg_get(m, F_AGENT));
		if (str_eq(msg_get(m, F_CAUSE), STR_LIT("configured")))
			k->end = 0; /* the row was gone for a while */
		extend(s, k, m);
	} else if (m->type == M_JOURNAL_CONTACT) {
		k = chain_of(s, msg_get(m, F_CONTACT));
		if (k->over || k->end != msg_num(m, F_END))
			FAULT(s, "%s: does not end with its segments", k->key);
		k->over = true;
		s->r->contacts++;
	} else if (m->type == M_JOURNAL_DECISION) {
		s->r->decisions++;
		s->r->offers += msg_get(m, F_AGENT).len > 0;
	} else if (m->type == M_PUSH_CONTACT) {
		s->r->talks += str_eq(msg_get(m, F_CAUSE), STR_LIT("answered"));
	}
}

/* ---- offers ---------------------------------------------------------------- */

static struct name *name_of(struct name **table, struct str text, bool *newp)
{
	struct name *n;

	HASH_FIND(hh, *table, text.p, text.len, n);
	*newp = !n;
	if (n)
		return n;
	n = calloc(1, sizeof(*n));
	str_copy(n->text, sizeof(n->text), text);
	HASH_ADD_KEYPTR(hh, *table, n->text, text.len, n);
	return n;
}

/* Only who is ready is reserved. */
static void check_agent(struct checker *s, const struct msg *m)
{
	bool fresh;
	struct name *a = name_of(&s->agents, msg_get(m, F_AGENT), &fresh);

	if (!fresh && str_eq(msg_get(m, F_STATE), STR_LIT("reserved")) &&
	    strcmp(a->state, "ready") != 0)
		FAULT(s, "agent %s is offered a contact while %s", a->text,
		      a->state);
	str_copy(a->state, sizeof(a->state), msg_get(m, F_STATE));
}

/* ---- the order of service ---------------------------------------------------- */

static void look_at_contact(struct checker *s, const struct msg *m)
{
	struct str id = msg_get(m, F_CONTACT), state = msg_get(m, F_STATE);
	struct seen *c;

	HASH_FIND(hh, s->seen, id.p, id.len, c);
	if (!c) {
		c = calloc(1, sizeof(*c));
		str_copy(c->contact, sizeof(c->contact), id);
		strcpy(c->step, "?");
		HASH_ADD_KEYPTR(hh, s->seen, c->contact, id.len, c);
	}
	if (str_eq(msg_get(m, F_CAUSE), STR_LIT("transferred")))
		strcpy(c->step, "?");
	if (str_eq(state, STR_LIT("talking")))
		c->enqueued = 0; /* sent on, its bound counts anew */
	c->queue = msg_num(m, F_QUEUE);
	c->waits = str_eq(state, STR_LIT("queued"));
	if (str_eq(msg_get(m, F_CAUSE), STR_LIT("enqueued")))
		c->enqueued = msg_num(m, F_TIME);
	if (!str_eq(state, STR_LIT("over")))
		return;
	HASH_DEL(s->seen, c);
	free(c);
}

void checker_step(char *dst, size_t size, struct str reason)
{
	static const char end[] = "): ";
	const char *p = NULL;

	if (reason.len > 5 && !memcmp(reason.p, "step ", 5))
		p = memmem(reason.p, reason.len, end, sizeof(end) - 1);
	str_copy(dst, size, (struct str){reason.p, p ? (size_t)(p + 1 -
							reason.p) : 0});
}

/* Which agents a contact may get is its step's matter: they are compared
 * with those in the same one. It is told behind the matches of its event. */
static void note_step(struct checker *s, const struct msg *m)
{
	struct str id = msg_get(m, F_CONTACT);
	struct seen *c;

	if (str_eq(id, str_c(s->passed)) &&
	    msg_num(m, F_BEGIN) == s->passed_at)
		s->passed_at = 0;

	HASH_FIND(hh, s->seen, id.p, id.len, c);
	if (c)
		checker_step(c->step, sizeof(c->step), msg_get(m, F_REASON));
}

static void check_order(struct checker *s, const struct msg *m)
{
	char step[200];
	uint64_t enqueued = msg_num(m, F_BEGIN) - msg_num(m, F_WAIT_MS);
	struct seen *c, *tmp;
	bool fresh;

	if (s->passed_at && s->passed_at < msg_num(m, F_BEGIN))
		FAULT(s, "somebody is served before %s, who came earlier",
		      s->passed);
	if (!msg_get(m, F_AGENT).len) {
		note_step(s, m);
		return;
	}
	checker_step(step, sizeof(step), msg_get(m, F_REASON));
	name_of(&s->offers, msg_get(m, F_OFFER), &fresh);
	if (!fresh)
		FAULT(s, "offer %.*s is made twice",
		      STR_FMT(msg_get(m, F_OFFER)));
	if (str_eq(msg_get(m, F_POLICY), STR_LIT("transfer")))
		return; /* it comes out of a talk, not out of the line */
	HASH_ITER(hh, s->seen, c, tmp)
		if (c->waits && c->enqueued && c->enqueued < enqueued &&
		    c->queue == msg_num(m, F_QUEUE) && !strcmp(c->step, step)) {
			str_copy(s->passed, sizeof(s->passed),
				 str_c(c->contact));
			s->passed_at = msg_num(m, F_BEGIN);
		}
}

/* ---- all of it ------------------------------------------------------------------ */

void checker_row(const struct msg *m, void *arg)
{
	struct checker *s = arg;

	check_chain(s, m);
	if (m->type == M_PUSH_AGENT)
		check_agent(s, m);
	else if (m->type == M_PUSH_CONTACT)
		look_at_contact(s, m);
	else if (m->type == M_JOURNAL_DECISION)
		check_order(s, m);
}

struct checker *checker_alloc(struct sim_result *r)
{
	struct checker *s = calloc(1, sizeof(*s));

	s->r = r;
	return s;
}

#define FREE_ALL(head, type)                                                   \
	do {                                                                   \
		struct type *x_, *tmp_;                                        \
		HASH_ITER(hh, head, x_, tmp_) {                                \
			HASH_DEL(head, x_);                                    \
			free(x_);                                              \
		}                                                              \
	} while (0)

void checker_free(struct checker *s)
{
	if (!s)
		return;
	FREE_ALL(s->chains, chain);
	FREE_ALL(s->seen, seen);
	FREE_ALL(s->offers, name);
	FREE_ALL(s->agents, name);
	free(s);
}
