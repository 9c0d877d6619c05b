/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <strings.h>

#include "lib/base/shape.h"

#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */
#define DIGEST_PARAMS_MAX 24
#define DIGEST_VALUE_MAX 512

static bool is(struct str s, const char *word)
{
	return s.len == strlen(word) && !strncasecmp(s.p, word, s.len);
}

static bool begins(struct str s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && !strncasecmp(s.p, word, n);
}

static struct str trim(struct str s)
{
	while (s.len && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && isspace((unsigned char)s.p[s.len - 1]))
		s.len--;
	return s;
}

/* Up to the next LF, without CR and LF. False: nothing is left. */
static bool line(struct str *rest, struct str *out)
{
	if (!str_cut(rest, '\n', out))
		return false;
	if (out->len && out->p[out->len - 1] == '\r')
		out->len--;
	return true;
}

static bool all(struct str s, int (*fits)(int))
{
	for (size_t i = 0; i < s.len; i++)
		if (!fits((unsigned char)s.p[i]))
			return false;
	return s.len > 0;
}

/* ---- digest ----------------------------------------------------------------- */

/* Cuts a value off, quoted or up to the comma. False: the quote is open. */
static bool value_of(struct str *rest, struct str *out)
{
	size_t i = 1;

	if (!rest->len || rest->p[0] != '"') {
		const char *comma = rest->len ? memchr(rest->p, ',', rest->len)
					      : NULL;

		*out = *rest;
		if (comma)
			out->len = (size_t)(comma - rest->p);
		rest->p += out->len;
		rest->len -= out->len;
		*out = trim(*out);
		return true;
	}
	while (i < rest->len && rest->p[i] != '"')
		i += rest->p[i] == '\\' ? 2 : 1;
	if (i >= rest->len)
		return false;
	*out = (struct str){rest->p + 1, i - 1};
	rest->p += i + 1;
	rest->len -= i + 1;
	return true;
}

static const char *digest_param(struct str name, struct str value)
{
	if (value.len > DIGEST_VALUE_MAX)
		return "digest value";
	if (is(name, "response") && (!all(value, isxdigit) ||
				     (value.len != 32 && value.len != 64)))
		return "digest response";
	if (is(name, "nc") && (!all(value, isxdigit) || value.len != 8))
		return "digest nc";
	if (is(name, "nonce") && !all(value, isgraph))
		return "digest nonce";
	return NULL;
}

static struct str skip(struct str s, size_t n)
{
	return trim((struct str){s.p + n, s.len - n});
}

const char *shape_digest(struct str value)
{
	struct str rest = trim(value), v, name;
	const char *equals, *bad;

	if (!begins(rest, "Digest") || rest.len == 6 ||
	    !isspace((unsigned char)rest.p[6]))
		return NULL; /* a scheme that nobody here parses */
	rest = skip(rest, 6);
	for (int n = 0; rest.len; n++) {
		equals = memchr(rest.p, '=', rest.len);
		if (!equals || n == DIGEST_PARAMS_MAX)
			return "digest parameters";
		name = trim((struct str){rest.p, (size_t)(equals - rest.p)});
		rest = skip(rest, (size_t)(equals - rest.p) + 1);
		if (!all(name, isgraph) || !value_of(&rest, &v))
			return "digest parameters";
		bad = digest_param(name, v);
		if (bad)
			return bad;
		rest = trim(rest);
		if (rest.len && rest.p[0] != ',')
			return "digest parameters";
		if (rest.len)
			rest = skip(rest, 1);
	}
	return NULL;
}

/* ---- bodies ----------------------------------------------------------------- */

const char *shape_sdp(struct str body)
{
	struct str rest = body, l;
	int lines = 0, media = 0;
	bool over = false;

	while (line(&rest, &l)) {
		if (++lines > SHAPE_SDP_LINES_MAX)
			return "sdp lines";
		if (!l.len) {
			over = true; /* only at its end */
			continue;
		}
		if (over || l.len < 2 || l.len > SHAPE_SDP_LINE_MAX ||
		    !islower((unsigned char)l.p[0]) || l.p[1] != '=' ||
		    memchr(l.p, 0, l.len))
			return "sdp line";
		if (lines == 1 && l.p[0] != 'v')
			return "sdp version";
		if (l.p[0] == 'm' && ++media > SHAPE_SDP_MEDIA_MAX)
			return "sdp media";
	}
	return lines ? NULL : "sdp empty";
}

/* The parameter boundary= of a Content-Type. */
static struct str boundary_of(struct str type)
{
	struct str rest = type, part, v;

	str_cut(&rest, ';', &part);
	while (str_cut(&rest, ';', &part)) {
		part = trim(part);
		if (!begins(part, "boundary"))
			continue;
		v = skip(part, 8);
		if (!v.len || v.p[0] != '=')
			continue;
		v = skip(v, 1);
		if (v.len >= 2 && v.p[0] == '"' && v.p[v.len - 1] == '"')
			v = (struct str){v.p + 1, v.len - 2};
		return v;
	}
	return STR_NONE;
}

const char *shape_multipart(struct str type, struct str body)
{
	struct str mark = boundary_of(type), rest = body, l;
	int parts = 0;

	if (!mark.len || mark.len > BOUNDARY_MAX || !all(mark, isprint))
		return "multipart boundary";
	while (line(&rest, &l)) {
		if (l.len < mark.len + 2 || memcmp(l.p, "--", 2) ||
		    memcmp(l.p + 2, mark.p, mark.len))
			continue;
		l = trim((struct str){l.p + 2 + mark.len,
				      l.len - 2 - mark.len});
		if (is(l, "--"))
			return parts ? NULL : "multipart empty";
		if (!l.len && ++parts > SHAPE_PARTS_MAX)
			return "multipart parts";
	}
	return "multipart end";
}

/* ---- the message ------------------------------------------------------------ */

enum once { /* headers of which there is one at most */
	FROM, TO, CALL_ID, CSEQ, MAX_FORWARDS, CONTENT_LENGTH, CONTENT_TYPE,
	ONCE
};

static const char *const once[ONCE][2] = {
	[FROM] = {"from", "f"}, [TO] = {"to", "t"},
	[CALL_ID] = {"call-id", "i"}, [CSEQ] = {"cseq", ""},
	[MAX_FORWARDS] = {"max-forwards", ""},
	[CONTENT_LENGTH] = {"content-length", "l"},
	[CONTENT_TYPE] = {"content-type", "c"},
};

struct shape {
	struct str value[ONCE];
	bool there[ONCE];
	int headers, digests;
};

static const char *header(struct shape *s, struct str text)
{
	const char *colon = memchr(text.p, ':', text.len);
	struct str name, value;

	if (++s->headers > SHAPE_HEADERS_MAX)
		return "number of headers";
	if (text.len > SHAPE_LINE_MAX)
		return "length of a header";
	if (!colon || memchr(text.p, 0, text.len))
		return "header";
	name = trim((struct str){text.p, (size_t)(colon - text.p)});
	value = skip(text, (size_t)(colon - text.p) + 1);
	for (int i = 0; i < ONCE; i++)
		if (is(name, once[i][0]) || is(name, once[i][1])) {
			if (s->there[i])
				return once[i][0];
			s->there[i] = true;
			s->value[i] = value;
		}
	if (!is(name, "authorization") && !is(name, "proxy-authorization"))
		return NULL;
	if (++s->digests > SHAPE_DIGESTS_MAX)
		return "number of credentials";
	return shape_digest(value);
}

/* Cuts one header off, with the lines that are folded to it. False: the empty
 * line, or nothing is left. */
static bool next_header(struct str *rest, struct str *out)
{
	struct str l;

	if (!line(rest, &l) || !l.len)
		return false;
	*out = l;
	while (rest->len && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
		line(rest, &l);
		out->len = (size_t)(l.p + l.len - out->p);
	}
	return true;
}

/* True to what follows: RFC 3261 18.3 (more than it says is not read). */
static const char *length(const struct shape *s, struct str *body)
{
	uint64_t n;

	if (!s->there[CONTENT_LENGTH])
		return NULL;
	if (str_u64(s->value[CONTENT_LENGTH], &n) || n > body->len)
		return "content-length";
	body->len = n;
	return NULL;
}

const char *shape_message(struct str message)
{
	struct shape s = {.headers = 0};
	struct str rest = message, h, type;
	const char *bad;

	if (!line(&rest, &h) || !h.len || h.len > SHAPE_LINE_MAX ||
	    memchr(h.p, 0, h.len))
		return "first line";
	while (next_header(&rest, &h)) {
		bad = header(&s, h);
		if (bad)
			return bad;
	}
	bad = length(&s, &rest);
	if (bad || !rest.len)
		return bad;
	type = s.value[CONTENT_TYPE];
	if (begins(type, "application/sdp"))
		return shape_sdp(rest);
	if (begins(type, "multipart/"))
		return shape_multipart(type, rest);
	return NULL;
}
