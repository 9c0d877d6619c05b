/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"

#define BLOCK_SIZE 8192

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){.first = NULL};
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->first, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	a->first = a->cur = NULL;
	a->failed = false;
}

void arena_reset(struct arena *a)
{
	struct arena_block *b;

	for (b = a->first; b; b = b->next)
		b->used = 0;
	a->cur = a->first;
	a->failed = false;
}

/* A block with room, after the current one. */
static struct arena_block *block_with(struct arena *a, size_t size)
{
	struct arena_block *b = a->cur;
	size_t block = a->block ? a->block : BLOCK_SIZE;
	size_t want = size > block ? size : block;

	for (; b; b = b->next)
		if (b->size - b->used >= size)
			return b;
	b = malloc(sizeof(*b) + want);
	if (!b)
		return NULL;
	b->size = want;
	b->used = 0;
	if (a->cur) {
		b->next = a->cur->next;
		a->cur->next = b;
	} else {
		b->next = a->first;
		a->first = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t align = alignof(max_align_t);
	struct arena_block *b;
	void *p;

	size = (size + align) & ~(align - 1); /* one byte more: a NUL */
	b = block_with(a, size);
	if (!b) {
		a->failed = true;
		return NULL;
	}
	a->cur = b;
	p = b->data + b->used;
	b->used += size;
	return memset(p, 0, size);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.len + 1);

	if (!p)
		return STR_NONE;
	if (s.len)
		memcpy(p, s.p, s.len);
	return (struct str){p, s.len};
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!p)
		return STR_NONE;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){p, (size_t)n};
}
