/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <uthash.h>

#include "lib/base/log.h"
#include "router-engine/io/control.h"

#define OUTPUT_MAX (8u << 20) /* a client that does not read is dropped */

struct client {
	struct control *c;
	uint64_t id;
	struct bufferevent *bev;
	UT_hash_handle hh;
};

struct control {
	struct event_base *base;
	struct evconnlistener *listener;
	struct client *clients;
	uint64_t last_id;
	control_h *on_line;
	void *arg;
	struct sockaddr_un addr;
};

static void client_free(struct client *k)
{
	HASH_DEL(k->c->clients, k);
	bufferevent_free(k->bev);
	free(k);
}

static struct client *client_find(struct control *c, uint64_t id)
{
	struct client *k;

	HASH_FIND(hh, c->clients, &id, sizeof(id), k);
	return k;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct client *k = arg;
	struct control *c = k->c;
	uint64_t id = k->id;
	size_t len = 0;
	char *line;

	/* The handler may lead to the client's end: look it up each time. */
	while (client_find(c, id) &&
	       (line = evbuffer_readln(bufferevent_get_input(bev), &len,
				       EVBUFFER_EOL_LF))) {
		if (len)
			c->on_line(id, (struct str){line, len}, c->arg);
		free(line);
	}
	k = client_find(c, id);
	if (k && evbuffer_get_length(bufferevent_get_input(bev)) >=
			 CONTROL_LINE_MAX) {
		log_warn("control.dropped", "reason=\"line too long\"");
		client_free(k);
	}
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	client_free(arg);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd,
		      struct sockaddr *addr, int len, void *arg)
{
	struct control *c = arg;
	struct client *k = NULL;

	(void)l;
	(void)addr;
	(void)len;
	if (HASH_COUNT(c->clients) < CONTROL_CLIENTS_MAX)
		k = calloc(1, sizeof(*k));
	if (!k) {
		close(fd);
		return;
	}
	k->c = c;
	k->id = ++c->last_id;
	k->bev = bufferevent_socket_new(c->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!k->bev) {
		close(fd);
		free(k);
		return;
	}
	HASH_ADD(hh, c->clients, id, sizeof(k->id), k);
	bufferevent_setcb(k->bev, on_read, NULL, on_end, k);
	bufferevent_setwatermark(k->bev, EV_READ, 0, CONTROL_LINE_MAX);
	bufferevent_enable(k->bev, EV_READ | EV_WRITE);
}

void control_reply(struct control *c, uint64_t id, struct str line)
{
	struct client *k = client_find(c, id);
	struct evbuffer *out;

	if (!k)
		return;
	out = bufferevent_get_output(k->bev);
	if (evbuffer_get_length(out) + line.len > OUTPUT_MAX) {
		client_free(k);
		return;
	}
	bufferevent_write(k->bev, line.p, line.len);
	bufferevent_write(k->bev, "\n", 1);
}

/* Removes what a dead process left. EADDRINUSE: somebody listens. */
static int path_free(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return errno;
	if (!connect(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		err = EADDRINUSE;
	else if (errno == ECONNREFUSED)
		unlink(addr->sun_path);
	close(fd);
	return err;
}

static int listen_on(struct control *c)
{
	mode_t old;
	int err = path_free(&c->addr);

	if (err)
		return err;
	old = umask(0177);
	errno = 0;
	c->listener = evconnlistener_new_bind(
		c->base, on_accept, c,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 16,
		(struct sockaddr *)&c->addr, sizeof(c->addr));
	err = c->listener ? 0 : errno ? errno : ENOMEM;
	umask(old);
	return err;
}

int control_alloc(struct control **cp, struct event_base *base,
		  const char *path, control_h *on_line, void *arg)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return ENOMEM;
	c->base = base;
	c->on_line = on_line;
	c->arg = arg;
	c->addr.sun_family = AF_UNIX;
	err = str_copy(c->addr.sun_path, sizeof(c->addr.sun_path),
		       str_c(path));
	if (!err)
		err = listen_on(c);
	if (err)
		free(c);
	else
		*cp = c;
	return err;
}

void control_free(struct control *c)
{
	struct client *k, *tmp;

	if (!c)
		return;
	HASH_ITER(hh, c->clients, k, tmp) {
		/* answers that are written already still leave */
		struct evbuffer *out = bufferevent_get_output(k->bev);

		evbuffer_write(out, bufferevent_getfd(k->bev));
		client_free(k);
	}
	evconnlistener_free(c->listener);
	unlink(c->addr.sun_path);
	free(c);
}
