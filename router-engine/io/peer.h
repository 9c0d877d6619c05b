/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file peer.h  One rtpengine: its ng socket, and whether it answers.
 *
 * A ping every 500 ms; three in a row without an answer and it is down, one
 * answer and it is up. A loop that was held up itself (a frozen process, a
 * paused machine) counts no miss.
 */
#ifndef JF_IO_PEER_H
#define JF_IO_PEER_H

#include "lib/base/str.h"

struct event_base;
struct peer;

#define PEER_PING_MS 500
#define PEER_MISSES_MAX 3

enum peer_state {
	PEER_UNKNOWN, /* since the start: the first answer or miss decides */
	PEER_UP, /* answers */
	PEER_DOWN, /* three pings were lost */
};

struct peer_handlers {
	/* A reply that is not to a ping. body may be changed in place. */
	void (*on_reply)(struct peer *p, struct str cookie, char *body,
			 size_t len, void *arg);
	void (*on_state)(struct peer *p, enum peer_state state, void *arg);
	void *arg;
};

/*
 * name: as in the configuration; ng: IPv4 "address:port"; media: the address
 * told to the core, NULL: the one of ng. Copied.
 * 0; EINVAL (ng is no address:port), ENOMEM, or an errno of socket().
 */
int peer_alloc(struct peer **pp, struct event_base *base, const char *name,
	       const char *ng, const char *media,
	       const struct peer_handlers *h);
void peer_free(struct peer *p); /* may be NULL */

const char *peer_name(const struct peer *p);
const char *peer_media(const struct peer *p);
enum peer_state peer_state(const struct peer *p);

/* Sends one datagram, "cookie body". A full or refused socket is a lost
 * datagram: whoever waits sends again. */
void peer_send(struct peer *p, struct str datagram);

/* 16 random digits: what keeps cookies of two processes apart. */
void peer_tag(char *buf, size_t size);

/* Whether an rtpengine can be spoken to there: "IPv4 address:port". */
bool peer_address_ok(const char *ng);

#endif
