/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/pack.h"
#include "lib/bus/args.h"

#define BLOCK 1000 /* thousands of commands are kept for seconds */

void args_init(struct args *x)
{
	*x = (struct args){.v = NULL};
	arena_init(&x->a);
	x->a.block = BLOCK;
}

void args_release(struct args *x)
{
	arena_release(&x->a);
	free(x->v);
	*x = (struct args){.v = NULL};
}

static void put(struct args *x, struct str s)
{
	if (x->n == x->cap) {
		size_t cap = x->cap ? x->cap * 2 : 64;
		struct str *v = realloc(x->v, cap * sizeof(*v));

		if (!v) {
			x->failed = true;
			return;
		}
		x->v = v;
		x->cap = cap;
	}
	x->v[x->n++] = s;
}

void args_add(struct args *x, struct str s)
{
	put(x, s.len ? arena_str(&x->a, s) : STR_NONE);
}

void args_refer(struct args *x, const struct args *from)
{
	for (size_t i = 0; i < from->n; i++)
		put(x, from->v[i]);
}

void args_num(struct args *x, uint64_t v)
{
	char buf[STR_DEC_MAX];

	args_add(x, (struct str){buf, str_dec(buf, v)});
}

void args_fcall(struct args *x, const char *function, unsigned partition)
{
	char key[24];

	snprintf(key, sizeof(key), "{p%u}", partition);
	args_add(x, STR_LIT("FCALL"));
	args_add(x, str_c(function));
	args_add(x, STR_LIT("1"));
	args_add(x, str_c(key));
}

void args_msg(struct args *x, const struct msg *m)
{
	put(x, STR_LIT("m"));
	put(x, msg_pack(m, &x->a));
}

size_t args_bytes(const struct args *x)
{
	size_t i, sum = 0;

	for (i = 0; i < x->n; i++)
		sum += x->v[i].len;
	return sum;
}

bool args_failed(const struct args *x)
{
	return x->failed || x->a.failed;
}
