/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "lib/bus/bus.h"
#include "lib/bus/reader.h"
#include "lib/bus/reply.h"

#define BLOCK_MS "100" /* a new stream is read after so long */
#define COUNT 200
#define DEADLINE_MS 5000
#define ID_MAX 48

struct stream {
	bool on;
	char *key;
	char id[ID_MAX]; /* last entry seen */
	bool asked; /* the read under way goes on from id */
	bool more; /* in the reply at hand */
	bool drained; /* nothing was behind the last reply */
};

struct reader {
	struct event_base *base;
	struct link *link;
	struct reader_handlers h;
	struct stream s[READER_STREAMS_MAX];
	struct event *idle; /* nothing to read */
	bool reading;
};

static void read_on(struct reader *r);

static void idle(struct reader *r)
{
	struct timeval tv = {0, 50000};

	evtimer_add(r->idle, &tv);
}

static int find(const struct reader *r, struct str key)
{
	for (int i = 0; i < READER_STREAMS_MAX; i++)
		if (r->s[i].on && str_eq(key, str_c(r->s[i].key)))
			return i;
	return -1;
}

static void entry(struct reader *r, unsigned i, const redisReply *e)
{
	struct msg m;
	struct str id;
	char err[160] = "";
	int bad = reply_entry(e, &id, &m, err, sizeof(err));

	if (!id.len || str_copy(r->s[i].id, ID_MAX, id))
		return;
	r->h.on_entry(i, id, &m, bad ? err : NULL, r->h.arg);
}

static void stream_reply(struct reader *r, const redisReply *s)
{
	const redisReply *list;
	int i;

	if (s->type != REDIS_REPLY_ARRAY || s->elements != 2)
		return;
	i = find(r, reply_str(s->element[0]));
	list = s->element[1];
	if (i < 0 || list->type != REDIS_REPLY_ARRAY)
		return;
	r->s[i].more = list->elements >= COUNT;
	/* a handler may set the position: the rest is not from there */
	for (size_t k = 0; k < list->elements && r->s[i].asked; k++)
		entry(r, (unsigned)i, list->element[k]);
}

static void on_read(int err, const redisReply *reply, void *arg)
{
	struct reader *r = arg;

	r->reading = false;
	if (err == ECANCELED)
		return;
	for (int i = 0; i < READER_STREAMS_MAX; i++)
		r->s[i].more = false;
	if (!err && reply->type == REDIS_REPLY_ARRAY)
		for (size_t k = 0; k < reply->elements; k++)
			stream_reply(r, reply->element[k]);
	for (unsigned i = 0; !err && i < READER_STREAMS_MAX; i++)
		if (r->s[i].asked)
			r->s[i].drained = !r->s[i].more;
	if (err == EPROTO)
		idle(r); /* loading, a replica: not at once again */
	else if (err != ECONNRESET)
		read_on(r);
}

static void read_on(struct reader *r)
{
	struct args x;
	unsigned n = 0;

	if (r->reading || !link_up(r->link))
		return;
	args_init(&x);
	args_add(&x, STR_LIT("XREAD"));
	args_add(&x, STR_LIT("COUNT"));
	args_num(&x, COUNT);
	args_add(&x, STR_LIT("BLOCK"));
	args_add(&x, STR_LIT(BLOCK_MS));
	args_add(&x, STR_LIT("STREAMS"));
	for (int i = 0; i < READER_STREAMS_MAX; i++)
		if (r->s[i].on && ++n)
			args_add(&x, str_c(r->s[i].key));
	for (int i = 0; i < READER_STREAMS_MAX; i++) {
		r->s[i].asked = r->s[i].on;
		if (r->s[i].on)
			args_add(&x, str_c(r->s[i].id));
	}
	if (n && !args_failed(&x) &&
	    !link_command(r->link, x.v, x.n, DEADLINE_MS, on_read, r))
		r->reading = true;
	else
		idle(r);
	args_release(&x);
}

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_on(arg);
}

static void on_state(bool up, void *arg)
{
	struct reader *r = arg;

	for (int i = 0; i < READER_STREAMS_MAX; i++)
		r->s[i].drained = false;
	if (!up)
		return;
	r->reading = false;
	if (r->h.on_up)
		r->h.on_up(r->h.arg);
	read_on(r);
}

int reader_add(struct reader *r, unsigned i, const char *key, const char *id)
{
	struct stream *s = &r->s[i];
	char *k = strdup(key);

	if (!k)
		return ENOMEM;
	free(s->key);
	s->key = k;
	s->on = true;
	s->asked = s->drained = false;
	snprintf(s->id, sizeof(s->id), "%s", id);
	read_on(r);
	return 0;
}

void reader_remove(struct reader *r, unsigned i)
{
	r->s[i].on = r->s[i].asked = false;
}

bool reader_drained(const struct reader *r, unsigned i)
{
	return r->s[i].on && r->s[i].drained;
}

int reader_alloc(struct reader **rp, struct event_base *base,
		 const struct link_to *to, const struct reader_handlers *h)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct link_conf conf = {.to = *to, .on_state = on_state, .arg = r};

	if (!r)
		return ENOMEM;
	r->base = base;
	r->h = *h;
	r->idle = evtimer_new(base, on_idle, r);
	if (!r->idle || link_alloc(&r->link, base, &conf)) {
		reader_free(r);
		return ENOMEM;
	}
	*rp = r;
	return 0;
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	link_free(r->link);
	if (r->idle)
		event_free(r->idle);
	for (int i = 0; i < READER_STREAMS_MAX; i++)
		free(r->s[i].key);
	free(r);
}
