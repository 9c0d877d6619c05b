/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "rtp/ng/bencode.h"

/* ---- writing ------------------------------------------------------------ */

void bwrite_init(struct bwriter *w, char *buf, size_t size)
{
	*w = (struct bwriter){.p = buf, .size = size};
}

static void put(struct bwriter *w, const char *p, size_t len)
{
	if (w->full || len > w->size - w->len) {
		w->full = true;
		return;
	}
	if (len)
		memcpy(w->p + w->len, p, len);
	w->len += len;
}

void bwrite_str(struct bwriter *w, struct str s)
{
	char head[24];
	int n = snprintf(head, sizeof(head), "%zu:", s.len);

	put(w, head, (size_t)n);
	put(w, s.p, s.len);
}

void bwrite_int(struct bwriter *w, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "i%" PRId64 "e", v);

	put(w, text, (size_t)n);
}

void bwrite_dict(struct bwriter *w)
{
	put(w, "d", 1);
}

void bwrite_list(struct bwriter *w)
{
	put(w, "l", 1);
}

void bwrite_end(struct bwriter *w)
{
	put(w, "e", 1);
}

/* ---- reading ------------------------------------------------------------ */

static int read_value(struct str text, unsigned depth, struct bvalue *vp);

/* Digits up to `end`, in canonical form. */
static int read_number(struct str digits, bool sign, int64_t *vp)
{
	bool minus = sign && digits.len && digits.p[0] == '-';
	size_t first = minus ? 1 : 0;

	if (digits.len == first)
		return EPROTO;
	if (digits.p[first] == '0' && (digits.len > first + 1 || minus))
		return EPROTO;
	if (!sign && (digits.p[0] < '0' || digits.p[0] > '9'))
		return EPROTO;
	if (digits.p[first] < '0' || digits.p[first] > '9')
		return EPROTO;
	return str_i64(digits, vp) ? EPROTO : 0;
}

static int read_int(struct str text, struct bvalue *vp)
{
	const char *end = memchr(text.p, 'e', text.len);

	if (!end)
		return EPROTO;
	vp->kind = B_INT;
	vp->raw = (struct str){text.p, (size_t)(end - text.p) + 1};
	vp->str = STR_NONE;
	return read_number((struct str){text.p + 1, vp->raw.len - 2}, true,
			   &vp->num);
}

static int read_str(struct str text, struct bvalue *vp)
{
	size_t look = text.len < 20 ? text.len : 20;
	const char *colon = memchr(text.p, ':', look);
	size_t head;
	int64_t len;

	if (!colon)
		return EPROTO;
	head = (size_t)(colon - text.p);
	if (read_number((struct str){text.p, head}, false, &len))
		return EPROTO;
	if ((uint64_t)len > text.len - head - 1)
		return EPROTO;
	vp->kind = B_STR;
	vp->raw = (struct str){text.p, head + 1 + (size_t)len};
	vp->str = (struct str){colon + 1, (size_t)len};
	vp->num = 0;
	return 0;
}

/* A list, or a dictionary: pairs whose first is a string. */
static int read_many(struct str text, unsigned depth, struct bvalue *vp)
{
	bool dict = text.p[0] == 'd';
	size_t at = 1;
	struct bvalue item;
	unsigned n;

	if (depth >= BENCODE_DEPTH_MAX)
		return EPROTO;
	for (n = 0; at < text.len && text.p[at] != 'e'; n++) {
		struct str rest = {text.p + at, text.len - at};

		if (read_value(rest, depth + 1, &item))
			return EPROTO;
		if (dict && !(n & 1) && item.kind != B_STR)
			return EPROTO;
		at += item.raw.len;
	}
	if (at >= text.len || (dict && (n & 1)))
		return EPROTO;
	vp->kind = dict ? B_DICT : B_LIST;
	vp->raw = (struct str){text.p, at + 1};
	vp->str = (struct str){text.p + 1, at - 1};
	vp->num = 0;
	return 0;
}

static int read_value(struct str text, unsigned depth, struct bvalue *vp)
{
	if (!text.len)
		return EPROTO;
	switch (text.p[0]) {
	case 'i':
		return read_int(text, vp);
	case 'l':
	case 'd':
		return read_many(text, depth, vp);
	default:
		return read_str(text, vp);
	}
}

int bread(struct str text, struct bvalue *vp)
{
	if (read_value(text, 0, vp))
		return EPROTO;
	return vp->raw.len == text.len ? 0 : EPROTO;
}

bool bread_item(struct str *restp, struct bvalue *vp)
{
	if (!restp->len || read_value(*restp, 0, vp))
		return false;
	restp->p += vp->raw.len;
	restp->len -= vp->raw.len;
	return true;
}

int bread_get(const struct bvalue *dict, const char *key, struct bvalue *vp)
{
	struct str rest = dict->str;
	struct bvalue k;

	if (dict->kind != B_DICT)
		return ENOENT;
	while (bread_item(&rest, &k) && bread_item(&rest, vp)) {
		if (str_eq(k.str, str_c(key)))
			return 0;
	}
	return ENOENT;
}
