/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>

#include "lib/base/log.h"
#include "router-engine/io/alarm.h"
#include "router-engine/io/peer.h"
#include "rtp/ng/ng.h"

struct peer {
	char name[64], media[64];
	struct peer_handlers h;
	int fd;
	struct event *readable;
	struct alarm *ping;
	enum peer_state state;
	unsigned misses;
	bool waiting; /* for the answer to the last ping */
	uint64_t pinged_ms, pings;
	char tag[24]; /* of this process: replies are cached by cookie */
	char cookie[48]; /* of the last ping */
	char buf[NG_DATAGRAM_MAX + 1];
};

const char *peer_name(const struct peer *p)
{
	return p->name;
}

const char *peer_media(const struct peer *p)
{
	return p->media;
}

enum peer_state peer_state(const struct peer *p)
{
	return p->state;
}

void peer_tag(char *buf, size_t size)
{
	uint64_t r = 0;

	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		r = alarm_now_ms() ^ (uint64_t)getpid() << 32;
	snprintf(buf, size, "%016llx", (unsigned long long)r);
}

static void enter(struct peer *p, enum peer_state state)
{
	if (p->state == state)
		return;
	p->state = state;
	if (state == PEER_UP)
		log_info("rtpengine.up", "rtpengine=%s", p->name);
	else
		log_warn("rtpengine.down", "rtpengine=%s misses=%u", p->name,
			 p->misses);
	p->h.on_state(p, state, p->h.arg);
}

void peer_send(struct peer *p, struct str datagram)
{
	if (send(p->fd, datagram.p, datagram.len, MSG_DONTWAIT) < 0)
		log_debug("ng.unsent", "rtpengine=%s error=\"%s\"", p->name,
			  strerror(errno));
}

static void ping(struct peer *p)
{
	struct ng_request req = {.op = NG_OP_PING};
	char body[128], datagram[256];
	size_t len = 0;
	int n;

	snprintf(p->cookie, sizeof(p->cookie), "ping%s_%llu", p->tag,
		 (unsigned long long)++p->pings);
	if (ng_write(&req, 0, body, sizeof(body), &len))
		return;
	n = snprintf(datagram, sizeof(datagram), "%s %.*s", p->cookie,
		     (int)len, body);
	p->waiting = true;
	p->pinged_ms = alarm_now_ms();
	peer_send(p, (struct str){datagram, (size_t)n});
}

static void read_all(struct peer *p);

static void on_ping(void *arg)
{
	struct peer *p = arg;
	uint64_t late = alarm_now_ms() - p->pinged_ms;

	read_all(p);
	/* Late ourselves: the answer may lie in a socket we did not read. */
	if (p->waiting && late < PEER_PING_MS * 3 / 2) {
		p->misses++;
		if (p->misses >= PEER_MISSES_MAX)
			enter(p, PEER_DOWN);
	}
	ping(p);
	alarm_set(p->ping, PEER_PING_MS);
}

static void on_pong(struct peer *p)
{
	p->waiting = false;
	p->misses = 0;
	enter(p, PEER_UP);
}

static void on_datagram(struct peer *p, size_t len)
{
	struct str cookie, body;

	p->buf[len] = '\0';
	if (ng_datagram((struct str){p->buf, len}, &cookie, &body)) {
		log_debug("ng.malformed", "rtpengine=%s", p->name);
		return;
	}
	if (str_eq(cookie, str_c(p->cookie)))
		on_pong(p);
	else if (cookie.len < 4 || memcmp(cookie.p, "ping", 4) != 0)
		p->h.on_reply(p, cookie, p->buf + (body.p - p->buf), body.len,
			      p->h.arg);
}

static void read_all(struct peer *p)
{
	for (int i = 0; i < 64; i++) {
		ssize_t n = recv(p->fd, p->buf, NG_DATAGRAM_MAX, MSG_DONTWAIT);

		if (n > 0)
			on_datagram(p, (size_t)n);
		else if (n < 0 && errno == ECONNREFUSED)
			continue; /* told once for each datagram: go on */
		else
			break;
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_all(arg);
}

static bool address_parse(const char *ng, struct sockaddr_in *to)
{
	int len = sizeof(*to);

	return !evutil_parse_sockaddr_port(ng, (struct sockaddr *)to, &len) &&
	       to->sin_family == AF_INET && to->sin_port;
}

static int open_socket(struct peer *p, const char *ng)
{
	struct sockaddr_in to;

	if (!address_parse(ng, &to))
		return EINVAL;
	if (!p->media[0])
		inet_ntop(AF_INET, &to.sin_addr, p->media, sizeof(p->media));
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return errno;
	return connect(p->fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
}

int peer_alloc(struct peer **pp, struct event_base *base, const char *name,
	       const char *ng, const char *media,
	       const struct peer_handlers *h)
{
	struct peer *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return ENOMEM;
	p->fd = -1;
	p->h = *h;
	peer_tag(p->tag, sizeof(p->tag));
	snprintf(p->name, sizeof(p->name), "%s", name);
	snprintf(p->media, sizeof(p->media), "%s", media ? media : "");
	err = open_socket(p, ng);
	if (err)
		goto out;
	err = ENOMEM;
	p->readable = event_new(base, p->fd, EV_READ | EV_PERSIST, on_readable,
				p);
	if (!p->readable || event_add(p->readable, NULL) ||
	    alarm_alloc(&p->ping, base, on_ping, p))
		goto out;
	p->pinged_ms = alarm_now_ms();
	alarm_set(p->ping, 0);
	err = 0;
out:
	if (err)
		peer_free(p);
	else
		*pp = p;
	return err;
}

void peer_free(struct peer *p)
{
	if (!p)
		return;
	if (p->readable)
		event_free(p->readable);
	alarm_free(p->ping);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

bool peer_address_ok(const char *ng)
{
	struct sockaddr_in to;

	return address_parse(ng, &to);
}
