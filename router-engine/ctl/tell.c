/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that tell about the engine, and the explanation of a contact. */
#include <errno.h>
#include <stdio.h>

#include "lib/base/id.h"
#include "router-engine/ctl/server.h"
#include "router-engine/store/confdb.h"
#include "router-engine/store/drain.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/settings.h"

static json_t *num(uint64_t v)
{
	return json_integer((json_int_t)v);
}

/* ---- partitions --------------------------------------------------------------------- */

static json_t *partition_row(struct call *k, const struct partition *p)
{
	struct partition_figures f;
	struct core_counts n;

	partition_counts(p, &n);
	partition_figures(p, &f);
	return json_pack("{s:I,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:s}",
			 "partition", (json_int_t)partition_number(p),
			 "engine", k->e->conf->name,
			 "generation", partition_generation(p),
			 "contacts", num(n.contacts), "queued", num(n.queued),
			 "legs", num(n.legs), "agents", num(n.agents),
			 "steps", num(n.steps),
			 "unconfirmed", num(f.confirmed < f.sent
						   ? f.sent - f.confirmed : 0),
			 "trouble", partition_trouble(p)
					    ? partition_trouble(p) : "");
}

void verb_partitions(struct call *k)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < k->e->conf->partitions; i++) {
		const struct partition *p = k->e->parts[i];

		if (partition_served(p) || partition_trouble(p))
			json_array_append_new(rows, partition_row(k, p));
	}
	call_result(k, rows);
}

/* ---- stats ------------------------------------------------------------------------------ */

static void add_cores(struct call *k, json_t *o)
{
	struct core_counts sum = {0}, n;
	unsigned served = 0;

	for (unsigned i = 0; i < k->e->conf->partitions; i++) {
		if (!partition_served(k->e->parts[i]))
			continue;
		served++;
		partition_counts(k->e->parts[i], &n);
		sum.steps += n.steps;
		sum.ignored += n.ignored;
		sum.stale += n.stale;
		sum.contacts += n.contacts;
		sum.legs += n.legs;
		sum.queued += n.queued;
	}
	json_object_set_new(o, "partitions", num(served));
	json_object_set_new(o, "contacts", num(sum.contacts));
	json_object_set_new(o, "queued", num(sum.queued));
	json_object_set_new(o, "legs", num(sum.legs));
	json_object_set_new(o, "steps", num(sum.steps));
	json_object_set_new(o, "events_ignored", num(sum.ignored));
	json_object_set_new(o, "events_stale", num(sum.stale));
}

static void add_steps(struct call *k, json_t *o)
{
	uint64_t steps = 0, sum = 0, max = 0;
	struct partition_figures f;

	for (unsigned i = 0; i < k->e->conf->partitions; i++) {
		partition_figures(k->e->parts[i], &f);
		steps += f.steps;
		sum += f.step_us_sum;
		max = f.step_us_max > max ? f.step_us_max : max;
	}
	json_object_set_new(o, "step_us_mean", num(steps ? sum / steps : 0));
	json_object_set_new(o, "step_us_max", num(max));
}

static void add_owner(struct call *k, json_t *o)
{
	const struct owner_stats *s = owner_stats(k->e->owner);

	json_object_set_new(o, "events", num(s->events));
	json_object_set_new(o, "events_malformed", num(s->malformed));
	json_object_set_new(o, "commits", num(s->commits));
	json_object_set_new(o, "commits_resent", num(s->resent));
	json_object_set_new(o, "commits_refused", num(s->refused));
	json_object_set_new(o, "commit_us_mean",
			    num(s->commits ? s->commit_us_sum / s->commits
					   : 0));
	json_object_set_new(o, "commit_us_max", num(s->commit_us_max));
	json_object_set_new(o, "acquired", num(s->acquired));
	json_object_set_new(o, "lost", num(s->lost));
}

static void add_outside(struct call *k, json_t *o)
{
	const struct ngc_stats *n = ngc_stats(k->e->ng);
	const struct drain_stats *d = drain_stats(k->e->drain);

	json_object_set_new(o, "ng_requests", num(n->requests));
	json_object_set_new(o, "ng_resent", num(n->resent));
	json_object_set_new(o, "ng_refused", num(n->refused));
	json_object_set_new(o, "ng_silent", num(n->silent));
	json_object_set_new(o, "journal_rows", num(d->rows));
	json_object_set_new(o, "journal_batches", num(d->batches));
	json_object_set_new(o, "journal_refused", num(d->refused));
	json_object_set_new(o, "journal_retries", num(d->retries));
	json_object_set_new(o, "redis", json_string(
				    !bus_up(k->e->bus) ? "away" :
				    bus_trouble(k->e->bus)
				    ? bus_trouble(k->e->bus) : "up"));
	json_object_set_new(o, "postgres",
			    json_string(pg_up(k->e->pg)
						? "up" : pg_trouble(k->e->pg)));
	json_object_set_new(o, "conf_read_at",
			    num(confdb_read_at(k->e->confdb)));
}

void verb_stats(struct call *k)
{
	json_t *o = json_pack("{s:s}", "engine", k->e->conf->name);

	add_cores(k, o);
	add_steps(k, o);
	add_owner(k, o);
	add_outside(k, o);
	call_result(k, o);
}

/* ---- explain ------------------------------------------------------------------------------ */

static void postgres_away(struct call *k)
{
	call_fail(k, RPC_UNAVAILABLE, "PostgreSQL is away, and with it the "
		  "journal: %s; calls go on, ask again later",
		  k->e->pg ? pg_trouble(k->e->pg) : "stopping");
}

static void on_explained(int err, const struct pg_rows *rows, void *arg)
{
	struct call *k = arg;
	json_t *lines;

	if (err == EPROTO && rows) {
		call_fail(k, RPC_NOT_FOUND, "contact: %s", pg_message(rows));
		return;
	}
	if (err) {
		postgres_away(k);
		return;
	}
	lines = json_array();
	for (size_t i = 0; i < pg_nrows(rows); i++) {
		const char *s = pg_text(rows, i, 0);

		json_array_append_new(lines, json_string(s ? s : ""));
	}
	if (json_array_size(lines))
		call_result(k, json_pack("{s:o}", "lines", lines));
	else {
		json_decref(lines);
		call_fail(k, RPC_NOT_FOUND, "contact: the journal has nothing "
			  "about it; `contacts` lists those under way");
	}
}

void verb_explain(struct call *k)
{
	char id[64];
	const char *params[] = {id};
	uint64_t number;
	int e = call_text(k, "contact", id, sizeof(id));

	if (e == EINVAL)
		return;
	if (e || (strcmp(id, "last") && id_parse(str_c(id), 'c', &number))) {
		call_fail(k, RPC_INVALID_PARAMS,
			  "contact: must be `last`, or c and 16 hexadecimal "
			  "digits");
		return;
	}
	if (pg_query(k->e->pg, "select * from journal.explain($1)", params, 1,
		     on_explained, k))
		postgres_away(k);
}
