/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recursive descent to postfix; evaluation by a stack of bits. */
#include <errno.h>
#include <stdio.h>

#include "router-engine/core/expr.h"

enum token { T_END, T_WORD, T_COMPARE, T_OPEN, T_CLOSE, T_BAD };

struct parser {
	struct str text;
	size_t at; /* after the token */
	enum token token;
	struct str word; /* the token's text */
	enum expr_cmp cmp;
	enum expr_kind kind;
	unsigned depth;
	struct expr *e;
	char *err;
	size_t errsz;
	int failed;
	struct expr_node spare; /* of one that is refused */
};

static const struct {
	const char *word;
	enum expr_op op;
} atoms[] = {
	{"any", EXPR_ANY}, {"skill", EXPR_SKILL}, {"language", EXPR_LANGUAGE},
	{"group", EXPR_GROUP}, {"agent", EXPR_AGENT},
	{"staffed", EXPR_STAFFED}, {"free", EXPR_FREE},
	{"waiting", EXPR_WAITING},
};

/* Longest first: > begins >=. */
static const struct {
	const char *sign;
	enum expr_cmp cmp;
} signs[] = {
	{">=", EXPR_GE}, {"<=", EXPR_LE}, {"!=", EXPR_NE}, {"==", EXPR_EQ},
	{">", EXPR_GT}, {"<", EXPR_LT}, {"=", EXPR_EQ},
};

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

/* ---- tokens -------------------------------------------------------------- */

static char lower(char ch)
{
	return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

static bool in_word(char ch)
{
	ch = lower(ch);
	return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ||
	       ch == '_' || ch == '-' || ch == '.';
}

static bool in_space(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static void take(struct parser *p, enum token token, size_t len)
{
	p->token = token;
	p->word = (struct str){p->text.p + p->at, len};
	p->at += len;
}

static bool take_compare(struct parser *p)
{
	for (size_t i = 0; i < COUNT(signs); i++) {
		size_t n = strlen(signs[i].sign);

		if (p->text.len - p->at < n ||
		    memcmp(p->text.p + p->at, signs[i].sign, n) != 0)
			continue;
		p->cmp = signs[i].cmp;
		take(p, T_COMPARE, n);
		return true;
	}
	return false;
}

static void next(struct parser *p)
{
	size_t n = 0;

	while (p->at < p->text.len && in_space(p->text.p[p->at]))
		p->at++;
	while (p->at + n < p->text.len && in_word(p->text.p[p->at + n]))
		n++;
	if (p->at == p->text.len)
		take(p, T_END, 0);
	else if (n)
		take(p, T_WORD, n);
	else if (p->text.p[p->at] == '(')
		take(p, T_OPEN, 1);
	else if (p->text.p[p->at] == ')')
		take(p, T_CLOSE, 1);
	else if (!take_compare(p))
		take(p, T_BAD, 1);
}

static bool is_word(const struct parser *p, const char *word)
{
	size_t i = 0;

	if (p->token != T_WORD || p->word.len != strlen(word))
		return false;
	while (i < p->word.len && lower(p->word.p[i]) == word[i])
		i++;
	return i == p->word.len;
}

/* ---- faults ---------------------------------------------------------------- */

/* The first one counts. What the token is goes into a log line: bytes that
 * do not print are not repeated. */
static void expected(struct parser *p, const char *what)
{
	unsigned char c = p->word.len ? (unsigned char)p->word.p[0] : 0;
	size_t column = (size_t)(p->word.p - p->text.p) + 1;
	int n = p->word.len < 40 ? (int)p->word.len : 40;

	if (p->failed)
		return;
	p->failed = EPROTO;
	if (p->token == T_END)
		snprintf(p->err, p->errsz, "column %zu: expected %s, found "
			 "the end", column, what);
	else if (c > ' ' && c < 127)
		snprintf(p->err, p->errsz, "column %zu: expected %s, found "
			 "\"%.*s\"", column, what, n, p->word.p);
	else
		snprintf(p->err, p->errsz, "column %zu: expected %s, found "
			 "byte %u", column, what, c);
}

static void too_much(struct parser *p, const char *what, unsigned limit)
{
	if (p->failed)
		return;
	p->failed = EPROTO;
	snprintf(p->err, p->errsz, "column %zu: more than %u %s: use fewer",
		 (size_t)(p->word.p - p->text.p) + 1, limit, what);
}

static struct expr_node *emit(struct parser *p, enum expr_op op)
{
	struct expr_node *n = &p->spare;

	if (p->e->n == EXPR_NODES_MAX)
		too_much(p, "conditions and operators", EXPR_NODES_MAX);
	else
		n = &p->e->nodes[p->e->n++];
	*n = (struct expr_node){.op = op, .value = 1};
	return n;
}

/* ---- the grammar ------------------------------------------------------------- */

static void parse_or(struct parser *p);

static const char *what_begins(const struct parser *p)
{
	return p->kind == EXPR_PEOPLE
		? "a skill, any, language, group, agent, not or ("
		: "staffed, free, waiting, not or (";
}

static bool name_fits(struct str s, bool dots, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != lower(s.p[i]) || (s.p[i] == '.' && !dots))
			return false;
	return s.len <= max;
}

static void parse_name(struct parser *p, struct expr_node *n)
{
	bool agent = n->op == EXPR_AGENT;

	if (p->token != T_WORD || !name_fits(p->word, agent, agent ? 64 : 32)) {
		expected(p, agent ? "an agent's user name of 1 to 64 of "
			 "a-z 0-9 . _ -" : "a name of 1 to 32 of a-z 0-9 _ -");
		return;
	}
	n->name = p->word;
	next(p);
}

static void parse_value(struct parser *p, struct expr_node *n, uint64_t max)
{
	uint64_t v;

	n->cmp = p->cmp;
	next(p);
	if (p->token != T_WORD || str_u64(p->word, &v) || v > max) {
		expected(p, max == EXPR_LEVEL_MAX
			 ? "a level from 0 to 10"
			 : "a number from 0 to 1000000");
		return;
	}
	n->value = (uint32_t)v;
	next(p);
}

static void parse_count(struct parser *p, enum expr_op op)
{
	struct expr_node *n = emit(p, op);

	next(p);
	if (p->token == T_COMPARE)
		parse_value(p, n, EXPR_COUNT_MAX);
	else
		expected(p, "one of >= > <= < = !=");
}

static void parse_person(struct parser *p, enum expr_op op, bool keyword)
{
	struct expr_node *n = emit(p, op);

	if (keyword)
		next(p);
	if (op == EXPR_ANY)
		return;
	parse_name(p, n);
	if (op == EXPR_SKILL && p->token == T_COMPARE)
		parse_value(p, n, EXPR_LEVEL_MAX);
}

static void parse_atom(struct parser *p)
{
	if (p->token != T_WORD || is_word(p, "and") || is_word(p, "or")) {
		expected(p, what_begins(p));
		return;
	}
	for (size_t i = 0; i < COUNT(atoms); i++) {
		enum expr_op op = atoms[i].op;
		bool people = op < EXPR_STAFFED;

		if (people != (p->kind == EXPR_PEOPLE) ||
		    !is_word(p, atoms[i].word))
			continue;
		if (people)
			parse_person(p, op, true);
		else
			parse_count(p, op);
		return;
	}
	if (p->kind == EXPR_PEOPLE)
		parse_person(p, EXPR_SKILL, false);
	else
		expected(p, what_begins(p));
}

static bool deeper(struct parser *p)
{
	if (p->depth == EXPR_DEPTH_MAX) {
		too_much(p, "brackets and nots in one another",
			 EXPR_DEPTH_MAX);
		return false;
	}
	p->depth++;
	next(p);
	return true;
}

static void parse_not(struct parser *p)
{
	if (is_word(p, "not")) {
		if (!deeper(p))
			return;
		parse_not(p);
		emit(p, EXPR_NOT);
		p->depth--;
	} else if (p->token == T_OPEN) {
		if (!deeper(p))
			return;
		parse_or(p);
		if (p->token == T_CLOSE)
			next(p);
		else
			expected(p, "and, or or )");
		p->depth--;
	} else {
		parse_atom(p);
	}
}

static void parse_and(struct parser *p)
{
	parse_not(p);
	while (!p->failed && is_word(p, "and")) {
		next(p);
		parse_not(p);
		emit(p, EXPR_AND);
	}
}

static void parse_or(struct parser *p)
{
	parse_and(p);
	while (!p->failed && is_word(p, "or")) {
		next(p);
		parse_and(p);
		emit(p, EXPR_OR);
	}
}

int expr_parse(struct str text, enum expr_kind kind, struct expr *e,
	       char *err, size_t errsz)
{
	struct parser p = {.text = {text.p ? text.p : "", text.len},
			   .kind = kind, .e = e, .err = err, .errsz = errsz};

	e->n = 0;
	if (text.len > EXPR_LEN_MAX) {
		snprintf(err, errsz, "column %u: longer than %u bytes: make "
			 "it shorter", EXPR_LEN_MAX + 1, EXPR_LEN_MAX);
		return EPROTO;
	}
	next(&p);
	parse_or(&p);
	if (!p.failed && p.token != T_END)
		expected(&p, "and, or or the end");
	if (p.failed)
		e->n = 0;
	return p.failed;
}

/* ---- evaluation ----------------------------------------------------------------- */

bool expr_compare(enum expr_cmp cmp, uint64_t a, uint64_t b)
{
	switch (cmp) {
	case EXPR_GE:
		return a >= b;
	case EXPR_GT:
		return a > b;
	case EXPR_LE:
		return a <= b;
	case EXPR_LT:
		return a < b;
	case EXPR_EQ:
		return a == b;
	default:
		return a != b;
	}
}

static bool has(struct str list, struct str name)
{
	struct str item;

	while (str_cut(&list, ',', &item))
		if (str_eq(item, name))
			return true;
	return false;
}

/* Of a skill that is named twice the first counts. */
static bool has_level(struct str skills, const struct expr_node *n)
{
	struct str item, name;
	uint64_t level;

	while (str_cut(&skills, ',', &item)) {
		str_cut(&item, ':', &name);
		if (str_eq(name, n->name) && !str_u64(item, &level))
			return expr_compare(n->cmp, level, n->value);
	}
	return false;
}

static bool of_agent(const struct expr_node *n, const struct expr_agent *a)
{
	switch (n->op) {
	case EXPR_SKILL:
		return has_level(a->skills, n);
	case EXPR_LANGUAGE:
		return has(a->languages, n->name);
	case EXPR_GROUP:
		return has(a->groups, n->name);
	case EXPR_AGENT:
		return str_eq(a->user, n->name);
	default:
		return true;
	}
}

static bool of_moment(const struct expr_node *n, const struct expr_moment *m)
{
	uint64_t v = n->op == EXPR_STAFFED ? m->staffed
		: n->op == EXPR_FREE ? m->free : m->waiting;

	return expr_compare(n->cmp, v, n->value);
}

/* A bit for each operand, the latest in bit 0. */
static bool evaluate(const struct expr *e, const struct expr_agent *a,
		     const struct expr_moment *m)
{
	uint64_t stack = 0;

	for (size_t i = 0; i < e->n; i++) {
		const struct expr_node *n = &e->nodes[i];

		if (n->op == EXPR_NOT)
			stack ^= 1;
		else if (n->op == EXPR_AND)
			stack = (stack >> 2) << 1 | (stack & stack >> 1 & 1);
		else if (n->op == EXPR_OR)
			stack = (stack >> 2) << 1 | ((stack | stack >> 1) & 1);
		else
			stack = stack << 1 |
				(a ? of_agent(n, a) : of_moment(n, m));
	}
	return stack & 1;
}

bool expr_holds(const struct expr *e, const struct expr_agent *a)
{
	return evaluate(e, a, NULL);
}

bool expr_now(const struct expr *e, const struct expr_moment *m)
{
	return evaluate(e, NULL, m);
}
