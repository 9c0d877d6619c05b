/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/escape.h"

static const char digits[] = "0123456789ABCDEF";

static bool must(unsigned char ch)
{
	return ch <= ' ' || ch == '%' || ch == '=' || ch == 0x7f;
}

static bool must_in_item(unsigned char ch)
{
	return must(ch) || ch == ',' || ch == ':';
}

static size_t put(char *dst, struct str v, bool (*needs)(unsigned char))
{
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		unsigned char ch = (unsigned char)v.p[i];

		if (!needs(ch)) {
			dst[n++] = (char)ch;
			continue;
		}
		dst[n++] = '%';
		dst[n++] = digits[ch >> 4];
		dst[n++] = digits[ch & 15];
	}
	return n;
}

size_t escape_size(struct str v)
{
	size_t n = v.len;

	for (size_t i = 0; i < v.len; i++)
		if (must((unsigned char)v.p[i]))
			n += 2;
	return n;
}

size_t escape_put(char *dst, struct str v)
{
	return put(dst, v, must);
}

struct str escape_item(struct arena *a, struct str v)
{
	char *p = arena_alloc(a, v.len * 3 + 1);

	if (!p)
		return STR_NONE;
	return (struct str){p, put(p, v, must_in_item)};
}

int escape_get(struct arena *a, struct str v, struct str *out)
{
	size_t n = 0;
	uint64_t byte;
	char *p;

	*out = v;
	if (!v.len || !memchr(v.p, '%', v.len))
		return 0;
	p = arena_alloc(a, v.len + 1);
	if (!p)
		return ENOMEM;
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] != '%') {
			p[n++] = v.p[i];
			continue;
		}
		if (i + 2 >= v.len ||
		    str_hex((struct str){v.p + i + 1, 2}, &byte))
			return EPROTO;
		p[n++] = (char)byte;
		i += 2;
	}
	*out = (struct str){p, n};
	return 0;
}
