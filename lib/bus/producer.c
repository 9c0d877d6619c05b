/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Producing events.
 *
 * An event is kept until it is confirmed and 10 s old, or while Redis is away
 * 10 s older than the first that waits for it. After a reconnect all that is
 * kept goes out again, oldest first, before anything new: what Redis has it
 * drops by (src, boot, seq), what a roll-back took away comes back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <hiredis/hiredis.h>

#include "lib/base/heap.h"
#include "lib/bus/internal.h"

#define KEEP_MS 10000
#define WINDOW_MAX 50000 /* events */
#define WINDOW_BYTES ((size_t)128 << 20) /* and their size */
#define RETRY_MS 200 /* after Redis refused: loading, full, a replica */
#define PREVIOUS_AT 8 /* FCALL jf_append_7 1 {pN} src boot seq leg previous */

struct sent {
	struct heap_node at; /* first member: the caller's deadline */
	TAILQ_ENTRY(sent) link;
	struct producer *owner;
	struct args args;
	size_t bytes;
	unsigned partition;
	uint64_t seq, made_ms;
	char previous[24]; /* as text: an argument */
	unsigned flying; /* requests under way for it */
	bool confirmed;
	bus_sent_h *h;
	void *arg;
};

struct producer {
	struct bus *bus;
	uint64_t seq[BUS_PARTITIONS_MAX]; /* last given */
	uint64_t forgotten[BUS_PARTITIONS_MAX]; /* last that is not kept */
	TAILQ_HEAD(, sent) window; /* oldest first */
	size_t n, bytes; /* in the window */
	size_t waiting; /* of those, not confirmed */
	uint64_t waiting_ms; /* when about the oldest of these was made */
	uint64_t serial;
	struct heap deadlines;
	struct event *timer, *retry;
	bool refused; /* nothing leaves before the retry: order is kept */
	bool closing;
};

static void arm(struct producer *p)
{
	struct heap_node *n = heap_first(&p->deadlines);
	uint64_t now = link_clock_ms(), ms;
	struct timeval tv;

	if (!n)
		return;
	ms = n->due > now ? n->due - now : 1;
	tv = (struct timeval){(time_t)(ms / 1000),
			      (suseconds_t)(ms % 1000) * 1000};
	evtimer_add(p->timer, &tv);
}

static void tell(struct sent *s, int err)
{
	bus_sent_h *h = s->h;

	heap_remove(&s->owner->deadlines, &s->at);
	s->h = NULL;
	if (h)
		h(err, s->arg);
}

static void forget(struct producer *p, struct sent *s)
{
	TAILQ_REMOVE(&p->window, s, link);
	p->n--;
	p->bytes -= s->bytes;
	p->forgotten[s->partition] = s->seq;
	args_release(&s->args);
	free(s);
}

static void forget_old(struct producer *p)
{
	uint64_t upto = p->waiting ? p->waiting_ms : link_clock_ms();
	struct sent *s;

	while ((s = TAILQ_FIRST(&p->window)) && s->confirmed && !s->flying &&
	       s->made_ms + KEEP_MS < upto)
		forget(p, s);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct producer *p = arg;
	uint64_t now = link_clock_ms();
	struct heap_node *n;

	(void)fd;
	(void)what;
	while ((n = heap_first(&p->deadlines)) && n->due <= now) {
		p->bus->stats.late++;
		tell((struct sent *)n, ETIMEDOUT);
	}
	arm(p);
}

static void refused(struct producer *p)
{
	struct timeval tv = {0, RETRY_MS * 1000};

	if (p->refused)
		return;
	p->refused = true;
	evtimer_add(p->retry, &tv);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	producer_link_up(arg);
}

static void on_appended(int err, const redisReply *r, void *arg)
{
	struct sent *s = arg;

	(void)r;
	s->flying--;
	if (err == ECANCELED || s->owner->closing)
		return;
	if (err == EPROTO)
		refused(s->owner);
	if (err || s->confirmed)
		return;
	s->confirmed = true;
	s->owner->waiting--;
	if (s->made_ms > s->owner->waiting_ms)
		s->owner->waiting_ms = s->made_ms;
	s->owner->bus->stats.confirmed++;
	tell(s, 0);
}

/* It names the one before it that is kept: Redis takes none whose predecessor
 * it refused, as long as that one can still come. */
static void name_previous(struct sent *s)
{
	uint64_t seq = s->seq - 1;

	if (seq == s->owner->forgotten[s->partition])
		seq = 0;
	snprintf(s->previous, sizeof(s->previous), "%llu",
		 (unsigned long long)seq);
	s->args.v[PREVIOUS_AT] = str_c(s->previous);
}

static void fly(struct sent *s)
{
	struct bus *bus = s->owner->bus;
	int err;

	if (s->owner->refused)
		return;
	name_previous(s);
	err = link_command(bus->link, s->args.v, s->args.n, LINK_FOREVER_MS,
			   on_appended, s);
	if (!err)
		s->flying++;
	else if (err != ENOTCONN)
		refused(s->owner);
}

void producer_link_up(struct producer *p)
{
	struct sent *s;

	p->refused = false;
	forget_old(p);
	TAILQ_FOREACH(s, &p->window, link) {
		p->bus->stats.resent++;
		fly(s);
	}
}

static struct sent *sent_new(struct producer *p, unsigned partition,
			     const struct msg *m, struct str leg,
			     struct str record)
{
	struct sent *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->owner = p;
	s->partition = partition;
	s->seq = p->seq[partition] + 1;
	s->made_ms = link_clock_ms();
	s->at.id = ++p->serial;
	args_init(&s->args);
	args_fcall(&s->args, "jf_append_7", partition);
	args_add(&s->args, str_c(p->bus->name));
	args_add(&s->args, str_c(p->bus->boot));
	args_num(&s->args, s->seq);
	args_add(&s->args, leg);
	args_add(&s->args, STR_NONE); /* previous */
	args_add(&s->args, record);
	args_msg(&s->args, m);
	s->bytes = args_bytes(&s->args);
	if (!args_failed(&s->args))
		return s;
	args_release(&s->args);
	free(s);
	return NULL;
}

static int enqueue(struct producer *p, struct sent *s, unsigned deadline_ms,
		   bus_sent_h *h, void *arg)
{
	if (h && heap_set(&p->deadlines, &s->at, s->made_ms + deadline_ms)) {
		args_release(&s->args);
		free(s);
		return ENOMEM;
	}
	s->h = h;
	s->arg = arg;
	TAILQ_INSERT_TAIL(&p->window, s, link);
	p->n++;
	p->bytes += s->bytes;
	if (!p->waiting++)
		p->waiting_ms = s->made_ms;
	arm(p);
	fly(s);
	return 0;
}

int bus_send_leg(struct bus *bus, unsigned partition, const struct msg *m,
		 struct str leg, struct str record, unsigned deadline_ms,
		 bus_sent_h *sent, void *arg)
{
	struct producer *p = bus->producer;
	struct msg stamped = *m;
	struct arena a;
	struct sent *s;
	char err[120];
	int e;

	if (partition >= bus->partitions)
		return EINVAL;
	forget_old(p);
	if (p->n >= WINDOW_MAX || p->bytes >= WINDOW_BYTES) {
		bus->stats.window_full++;
		return ENOBUFS;
	}
	arena_init(&a);
	msg_put(&stamped, F_SRC, str_c(bus->name));
	msg_put(&stamped, F_BOOT, str_c(bus->boot));
	msg_put_num(&stamped, &a, F_SEQ, p->seq[partition] + 1);
	e = msg_check(&stamped, err, sizeof(err)) ? EINVAL : 0;
	s = e ? NULL : sent_new(p, partition, &stamped, leg, record);
	arena_release(&a);
	if (e || !s)
		return e ? e : ENOMEM;
	e = enqueue(p, s, deadline_ms ? deadline_ms : bus->deadline_ms, sent,
		    arg);
	if (e)
		return e;
	p->seq[partition]++;
	bus->stats.sent++;
	return 0;
}

int bus_send(struct bus *bus, unsigned partition, const struct msg *m,
	     unsigned deadline_ms, bus_sent_h *sent, void *arg)
{
	return bus_send_leg(bus, partition, m, STR_NONE, STR_NONE, deadline_ms,
			    sent, arg);
}

int producer_alloc(struct producer **pp, struct bus *bus)
{
	struct producer *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	p->bus = bus;
	TAILQ_INIT(&p->window);
	p->timer = evtimer_new(bus->base, on_deadline, p);
	p->retry = evtimer_new(bus->base, on_retry, p);
	if (!p->timer || !p->retry) {
		producer_free(p);
		return ENOMEM;
	}
	*pp = p;
	return 0;
}

/* After the link: nothing flies any more. */
void producer_free(struct producer *p)
{
	struct sent *s;

	if (!p)
		return;
	p->closing = true;
	while ((s = TAILQ_FIRST(&p->window))) {
		tell(s, ECANCELED);
		forget(p, s);
	}
	if (p->timer)
		event_free(p->timer);
	if (p->retry)
		event_free(p->retry);
	heap_release(&p->deadlines);
	free(p);
}
