/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file arena.h  Memory that is given back all at once.
 *
 * One step of the engine, one message parsed: everything allocated on the way
 * lives until arena_reset(). Blocks are kept for the next round.
 */
#ifndef JF_BASE_ARENA_H
#define JF_BASE_ARENA_H

#include "lib/base/str.h"

struct arena_block;

struct arena {
	struct arena_block *first, *cur; /* all blocks; the one in use */
	size_t block; /* bytes taken at once at least; 0: 8192 */
	bool failed; /* an allocation failed since the last reset */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
void arena_reset(struct arena *a); /* everything handed out is invalid */

/* Zeroed, aligned for any type. NULL on ENOMEM, and a->failed is set. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of s; STR_NONE (and a->failed) on ENOMEM. NUL-terminated behind it. */
struct str arena_str(struct arena *a, struct str s);

/* printf into the arena; NUL-terminated beyond len. */
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
