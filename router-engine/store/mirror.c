/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include <uthash.h>

#include "router-engine/store/mirror.h"

struct mirror_line {
	UT_hash_handle hh;
	struct str kind, id, value; /* in text; the key is kind, id */
	size_t cap; /* room for the value */
	char *value_p;
	char key[];
};

static const char *const kinds[] = {
	"tenant", "queue", "agent", "number", "contact", "leg", "node",
	"rtpengine", NULL,
};

static bool is_kept(struct str kind)
{
	for (int i = 0; kinds[i]; i++)
		if (str_eq(kind, str_c(kinds[i])))
			return true;
	return false;
}

static size_t key_make(char *buf, struct str kind, struct str id)
{
	memcpy(buf, kind.p, kind.len);
	buf[kind.len] = ' ';
	memcpy(buf + kind.len + 1, id.p, id.len);
	return kind.len + 1 + id.len;
}

static struct mirror_line *find(const struct mirror *m, struct str kind,
				struct str id)
{
	char key[512];
	struct mirror_line *l = NULL;
	size_t len;

	if (kind.len + id.len + 1 > sizeof(key))
		return NULL;
	len = key_make(key, kind, id);
	HASH_FIND(hh, m->lines, key, len, l);
	return l;
}

static struct mirror_line *make(struct mirror *m, struct str kind,
				struct str id)
{
	struct mirror_line *l = calloc(1, sizeof(*l) + kind.len + 1 + id.len);

	if (!l)
		return NULL;
	key_make(l->key, kind, id);
	l->kind = (struct str){l->key, kind.len};
	l->id = (struct str){l->key + kind.len + 1, id.len};
	HASH_ADD(hh, m->lines, key, kind.len + 1 + id.len, l);
	return l;
}

static void drop(struct mirror *m, struct mirror_line *l)
{
	HASH_DEL(m->lines, l);
	free(l->value_p);
	free(l);
}

int mirror_put(struct mirror *m, const struct core_record *r)
{
	struct mirror_line *l;

	if (!is_kept(r->kind) || r->id.len > 256)
		return 0;
	l = find(m, r->kind, r->id);
	if (!str_set(r->value)) {
		if (l)
			drop(m, l);
		return 0;
	}
	if (!l)
		l = make(m, r->kind, r->id);
	if (!l)
		return ENOMEM;
	if (l->cap < r->value.len) {
		char *p = realloc(l->value_p, r->value.len * 2);

		if (!p)
			return ENOMEM;
		l->value_p = p;
		l->cap = r->value.len * 2;
	}
	memcpy(l->value_p, r->value.p, r->value.len);
	l->value = (struct str){l->value_p, r->value.len};
	return 0;
}

void mirror_release(struct mirror *m)
{
	struct mirror_line *l, *tmp;

	HASH_ITER(hh, m->lines, l, tmp)
		drop(m, l);
}

struct str mirror_get(const struct mirror *m, const char *kind, struct str id)
{
	const struct mirror_line *l = find(m, str_c(kind), id);

	return l ? l->value : STR_NONE;
}

void mirror_each(const struct mirror *m, const char *kind, mirror_h *fn,
		 void *arg)
{
	const struct mirror_line *l;

	for (l = m->lines; l; l = l->hh.next)
		if (str_eq(l->kind, str_c(kind)))
			fn(l->id, l->value, arg);
}
