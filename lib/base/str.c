/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/str.h"

int str_cmp(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	if (d)
		return d;
	return a.len < b.len ? -1 : a.len > b.len;
}

int str_u64(struct str s, uint64_t *vp)
{
	uint64_t v = 0;

	if (!s.len)
		return EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.p[i] - '0';

		if (digit > 9)
			return EINVAL;
		if (v > (UINT64_MAX - digit) / 10)
			return ERANGE;
		v = v * 10 + digit;
	}
	*vp = v;
	return 0;
}

int str_i64(struct str s, int64_t *vp)
{
	bool negative = s.len && s.p[0] == '-';
	uint64_t v;
	int err;

	if (negative)
		s = (struct str){s.p + 1, s.len - 1};
	err = str_u64(s, &v);
	if (err)
		return err;
	if (v > (uint64_t)INT64_MAX)
		return ERANGE;
	*vp = negative ? -(int64_t)v : (int64_t)v;
	return 0;
}

static int hex_digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	if (ch >= 'A' && ch <= 'F')
		return ch - 'A' + 10;
	return -1;
}

int str_hex(struct str s, uint64_t *vp)
{
	uint64_t v = 0;

	if (!s.len || s.len > 16)
		return EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return EINVAL;
		v = v << 4 | (uint64_t)digit;
	}
	*vp = v;
	return 0;
}

bool str_cut(struct str *restp, char sep, struct str *partp)
{
	const char *end;

	*partp = STR_NONE;
	if (!restp->len)
		return false;
	end = memchr(restp->p, sep, restp->len);
	if (!end) {
		*partp = *restp;
		*restp = STR_NONE;
		return true;
	}
	*partp = (struct str){restp->p, (size_t)(end - restp->p)};
	restp->len -= partp->len + 1;
	restp->p = end + 1;
	return true;
}

size_t str_dec(char dst[STR_DEC_MAX], uint64_t v)
{
	char digits[STR_DEC_MAX], *p = digits + sizeof(digits);
	size_t n;

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	n = (size_t)(digits + sizeof(digits) - p);
	memcpy(dst, p, n);
	return n;
}

int str_copy(char *dst, size_t size, struct str s)
{
	if (!size)
		return ENAMETOOLONG;
	dst[0] = '\0';
	if (s.len >= size)
		return ENAMETOOLONG;
	if (s.len)
		memcpy(dst, s.p, s.len);
	dst[s.len] = '\0';
	return 0;
}
