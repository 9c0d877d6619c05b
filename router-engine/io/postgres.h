/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file postgres.h  One link to PostgreSQL: libpq in pipeline mode on the
 * loop, reconnecting for ever.
 *
 * Each statement is a transaction of its own. Its handler runs when the
 * server has said that the transaction is over, so that "no error" means
 * committed; a commit that a synchronous standby did not confirm is an error.
 * A statement past its deadline takes the whole link down: the server or the
 * way to it is frozen, and everything under way fails with it.
 */
#ifndef JF_IO_POSTGRES_H
#define JF_IO_POSTGRES_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct pg;
struct pg_rows;

struct pg_handlers {
	void (*on_up)(void *arg); /* also after a reconnect */
	void (*on_down)(void *arg);
	void (*on_notify)(const char *channel, void *arg);
	void *arg;
};

struct pg_conf {
	const char *conninfo; /* libpq's; hosts as addresses: names block */
	const char *application; /* application_name */
	const char *listen; /* channel, or NULL */
	unsigned deadline_ms; /* of a statement; 0: 5000 */
	struct pg_handlers h;
};

/* Starts connecting. 0, ENOMEM, EINVAL: the conninfo cannot be read (err
 * says what is wrong). */
int pg_alloc(struct pg **pp, struct event_base *base,
	     const struct pg_conf *conf, char *err, size_t errsz);
/* Handlers of statements under way run with ECANCELED. */
void pg_free(struct pg *p); /* may be NULL */
bool pg_up(const struct pg *p);
const char *pg_trouble(const struct pg *p); /* why it is not up, in words */

/*
 * err: 0 committed; ENOTCONN the link broke, unknown whether it was
 * committed; EIO not confirmed by the standby; EPROTO the server refused it,
 * pg_message() and pg_sqlstate() tell why; ECANCELED pg_free().
 * rows: until the handler returns; NULL unless err is 0 or EPROTO.
 */
typedef void (pg_done_h)(int err, const struct pg_rows *rows, void *arg);

/* Sends a statement with text parameters ($1...), copied; NULL is null.
 * 0; ENOTCONN (not up), ENOMEM: the handler does not run. */
int pg_query(struct pg *p, const char *sql, const char *const *params,
	     size_t nparams, pg_done_h *done, void *arg);

size_t pg_nrows(const struct pg_rows *r);
/* Text of a column, NULL when it is null or there is no such column. */
const char *pg_text(const struct pg_rows *r, size_t row, unsigned column);
const char *pg_message(const struct pg_rows *r); /* first line */
const char *pg_sqlstate(const struct pg_rows *r); /* "22P02", or "" */

#endif
