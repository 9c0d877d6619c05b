/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journal entries as JSON. Written here and not by a library because the
 * bytes come from the network and every one of them must give valid JSON. */
#include <stdio.h>

#include "router-engine/store/drain.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Length of the UTF-8 sequence at p, or 0: malformed, or U+0000. */
static size_t utf8_len(const unsigned char *p, size_t n)
{
	static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
	size_t len = p[0] < 0x80   ? 1
		     : p[0] < 0xc2 ? 0
		     : p[0] < 0xe0 ? 2
		     : p[0] < 0xf0 ? 3
		     : p[0] < 0xf5 ? 4 : 0;
	uint32_t c;

	if (!len || len > n)
		return 0;
	c = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

/* Writes one character of JSON text; 6 bytes are enough. */
static size_t put_char(char *dst, const unsigned char *p, size_t len)
{
	if (!len) {
		memcpy(dst, REPLACEMENT, 3);
		return 3;
	}
	if (*p == '"' || *p == '\\') {
		dst[0] = '\\';
		dst[1] = (char)*p;
		return 2;
	}
	if (*p < 0x20) {
		static const char hex[] = "0123456789abcdef";

		memcpy(dst, "\\u00", 4);
		dst[4] = hex[*p >> 4];
		dst[5] = hex[*p & 15];
		return 6;
	}
	memcpy(dst, p, len);
	return len;
}

static size_t put_text(char *dst, struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = 0;

	dst[n++] = '"';
	for (size_t i = 0; i < s.len;) {
		size_t len = utf8_len(p + i, s.len - i);

		n += put_char(dst + n, p + i, len);
		i += len ? len : 1;
	}
	dst[n++] = '"';
	return n;
}

static size_t put_pair(char *dst, const char *name, struct str value)
{
	size_t n = put_text(dst, str_c(name));

	dst[n++] = ':';
	return n + put_text(dst + n, value);
}

static size_t put_entry(char *dst, const struct msg *m)
{
	size_t n = 0;

	dst[n++] = '{';
	/* One that cannot be read: PostgreSQL puts it with the rejected. */
	n += put_pair(dst + n, "t", m->type ? str_c(msg_type_name(m->type))
					    : STR_LIT("malformed"));
	for (unsigned i = 0; i < m->n; i++) {
		dst[n++] = ',';
		n += put_pair(dst + n, msg_field_name(m->f[i].field),
			      m->f[i].val);
	}
	dst[n++] = '}';
	return n;
}

static size_t entry_size(const struct msg *m)
{
	size_t n = 64;

	for (unsigned i = 0; i < m->n; i++)
		n += strlen(msg_field_name(m->f[i].field)) + 8 +
		     6 * m->f[i].val.len;
	return n;
}

struct str drain_json(const struct msg *m, size_t n, struct arena *a)
{
	size_t size = 3, len = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		size += entry_size(&m[i]) + 1;
	p = arena_alloc(a, size);
	if (!p)
		return STR_NONE;
	p[len++] = '[';
	for (size_t i = 0; i < n; i++) {
		if (i)
			p[len++] = ',';
		len += put_entry(p + len, &m[i]);
	}
	p[len++] = ']';
	p[len] = '\0';
	return (struct str){p, len};
}
