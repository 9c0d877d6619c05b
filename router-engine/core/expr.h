/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file expr.h  Who may take a contact, as an operator writes it.
 *
 *	french >= 4 and (dynamodb >= 5 or group experts) and not agent bob
 *
 *	or    = and {"or" and}
 *	and   = not {"and" not}
 *	not   = "not" not | "(" or ")" | atom
 *	atom  = "any" | skill | "language" NAME | "group" NAME | "agent" NAME
 *	skill = ["skill"] NAME [(">=" | ">" | "<=" | "<" | "=" | "!=") 0..10]
 *
 * NAME is a-z 0-9 _ - and in the name of an agent also a dot; keywords may be
 * written in capitals; a skill that is named like a keyword needs the word
 * skill before it. A skill without a comparison means level 1 or above. Who
 * does not have the skill satisfies no comparison of it.
 *
 * The other vocabulary is of conditions on the moment (skip_if of a step):
 *	atom = ("staffed" | "free" | "waiting") comparison 0..1000000
 *
 * docs/routing.md tells it to users. An expression is parsed once, to postfix.
 */
#ifndef JF_CORE_EXPR_H
#define JF_CORE_EXPR_H

#include "lib/base/str.h"

#define EXPR_LEN_MAX 1000 /* bytes */
#define EXPR_DEPTH_MAX 16 /* of parentheses and nots */
#define EXPR_NODES_MAX 128
/* Operands that evaluation holds at a time: two for each open bracket. */
#define EXPR_STACK_MAX (2 * (EXPR_DEPTH_MAX + 1) + 1)
#define EXPR_LEVEL_MAX 10
#define EXPR_COUNT_MAX 1000000

enum expr_kind { EXPR_PEOPLE, EXPR_MOMENT };

enum expr_op {
	EXPR_ANY, EXPR_SKILL, EXPR_LANGUAGE, EXPR_GROUP, EXPR_AGENT,
	EXPR_STAFFED, EXPR_FREE, EXPR_WAITING,
	EXPR_NOT, EXPR_AND, EXPR_OR
};

enum expr_cmp { EXPR_GE, EXPR_GT, EXPR_LE, EXPR_LT, EXPR_EQ, EXPR_NE };

struct expr_node {
	enum expr_op op;
	enum expr_cmp cmp;
	uint32_t value;
	struct str name; /* part of the text that was parsed */
};

struct expr {
	struct expr_node nodes[EXPR_NODES_MAX]; /* postfix */
	size_t n;
};

/* Parses; e borrows from text. 0; EPROTO: err says at which column (from 1)
 * what was expected. */
int expr_parse(struct str text, enum expr_kind kind, struct expr *e,
	       char *err, size_t errsz);

/* An agent as expressions see it: lists "sales:5,french:3", "zh,en". */
struct expr_agent {
	struct str skills, languages, groups, user;
};
bool expr_holds(const struct expr *e, const struct expr_agent *a);

/* Numbers of the moment. staffed: agents that the step admits who are logged
 * in; free: those of them who could take a contact now; waiting: contacts in
 * the queue's line. */
struct expr_moment {
	uint64_t staffed, free, waiting;
};
bool expr_now(const struct expr *e, const struct expr_moment *m);

bool expr_compare(enum expr_cmp cmp, uint64_t a, uint64_t b);

#endif
