/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dictionaries that rtpengine is sent, and what its replies mean.
 *
 * The inner side is ours, so its SDP is written here: the audio line that we
 * serve is PCMA and the outer side's own telephone-event type (rtpengine does
 * not renumber it), every other line of the outer offer is rejected. Its
 * direction is sendrecv always, for rtpengine 12.5 gates what it is told; the
 * direction that the outer side must see is put into the reply instead, and
 * told in the session name, by which rtpengine sees that the SDP changed and
 * raises its version.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "rtp/ng/bencode.h"
#include "rtp/ng/ng.h"
#include "rtp/ng/sdp.h"

/* ---- the inner side's SDP ------------------------------------------------ */

struct text {
	char p[2048];
	size_t len;
	bool full;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *fmt, ...)
{
	size_t room = sizeof(t->p) - t->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		t->full = true;
	else
		t->len += (size_t)n;
}

/* te: payload type of telephone-event, or empty. */
static void add_audio(struct text *t, struct str port, struct str te)
{
	add(t, "m=audio %.*s RTP/AVP 8", STR_FMT(port));
	if (te.len)
		add(t, " %.*s", STR_FMT(te));
	add(t, "\r\na=rtpmap:8 PCMA/8000\r\n");
	if (te.len)
		add(t,
		    "a=rtpmap:%.*s telephone-event/8000\r\n"
		    "a=fmtp:%.*s 0-15\r\n",
		    STR_FMT(te), STR_FMT(te));
	add(t, "a=ptime:20\r\na=sendrecv\r\n");
}

/* "address:port" into its parts. */
static int split_point(struct str point, struct str *addrp, struct str *portp)
{
	uint64_t v;

	if (!str_cut(&point, ':', addrp) || !addrp->len || !point.len)
		return EINVAL;
	*portp = point;
	return str_u64(point, &v) || !v || v > 65535 ? EINVAL : 0;
}

static void add_session(struct text *t, struct str addr, const char *name)
{
	add(t,
	    "v=0\r\no=jackfield 0 0 IN IP4 %.*s\r\ns=%s\r\n"
	    "c=IN IP4 %.*s\r\nt=0 0\r\n",
	    STR_FMT(addr), name, STR_FMT(addr));
}

/* The inner side's offer. */
static int inner_offer(struct text *t, struct str point)
{
	struct str addr, port;

	if (split_point(point, &addr, &port))
		return EINVAL;
	add_session(t, addr, "-");
	add_audio(t, port, STR_LIT("101"));
	return t->full ? ENOBUFS : 0;
}

/* The inner side's answer to what the outer side offers. */
static int inner_answer(struct text *t, struct str point, struct str outer)
{
	struct str addr, port, te = STR_NONE;
	const char *direction;
	struct sdp sdp;
	unsigned i;

	if (split_point(point, &addr, &port) || sdp_parse(outer, &sdp))
		return EINVAL;
	direction =
		sdp_direction_answer(sdp_direction(&sdp, &sdp.v[sdp.audio]));
	add_session(t, addr, strcmp(direction, "sendrecv") ? direction : "-");
	for (i = 0; i < sdp.n; i++) {
		const struct sdp_media *m = &sdp.v[i];

		if (i == sdp.audio) {
			sdp_has(m, "telephone-event", 8000, &te);
			add_audio(t, port, te);
		} else {
			add(t, "m=%.*s 0 %.*s %.*s\r\n", STR_FMT(m->kind),
			    STR_FMT(m->proto), STR_FMT(m->formats));
		}
	}
	return t->full ? ENOBUFS : 0;
}

/* ---- commands --------------------------------------------------------------
 */

static void pair(struct bwriter *w, const char *key, struct str value)
{
	bwrite_str(w, str_c(key));
	bwrite_str(w, value);
}

/* words: separated by blanks. */
static void list(struct bwriter *w, const char *key, const char *words)
{
	struct str rest = str_c(words), word;

	bwrite_str(w, str_c(key));
	bwrite_list(w);
	while (str_cut(&rest, ' ', &word))
		bwrite_str(w, word);
	bwrite_end(w);
}

static void begin(struct bwriter *w, const char *command, struct str leg,
		  const char *from, const char *to)
{
	bwrite_dict(w);
	pair(w, "command", str_c(command));
	pair(w, "call-id", leg);
	if (from)
		pair(w, "from-tag", str_c(from));
	if (to)
		pair(w, "to-tag", str_c(to));
}

/* Who says it, and how. */
struct says {
	struct str sdp;
	bool offer, inner;
	bool unkept; /* rtpengine leaves its Redis alone: an answer follows */
	bool pinned;
	bool srtp;
};

static void flags(struct bwriter *w, const struct says *s)
{
	bwrite_str(w, STR_LIT("flags"));
	bwrite_list(w);
	bwrite_str(w, STR_LIT("port latching"));
	if (!s->offer)
		bwrite_str(w, STR_LIT("single codec"));
	/* Not both on the inner side: together they pin 12.5's to the first
	 * source. The outer side learns after each offer, then nobody else is
	 * heard. */
	if (s->inner || s->pinned)
		bwrite_str(w, STR_LIT("asymmetric"));
	if (!s->inner)
		bwrite_str(w, STR_LIT("strict source"));
	else /* some phones read no key without its padding */
		bwrite_str(w, STR_LIT("pad crypto"));
	if (s->unkept)
		bwrite_str(w, STR_LIT("no-redis-update"));
	bwrite_end(w);
	if (s->pinned)
		pair(w, "endpoint-learning", STR_LIT("off"));
}

/* What every offer and answer says. */
static void common(struct bwriter *w, const struct says *s)
{
	pair(w, "sdp", s->sdp);
	pair(w, "ICE", STR_LIT("remove"));
	list(w, "replace", "origin SDP-version");
	flags(w, s);
	if (s->offer)
		pair(w, "transport protocol", s->srtp ? STR_LIT("RTP/SAVP")
						      : STR_LIT("RTP/AVP"));
	if (s->srtp)
		list(w, "SDES", "no-NULL_HMAC_SHA1_80 no-NULL_HMAC_SHA1_32 "
				"no-F8_128_HMAC_SHA1_80 no-F8_128_HMAC_SHA1_32");
}

/* The inner side is shown PCMA alone, and telephone-event when the outer side
 * has it: without, rtpengine would look for tones in the audio and transcode
 * every packet for that. */
static void write_offer(struct bwriter *w, const struct ng_request *req)
{
	struct sdp sdp;
	bool te = !sdp_parse(req->sdp, &sdp) && sdp.audio < sdp.n &&
		  sdp_has(&sdp.v[sdp.audio], "telephone-event", 8000, NULL);

	begin(w, "offer", req->leg, "outer", "inner");
	common(w, &(struct says){.sdp = req->sdp, .offer = true,
				 .unkept = true, .pinned = req->pinned});
	bwrite_str(w, STR_LIT("codec"));
	bwrite_dict(w);
	list(w, "mask", "all");
	list(w, "transcode", te ? "PCMA telephone-event" : "PCMA");
	bwrite_end(w);
	bwrite_end(w);
}

static int write_answer(struct bwriter *w, const struct ng_request *req)
{
	struct text t = {.len = 0};
	int err = inner_answer(&t, req->point, req->sdp);

	if (err)
		return err;
	begin(w, "answer", req->leg, "outer", "inner");
	common(w, &(struct says){.sdp = {t.p, t.len}, .inner = true});
	bwrite_end(w);
	return 0;
}

static int write_propose(struct bwriter *w, const struct ng_request *req)
{
	struct text t = {.len = 0};
	int err = inner_offer(&t, req->point);

	if (err)
		return err;
	begin(w, "offer", req->leg, "inner", "outer");
	common(w, &(struct says){.sdp = {t.p, t.len}, .offer = true,
				 .inner = true, .srtp = req->srtp});
	bwrite_str(w, STR_LIT("codec"));
	bwrite_dict(w);
	list(w, "transcode", "PCMU G722 opus");
	bwrite_end(w);
	bwrite_end(w);
	return 0;
}

static void write_accept(struct bwriter *w, const struct ng_request *req)
{
	begin(w, "answer", req->leg, "inner", "outer");
	common(w, &(struct says){.sdp = req->sdp, .pinned = req->pinned});
	bwrite_end(w);
}

static void write_delete(struct bwriter *w, const struct ng_request *req)
{
	/* no tag: 12.5 would keep a call whose offerer is another side */
	begin(w, "delete", req->leg, NULL, NULL);
	bwrite_str(w, STR_LIT("delete delay"));
	bwrite_int(w, 0);
	bwrite_end(w);
}

static int write_step(struct bwriter *w, const struct ng_request *req,
		      unsigned step)
{
	switch (req->op) {
	case NG_OP_NEGOTIATE:
		if (step)
			return write_answer(w, req);
		write_offer(w, req);
		return 0;
	case NG_OP_PROPOSE:
		return write_propose(w, req);
	case NG_OP_ACCEPT:
		write_accept(w, req);
		return 0;
	case NG_OP_DELETE:
		write_delete(w, req);
		return 0;
	case NG_OP_PING:
		bwrite_dict(w);
		pair(w, "command", STR_LIT("ping"));
		bwrite_end(w);
		return 0;
	}
	return EINVAL;
}

static bool wants_sdp(enum ng_op op)
{
	return op == NG_OP_NEGOTIATE || op == NG_OP_ACCEPT;
}

int ng_write(const struct ng_request *req, unsigned step, char *buf,
	     size_t size, size_t *lenp)
{
	struct bwriter w;
	const char *reason;
	int err;

	if (step >= ng_steps(req->op) ||
	    (req->op != NG_OP_PING && !req->leg.len))
		return EINVAL;
	if (wants_sdp(req->op) && ng_sdp_check(req->sdp, &reason))
		return EINVAL;
	bwrite_init(&w, buf, size);
	err = write_step(&w, req, step);
	if (!err && w.full)
		err = ENOBUFS;
	if (!err)
		*lenp = w.len;
	return err;
}

/* ---- replies ----------------------------------------------------------------
 */

static int fail(struct ng_result *res, int cause, struct str reason, int err)
{
	size_t n = reason.len < sizeof(res->reason) - 1
			   ? reason.len
			   : sizeof(res->reason) - 1;

	res->cause = cause;
	if (n)
		memcpy(res->reason, reason.p, n);
	res->reason[n] = '\0';
	return err;
}

static bool contains(struct str s, const char *part)
{
	return s.len && memmem(s.p, s.len, part, strlen(part));
}

/* "error" with its reason, or "load limit". */
static int refused(struct ng_result *res, const struct bvalue *dict,
		   struct str result)
{
	struct bvalue v;
	struct str reason = result;

	if (!bread_get(dict, "error-reason", &v) && v.kind == B_STR)
		reason = v.str;
	return fail(res,
		    contains(reason, "Unknown call") ? NG_UNKNOWN : NG_REFUSED,
		    reason, EREMOTEIO);
}

/* The reply's SDP is the answer that the outer side gets: let it answer the
 * direction that was offered. All four words are of one length. */
static void set_direction(struct str offer, struct str answer)
{
	struct sdp theirs, ours;
	const struct sdp_media *m;
	const char *want;
	char line[16], *at;

	if (sdp_parse(offer, &theirs) || theirs.audio == theirs.n ||
	    sdp_parse(answer, &ours) || ours.audio == ours.n)
		return;
	want = sdp_direction_answer(
		sdp_direction(&theirs, &theirs.v[theirs.audio]));
	m = &ours.v[ours.audio];
	snprintf(line, sizeof(line), "\na=%s", sdp_direction(&ours, m));
	at = memmem(m->body.p, m->body.len, line, 11);
	if (at)
		memcpy(at + 3, want, 8);
}

static int inner_addr(struct ng_result *res, struct str sdp)
{
	if (ng_sdp_addr(sdp, res->addr, sizeof(res->addr)))
		return fail(res, NG_REFUSED, STR_LIT("rtpengine gave no audio"),
			    EREMOTEIO);
	return 0;
}

static int read_sdp(const struct ng_request *req, unsigned step, struct str sdp,
		    struct ng_result *res)
{
	switch (req->op) {
	case NG_OP_NEGOTIATE:
		if (!step)
			return inner_addr(res, sdp);
		set_direction(req->sdp, sdp);
		res->sdp = sdp;
		ng_sdp_codec(sdp, res->codec, sizeof(res->codec));
		return 0;
	case NG_OP_PROPOSE:
		res->sdp = sdp;
		return 0;
	default:
		ng_sdp_codec(req->sdp, res->codec, sizeof(res->codec));
		return inner_addr(res, sdp);
	}
}

int ng_read(const struct ng_request *req, unsigned step, char *reply,
	    size_t len, struct ng_result *res)
{
	const struct str broken = STR_LIT("not a reply of rtpengine's");
	struct bvalue dict, result, sdp;

	if (bread((struct str){reply, len}, &dict) || dict.kind != B_DICT ||
	    bread_get(&dict, "result", &result) || result.kind != B_STR)
		return fail(res, NG_BROKEN, broken, EPROTO);
	if (!str_eq(result.str, STR_LIT("ok")) &&
	    !str_eq(result.str, STR_LIT("pong")))
		return refused(res, &dict, result.str);
	if (req->op == NG_OP_DELETE || req->op == NG_OP_PING)
		return 0;
	if (bread_get(&dict, "sdp", &sdp) || sdp.kind != B_STR || !sdp.str.len)
		return fail(res, NG_BROKEN, broken, EPROTO);
	return read_sdp(req, step, sdp.str, res);
}

int ng_datagram(struct str datagram, struct str *cookiep, struct str *bodyp)
{
	struct str rest = datagram;

	if (!str_cut(&rest, ' ', cookiep) || !cookiep->len || !rest.len)
		return EPROTO;
	*bodyp = rest;
	return 0;
}

/* ---- names
 * ------------------------------------------------------------------- */

unsigned ng_steps(enum ng_op op)
{
	return op == NG_OP_NEGOTIATE ? 2 : 1;
}

const char *ng_op_name(enum ng_op op)
{
	static const char *const names[] = {"negotiate", "propose", "accept",
					    "delete", "ping"};

	return names[op];
}

const char *ng_cause_name(int cause)
{
	static const char *const names[] = {"ok", "refused", "unknown",
					    "silent"};

	return names[cause];
}
