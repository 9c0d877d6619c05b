/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include <uthash.h>

#include "lib/bus/batch.h"

struct batch_slot {
	UT_hash_handle hh;
	size_t at; /* of its value in records.v */
	char key[];
};

void batch_init(struct batch *b)
{
	*b = (struct batch){.nrecords = 0};
	args_init(&b->records);
	args_init(&b->effects);
}

void batch_release(struct batch *b)
{
	struct batch_slot *s, *tmp;

	HASH_ITER(hh, b->slots, s, tmp) {
		HASH_DEL(b->slots, s);
		free(s);
	}
	args_release(&b->records);
	args_release(&b->effects);
	b->nrecords = b->neffects = 0;
}

/* ---- records ------------------------------------------------------------ */

static struct batch_slot *slot_new(struct batch *b,
				   const struct owner_record *r)
{
	size_t len = r->kind.len + 1 + r->id.len;
	struct batch_slot *s = calloc(1, sizeof(*s) + len);

	if (!s) {
		b->records.failed = true;
		return NULL;
	}
	memcpy(s->key, r->kind.p, r->kind.len);
	if (r->id.len)
		memcpy(s->key + r->kind.len + 1, r->id.p, r->id.len);
	return s;
}

void batch_record(struct batch *b, const struct owner_record *r)
{
	struct batch_slot *fresh = slot_new(b, r), *s;
	size_t len = r->kind.len + 1 + r->id.len;

	if (!fresh)
		return;
	HASH_FIND(hh, b->slots, fresh->key, len, s);
	if (s) {
		free(fresh);
		b->records.v[s->at] = r->value.len
			? arena_str(&b->records.a, r->value) : STR_NONE;
		return;
	}
	args_add(&b->records, r->kind);
	args_add(&b->records, r->id);
	args_add(&b->records, r->value);
	if (args_failed(&b->records)) {
		free(fresh);
		return;
	}
	fresh->at = b->records.n - 1;
	HASH_ADD_KEYPTR(hh, b->slots, fresh->key, len, fresh);
	b->nrecords++;
}

/* ---- effects ------------------------------------------------------------ */

static void add_dest(struct args *x, const struct owner_effect *e)
{
	char dest[160];

	switch (msg_type_dir(e->m->type)) {
	case DIR_JOURNAL:
		args_add(x, STR_LIT("journal"));
		break;
	case DIR_PUSH:
		args_add(x, STR_LIT("push"));
		break;
	default:
		snprintf(dest, sizeof(dest), "out:%.*s:%.*s",
			 STR_FMT(e->node), STR_FMT(e->boot));
		args_add(x, str_c(dest));
		break;
	}
}

void batch_effect(struct batch *b, const char *prefix,
		  const struct owner_effect *e)
{
	struct args *x = &b->effects;
	struct msg named = *e->m;
	char name[128];

	snprintf(name, sizeof(name), "%s.%zu", prefix, ++b->neffects);
	msg_put(&named, F_ID, str_c(name));
	if (e->not_after)
		msg_put_num(&named, &x->a, F_NOT_AFTER, e->not_after);
	add_dest(x, e);
	args_add(x, STR_LIT("1"));
	args_msg(x, &named);
}

/* ---- together ----------------------------------------------------------- */

void batch_write(struct batch *b, struct args *x)
{
	args_num(x, b->nrecords);
	args_refer(x, &b->records);
	args_num(x, b->neffects);
	args_refer(x, &b->effects);
}

bool batch_failed(const struct batch *b)
{
	return args_failed(&b->records) || args_failed(&b->effects);
}
