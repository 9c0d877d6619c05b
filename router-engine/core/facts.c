/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "router-engine/core/facts.h"

#define KEY_MAX 80 /* longer names are in no expression */

/* One agent of whom it holds, and how well. */
struct holder {
	uint32_t index, level;
};

struct fact {
	char key[KEY_MAX]; /* the operand's kind, then its name */
	struct holder *v;
	size_t n, cap;
	UT_hash_handle hh;
};

/* ---- telling ---------------------------------------------------------------- */

static size_t key_of(char *key, enum expr_op op, struct str name)
{
	if (name.len >= KEY_MAX)
		return 0;
	key[0] = (char)('a' + (int)op);
	memcpy(key + 1, name.p, name.len);
	return name.len + 1;
}

static struct fact *find(const struct facts *f, enum expr_op op,
			 struct str name)
{
	struct fact *x = NULL;
	char key[KEY_MAX];
	size_t n = key_of(key, op, name);

	if (n)
		HASH_FIND(hh, f->table, key, n, x);
	return x;
}

static struct fact *get(struct facts *f, enum expr_op op, struct str name)
{
	struct fact *x = find(f, op, name);
	size_t n;

	if (x)
		return x;
	x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	n = key_of(x->key, op, name);
	HASH_ADD_KEYPTR(hh, f->table, x->key, n, x);
	if (x->hh.tbl)
		return x;
	free(x);
	return NULL;
}

static int tell(struct facts *f, enum expr_op op, struct str name,
		size_t index, uint64_t level)
{
	struct fact *x;
	struct holder *v;

	if (!name.len || name.len >= KEY_MAX || level > UINT32_MAX)
		return 0;
	x = get(f, op, name);
	if (!x)
		return ENOMEM;
	/* of a skill that is named twice the first counts */
	if (x->n && x->v[x->n - 1].index == index)
		return 0;
	if (x->n == x->cap) {
		v = realloc(x->v, (x->cap ? 2 * x->cap : 4) * sizeof(*v));
		if (!v)
			return ENOMEM;
		x->v = v;
		x->cap = x->cap ? 2 * x->cap : 4;
	}
	x->v[x->n++] = (struct holder){(uint32_t)index, (uint32_t)level};
	return 0;
}

static int tell_list(struct facts *f, enum expr_op op, struct str list,
		     size_t index)
{
	struct str item;
	int e = 0;

	while (!e && str_cut(&list, ',', &item))
		e = tell(f, op, item, index, 1);
	return e;
}

static int tell_skills(struct facts *f, struct str list, size_t index)
{
	struct str item, name;
	uint64_t level;
	int e = 0;

	while (!e && str_cut(&list, ',', &item)) {
		str_cut(&item, ':', &name);
		if (!str_u64(item, &level))
			e = tell(f, EXPR_SKILL, name, index, level);
	}
	return e;
}

int facts_init(struct facts *f, struct agent *const *agents, size_t n)
{
	int e = 0;

	*f = (struct facts){.agents = agents, .n = n, .words = (n + 63) / 64};
	f->stack = calloc(EXPR_STACK_MAX * f->words + 1, sizeof(*f->stack));
	if (!f->stack)
		return ENOMEM;
	for (size_t i = 0; i < n && !e; i++) {
		const struct agent *a = agents[i];

		e = tell_skills(f, text_str(&a->skills), i);
		if (!e)
			e = tell_list(f, EXPR_LANGUAGE,
				      text_str(&a->languages), i);
		if (!e)
			e = tell_list(f, EXPR_GROUP, text_str(&a->groups), i);
		if (!e)
			e = tell(f, EXPR_AGENT, text_str(&a->user), i, 1);
	}
	return e;
}

void facts_release(struct facts *f)
{
	struct fact *x, *tmp;

	HASH_ITER(hh, f->table, x, tmp) {
		HASH_DEL(f->table, x);
		free(x->v);
		free(x);
	}
	free(f->stack);
	*f = (struct facts){0};
}

/* ---- asking ------------------------------------------------------------------ */

static void everybody(const struct facts *f, uint64_t *set)
{
	for (size_t w = 0; w < f->words; w++)
		set[w] = ~(uint64_t)0;
	if (f->n % 64)
		set[f->words - 1] = ((uint64_t)1 << f->n % 64) - 1;
}

static void operand(const struct facts *f, const struct expr_node *n,
		    uint64_t *set)
{
	const struct fact *x;

	if (n->op == EXPR_ANY) {
		everybody(f, set);
		return;
	}
	memset(set, 0, f->words * sizeof(*set));
	x = find(f, n->op, n->name);
	for (size_t i = 0; x && i < x->n; i++)
		if (n->op != EXPR_SKILL ||
		    expr_compare(n->cmp, x->v[i].level, n->value))
			set[x->v[i].index / 64] |=
				(uint64_t)1 << x->v[i].index % 64;
}

static void negate(const struct facts *f, uint64_t *set)
{
	for (size_t w = 0; w < f->words; w++)
		set[w] = ~set[w];
	if (f->n % 64)
		set[f->words - 1] &= ((uint64_t)1 << f->n % 64) - 1;
}

void facts_keep(const struct facts *f, const struct expr *e, uint64_t *set)
{
	uint64_t *top = f->stack; /* the next free one */

	for (size_t i = 0; i < e->n; i++) {
		const struct expr_node *n = &e->nodes[i];
		uint64_t *a = top - 2 * f->words, *b = top - f->words;

		if (n->op == EXPR_NOT) {
			negate(f, b);
			continue;
		}
		if (n->op != EXPR_AND && n->op != EXPR_OR) {
			operand(f, n, top);
			top += f->words;
			continue;
		}
		for (size_t w = 0; w < f->words; w++)
			a[w] = n->op == EXPR_AND ? a[w] & b[w] : a[w] | b[w];
		top = b;
	}
	for (size_t w = 0; w < f->words; w++)
		set[w] &= f->stack[w];
}
