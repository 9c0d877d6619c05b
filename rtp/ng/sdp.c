/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "rtp/ng/ng.h"
#include "rtp/ng/sdp.h"

/* What rtpengine 10.5 and 12.5 as packaged decode AND encode. */
static const char *const served[] = {
	"PCMA", "PCMU", "G722", "G729", "GSM", "speex", "opus", "G723",
};

/* Payload types that need no rtpmap (RFC 3551). */
static const struct {
	const char *type, *name;
	unsigned rate;
} fixed[] = {
	{"0", "PCMU", 8000},  {"3", "GSM", 8000},  {"4", "G723", 8000},
	{"8", "PCMA", 8000},  {"9", "G722", 8000}, {"13", "CN", 8000},
	{"18", "G729", 8000},
};

static bool starts(struct str s, const char *head)
{
	size_t n = strlen(head);

	return s.len >= n && !memcmp(s.p, head, n);
}

static bool next_line(struct str *restp, struct str *linep)
{
	if (!str_cut(restp, '\n', linep))
		return false;
	if (linep->len && linep->p[linep->len - 1] == '\r')
		linep->len--;
	return true;
}

static bool next_word(struct str *restp, struct str *wordp)
{
	while (str_cut(restp, ' ', wordp)) {
		if (wordp->len)
			return true;
	}
	return false;
}

/* "c=IN IP4 192.0.2.1", the address without a multicast TTL. */
static struct str conn_addr(struct str line)
{
	struct str net, family, addr;

	line.p += 2;
	line.len -= 2;
	if (!next_word(&line, &net) || !next_word(&line, &family) ||
	    !next_word(&line, &addr))
		return STR_NONE;
	return addr;
}

/* "m=audio 4000 RTP/AVP 8 101"; a port may be "4000/2". */
static int media_line(struct str line, struct sdp_media *m)
{
	struct str port, digits;
	uint64_t v;

	line.p += 2;
	line.len -= 2;
	if (!next_word(&line, &m->kind) || !next_word(&line, &port) ||
	    !next_word(&line, &m->proto))
		return EINVAL;
	if (!str_cut(&port, '/', &digits) || str_u64(digits, &v) || v > 65535)
		return EINVAL;
	m->port = (unsigned)v;
	m->formats = line;
	return 0;
}

static void find_audio(struct sdp *sdp)
{
	for (sdp->audio = 0; sdp->audio < sdp->n; sdp->audio++) {
		const struct sdp_media *m = &sdp->v[sdp->audio];

		if (str_eq(m->kind, STR_LIT("audio")) && m->port)
			return;
	}
}

int sdp_parse(struct str text, struct sdp *sdp)
{
	struct str rest = text, line, session = STR_NONE;
	struct sdp_media *m = NULL;

	*sdp = (struct sdp){.head = {text.p, 0}};
	if (!starts(text, "v=0"))
		return EINVAL;
	while (next_line(&rest, &line)) {
		if (starts(line, "m=")) {
			if (sdp->n == SDP_MEDIA_MAX)
				return EINVAL;
			m = &sdp->v[sdp->n++];
			if (media_line(line, m))
				return EINVAL;
			m->addr = session;
			m->body = (struct str){line.p + line.len, 0};
		} else if (starts(line, "c=")) {
			*(m ? &m->addr : &session) = conn_addr(line);
		}
		if (m)
			m->body.len = (size_t)(line.p + line.len - m->body.p);
		else
			sdp->head.len = (size_t)(line.p + line.len - text.p);
	}
	find_audio(sdp);
	return 0;
}

/* The value of "a=rtpmap:<type> <value>". */
static bool rtpmap(const struct sdp_media *media, struct str type,
		   struct str *valuep)
{
	struct str rest = media->body, line, key;

	while (next_line(&rest, &line)) {
		if (!starts(line, "a=rtpmap:"))
			continue;
		line.p += 9;
		line.len -= 9;
		if (next_word(&line, &key) && str_eq(key, type))
			return next_word(&line, valuep);
	}
	return false;
}

bool sdp_format(const struct sdp_media *media, struct str *restp,
		struct sdp_format *fp)
{
	struct str value, rate;
	uint64_t v = 0;
	size_t i;

	if (!next_word(restp, &fp->type))
		return false;
	fp->name = STR_NONE;
	fp->rate = 0;
	if (rtpmap(media, fp->type, &value)) {
		str_cut(&value, '/', &fp->name);
		if (str_cut(&value, '/', &rate) && !str_u64(rate, &v))
			fp->rate = v < 1000000 ? (unsigned)v : 0;
		return true;
	}
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (!str_eq(fp->type, str_c(fixed[i].type)))
			continue;
		fp->name = str_c(fixed[i].name);
		fp->rate = fixed[i].rate;
	}
	return true;
}

static bool named(struct str name, const char *want)
{
	return name.len == strlen(want) && !strncasecmp(name.p, want, name.len);
}

bool sdp_has(const struct sdp_media *media, const char *name, unsigned rate,
	     struct str *typep)
{
	struct str rest = media->formats;
	struct sdp_format f;

	while (sdp_format(media, &rest, &f)) {
		if (!named(f.name, name) || (rate && f.rate != rate))
			continue;
		if (typep)
			*typep = f.type;
		return true;
	}
	return false;
}

static const char *const directions[] = {"sendrecv", "sendonly", "recvonly",
					 "inactive"};

static const char *direction_of(struct str lines)
{
	struct str line;
	size_t i;

	while (next_line(&lines, &line)) {
		if (!starts(line, "a="))
			continue;
		line.p += 2;
		line.len -= 2;
		for (i = 0; i < 4; i++)
			if (str_eq(line, str_c(directions[i])))
				return directions[i];
	}
	return NULL;
}

const char *sdp_direction(const struct sdp *sdp, const struct sdp_media *media)
{
	const char *d = direction_of(media->body);

	if (!d)
		d = direction_of(sdp->head);
	return d ? d : directions[0];
}

const char *sdp_direction_answer(const char *direction)
{
	if (!strcmp(direction, "sendonly"))
		return "recvonly";
	if (!strcmp(direction, "recvonly"))
		return "sendonly";
	return direction;
}

/* ---- ng.h: what others ask of an SDP ------------------------------------- */

static bool any_served(const struct sdp_media *m)
{
	size_t i;

	for (i = 0; i < sizeof(served) / sizeof(served[0]); i++)
		if (sdp_has(m, served[i], 0, NULL))
			return true;
	return false;
}

int ng_sdp_check(struct str text, const char **reasonp)
{
	struct sdp sdp;
	unsigned i, audio = 0;

	*reasonp = "not a session description";
	if (text.len > NG_SDP_MAX || sdp_parse(text, &sdp))
		return EINVAL;
	for (i = 0; i < sdp.n; i++)
		audio += str_eq(sdp.v[i].kind, STR_LIT("audio"));
	*reasonp =
		audio ? "its audio line is rejected (port 0)" : "no audio line";
	if (sdp.audio == sdp.n)
		return EINVAL;
	*reasonp = "no codec that we can transcode";
	if (!any_served(&sdp.v[sdp.audio]))
		return EINVAL;
	*reasonp = "";
	return 0;
}

int ng_sdp_addr(struct str text, char *addr, size_t size)
{
	const struct sdp_media *m;
	struct sdp sdp;
	int n;

	if (sdp_parse(text, &sdp) || sdp.audio == sdp.n)
		return EINVAL;
	m = &sdp.v[sdp.audio];
	if (!m->addr.len)
		return EINVAL;
	n = snprintf(addr, size,
		     memchr(m->addr.p, ':', m->addr.len) ? "[%.*s]:%u"
							 : "%.*s:%u",
		     STR_FMT(m->addr), m->port);
	return n > 0 && (size_t)n < size ? 0 : ENAMETOOLONG;
}

int ng_sdp_codec(struct str text, char *codec, size_t size)
{
	struct str rest;
	struct sdp_format f;
	struct sdp sdp;

	if (sdp_parse(text, &sdp) || sdp.audio == sdp.n)
		return EINVAL;
	rest = sdp.v[sdp.audio].formats;
	while (sdp_format(&sdp.v[sdp.audio], &rest, &f)) {
		if (named(f.name, "telephone-event") || !f.name.len)
			continue;
		return str_copy(codec, size, f.name);
	}
	return EINVAL;
}
