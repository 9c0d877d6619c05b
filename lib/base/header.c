/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <strings.h>

#include "lib/base/header.h"

#define UNSIGNED_MAX 0x7fffffff

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str header_trim(struct str s)
{
	while (s.len && is_blank(*s.p)) {
		s.p++;
		s.len--;
	}
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool header_same(struct str a, struct str b)
{
	return a.len == b.len && (!a.len || !strncasecmp(a.p, b.p, a.len));
}

int header_unsigned(struct str value, unsigned *np)
{
	uint64_t n;

	if (str_u64(header_trim(value), &n) || n > UNSIGNED_MAX)
		return EINVAL;
	*np = (unsigned)n;
	return 0;
}

bool header_lists(struct str value, struct str option)
{
	struct str part;

	while (str_cut(&value, ',', &part))
		if (header_same(header_trim(part), option))
			return true;
	return false;
}

/* Cuts the next ;name=value; a name alone has no value. */
static bool next_param(struct str *restp, struct str *name, struct str *value)
{
	struct str part;

	if (!str_cut(restp, ';', &part))
		return false;
	*name = STR_NONE;
	str_cut(&part, '=', name);
	*name = header_trim(*name);
	*value = header_trim(part);
	return true;
}

int header_replaces(struct str value, struct header_replaces *r)
{
	struct str name, v;

	memset(r, 0, sizeof(*r));
	if (!value.len || memchr(value.p, ',', value.len))
		return EINVAL;
	str_cut(&value, ';', &r->call_id);
	r->call_id = header_trim(r->call_id);
	while (next_param(&value, &name, &v)) {
		if (header_same(name, STR_LIT("to-tag")))
			r->to_tag = v;
		else if (header_same(name, STR_LIT("from-tag")))
			r->from_tag = v;
		else if (header_same(name, STR_LIT("early-only")))
			r->early_only = true;
	}
	return r->call_id.len && r->to_tag.len && r->from_tag.len ? 0 : EINVAL;
}

int header_session(struct str value, struct header_session *h)
{
	struct str part, name, v;

	*h = (struct header_session){0, REFRESHER_NONE};
	if (!str_cut(&value, ';', &part) || header_unsigned(part, &h->s) ||
	    !h->s)
		return EINVAL;
	while (next_param(&value, &name, &v)) {
		if (!header_same(name, STR_LIT("refresher")))
			continue;
		if (header_same(v, STR_LIT("uac")))
			h->refresher = REFRESHER_UAC;
		else if (header_same(v, STR_LIT("uas")))
			h->refresher = REFRESHER_UAS;
	}
	return 0;
}

/* Cuts the next word of those between blanks. */
static struct str next_word(struct str *restp)
{
	struct str word = header_trim(*restp);
	size_t n = 0;

	while (n < word.len && !is_blank(word.p[n]))
		n++;
	*restp = (struct str){word.p + n, word.len - n};
	word.len = n;
	return word;
}

int header_rack(struct str value, struct header_rack *r)
{
	if (!value.len || header_unsigned(next_word(&value), &r->rseq) ||
	    header_unsigned(next_word(&value), &r->cseq))
		return EINVAL;
	r->method = next_word(&value);
	return r->method.len && !header_trim(value).len ? 0 : EINVAL;
}

static unsigned one_reason(struct str value)
{
	struct str part, name, v;
	unsigned cause = 0;

	str_cut(&value, ';', &part);
	if (!header_same(header_trim(part), STR_LIT("Q.850")))
		return 0;
	while (next_param(&value, &name, &v))
		if (header_same(name, STR_LIT("cause")))
			return header_unsigned(v, &cause) || cause > 127
				? 0 : cause;
	return 0;
}

unsigned header_q850(struct str value)
{
	struct str part;
	unsigned cause = 0;

	while (!cause && header_entry(&value, &part))
		if (part.len)
			cause = one_reason(part);
	return cause;
}

bool header_entry(struct str *restp, struct str *entry)
{
	bool quoted = false, inside = false;
	size_t i;

	if (!restp->len)
		return false;
	for (i = 0; i < restp->len; i++) {
		char c = restp->p[i];

		if (c == '"' && !inside)
			quoted = !quoted;
		else if (!quoted && (c == '<' || c == '>'))
			inside = c == '<';
		else if (c == ',' && !quoted && !inside)
			break;
	}
	*entry = (struct str){restp->p, i};
	i += i < restp->len;
	*restp = (struct str){restp->p + i, restp->len - i};
	return true;
}

struct str header_uri(struct str entry)
{
	const char *open = entry.len ? memchr(entry.p, '<', entry.len) : NULL;
	const char *end;
	size_t left;

	if (!open)
		return STR_NONE;
	open++;
	left = (size_t)(entry.p + entry.len - open);
	end = left ? memchr(open, '>', left) : NULL;
	if (!end)
		return STR_NONE;
	left = (size_t)(end - open);
	end = left ? memchr(open, '?', left) : NULL;
	return (struct str){open, end ? (size_t)(end - open) : left};
}
