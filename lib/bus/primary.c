/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "lib/bus/bus.h"
#include "lib/bus/link.h"
#include "lib/bus/primary.h"
#include "lib/bus/reply.h"

#define ASK_MS 150 /* between questions to each Sentinel */
#define ANSWER_MS 1000
#define LEAVE_MS 5000 /* between requests for another primary */

struct sentinel {
	struct primary *owner;
	struct link *link;
	struct bus_address said; /* by the first of the two questions under way */
	unsigned asking;
};

struct primary {
	char *name;
	struct sentinel v[PRIMARY_SENTINELS_MAX];
	size_t n;
	struct bus_address at; /* host "": nobody has said */
	uint64_t epoch; /* of the configuration that says so */
	struct event *timer;
	uint64_t left_ms; /* when another one was asked for */
	TAILQ_HEAD(, primary_listener) listeners;
};

static void believe(struct primary *p, const struct bus_address *a, uint64_t epoch)
{
	struct primary_listener *l, *next;

	if (!a->host[0] || epoch < p->epoch)
		return;
	p->epoch = epoch;
	if (p->at.port == a->port && !strcmp(p->at.host, a->host))
		return;
	p->at = *a;
	for (l = TAILQ_FIRST(&p->listeners); l; l = next) {
		next = TAILQ_NEXT(l, link);
		l->on_move(l->arg);
	}
}

static void on_address(int err, const redisReply *r, void *arg)
{
	struct sentinel *s = arg;

	if (err == ECANCELED)
		return;
	s->asking--;
	s->said.host[0] = '\0';
	if (!err)
		reply_address(r, &s->said);
}

static void on_epoch(int err, const redisReply *r, void *arg)
{
	struct sentinel *s = arg;
	uint64_t epoch;

	if (err == ECANCELED)
		return;
	s->asking--;
	if (!err && !reply_num(r, "config-epoch", &epoch))
		believe(s->owner, &s->said, epoch);
}

/* While it fails over, only the first of them names the new primary, and only
 * the second says how new that is. */
static void ask(struct sentinel *s)
{
	struct str argv[] = {STR_LIT("SENTINEL"),
			     STR_LIT("GET-MASTER-ADDR-BY-NAME"),
			     str_c(s->owner->name)};

	if (s->asking)
		return;
	if (!link_command(s->link, argv, 3, ANSWER_MS, on_address, s))
		s->asking++;
	argv[1] = STR_LIT("MASTER");
	if (!link_command(s->link, argv, 3, ANSWER_MS, on_epoch, s))
		s->asking++;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct primary *p = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < p->n; i++)
		ask(&p->v[i]);
}

static void on_state(bool up, void *arg)
{
	if (up)
		ask(arg);
}

bool bus_sentinels_ok(const char *sentinels)
{
	struct str rest = str_c(sentinels), one;
	struct bus_address a;
	size_t n = 0;

	while (str_cut(&rest, ',', &one))
		if (bus_address_parse(one, &a) || ++n > PRIMARY_SENTINELS_MAX)
			return false;
	return n;
}

static int sentinel_start(struct primary *p, struct event_base *base,
			  struct str at)
{
	struct sentinel *s = &p->v[p->n];
	struct link_conf conf = {.sentinel = true, .on_state = on_state,
				 .arg = s};
	struct bus_address a;

	if (p->n == PRIMARY_SENTINELS_MAX || bus_address_parse(at, &a))
		return EINVAL;
	s->owner = p;
	conf.to.host = a.host;
	conf.to.port = a.port;
	p->n++;
	return link_alloc(&s->link, base, &conf);
}

int primary_alloc(struct primary **pp, struct event_base *base,
		  const char *sentinels, const char *name)
{
	struct primary *p = calloc(1, sizeof(*p));
	struct timeval tv = {0, ASK_MS * 1000};
	struct str rest = str_c(sentinels), one;
	int err = 0;

	if (!p)
		return ENOMEM;
	TAILQ_INIT(&p->listeners);
	p->name = strdup(name);
	p->timer = event_new(base, -1, EV_PERSIST, on_timer, p);
	if (!p->name || !p->timer || evtimer_add(p->timer, &tv))
		err = ENOMEM;
	while (!err && str_cut(&rest, ',', &one))
		err = sentinel_start(p, base, one);
	if (!err && !p->n)
		err = EINVAL;
	if (err)
		primary_free(p);
	else
		*pp = p;
	return err;
}

void primary_free(struct primary *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		link_free(p->v[i].link);
	if (p->timer)
		event_free(p->timer);
	free(p->name);
	free(p);
}

const char *primary_host(const struct primary *p, uint16_t *port)
{
	*port = p->at.port;
	return p->at.host[0] ? p->at.host : NULL;
}

void primary_listen(struct primary *p, struct primary_listener *l)
{
	TAILQ_INSERT_TAIL(&p->listeners, l, link);
}

void primary_unlisten(struct primary *p, struct primary_listener *l)
{
	TAILQ_REMOVE(&p->listeners, l, link);
}

void primary_leave(struct primary *p)
{
	const struct str argv[] = {STR_LIT("SENTINEL"), STR_LIT("FAILOVER"),
				   str_c(p->name)};
	uint64_t now = link_clock_ms();

	if (p->left_ms && now < p->left_ms + LEAVE_MS)
		return;
	for (size_t i = 0; i < p->n; i++)
		if (!link_command(p->v[i].link, argv, 3, ANSWER_MS, NULL,
				  NULL)) {
			p->left_ms = now;
			return;
		}
}
