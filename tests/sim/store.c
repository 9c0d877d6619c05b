/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "tests/sim/store.h"

struct entry {
	char *key, *value;
	size_t kind_len, key_len, value_len;
	UT_hash_handle hh;
};

/* What a commit replaced: a record as it was before (value NULL: was not). */
struct before {
	char *key, *value;
	size_t kind_len, key_len, value_len;
	struct before *next;
};

struct store {
	struct entry *entries;
	struct before *undo[STORE_UNDO]; /* of the last commits, as a ring */
	unsigned last;
};

struct store *store_alloc(void)
{
	return calloc(1, sizeof(struct store));
}

static void drop(struct store *s, struct entry *e)
{
	HASH_DEL(s->entries, e);
	free(e->key);
	free(e->value);
	free(e);
}

static void forget(struct before **list)
{
	struct before *b;

	while ((b = *list)) {
		*list = b->next;
		free(b->key);
		free(b->value);
		free(b);
	}
}

void store_free(struct store *s)
{
	struct entry *e, *tmp;

	for (unsigned i = 0; i < STORE_UNDO; i++)
		forget(&s->undo[i]);

	HASH_ITER(hh, s->entries, e, tmp)
		drop(s, e);
	free(s);
}

static char *dup(struct str s)
{
	char *p = malloc(s.len + 1);

	memcpy(p, s.p ? s.p : "", s.len);
	p[s.len] = '\0';
	return p;
}

static char *key_of(const struct core_record *r, size_t *lenp)
{
	char *p = malloc(r->kind.len + r->id.len + 1);

	memcpy(p, r->kind.p, r->kind.len);
	memcpy(p + r->kind.len, r->id.p, r->id.len);
	*lenp = r->kind.len + r->id.len;
	return p;
}

static void remember(struct store *s, const struct core_record *r,
		     const struct entry *e)
{
	struct before *b = calloc(1, sizeof(*b));

	b->key = key_of(r, &b->key_len);
	b->kind_len = r->kind.len;
	if (e) {
		b->value = dup((struct str){e->value, e->value_len});
		b->value_len = e->value_len;
	}
	b->next = s->undo[s->last];
	s->undo[s->last] = b;
}

static void put_one(struct store *s, const struct core_record *r, bool undo)
{
	size_t len;
	char *key = key_of(r, &len);
	struct entry *e;

	HASH_FIND(hh, s->entries, key, len, e);
	if (undo)
		remember(s, r, e);
	if (e)
		drop(s, e);
	if (!r->value.len) {
		free(key);
		return;
	}
	e = calloc(1, sizeof(*e));
	e->key = key;
	e->key_len = len;
	e->kind_len = r->kind.len;
	e->value = dup(r->value);
	e->value_len = r->value.len;
	HASH_ADD_KEYPTR(hh, s->entries, e->key, e->key_len, e);
}

void store_put(struct store *s, const struct core_record *v, size_t n)
{
	s->last = (s->last + 1) % STORE_UNDO;
	forget(&s->undo[s->last]);
	for (size_t i = 0; i < n; i++)
		put_one(s, &v[i], true);
}

void store_roll_back(struct store *s, unsigned n)
{
	for (; n; n--, s->last = (s->last + STORE_UNDO - 1) % STORE_UNDO) {
		for (struct before *b = s->undo[s->last]; b; b = b->next)
			put_one(s, &(struct core_record){
				{b->key, b->kind_len},
				{b->key + b->kind_len,
				 b->key_len - b->kind_len},
				{b->value, b->value_len}}, false);
		forget(&s->undo[s->last]);
	}
}

struct core_record *store_all(const struct store *s, size_t *np)
{
	struct core_record *v;
	struct entry *e, *tmp;
	size_t i = 0;

	*np = HASH_COUNT(s->entries);
	v = calloc(*np + 1, sizeof(*v));
	HASH_ITER(hh, s->entries, e, tmp)
		v[i++] = (struct core_record){
			{e->key, e->kind_len},
			{e->key + e->kind_len, e->key_len - e->kind_len},
			{e->value, e->value_len}};
	return v;
}

bool store_equals(const struct store *s, const struct core_record *v,
		  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len;
		char *key = key_of(&v[i], &len);
		struct entry *e;

		HASH_FIND(hh, s->entries, key, len, e);
		free(key);
		if (str_eq(v[i].kind, STR_LIT("meta")))
			continue; /* time alone waits for the next change */
		if (!e || !str_eq(v[i].value, (struct str){e->value,
							   e->value_len})) {
			fprintf(stderr, "# now    %.*s\n# stored %.*s\n",
				STR_FMT(v[i].value), e ? (int)e->value_len : 0,
				e ? e->value : "");
			return false;
		}
	}
	return n == HASH_COUNT(s->entries);
}
