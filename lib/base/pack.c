/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/pack.h"

#define LENGTH_DIGITS 20

static char *put(char *p, struct str s)
{
	memcpy(p, s.p, s.len);
	return p + s.len;
}

static char *put_length(char *p, size_t n)
{
	char digits[LENGTH_DIGITS], *d = digits + sizeof(digits);

	do {
		*--d = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return put(p, (struct str){d, (size_t)(digits + sizeof(digits) - d)});
}

static char *put_pair(char *p, struct str name, struct str value)
{
	p = put(p, name);
	*p++ = '=';
	p = put_length(p, value.len);
	*p++ = ':';
	if (value.len)
		p = put(p, value);
	*p++ = ';';
	return p;
}

static size_t pair_max(struct str name, struct str value)
{
	return name.len + value.len + LENGTH_DIGITS + 3;
}

struct str msg_pack(const struct msg *m, struct arena *a)
{
	struct str t = str_c(msg_type_name(m->type));
	size_t max = pair_max(STR_LIT("t"), t);
	char *begin, *p;

	for (unsigned i = 0; i < m->n; i++)
		max += pair_max(str_c(msg_field_name(m->f[i].field)),
				m->f[i].val);
	begin = arena_alloc(a, max);
	if (!begin)
		return STR_NONE;
	p = put_pair(begin, STR_LIT("t"), t);
	for (unsigned i = 0; i < m->n; i++)
		p = put_pair(p, str_c(msg_field_name(m->f[i].field)),
			     m->f[i].val);
	return (struct str){begin, (size_t)(p - begin)};
}

/* Takes one pair off s. */
static int take_pair(struct str *s, struct str v[2])
{
	struct str digits;
	uint64_t len;

	if (!str_cut(s, '=', &v[0]) || !str_cut(s, ':', &digits) ||
	    str_u64(digits, &len) || len >= s->len || s->p[len] != ';')
		return EPROTO;
	v[1] = (struct str){s->p, (size_t)len};
	s->p += len + 1;
	s->len -= len + 1;
	return 0;
}

int msg_unpack(struct str packed, struct str *v, size_t max, size_t *np)
{
	size_t n = 0;

	for (; packed.len; n += 2)
		if (n + 2 > max || take_pair(&packed, v + n))
			return EPROTO;
	*np = n;
	return 0;
}
