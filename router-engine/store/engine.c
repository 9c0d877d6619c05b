/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "router-engine/io/loop.h"
#include "router-engine/store/confdb.h"
#include "router-engine/store/directory.h"
#include "router-engine/store/drain.h"
#include "router-engine/store/engine.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/recorder.h"
#include "router-engine/store/settings.h"

#define LINGER_MS 50 /* the leases' release is on its way */

void engine_fail(struct engine *e, const char *what, int err)
{
	log_error("engine.failed", "what=\"%s\" error=\"%s\"", what,
		  strerror(err));
	e->failed = true;
	loop_break(e->base);
}

/* ---- the owner ------------------------------------------------------------------- */

static struct partition *part(struct engine *e, unsigned n)
{
	return n < BUS_PARTITIONS_MAX ? e->parts[n] : NULL;
}

static void on_acquired(struct owner *o, unsigned n, const char *generation,
			uint64_t now, const struct owner_record *records,
			size_t nrecords, void *arg)
{
	struct engine *e = arg;

	e->owner = o; /* the first may come before owner_alloc() returned */
	partition_acquired(part(e, n), generation, now, records, nrecords);
}

static void on_lost(struct owner *o, unsigned n, const char *reason,
		    void *arg)
{
	(void)o;
	partition_lost(part(arg, n), reason);
}

static void on_event(struct owner *o, unsigned n, const struct msg *m,
		     struct str stream_id, void *arg)
{
	(void)o;
	partition_event(part(arg, n), m, stream_id);
}

static void on_committed(struct owner *o, unsigned n, uint64_t commit,
			 void *arg)
{
	(void)o;
	partition_committed(part(arg, n), commit);
}

static void on_wiped(struct owner *o, unsigned n, void *arg)
{
	(void)o;
	partition_wiped(part(arg, n));
}

static int start_owner(struct engine *e)
{
	struct owner_conf conf = {
		.name = e->conf->name,
		.partitions = e->conf->partitions,
		.lease_ms = e->conf->lease_ms,
		.h = {on_acquired, on_lost, on_event, on_committed, on_wiped,
		      e},
	};

	return owner_alloc(&e->owner, e->bus, &conf);
}

/* ---- rtpengine and workers ---------------------------------------------------------- */

static void each_partition(struct engine *e, const struct msg *m)
{
	for (unsigned i = 0; i < e->conf->partitions; i++)
		partition_inner(e->parts[i], m, NULL, NULL);
}

static void on_ng_result(unsigned n, const struct msg *m, void *arg)
{
	partition_inner(part(arg, n), m, NULL, NULL);
}

static void on_ng_health(const struct msg *m, void *arg)
{
	each_partition(arg, m);
}

static void on_node_gone(struct str node, struct str boot,
			   const char *reason, void *arg)
{
	struct msg m;

	msg_init(&m, M_NODE_DOWN);
	msg_put(&m, F_NODE, node);
	msg_put(&m, F_BOOT, boot);
	msg_put(&m, F_REASON, str_c(reason));
	each_partition(arg, &m);
}

static int start_media(struct engine *e)
{
	struct ngc_handlers h = {on_ng_result, on_ng_health, e};
	int err = ngc_alloc(&e->ng, e->base, &h);

	for (size_t i = 0; i < e->conf->nrtpengines && !err; i++) {
		err = ngc_add(e->ng, e->conf->rtpengines[i].name,
			      e->conf->rtpengines[i].ng,
			      e->conf->rtpengines[i].media);
		if (err)
			log_error("setting", "field=rtpengines name=%s "
				  "error=\"ng must be an IPv4 address:port, "
				  "it is %s (%s)\"",
				  e->conf->rtpengines[i].name,
				  e->conf->rtpengines[i].ng, strerror(err));
	}
	if (!err)
		err = watch_alloc(&e->watch, e->base, on_node_gone, e);
	return err;
}

/* ---- PostgreSQL ------------------------------------------------------------------------ */

static void on_pg_up(void *arg)
{
	struct engine *e = arg;

	confdb_reload(e->confdb);
	drain_all(e->drain);
}

static void on_pg_down(void *arg)
{
	(void)arg; /* statements under way have failed: nothing else to do */
}

static void on_pg_notify(const char *channel, void *arg)
{
	struct engine *e = arg;

	if (!strcmp(channel, "conf"))
		confdb_reload(e->confdb);
}

static int start_postgres(struct engine *e)
{
	struct pg_conf conf = {
		.conninfo = e->conf->postgres,
		.application = e->conf->name,
		.listen = "conf",
		.h = {on_pg_up, on_pg_down, on_pg_notify, e},
	};
	char text[256] = "";
	int err = pg_alloc(&e->pg, e->base, &conf, text, sizeof(text));

	if (err == EINVAL)
		log_error("setting", "field=postgres error=\"%s\"", text);
	return err;
}

/* ---- life -------------------------------------------------------------------------------- */

static void on_link(bool up, void *arg)
{
	struct engine *e = arg;

	if (up && e->directory)
		directory_write(e->directory);
}

static void on_trouble(const char *why, void *arg)
{
	(void)arg;
	if (why)
		log_error("redis.refuses", "error=\"%s\"", why);
	else
		log_info("redis.takes", "error=\"\"");
}

static int start_bus(struct engine *e)
{
	struct bus_conf conf = {
		.host = e->conf->redis.host,
		.port = e->conf->redis.port,
		.sentinels = e->conf->redis.sentinels,
		.primary = e->conf->redis.name,
		.name = e->conf->name,
		.partitions = e->conf->partitions,
		.on_link = on_link,
		.on_trouble = on_trouble,
		.arg = e,
	};

	return bus_alloc(&e->bus, e->base, &conf);
}

static int start_recorder(struct engine *e)
{
	int err;

	if (!e->conf->record)
		return 0;
	err = recorder_alloc(&e->recorder, e->conf->record);
	if (err)
		log_error("setting", "field=record file=%s error=\"%s\"",
			  e->conf->record, strerror(err));
	return err;
}

static int start_partitions(struct engine *e)
{
	int err = 0;

	for (unsigned i = 0; i < e->conf->partitions && !err; i++)
		err = partition_alloc(&e->parts[i], e, i);
	return err;
}

int engine_start(struct engine *e, struct event_base *base,
		 const struct settings *conf)
{
	int err;

	memset(e, 0, sizeof(*e));
	e->conf = conf;
	e->base = base;
	err = start_recorder(e);
	if (!err)
		err = start_bus(e);
	if (!err)
		err = start_partitions(e);
	if (!err)
		err = confdb_alloc(&e->confdb, e);
	if (!err)
		err = directory_alloc(&e->directory, e);
	if (!err)
		err = drain_alloc(&e->drain, e);
	if (!err)
		err = start_media(e);
	if (!err)
		err = start_postgres(e);
	if (!err)
		err = start_owner(e);
	if (err)
		engine_stop(e);
	return err;
}

void engine_reload(struct engine *e)
{
	confdb_reload(e->confdb);
	recorder_reopen(e->recorder);
}

void engine_stop(struct engine *e)
{
	/* What calls into others goes first, the owner while its partitions
	 * are there. Requests to Redis that are under way end with the bus:
	 * whoever asked lives until then. */
	pg_free(e->pg);
	e->pg = NULL;
	owner_free(e->owner);
	e->owner = NULL;
	for (unsigned i = 0; i < BUS_PARTITIONS_MAX; i++) {
		partition_free(e->parts[i]);
		e->parts[i] = NULL;
	}
	watch_free(e->watch);
	ngc_free(e->ng);
	if (e->bus) {
		loop_linger(e->base, LINGER_MS);
		bus_free(e->bus);
	}
	drain_free(e->drain);
	directory_free(e->directory);
	confdb_free(e->confdb);
	recorder_free(e->recorder);
}
