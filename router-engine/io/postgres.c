/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connecting: PQconnectPoll on the loop. Up: statements wait in the order in
 * which they were sent, each followed by a Sync; results come in that order.
 * A statement's result is kept until its Sync is answered, for only then has
 * its transaction ended.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <libpq-fe.h>

#include "lib/base/log.h"
#include "router-engine/io/alarm.h"
#include "router-engine/io/hosts.h"
#include "router-engine/io/postgres.h"

#define CONNECT_MS 3000
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 2000
#define PARAMS_MAX 8

struct query {
	TAILQ_ENTRY(query) link;
	pg_done_h *done;
	void *arg;
	uint64_t deadline_ms;
	PGresult *res; /* the first of its results */
	bool unconfirmed; /* by the standby */
};

enum pg_state {
	PG_AWAY, /* waits for the next attempt */
	PG_CONNECTING, /* waits for the server's greeting */
	PG_UP, /* takes statements */
};

struct pg {
	struct event_base *base;
	struct pg_handlers h;
	char *conninfo, *application, *listen;
	struct hosts hosts;
	unsigned deadline_ms, retry_ms;
	enum pg_state state;
	PGconn *conn;
	struct event *ev;
	short ev_what;
	struct alarm *alarm; /* attempts and deadlines */
	TAILQ_HEAD(, query) queries;
	bool inside; /* a handler runs: do not free the connection */
	bool broken; /* found while inside */
	bool told_away;
	char trouble[256];
};

struct pg_rows {
	const PGresult *res;
	char message[256];
};

static void on_socket(evutil_socket_t fd, short what, void *arg);

/* ---- rows ------------------------------------------------------------------ */

size_t pg_nrows(const struct pg_rows *r)
{
	return (size_t)PQntuples(r->res);
}

const char *pg_text(const struct pg_rows *r, size_t row, unsigned column)
{
	if (row >= pg_nrows(r) || column >= (unsigned)PQnfields(r->res) ||
	    PQgetisnull(r->res, (int)row, (int)column))
		return NULL;
	return PQgetvalue(r->res, (int)row, (int)column);
}

const char *pg_message(const struct pg_rows *r)
{
	return r->message;
}

const char *pg_sqlstate(const struct pg_rows *r)
{
	const char *s = PQresultErrorField(r->res, PG_DIAG_SQLSTATE);

	return s ? s : "";
}

bool pg_up(const struct pg *p)
{
	return p->state == PG_UP;
}

const char *pg_trouble(const struct pg *p)
{
	return p->trouble[0] ? p->trouble : "connecting";
}

static void first_line(char *dst, size_t size, const char *src)
{
	size_t n = strcspn(src ? src : "", "\n");

	snprintf(dst, size, "%.*s", (int)n, src ? src : "");
}

/* ---- statements -------------------------------------------------------------- */

static void query_end(struct query *q, int err)
{
	struct pg_rows rows = {.res = q->res};

	if (q->res)
		first_line(rows.message, sizeof(rows.message),
			   PQresultErrorField(q->res, PG_DIAG_MESSAGE_PRIMARY));
	q->done(err, q->res ? &rows : NULL, q->arg);
	PQclear(q->res);
	free(q);
}

static void fail_all(struct pg *p, int err)
{
	TAILQ_HEAD(, query) gone = TAILQ_HEAD_INITIALIZER(gone);
	struct query *q;

	TAILQ_CONCAT(&gone, &p->queries, link);
	while ((q = TAILQ_FIRST(&gone))) {
		TAILQ_REMOVE(&gone, q, link);
		PQclear(q->res);
		q->res = NULL;
		query_end(q, err);
	}
}

static void event_off(struct pg *p)
{
	if (p->ev)
		event_free(p->ev);
	p->ev = NULL;
	p->ev_what = 0;
}

static void event_for(struct pg *p, short what)
{
	if (p->ev && p->ev_what == what)
		return;
	event_off(p);
	p->ev = event_new(p->base, PQsocket(p->conn), what | EV_PERSIST,
			  on_socket, p);
	p->ev_what = what;
	if (p->ev)
		event_add(p->ev, NULL);
}

/* The link is over: everything under way fails, and a new attempt is due. */
static void go_away(struct pg *p, const char *why)
{
	bool was_up = p->state == PG_UP;

	if (p->inside) {
		p->broken = true;
		return;
	}
	first_line(p->trouble, sizeof(p->trouble), why);
	event_off(p);
	PQfinish(p->conn);
	p->conn = NULL;
	p->state = PG_AWAY;
	if (!p->told_away)
		log_warn("postgres.away", "error=\"%s\"", p->trouble);
	p->told_away = true;
	alarm_set(p->alarm, p->retry_ms);
	p->retry_ms = p->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS
						      : p->retry_ms * 2;
	fail_all(p, ENOTCONN);
	if (was_up)
		p->h.on_down(p->h.arg);
}

/* It is silent: frozen, cut off, or an old primary whose standby left it. */
static void give_up(struct pg *p, const char *why)
{
	hosts_next(&p->hosts);
	go_away(p, why);
}

static void flush(struct pg *p)
{
	int n = PQflush(p->conn);

	if (n < 0)
		go_away(p, PQerrorMessage(p->conn));
	else
		event_for(p, n ? EV_READ | EV_WRITE : EV_READ);
}

static void deadline_look(struct pg *p)
{
	struct query *q = TAILQ_FIRST(&p->queries);
	uint64_t now = alarm_now_ms();

	if (!q)
		return;
	if (now >= q->deadline_ms)
		give_up(p, "no answer in time");
	else
		alarm_set(p->alarm, (unsigned)(q->deadline_ms - now));
}

int pg_query(struct pg *p, const char *sql, const char *const *params,
	     size_t nparams, pg_done_h *done, void *arg)
{
	struct query *q;

	if (p->state != PG_UP || p->broken)
		return ENOTCONN;
	q = calloc(1, sizeof(*q));
	if (!q)
		return ENOMEM;
	if (!PQsendQueryParams(p->conn, sql, (int)nparams, NULL, params, NULL,
			       NULL, 0) ||
	    !PQpipelineSync(p->conn)) {
		log_warn("postgres.unsent", "error=\"%s\"",
			 PQerrorMessage(p->conn));
		free(q);
		/* Not from here: the caller's handler must not run. */
		alarm_set(p->alarm, 0);
		p->broken = true;
		return ENOTCONN;
	}
	q->done = done;
	q->arg = arg;
	q->deadline_ms = alarm_now_ms() + p->deadline_ms;
	TAILQ_INSERT_TAIL(&p->queries, q, link);
	if (!alarm_is_set(p->alarm))
		alarm_set(p->alarm, p->deadline_ms);
	event_for(p, EV_READ | EV_WRITE); /* sent from the loop */
	return 0;
}

/* ---- results ------------------------------------------------------------------ */

static int query_error(const struct query *q)
{
	ExecStatusType st = PQresultStatus(q->res);

	if (st != PGRES_TUPLES_OK && st != PGRES_COMMAND_OK)
		return EPROTO;
	return q->unconfirmed ? EIO : 0;
}

static void on_result(struct pg *p, PGresult *res)
{
	struct query *q = TAILQ_FIRST(&p->queries);
	bool alone;

	if (!q) {
		PQclear(res);
		return;
	}
	if (PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
		/* An error after the rows (at commit) replaces them. */
		if (q->res && PQresultStatus(res) != PGRES_FATAL_ERROR) {
			PQclear(res);
			return;
		}
		PQclear(q->res);
		q->res = res;
		return;
	}
	PQclear(res);
	TAILQ_REMOVE(&p->queries, q, link);
	p->inside = true;
	alone = q->unconfirmed && hosts_many(&p->hosts);
	query_end(q, q->res ? query_error(q) : EPROTO);
	if (alone) /* and is another one the primary by now? */
		give_up(p, "no standby confirms what it commits");
	p->inside = false;
}

static void notifies(struct pg *p)
{
	PGnotify *n;

	while ((n = PQnotifies(p->conn))) {
		p->inside = true;
		p->h.on_notify(n->relname, p->h.arg);
		p->inside = false;
		PQfreemem(n);
	}
}

static void results(struct pg *p)
{
	unsigned nulls = 0;

	/* In a pipeline NULL ends one statement's results; two in a row mean
	 * that there is nothing more. */
	while (!p->broken && nulls < 2 && !PQisBusy(p->conn)) {
		PGresult *res = PQgetResult(p->conn);

		nulls = res ? 0 : nulls + 1;
		if (res)
			on_result(p, res);
	}
	notifies(p);
}

static void on_readable(struct pg *p)
{
	if (!PQconsumeInput(p->conn)) {
		go_away(p, PQerrorMessage(p->conn));
		return;
	}
	results(p);
	if (p->broken || PQstatus(p->conn) == CONNECTION_BAD) {
		p->broken = false;
		go_away(p, PQerrorMessage(p->conn));
		return;
	}
	alarm_off(p->alarm);
	deadline_look(p);
}

/* ---- connecting ----------------------------------------------------------------- */

static void on_notice(void *arg, const PGresult *res)
{
	struct pg *p = arg;
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	struct query *q = TAILQ_FIRST(&p->queries);

	if (!text)
		return;
	if (strstr(text, "canceling wait for synchronous replication") && q)
		q->unconfirmed = true;
	log_debug("postgres.notice", "text=\"%s\"", text);
}

static void on_setup(int err, const struct pg_rows *rows, void *arg)
{
	struct pg *p = arg;

	if (err == EPROTO)
		log_error("postgres.setup", "error=\"%s\"",
			  rows ? pg_message(rows) : "no result");
	(void)p;
}

static void setup(struct pg *p)
{
	char sql[128], *ident;

	snprintf(sql, sizeof(sql), "set statement_timeout = %u",
		 p->deadline_ms * 4 / 5);
	pg_query(p, sql, NULL, 0, on_setup, p);
	if (!p->listen)
		return;
	ident = PQescapeIdentifier(p->conn, p->listen, strlen(p->listen));
	if (!ident)
		return;
	snprintf(sql, sizeof(sql), "listen %s", ident);
	PQfreemem(ident);
	pg_query(p, sql, NULL, 0, on_setup, p);
}

static void go_up(struct pg *p)
{
	PQsetNoticeReceiver(p->conn, on_notice, p);
	if (PQsetnonblocking(p->conn, 1) || !PQenterPipelineMode(p->conn)) {
		go_away(p, PQerrorMessage(p->conn));
		return;
	}
	alarm_off(p->alarm);
	p->state = PG_UP;
	p->broken = p->told_away = false;
	p->trouble[0] = '\0';
	p->retry_ms = RETRY_FIRST_MS;
	log_info("postgres.up", "server=%d", PQserverVersion(p->conn));
	event_off(p);
	event_for(p, EV_READ);
	setup(p);
	p->h.on_up(p->h.arg);
}

static void connect_poll(struct pg *p)
{
	switch (PQconnectPoll(p->conn)) {
	case PGRES_POLLING_OK:
		go_up(p);
		break;
	case PGRES_POLLING_READING:
		event_off(p); /* the socket may be another one */
		event_for(p, EV_READ);
		break;
	case PGRES_POLLING_WRITING:
		event_off(p);
		event_for(p, EV_WRITE);
		break;
	default:
		go_away(p, PQerrorMessage(p->conn));
	}
}

static void connect_start(struct pg *p)
{
	/* Of a name that comes twice the last one counts. */
	const char *const keys[] = {"dbname", "application_name",
				    "client_encoding",
				    p->hosts.host ? "host" : NULL,
				    p->hosts.port ? "port" : NULL, NULL};
	const char *const values[] = {p->conninfo, p->application, "UTF8",
				      p->hosts.host, p->hosts.port, NULL};

	p->broken = false;
	p->conn = PQconnectStartParams(keys, values, 1);
	if (!p->conn || PQstatus(p->conn) == CONNECTION_BAD) {
		go_away(p, p->conn ? PQerrorMessage(p->conn) : "no memory");
		return;
	}
	p->state = PG_CONNECTING;
	alarm_set(p->alarm, CONNECT_MS);
	event_for(p, EV_WRITE);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct pg *p = arg;

	(void)fd;
	if (p->state == PG_CONNECTING) {
		connect_poll(p);
		return;
	}
	if (what & EV_READ)
		on_readable(p);
	if (p->state == PG_UP)
		flush(p);
}

static void on_alarm(void *arg)
{
	struct pg *p = arg;

	if (p->state == PG_AWAY) {
		connect_start(p);
	} else if (p->state == PG_CONNECTING) {
		give_up(p, "the server does not answer");
	} else if (p->broken) {
		p->broken = false;
		go_away(p, PQerrorMessage(p->conn));
	} else {
		deadline_look(p);
	}
}

/* ---- life -------------------------------------------------------------------------- */

int pg_alloc(struct pg **pp, struct event_base *base,
	     const struct pg_conf *conf, char *err, size_t errsz)
{
	struct pg *p = calloc(1, sizeof(*p));
	int e = p ? hosts_read(&p->hosts, conf->conninfo, err, errsz) : ENOMEM;

	if (e) {
		free(p);
		return e;
	}
	TAILQ_INIT(&p->queries);
	p->base = base;
	p->h = conf->h;
	p->deadline_ms = conf->deadline_ms ? conf->deadline_ms : 5000;
	p->retry_ms = RETRY_FIRST_MS;
	p->conninfo = strdup(conf->conninfo);
	p->application = strdup(conf->application);
	p->listen = conf->listen ? strdup(conf->listen) : NULL;
	if (!p->conninfo || !p->application || (conf->listen && !p->listen) ||
	    alarm_alloc(&p->alarm, base, on_alarm, p)) {
		pg_free(p);
		return ENOMEM;
	}
	alarm_set(p->alarm, 0);
	*pp = p;
	return 0;
}

void pg_free(struct pg *p)
{
	if (!p)
		return;
	event_off(p);
	PQfinish(p->conn);
	p->conn = NULL;
	p->state = PG_AWAY;
	fail_all(p, ECANCELED);
	alarm_free(p->alarm);
	hosts_release(&p->hosts);
	free(p->conninfo);
	free(p->application);
	free(p->listen);
	free(p);
}
