/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lane is one leg at one rtpengine: the operation under way and the newest
 * one behind it. Operations under way are found by the cookie of the command
 * that waits for its answer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <uthash.h>

#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "router-engine/io/alarm.h"
#include "router-engine/io/ng.h"
#include "router-engine/io/peer.h"
#include "rtp/ng/ng.h"

struct op {
	struct ngc *n;
	struct peer *peer; /* NULL: not in the configuration */
	struct lane *lane;
	unsigned partition;
	struct arena arena; /* texts of req */
	struct ng_request req;
	struct ng_result res;
	uint64_t token, deadline_ms;
	unsigned step;
	bool again; /* it was begun a second time */
	struct alarm *alarm;
	char cookie[48];
	struct str datagram; /* ours, malloc */
	UT_hash_handle hh; /* by cookie, while under way */
};

struct lane {
	struct op *now, *next;
	UT_hash_handle hh;
	char key[]; /* "rtpengine leg" */
};

struct ngc {
	struct event_base *base;
	struct ngc_handlers h;
	struct peer *peers[NGC_PEERS_MAX];
	size_t npeers;
	struct op *ops;
	struct lane *lanes;
	struct ngc_stats stats;
	char tag[24];
	uint64_t cookies;
	char buf[NG_DATAGRAM_MAX];
};

static void lane_next(struct ngc *n, struct lane *l);

const struct ngc_stats *ngc_stats(const struct ngc *n)
{
	return &n->stats;
}

static void op_free(struct op *op)
{
	if (!op)
		return;
	if (op->cookie[0])
		HASH_DEL(op->n->ops, op);
	alarm_free(op->alarm);
	arena_release(&op->arena);
	free((char *)op->datagram.p);
	free(op);
}

/* ---- the end of an operation -------------------------------------------- */

static void put(struct msg *m, enum msg_field f, const char *s)
{
	msg_put(m, f, str_c(s));
}

static void tell_result(struct op *op)
{
	bool ok = op->res.cause == NG_OK;
	struct ngc *n = op->n;
	char outer[NG_ADDR_MAX];
	struct msg m;

	msg_init(&m, ok ? M_NG_REPLIED : M_NG_FAILED);
	msg_put(&m, F_LEG, op->req.leg);
	msg_put_num(&m, &op->arena, F_TOKEN, op->token);
	put(&m, F_OP, ng_op_name(op->req.op));
	if (ok) {
		n->stats.replied++;
		msg_put(&m, F_SDP, op->res.sdp);
		if (str_set(op->res.sdp) &&
		    !ng_sdp_addr(op->res.sdp, outer, sizeof(outer)))
			put(&m, F_OUTER, outer);
		put(&m, F_ADDR, op->res.addr);
		put(&m, F_CODEC, op->res.codec);
	} else {
		put(&m, F_CAUSE, ng_cause_name((int)op->res.cause));
		put(&m, F_REASON, op->res.reason);
		log_warn("ng.failed",
			 "leg=%.*s op=%s rtpengine=%s cause=%s reason=\"%s\"",
			 STR_FMT(op->req.leg), ng_op_name(op->req.op),
			 op->peer ? peer_name(op->peer) : "?",
			 ng_cause_name((int)op->res.cause), op->res.reason);
	}
	n->h.on_result(op->partition, &m, n->h.arg);
}

/* Tells the result, frees the operation and begins the one behind it. */
static void op_done(struct op *op)
{
	struct lane *l = op->lane;
	struct ngc *n = op->n;

	l->now = NULL;
	tell_result(op);
	op_free(op);
	lane_next(n, l);
}

static void op_fail(struct op *op, int cause, const char *reason)
{
	op->res.cause = cause;
	snprintf(op->res.reason, sizeof(op->res.reason), "%s", reason);
	if (cause == NG_REFUSED)
		op->n->stats.refused++;
	else if (cause == NG_BROKEN)
		op->n->stats.silent++;
	op_done(op);
}

/* ---- one command --------------------------------------------------------- */

static void cookie_set(struct op *op, const char *cookie)
{
	if (op->cookie[0])
		HASH_DEL(op->n->ops, op);
	snprintf(op->cookie, sizeof(op->cookie), "%s", cookie);
	if (op->cookie[0])
		HASH_ADD_STR(op->n->ops, cookie, op);
}

static int command_write(struct op *op)
{
	struct ngc *n = op->n;
	char cookie[48], *p;
	size_t len = 0;
	int err, c;

	c = snprintf(cookie, sizeof(cookie), "%s_%llu", n->tag,
		     (unsigned long long)++n->cookies);
	err = ng_write(&op->req, op->step, n->buf, sizeof(n->buf), &len);
	if (err)
		return err;
	p = realloc((char *)op->datagram.p, (size_t)c + 1 + len);
	if (!p)
		return ENOMEM;
	memcpy(p, cookie, (size_t)c);
	p[c] = ' ';
	memcpy(p + c + 1, n->buf, len);
	op->datagram = (struct str){p, (size_t)c + 1 + len};
	cookie_set(op, cookie);
	return 0;
}

static const char *why_refused(const struct op *op)
{
	const char *reason = NULL;

	if (str_set(op->req.sdp))
		ng_sdp_check(op->req.sdp, &reason);
	return reason ? reason : "the request cannot be written";
}

/* The next command leaves, or (from the loop) the operation fails. */
static void op_send(struct op *op)
{
	if (!op->peer)
		op_fail(op, NG_BROKEN, "not in the engine's configuration");
	else if (command_write(op))
		op_fail(op, NG_REFUSED, why_refused(op));
	else {
		peer_send(op->peer, op->datagram);
		alarm_set(op->alarm, NGC_RESEND_MS);
	}
}

static void on_op_alarm(void *arg)
{
	struct op *op = arg;

	if (!op->cookie[0]) {
		op->deadline_ms = alarm_now_ms() + NGC_DEADLINE_MS;
		op_send(op);
	} else if (alarm_now_ms() >= op->deadline_ms) {
		op_fail(op, NG_BROKEN, "no answer");
	} else {
		op->n->stats.resent++;
		peer_send(op->peer, op->datagram);
		alarm_set(op->alarm, NGC_RESEND_MS);
	}
}

/* An rtpengine that was started between two steps does not have the first. */
static bool begin_again(struct op *op)
{
	if (op->res.cause != NG_UNKNOWN || !op->step || op->again)
		return false;
	op->again = true;
	op->step = 0;
	op->res = (struct ng_result){0};
	op_send(op);
	return true;
}

static void on_reply(struct peer *p, struct str cookie, char *body, size_t len,
		     void *arg)
{
	struct ngc *n = arg;
	struct op *op;

	HASH_FIND(hh, n->ops, cookie.p, cookie.len, op);
	if (!op || op->peer != p)
		return; /* an answer to what was sent twice */
	if (ng_read(&op->req, op->step, body, len, &op->res)) {
		if (begin_again(op))
			return;
		op_fail(op, (int)op->res.cause,
			strdupa(op->res.reason));
		return;
	}
	op->step++;
	if (op->step < ng_steps(op->req.op))
		op_send(op);
	else
		op_done(op);
}

/* ---- lanes ---------------------------------------------------------------- */

static void lane_free(struct ngc *n, struct lane *l)
{
	HASH_DEL(n->lanes, l);
	op_free(l->now);
	op_free(l->next);
	free(l);
}

static void lane_next(struct ngc *n, struct lane *l)
{
	if (l->now)
		return; /* the handler asked for something newer */
	l->now = l->next;
	l->next = NULL;
	if (l->now)
		alarm_set(l->now->alarm, 0);
	else
		lane_free(n, l);
}

static struct lane *lane_get(struct ngc *n, struct str peer, struct str leg)
{
	size_t len = peer.len + 1 + leg.len;
	struct lane *l, *fresh = calloc(1, sizeof(*l) + len + 1);

	if (!fresh)
		return NULL;
	snprintf(fresh->key, len + 1, "%.*s %.*s", STR_FMT(peer),
		 STR_FMT(leg));
	HASH_FIND_STR(n->lanes, fresh->key, l);
	if (l) {
		free(fresh);
		return l;
	}
	HASH_ADD_STR(n->lanes, key, fresh);
	return fresh;
}

/* ---- asking ---------------------------------------------------------------- */

static int op_of(enum msg_type type)
{
	switch (type) {
	case M_NG_NEGOTIATE:
		return NG_OP_NEGOTIATE;
	case M_NG_PROPOSE:
		return NG_OP_PROPOSE;
	case M_NG_ACCEPT:
		return NG_OP_ACCEPT;
	case M_NG_DELETE:
		return NG_OP_DELETE;
	default:
		return -1;
	}
}

static struct peer *peer_find(struct ngc *n, struct str name)
{
	for (size_t i = 0; i < n->npeers; i++)
		if (str_eq(name, str_c(peer_name(n->peers[i]))))
			return n->peers[i];
	return NULL;
}

static struct op *op_make(struct ngc *n, unsigned partition,
			  const struct msg *m)
{
	struct op *op = calloc(1, sizeof(*op));

	if (!op)
		return NULL;
	arena_init(&op->arena);
	op->n = n;
	op->partition = partition;
	op->peer = peer_find(n, msg_get(m, F_RTPENGINE));
	op->token = msg_num(m, F_TOKEN);
	op->req.op = (enum ng_op)op_of(m->type);
	op->req.leg = arena_str(&op->arena, msg_get(m, F_LEG));
	op->req.sdp = arena_str(&op->arena, msg_get(m, F_SDP));
	op->req.point = arena_str(&op->arena, msg_get(m, F_POINT));
	op->req.pinned = msg_num(m, F_PINNED) != 0;
	op->req.srtp = msg_num(m, F_SRTP) != 0;
	if (op->arena.failed ||
	    alarm_alloc(&op->alarm, n->base, on_op_alarm, op)) {
		op_free(op);
		return NULL;
	}
	return op;
}

int ngc_request(struct ngc *n, unsigned partition, const struct msg *m)
{
	struct lane *l;
	struct op *op;

	if (op_of(m->type) < 0)
		return EINVAL;
	op = op_make(n, partition, m);
	if (!op)
		return ENOMEM;
	l = lane_get(n, msg_get(m, F_RTPENGINE), op->req.leg);
	if (!l) {
		op_free(op);
		return ENOMEM;
	}
	n->stats.requests++;
	op->lane = l;
	op_free(l->next); /* replaced before it began */
	l->next = NULL;
	if (l->now) {
		l->next = op;
		return 0;
	}
	l->now = op;
	alarm_set(op->alarm, 0);
	return 0;
}

void ngc_cancel(struct ngc *n, unsigned partition)
{
	struct lane *l, *tmp;

	/* A leg belongs to one partition, so a lane does. One whose handler
	 * runs has no `now`, and frees itself. */
	HASH_ITER(hh, n->lanes, l, tmp) {
		if (l->now && l->now->partition == partition) {
			lane_free(n, l);
		} else if (l->next && l->next->partition == partition) {
			op_free(l->next);
			l->next = NULL;
		}
	}
}

/* ---- the rtpengines --------------------------------------------------------- */

static bool health_msg(struct msg *m, const struct peer *p)
{
	if (peer_state(p) == PEER_UNKNOWN)
		return false;
	msg_init(m, peer_state(p) == PEER_UP ? M_RTPENGINE_UP
					     : M_RTPENGINE_DOWN);
	put(m, F_RTPENGINE, peer_name(p));
	if (peer_state(p) == PEER_UP)
		put(m, F_ADDR, peer_media(p));
	return true;
}

static void on_state(struct peer *p, enum peer_state state, void *arg)
{
	struct ngc *n = arg;
	struct msg m;

	(void)state;
	if (health_msg(&m, p))
		n->h.on_health(&m, n->h.arg);
}

void ngc_tell(struct ngc *n, void (*fn)(const struct msg *m, void *arg),
	      void *arg)
{
	struct msg m;

	for (size_t i = 0; i < n->npeers; i++)
		if (health_msg(&m, n->peers[i]))
			fn(&m, arg);
}

int ngc_add(struct ngc *n, const char *name, const char *ng,
	    const char *media)
{
	struct peer_handlers h = {on_reply, on_state, n};
	int err;

	if (n->npeers == NGC_PEERS_MAX)
		return ENOSPC;
	err = peer_alloc(&n->peers[n->npeers], n->base, name, ng, media, &h);
	if (!err)
		n->npeers++;
	return err;
}

int ngc_alloc(struct ngc **np, struct event_base *base,
	      const struct ngc_handlers *h)
{
	struct ngc *n = calloc(1, sizeof(*n));

	if (!n)
		return ENOMEM;
	n->base = base;
	n->h = *h;
	peer_tag(n->tag, sizeof(n->tag));
	*np = n;
	return 0;
}

void ngc_free(struct ngc *n)
{
	struct lane *l, *tmp;

	if (!n)
		return;
	HASH_ITER(hh, n->lanes, l, tmp)
		lane_free(n, l);
	for (size_t i = 0; i < n->npeers; i++)
		peer_free(n->peers[i]);
	free(n);
}
