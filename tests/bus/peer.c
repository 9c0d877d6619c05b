/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *	bus_peer node NAME PORT PARTITIONS
 *	bus_peer engine NAME PORT PARTITIONS LEASE_MS
 *
 * PORT: of Redis, or its Sentinels: host:port,host:port,...
 *
 * Verbs of both: up (tells "up" or "down"), boot, now, stats, quit.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "tests/bus/peer.h"

#define LINE_MAX_LEN 4096

struct peer {
	struct event_base *base;
	struct bus *bus;
	struct engine *engine; /* NULL: a node */
	struct event *in;
	char buf[LINE_MAX_LEN];
	size_t n;
};

void tell(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

uint64_t word_num(const struct words *w, size_t i)
{
	uint64_t v = 0;

	return i >= w->n || str_u64(w->v[i], &v) ? 0 : v;
}

static void stats(struct peer *p)
{
	const struct bus_stats *s = bus_stats(p->bus);

	printf("stats sent=%llu confirmed=%llu late=%llu resent=%llu "
	       "window_full=%llu commands=%llu duplicates=%llu expired=%llu "
	       "bad_commands=%llu reconnects=%llu",
	       (unsigned long long)s->sent, (unsigned long long)s->confirmed,
	       (unsigned long long)s->late, (unsigned long long)s->resent,
	       (unsigned long long)s->window_full,
	       (unsigned long long)s->commands,
	       (unsigned long long)s->duplicates,
	       (unsigned long long)s->expired,
	       (unsigned long long)s->malformed,
	       (unsigned long long)s->reconnects);
	if (p->engine)
		engine_stats(p->engine);
	tell("%s", "");
}

static void quit(struct peer *p)
{
	struct timeval tv = {0, 100000};

	if (p->engine)
		engine_stop(p->engine);
	event_base_loopexit(p->base, &tv);
}

static void act(struct peer *p, const struct words *w)
{
	if (str_eq(w->v[0], STR_LIT("up")))
		tell(bus_up(p->bus) ? "up" : "down");
	else if (str_eq(w->v[0], STR_LIT("boot")))
		tell("boot %s", bus_boot(p->bus));
	else if (str_eq(w->v[0], STR_LIT("now")))
		tell("now %llu", (unsigned long long)bus_now(p->bus));
	else if (str_eq(w->v[0], STR_LIT("stats")))
		stats(p);
	else if (str_eq(w->v[0], STR_LIT("quit")))
		quit(p);
	else if (p->engine)
		engine_do(p->engine, w);
	else
		node_do(p->bus, w);
}

static void line(struct peer *p, struct str text)
{
	struct words w = {.n = 0};

	while (w.n < 8 && str_cut(&text, ' ', &w.v[w.n]))
		w.n++;
	if (w.n)
		act(p, &w);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	ssize_t got = read(fd, p->buf + p->n, sizeof(p->buf) - p->n);
	struct str all, text;
	const char *end;

	(void)what;
	if (got <= 0) {
		event_base_loopbreak(p->base);
		return;
	}
	p->n += (size_t)got;
	all = (struct str){p->buf, p->n};
	while ((end = memchr(all.p, '\n', all.len))) {
		text = (struct str){all.p, (size_t)(end - all.p)};
		all = (struct str){end + 1, all.len - text.len - 1};
		line(p, text);
	}
	memmove(p->buf, all.p, all.len);
	p->n = all.len;
}

static void on_link(bool up, void *arg)
{
	(void)arg;
	tell("link %s", up ? "up" : "down");
}

static void on_trouble(const char *why, void *arg)
{
	(void)arg;
	tell("trouble %s", why ? why : "is over");
}

static int start(struct peer *p, char **argv, unsigned lease_ms)
{
	struct bus_conf conf = {
		.host = "127.0.0.1", .port = (uint16_t)atoi(argv[3]),
		.sentinels = strchr(argv[3], ',') ? argv[3] : NULL,
		.primary = "jackfield",
		.name = argv[2], .partitions = (unsigned)atoi(argv[4]),
		.on_link = on_link, .on_trouble = on_trouble};

	p->base = event_base_new();
	if (bus_alloc(&p->bus, p->base, &conf))
		return 1;
	if (!strcmp(argv[1], "engine")) {
		p->engine = engine_start(p->bus, argv[2], conf.partitions,
					 lease_ms);
		if (!p->engine)
			return 1;
	}
	p->in = event_new(p->base, STDIN_FILENO, EV_READ | EV_PERSIST,
			  on_input, p);
	return event_add(p->in, NULL);
}

int main(int argc, char **argv)
{
	static struct peer p;

	if (argc < 5)
		return 2;
	if (start(&p, argv, argc > 5 ? (unsigned)atoi(argv[5]) : 0))
		return 1;
	event_base_dispatch(p.base);
	if (p.engine)
		engine_stop(p.engine);
	bus_free(p.bus);
	engine_free(p.engine);
	event_free(p.in);
	event_base_free(p.base);
	return 0;
}
