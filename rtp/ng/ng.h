/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file ng.h  What we ask of rtpengine: requests built, replies read.
 *
 * No sockets, no loop, no memory: whoever has those sends what is written
 * here. A leg is one rtpengine call with two tags, `outer` (carrier, phone)
 * and `inner` (plain PCMA, 20 ms, telephone-event, a port inside the
 * cluster); its call-id is the leg's id.
 *
 * An operation is carried out by one or two ng commands, one after the
 * other; every command is idempotent, so after silence the whole operation
 * is sent again from its first command:
 *
 *	struct ng_result res = {0};
 *	for (step = 0; step < ng_steps(req.op); step++) {
 *		ng_write(&req, step, buf, sizeof(buf), &len);
 *		... send "<cookie> " and buf; the reply is "<cookie> ..." ...
 *		err = ng_read(&req, step, reply, reply_len, &res);
 *		if (err) break;
 *	}
 *
 * A cookie names one command: rtpengine answers a cookie that it has seen with
 * the reply that it gave then. So a datagram is re-sent with its cookie, and
 * everything else, also after a restart, needs a new one.
 *
 * To move a leg, negotiate again with the outer side's last SDP (its answer to
 * a proposal serves as well) and another point: ports stay. The old point need
 * not be un-pointed first, but it must stop sending: what it sends still
 * reaches the outer side. Proposing to a leg that is up (late offer) works too.
 *
 * Rules kept here because rtpengine 10.5 and 12.5 differ or misbehave without
 * them: `asymmetric` and `single codec` in every inner answer, `strict source`
 * on the outer side (whoever it learned after an offer is heard, nobody else;
 * a pinned one learns nothing: `asymmetric`, for 12.5 `endpoint-learning`),
 * `port latching`
 * everywhere, `to-tag` in every offer, inner SDP always sendrecv with a real
 * port, origin replaced, ICE ends here.
 */
#ifndef JF_NG_NG_H
#define JF_NG_NG_H

#include "lib/base/str.h"

/* A request or a reply never needs more (one UDP datagram). */
#define NG_DATAGRAM_MAX 65535
#define NG_SDP_MAX 16384
#define NG_ADDR_MAX 64 /* "address:port" and a NUL */
#define NG_CODEC_MAX 32

enum ng_op {
	NG_OP_NEGOTIATE, /* offer from outer, answer from inner */
	NG_OP_PROPOSE,	 /* offer from inner */
	NG_OP_ACCEPT,	 /* answer from outer to a proposal */
	NG_OP_DELETE,	 /* at once, without rtpengine's delay */
	NG_OP_PING,
};

struct ng_request {
	enum ng_op op;
	struct str leg;	  /* not for ping */
	struct str sdp;	  /* of the outer side: negotiate, accept */
	struct str point; /* IPv4 address:port: negotiate, propose, accept */
	bool pinned; /* the outer side is heard from its SDP's address alone:
		      * negotiate, accept */
	bool srtp; /* SRTP for the outer side: propose */
};

/* What became of an operation. Zero it before the first step. */
struct ng_result {
	struct str sdp; /* for the outer side, in the last reply's bytes */
	char addr[NG_ADDR_MAX];	  /* inner side, address:port, or "" */
	char codec[NG_CODEC_MAX]; /* outer side's audio ("PCMU"), or "" */
	enum {
		NG_OK,
		NG_REFUSED, /* it will not do this SDP */
		NG_UNKNOWN, /* it has no such call (answer, accept, delete) */
		NG_BROKEN,  /* not a reply of rtpengine's */
	} cause;
	char reason[128]; /* in words, when cause is not NG_OK */
};

/* "negotiate", ... */
const char *ng_op_name(enum ng_op op);
/* "refused", "unknown"; NG_BROKEN is told as "silent", NG_OK as "ok". */
const char *ng_cause_name(int cause);

/* How many commands carry it out: 1, or 2 for negotiate. */
unsigned ng_steps(enum ng_op op);

/*
 * Whether rtpengine can serve this SDP of an outer side at all. 0, or EINVAL
 * with the reason in words: no audio line, audio rejected (port 0), no codec
 * that can be transcoded. ng_write() checks it too.
 */
int ng_sdp_check(struct str sdp, const char **reasonp);

/*
 * Writes the bencoded command of a step (without cookie) into buf. 0; EINVAL:
 * the SDP is one to refuse (see ng_sdp_check; nothing needs to be sent, the
 * operation's cause is NG_REFUSED) or leg, point or sdp is missing; ENOBUFS.
 */
int ng_write(const struct ng_request *req, unsigned step, char *buf,
	     size_t size, size_t *lenp);

/*
 * Reads the reply (without cookie) to a step, in place: reply's bytes may be
 * changed, and res->sdp lies in them. 0; EPROTO or EREMOTEIO with cause and
 * reason set: the operation failed.
 */
int ng_read(const struct ng_request *req, unsigned step, char *reply,
	    size_t len, struct ng_result *res);

/* Splits a datagram at its first space. 0, EPROTO. */
int ng_datagram(struct str datagram, struct str *cookiep, struct str *bodyp);

/* The audio's address and port of an SDP. 0, EINVAL, ENAMETOOLONG. */
int ng_sdp_addr(struct str sdp, char *addr, size_t size);
/* Encoding name of the audio's first format that is not telephone-event. */
int ng_sdp_codec(struct str sdp, char *codec, size_t size);

#endif
