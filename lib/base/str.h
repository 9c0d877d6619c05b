/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file str.h  Borrowed text: a pointer and a length, not NUL-terminated.
 *
 * A struct str never owns its bytes. Whoever hands one out says how long the
 * bytes live; whoever keeps it longer copies it.
 */
#ifndef JF_BASE_STR_H
#define JF_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p; /* may be NULL when len is 0 */
	size_t len;
};

#define STR_NONE ((struct str){NULL, 0})
#define STR_LIT(s) ((struct str){"" s, sizeof(s) - 1})
/* For printf's "%.*s". */
#define STR_FMT(s) (int)(s).len, (s).p ? (s).p : ""

static inline struct str str_c(const char *s)
{
	return (struct str){s, s ? strlen(s) : 0};
}

static inline bool str_set(struct str s)
{
	return s.len > 0;
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

/* Bytewise order; a prefix sorts before what it begins. */
int str_cmp(struct str a, struct str b);

/* Whole text as a decimal number. 0, EINVAL (empty or not a number), ERANGE. */
int str_u64(struct str s, uint64_t *vp);
int str_i64(struct str s, int64_t *vp);

/* Whole text as hexadecimal digits, at most 16. 0, EINVAL. */
int str_hex(struct str s, uint64_t *vp);

/*
 * Cuts the text before the first `sep` off *restp into *partp. False when
 * *restp was empty. The last part has no separator behind it.
 */
bool str_cut(struct str *restp, char sep, struct str *partp);

#define STR_DEC_MAX 20 /* digits of a 64-bit number */
/* Writes v in decimal digits, no NUL; returns how many. (printf is most of
 * what a step of the core would cost otherwise.) */
size_t str_dec(char dst[STR_DEC_MAX], uint64_t v);

/* Copies into dst of `size` bytes, always NUL-terminated. ENAMETOOLONG when
 * it does not fit (dst is then empty). */
int str_copy(char *dst, size_t size, struct str s);

#endif
