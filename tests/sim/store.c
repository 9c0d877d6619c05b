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

struct store {
	struct entry *entries;
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

void store_free(struct store *s)
{
	struct entry *e, *tmp;

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

static void put_one(struct store *s, const struct core_record *r)
{
	size_t len;
	char *key = key_of(r, &len);
	struct entry *e;

	HASH_FIND(hh, s->entries, key, len, e);
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
	for (size_t i = 0; i < n; i++)
		put_one(s, &v[i]);
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
