/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <hiredis/adapters/libevent.h>

#include "lib/base/heap.h"
#include "lib/bus/functions.h"
#include "lib/bus/link.h"
#include "lib/bus/primary.h"

#define RETRY_MS 100 /* between attempts to connect */
#define CONNECT_MS 1000 /* for one attempt */
#define STALL_MS 5000 /* a request without reply for so long: reconnect */

struct request {
	struct heap_node at; /* first member: its deadline */
	TAILQ_ENTRY(request) link;
	struct link *owner;
	link_h *h;
	void *arg;
	uint64_t sent_ms;
	bool done; /* its deadline passed */
};

struct link {
	struct event_base *base;
	struct link_conf conf;
	char *host;
	struct primary_listener move;
	redisAsyncContext *ac;
	struct event *retry, *deadline;
	bool connected, up, closing;
	uint64_t serial, started_ms;
	struct heap deadlines;
	TAILQ_HEAD(, request) requests; /* oldest first */
};

uint64_t link_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct timeval ms_tv(uint64_t ms)
{
	return (struct timeval){(time_t)(ms / 1000),
				(suseconds_t)(ms % 1000) * 1000};
}

static void arm(struct event *ev, uint64_t ms)
{
	struct timeval tv = ms_tv(ms);

	evtimer_add(ev, &tv);
}

/* ---- requests ----------------------------------------------------------- */

static void finish(struct request *r, int err, const redisReply *reply)
{
	if (r->done)
		return;
	r->done = true;
	heap_remove(&r->owner->deadlines, &r->at);
	if (r->h)
		r->h(err, reply, r->arg);
}

static void drop_connection(struct link *l);

/* Somebody flushed the functions, or this Redis was filled from another one
 * while we were connected: connecting anew loads them. */
static bool functions_gone(const struct link *l, const redisReply *reply)
{
	return l->conf.functions && l->up &&
	       strstr(reply->str, "Function not found");
}

/* This is not the primary, or not any more. */
static bool demoted(const redisReply *reply)
{
	return !strncmp(reply->str, "READONLY", 8) ||
	       !strncmp(reply->str, "UNBLOCKED", 9);
}

static void look_for_refusal(const struct link *l, const redisReply *reply)
{
	static const char *const words[] = {"MISCONF", "OOM", "NOREPLICAS"};
	struct str why = {reply->str, reply->len};

	if (l->conf.to.primary && !strncmp(reply->str, "MISCONF", 7))
		primary_leave(l->conf.to.primary);
	for (size_t i = 0; l->conf.on_refused && i < 3; i++)
		if (!strncmp(reply->str, words[i], strlen(words[i])))
			l->conf.on_refused(why, l->conf.arg);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *arg)
{
	struct request *r = arg;
	struct link *l = r->owner;
	const redisReply *rep = reply;
	int err = 0;

	(void)ac;
	TAILQ_REMOVE(&l->requests, r, link);
	if (!rep)
		err = l->closing ? ECANCELED : ECONNRESET;
	else if (rep->type == REDIS_REPLY_ERROR)
		err = EPROTO;
	if (err == EPROTO && (functions_gone(l, rep) || demoted(rep))) {
		err = ECONNRESET;
		drop_connection(l);
	}
	if (err == EPROTO)
		look_for_refusal(l, rep);
	finish(r, err, err == ECONNRESET ? NULL : rep);
	free(r);
}

/* To the next deadline, or to when the oldest reply is overdue. */
static void arm_deadline(struct link *l, uint64_t now)
{
	struct request *oldest = TAILQ_FIRST(&l->requests);
	struct heap_node *n = heap_first(&l->deadlines);
	uint64_t at = n ? n->due : UINT64_MAX;

	if (oldest && oldest->sent_ms + STALL_MS < at)
		at = oldest->sent_ms + STALL_MS;
	if (at != UINT64_MAX)
		arm(l->deadline, at > now ? at - now : 1);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	uint64_t now = link_clock_ms();
	struct request *oldest;
	struct heap_node *n;

	(void)fd;
	(void)what;
	while ((n = heap_first(&l->deadlines)) && n->due <= now)
		finish((struct request *)n, ETIMEDOUT, NULL);
	oldest = TAILQ_FIRST(&l->requests);
	if (oldest && oldest->sent_ms + STALL_MS <= now)
		drop_connection(l);
	arm_deadline(l, now);
}

static int send_args(struct link *l, const struct str *argv, size_t argc,
		     struct request *r)
{
	const char **p = malloc(argc * sizeof(*p) + 1);
	size_t *len = malloc(argc * sizeof(*len) + 1);
	int err = ENOMEM;

	if (p && len) {
		for (size_t i = 0; i < argc; i++) {
			p[i] = argv[i].p ? argv[i].p : "";
			len[i] = argv[i].len;
		}
		err = redisAsyncCommandArgv(l->ac, on_reply, r, (int)argc, p,
					    len) ? ENOTCONN : 0;
	}
	free(p);
	free(len);
	return err;
}

static int request_send(struct link *l, const struct str *argv, size_t argc,
			unsigned deadline_ms, link_h *h, void *arg)
{
	struct request *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return ENOMEM;
	r->owner = l;
	r->h = h;
	r->arg = arg;
	r->sent_ms = link_clock_ms();
	r->at.id = ++l->serial;
	err = heap_set(&l->deadlines, &r->at, r->sent_ms + deadline_ms);
	if (!err)
		err = send_args(l, argv, argc, r);
	if (err) {
		heap_remove(&l->deadlines, &r->at);
		free(r);
		return err;
	}
	TAILQ_INSERT_TAIL(&l->requests, r, link);
	if (heap_first(&l->deadlines) == &r->at ||
	    TAILQ_FIRST(&l->requests) == r)
		arm_deadline(l, r->sent_ms);
	return 0;
}

int link_command(struct link *l, const struct str *argv, size_t argc,
		 unsigned deadline_ms, link_h *h, void *arg)
{
	if (!l->up)
		return ENOTCONN;
	return request_send(l, argv, argc, deadline_ms, h, arg);
}

/* ---- connecting --------------------------------------------------------- */

static void now_up(struct link *l)
{
	l->up = true;
	if (l->conf.on_state)
		l->conf.on_state(true, l->conf.arg);
}

static void on_loaded(int err, const redisReply *reply, void *arg)
{
	struct link *l = arg;
	bool there = err == EPROTO && strstr(reply->str, "already exists");

	if (err == ECANCELED || !l->ac)
		return;
	if (err && !there)
		drop_connection(l); /* still loading, a replica: come again */
	else
		now_up(l);
}

static void on_listed(int err, const redisReply *reply, void *arg)
{
	const struct str load[] = {STR_LIT("FUNCTION"), STR_LIT("LOAD"),
				   {functions_lua, functions_lua_len}};
	struct link *l = arg;

	if (err == ECANCELED || !l->ac)
		return;
	if (err)
		drop_connection(l);
	else if (reply->type == REDIS_REPLY_ARRAY && reply->elements)
		now_up(l);
	else if (request_send(l, load, 3, STALL_MS, on_loaded, l))
		drop_connection(l);
}

static void look_for_functions(struct link *l)
{
	const struct str list[] = {STR_LIT("FUNCTION"), STR_LIT("LIST"),
				   STR_LIT("LIBRARYNAME"),
				   STR_LIT(FUNCTIONS_LIBRARY)};

	if (!l->conf.functions)
		now_up(l);
	else if (request_send(l, list, 4, STALL_MS, on_listed, l))
		drop_connection(l);
}

static void on_role(int err, const redisReply *reply, void *arg)
{
	struct link *l = arg;

	if (err == ECANCELED || !l->ac)
		return;
	if (!err && reply->type == REDIS_REPLY_ARRAY && reply->elements &&
	    !strcmp(reply->element[0]->str, "master"))
		look_for_functions(l);
	else
		drop_connection(l);
}

static void on_connected(struct link *l)
{
	const struct str role[] = {STR_LIT("ROLE")};

	l->connected = true;
	evtimer_del(l->retry);
	if (l->conf.sentinel)
		now_up(l);
	else if (request_send(l, role, 1, STALL_MS, on_role, l))
		drop_connection(l);
}

static void gone(struct link *l)
{
	bool was_up = l->up;

	l->ac = NULL;
	l->connected = l->up = false;
	if (l->closing)
		return;
	arm(l->retry, RETRY_MS);
	if (was_up && l->conf.on_state)
		l->conf.on_state(false, l->conf.arg);
}

static void connect_cb(const redisAsyncContext *ac, int status)
{
	struct link *l = ac->data;

	if (!l || l->ac != ac)
		return;
	if (status == REDIS_OK)
		on_connected(l);
	else
		gone(l); /* hiredis frees the context */
}

static void disconnect_cb(const redisAsyncContext *ac, int status)
{
	struct link *l = ac->data;

	(void)status;
	if (l && l->ac == ac)
		gone(l);
}

/* Handlers of what was under way run with ECONNRESET on the way. */
static void drop_connection(struct link *l)
{
	redisAsyncContext *ac = l->ac;

	if (!ac)
		return;
	ac->data = NULL;
	gone(l);
	redisAsyncFree(ac);
}

/* NULL also while nobody has said where the primary is: on_move() follows. */
static redisAsyncContext *open_connection(const struct link *l)
{
	const char *host = l->host;
	uint16_t port = l->conf.to.port;

	if (l->conf.to.primary)
		host = primary_host(l->conf.to.primary, &port);
	if (!host)
		return NULL;
	return strchr(host, '/') ? redisAsyncConnectUnix(host)
				 : redisAsyncConnect(host, port);
}

static void try_connect(struct link *l)
{
	redisAsyncContext *ac = open_connection(l);

	arm(l->retry, CONNECT_MS);
	if (!ac)
		return;
	if (ac->err) {
		redisAsyncFree(ac);
		return;
	}
	ac->data = l;
	l->ac = ac;
	redisLibeventAttach(ac, l->base);
	redisAsyncSetConnectCallback(ac, connect_cb);
	redisAsyncSetDisconnectCallback(ac, disconnect_cb);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	if (l->ac)
		drop_connection(l); /* the attempt took too long */
	else
		try_connect(l);
}

static void on_move(void *arg)
{
	struct link *l = arg;

	drop_connection(l);
	arm(l->retry, 0);
}

/* hiredis writes with write(): a Redis that is gone would end the process. */
static void no_sigpipe(void)
{
	struct sigaction now;

	if (!sigaction(SIGPIPE, NULL, &now) && now.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

int link_alloc(struct link **lp, struct event_base *base,
	       const struct link_conf *conf)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return ENOMEM;
	no_sigpipe();
	l->base = base;
	l->conf = *conf;
	TAILQ_INIT(&l->requests);
	l->host = conf->to.host ? strdup(conf->to.host) : NULL;
	l->move = (struct primary_listener){.on_move = on_move, .arg = l};
	if (conf->to.primary)
		primary_listen(conf->to.primary, &l->move);
	l->retry = evtimer_new(base, on_retry, l);
	l->deadline = evtimer_new(base, on_deadline, l);
	if ((conf->to.host && !l->host) || !l->retry || !l->deadline) {
		link_free(l);
		return ENOMEM;
	}
	arm(l->retry, 0);
	*lp = l;
	return 0;
}

void link_free(struct link *l)
{
	redisAsyncContext *ac;

	if (!l)
		return;
	l->closing = true;
	if (l->conf.to.primary)
		primary_unlisten(l->conf.to.primary, &l->move);
	ac = l->ac;
	l->ac = NULL;
	l->up = false;
	if (ac) {
		ac->data = NULL;
		redisAsyncFree(ac);
	}
	if (l->retry)
		event_free(l->retry);
	if (l->deadline)
		event_free(l->deadline);
	heap_release(&l->deadlines);
	free(l->host);
	free(l);
}

bool link_up(const struct link *l)
{
	return l->up;
}
