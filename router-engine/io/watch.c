/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>
#include <uthash.h>

#include "lib/base/log.h"
#include "router-engine/io/alarm.h"
#include "router-engine/io/watch.h"

struct worker {
	struct watch *w;
	char node[64], boot[64];
	struct sockaddr_in addr;
	int fd; /* -1: not connected */
	struct event *ev;
	struct alarm *alarm; /* looks at the silence, or connects again */
	uint64_t heard_ms, looked_ms;
	unsigned silence_ms;
	const char *trouble; /* why the last connection ended */
	bool heard; /* of this boot */
	bool refused; /* the last attempt to connect */
	bool down;
	UT_hash_handle hh;
};

struct watch {
	struct event_base *base;
	watch_h *on_down;
	void *arg;
	struct worker *workers;
};

static void link_close(struct worker *k)
{
	if (k->ev)
		event_free(k->ev);
	if (k->fd >= 0)
		close(k->fd);
	k->ev = NULL;
	k->fd = -1;
}

static void worker_free(struct worker *k)
{
	link_close(k);
	alarm_free(k->alarm);
	free(k);
}

static void go_down(struct worker *k, const char *reason)
{
	struct watch *w = k->w;
	char node[64], boot[64];

	link_close(k);
	alarm_off(k->alarm);
	k->down = true;
	log_warn("node.down", "node=%s boot=%s reason=\"%s\"", k->node,
		 k->boot, reason);
	/* Copies: the handler may add, and so replace, this worker. */
	memcpy(node, k->node, sizeof(node));
	memcpy(boot, k->boot, sizeof(boot));
	w->on_down(str_c(node), str_c(boot), reason, w->arg);
}

/* Reads what there is. False: the link is over. */
static bool drain(struct worker *k)
{
	char buf[512];
	ssize_t n;

	while ((n = recv(k->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		k->heard_ms = alarm_now_ms();
		k->heard = true;
		k->refused = false;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN))
		return true;
	k->refused |= n < 0 && errno == ECONNREFUSED;
	k->trouble = n == 0 ? "its liveness link was closed"
			    : "its liveness link broke";
	return false;
}

static void on_link(evutil_socket_t fd, short what, void *arg)
{
	struct worker *k = arg;

	(void)fd;
	if (what & EV_WRITE) { /* connected, or refused: the next read tells */
		event_free(k->ev);
		k->ev = event_new(k->w->base, k->fd, EV_READ | EV_PERSIST,
				  on_link, k);
		if (k->ev)
			event_add(k->ev, NULL);
		return;
	}
	if (drain(k))
		return;
	link_close(k);
	if (k->heard) /* it was there: look at once */
		alarm_set(k->alarm, 0);
}

static void link_open(struct worker *k)
{
	k->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (k->fd < 0)
		return;
	if (connect(k->fd, (struct sockaddr *)&k->addr, sizeof(k->addr)) &&
	    errno != EINPROGRESS) {
		k->refused = errno == ECONNREFUSED;
		k->trouble = "its liveness address refuses connections";
		link_close(k);
		return;
	}
	k->ev = event_new(k->w->base, k->fd, EV_WRITE, on_link, k);
	if (!k->ev || event_add(k->ev, NULL))
		link_close(k);
}

static void on_look(void *arg)
{
	struct worker *k = arg;
	uint64_t now = alarm_now_ms(), held_up = now - k->looked_ms;

	k->looked_ms = now;
	if (k->fd >= 0 && !drain(k))
		link_close(k);
	if (held_up > k->silence_ms / 2)
		k->heard_ms = now; /* we did not look: that is no silence */
	/* Who was there and refuses now has ended, and its boot with it; who
	 * was never heard may still be about to listen. */
	if ((k->heard && k->refused) ||
	    now - k->heard_ms >= k->silence_ms) {
		go_down(k, k->trouble);
		return;
	}
	if (k->fd < 0)
		link_open(k);
	alarm_set(k->alarm, WATCH_RETRY_MS);
}

static void begin(struct worker *k)
{
	link_close(k);
	k->down = k->heard = k->refused = false;
	k->trouble = "it is silent";
	k->heard_ms = k->looked_ms = alarm_now_ms();
	link_open(k);
	alarm_set(k->alarm, WATCH_RETRY_MS);
}

static struct worker *worker_find(const struct watch *w, struct str node)
{
	struct worker *k;

	HASH_FIND(hh, w->workers, node.p, node.len, k);
	return k;
}

static struct worker *worker_make(struct watch *w, struct str node)
{
	struct worker *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->w = w;
	k->fd = -1;
	if (str_copy(k->node, sizeof(k->node), node) ||
	    alarm_alloc(&k->alarm, w->base, on_look, k)) {
		free(k);
		return NULL;
	}
	HASH_ADD_STR(w->workers, node, k);
	return k;
}

static int parse_addr(struct str liveness, struct sockaddr_in *to)
{
	char text[64];
	int len = sizeof(*to);

	if (str_copy(text, sizeof(text), liveness) ||
	    evutil_parse_sockaddr_port(text, (struct sockaddr *)to, &len) ||
	    to->sin_family != AF_INET || !to->sin_port)
		return EINVAL;
	return 0;
}

int watch_add(struct watch *w, struct str node, struct str boot,
	      struct str liveness, unsigned silence_ms, bool again)
{
	struct worker *k = worker_find(w, node);
	struct sockaddr_in to;
	bool same;

	if (parse_addr(liveness, &to) || boot.len >= sizeof(k->boot))
		return EINVAL;
	if (!k)
		k = worker_make(w, node);
	if (!k)
		return ENOMEM;
	same = str_eq(boot, str_c(k->boot));
	if (same && !(k->down && again))
		return 0;
	k->addr = to;
	k->silence_ms = silence_ms;
	str_copy(k->boot, sizeof(k->boot), boot);
	begin(k);
	return 0;
}

bool watch_is_down(const struct watch *w, struct str node, struct str boot)
{
	const struct worker *k = worker_find(w, node);

	return k && k->down && str_eq(boot, str_c(k->boot));
}

int watch_alloc(struct watch **wp, struct event_base *base, watch_h *on_down,
		void *arg)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return ENOMEM;
	w->base = base;
	w->on_down = on_down;
	w->arg = arg;
	*wp = w;
	return 0;
}

void watch_free(struct watch *w)
{
	struct worker *k, *tmp;

	if (!w)
		return;
	HASH_ITER(hh, w->workers, k, tmp) {
		HASH_DEL(w->workers, k);
		worker_free(k);
	}
	free(w);
}
