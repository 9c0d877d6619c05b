/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/bus/liveness.h"

#define LINKS_MAX 64
#define INTERVAL_MS 100

struct link {
	struct liveness *owner;
	struct event *gone; /* readable: it closed (nobody writes to us) */
	int fd;
};

struct liveness {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *timer;
	struct link *links[LINKS_MAX];
	unsigned n;
	void (*on_closed)(void *arg);
	void *arg;
};

static void unlink_at(struct liveness *l, unsigned i)
{
	struct link *link = l->links[i];

	l->links[i] = l->links[--l->n];
	event_free(link->gone);
	close(link->fd);
	free(link);
}

static void on_timer(int fd, short what, void *arg)
{
	struct liveness *l = arg;

	(void)fd, (void)what;
	for (unsigned i = l->n; i-- > 0;)
		if (send(l->links[i]->fd, ".", 1, MSG_DONTWAIT | MSG_NOSIGNAL) <
		    0)
			unlink_at(l, i);
}

static void on_gone(int fd, short what, void *arg)
{
	struct link *link = arg;
	struct liveness *l = link->owner;
	char buf[64];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	(void)what;
	if (n > 0 || (n < 0 && errno == EAGAIN))
		return;
	for (unsigned i = 0; i < l->n; i++)
		if (l->links[i] == link) {
			unlink_at(l, i);
			l->on_closed(l->arg);
			return;
		}
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *addr, int len, void *arg)
{
	struct liveness *l = arg;
	struct link *link = l->n < LINKS_MAX ? calloc(1, sizeof(*link)) : NULL;

	(void)listener, (void)addr, (void)len;
	if (link)
		link->gone = event_new(l->base, fd, EV_READ | EV_PERSIST,
				       on_gone, link);
	if (!link || !link->gone || event_add(link->gone, NULL)) {
		if (link && link->gone)
			event_free(link->gone);
		free(link);
		close(fd);
		return;
	}
	link->owner = l;
	link->fd = fd;
	l->links[l->n++] = link;
	send(fd, ".", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int liveness_alloc(struct liveness **lp, struct event_base *base,
		   const char *where, void (*on_closed)(void *arg), void *arg)
{
	struct timeval every = {.tv_usec = INTERVAL_MS * 1000};
	struct sockaddr_storage addr;
	int len = sizeof(addr), err = 0;
	struct liveness *l = calloc(1, sizeof(*l));

	if (!l)
		return ENOMEM;
	l->base = base;
	l->on_closed = on_closed;
	l->arg = arg;
	if (evutil_parse_sockaddr_port(where, (struct sockaddr *)&addr, &len)) {
		err = EINVAL;
		goto out;
	}
	l->listener = evconnlistener_new_bind(
		base, on_accept, l,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE |
			LEV_OPT_CLOSE_ON_EXEC,
		-1, (struct sockaddr *)&addr, len);
	if (!l->listener) {
		err = errno ? errno : ENOMEM;
		goto out;
	}
	l->timer = event_new(base, -1, EV_PERSIST, on_timer, l);
	if (!l->timer || event_add(l->timer, &every))
		err = ENOMEM;
out:
	if (err)
		liveness_free(l);
	else
		*lp = l;
	return err;
}

void liveness_free(struct liveness *l)
{
	if (!l)
		return;
	while (l->n)
		unlink_at(l, l->n - 1);
	if (l->timer)
		event_free(l->timer);
	if (l->listener)
		evconnlistener_free(l->listener);
	free(l);
}

/* Its kernel answers, even when the engine itself stands still. */
static bool is_answered(const struct link *link, unsigned ms)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(link->fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
	       !info.tcpi_unacked || info.tcpi_last_ack_recv < ms;
}

bool liveness_is_cut_off(const struct liveness *l, unsigned ms)
{
	for (unsigned i = 0; i < l->n; i++)
		if (is_answered(l->links[i], ms))
			return false;
	return l->n;
}
