/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file gateway.h  Trunks that take calls of ours: which one, and how it does.
 *
 * The hash `gateways` in Redis maps a trunk's name to a line of name=value
 * pairs (lib/base/escape.h): uri, group, weight, max_calls, max_cps, and for
 * one that registers user, password, registrar; trusted and pinned are 1 or 0.
 * A call goes to one gateway of its group, drawn by weight; when that gives no sign in time, is overloaded
 * or away, to another one that was not tried yet. A weight is halved by each
 * failure and comes back with time and with success. line.c pings and
 * registers. The table is in shared memory under one lock, which is never
 * held while anything is sent.
 */
#ifndef ACD_GATEWAY_H
#define ACD_GATEWAY_H

#include "kamailio-mods/acd/ours.h"

#define GATEWAYS 128
#define GATEWAY_TEXT 192
#define GATEWAY_NAME 64

struct tried { /* a set of gateways */
	uint64_t bits[GATEWAYS / 64];
};

struct gateway {
	bool used;
	char name[GATEWAY_NAME], group[GATEWAY_NAME];
	char uri[GATEWAY_TEXT]; /* sip:host:port;transport=... */
	char user[GATEWAY_NAME], password[GATEWAY_NAME];
	char registrar[GATEWAY_TEXT]; /* empty: it does not register */
	unsigned weight, max_calls, max_cps;
	unsigned trusted; /* it gets P-Asserted-Identity */
	unsigned pinned; /* its RTP comes from where its SDP says */

	unsigned failures; /* recent; each halves the weight */
	uint64_t relieved_at; /* when one of them was forgiven */
	unsigned unanswered; /* OPTIONS, one after the other */
	uint64_t second; /* of which `begun` calls were counted */
	unsigned begun;

	/* line.c, monotonic ms */
	uint64_t ping_at, register_at;
	unsigned cseq; /* of its REGISTERs */
	unsigned register_code; /* last final reply; 0: none */
};

enum { GATEWAY_DOWN = 2 }; /* so many unanswered OPTIONS */

int gateway_init(void); /* before the fork. 0, ENOMEM */
/* n pairs of name and line take the place of what there was. */
void gateway_load(const struct str *v, size_t n);

/*
 * Draws a gateway of the group that is not in `tried`, puts it there, and
 * takes a place for one call; *g is a copy. trunk_leave(*placep) gives it
 * back. Those that do not answer OPTIONS come last.
 * 0; EBUSY: all are at their limits; EHOSTUNREACH: there is no other one.
 */
int gateway_draw(struct str group, struct tried *tried, struct gateway *g,
		int *indexp, int *placep);
/* How a call went: a code of its final reply, 100 for a first sign, 0 for
 * none. */
void gateway_result(int index, unsigned code);
/* Whether another gateway may do better after this code. */
bool gateway_try_another(unsigned code);
/* User and password for challenges. False: it has none. */
bool gateway_credentials(int index, struct gateway *g);

/* For line.c and the RPC: a copy. False: there is none of this number. */
bool gateway_get(int index, struct gateway *g);
void gateway_answered(int index, unsigned code); /* OPTIONS */
void gateway_registered(int index, unsigned code, uint64_t next_at);
/* Marks what is due as begun: 'p'ing, 'r'egister; 0: nothing. */
char gateway_due(int index, uint64_t now, struct gateway *g);

#endif
