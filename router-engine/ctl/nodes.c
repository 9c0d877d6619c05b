/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs about acd nodes, workers and rtpengines: nodes, drain, undrain. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "router-engine/ctl/server.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/settings.h"

#define NAME_MAX_BYTES 64

static const char *const kinds[] = {"node", "rtpengine"};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

struct rows {
	struct call *k;
	json_t *all;
	const char *only; /* NULL: every one */
	const char *kind; /* of records, as in kinds */
	const struct mirror *m; /* of the partition looked at */
	struct str id; /* whose legs are counted */
	json_int_t legs;
};

/* ---- rows ------------------------------------------------------------------ */

static void count_leg(struct str id, struct str line, void *arg)
{
	static const char *const where[] = {"node", "worker", "rtpengine"};
	struct rows *r = arg;

	(void)id;
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		if (str_eq(line_get(line, where[i], &r->k->arena), r->id)) {
			r->legs++;
			return;
		}
}

static json_t *find_row(const struct rows *r)
{
	json_t *row;
	size_t i;

	json_array_foreach(r->all, i, row) {
		const char *name =
			json_string_value(json_object_get(row, "node"));

		if (name && str_eq(r->id, str_c(name)))
			return row;
	}
	return NULL;
}

static const char *state_of(struct str line)
{
	return !line_num(line, "up") ? "down"
	     : line_num(line, "draining") ? "draining"
	     : line_num(line, "standby") ? "standby" : "up";
}

static json_t *new_row(struct rows *r, struct str line)
{
	struct arena *a = &r->k->arena;
	struct str kind = line_get(line, "kind", a);
	json_t *row = json_pack(
		"{s:o,s:o,s:s,s:o,s:i,s:i}", "node", json_text(r->id), "kind",
		json_text(str_set(kind) ? kind : str_c(r->kind)), "state",
		state_of(line), "address", json_text(line_get(line, "addr", a)),
		"legs", 0, "partitions", 0);

	json_array_append_new(r->all, row);
	return row;
}

static void add(json_t *row, const char *name, json_int_t n)
{
	json_object_set_new(row, name, json_integer(
		json_integer_value(json_object_get(row, name)) + n));
}

static void look_at(struct str id, struct str line, void *arg)
{
	struct rows *r = arg;
	json_t *row;

	if (r->only && !str_eq(id, str_c(r->only)))
		return;
	r->id = id;
	r->legs = 0;
	mirror_each(r->m, "leg", count_leg, r);
	row = find_row(r);
	if (!row)
		row = new_row(r, line);
	if (line_num(line, "draining")) /* in any partition */
		json_object_set_new(row, "state", json_string(state_of(line)));
	add(row, "legs", r->legs);
	add(row, "partitions", 1);
}

/* What the partitions served here know; only: of that name. */
static json_t *rows_of(struct call *k, const char *only)
{
	struct rows r = {.k = k, .all = json_array(), .only = only};

	for (unsigned i = 0; i < k->e->conf->partitions; i++) {
		if (!partition_served(k->e->parts[i]))
			continue;
		r.m = partition_mirror(k->e->parts[i]);
		for (size_t j = 0; j < NKINDS; j++) {
			r.kind = kinds[j];
			mirror_each(r.m, kinds[j], look_at, &r);
		}
	}
	return r.all;
}

void verb_nodes(struct call *k)
{
	call_result(k, rows_of(k, NULL));
}

/* ---- drain, undrain --------------------------------------------------------- */

/* One answer when every partition has committed it. */
struct drain {
	struct call *k;
	char name[NAME_MAX_BYTES];
	unsigned waits;
	int err;
};

static void partition_did(int err, void *arg)
{
	struct drain *d = arg;

	if (err)
		d->err = err;
	if (--d->waits)
		return;
	if (d->err)
		call_fail(d->k, RPC_UNAVAILABLE, "not every partition has it: "
			  "Redis has not confirmed it, or another engine took "
			  "over; say it again");
	else
		call_result(d->k, rows_of(d->k, d->name));
	free(d);
}

static void each_partition(struct drain *d, const struct msg *m)
{
	struct engine *e = d->k->e;

	d->waits = 1; /* ours: no answer before all are asked */
	for (unsigned i = 0; i < e->conf->partitions; i++) {
		if (!partition_served(e->parts[i]))
			continue;
		d->waits++;
		if (partition_inner(e->parts[i], m, partition_did, d))
			partition_did(ECANCELED, d);
	}
	partition_did(0, d);
}

static bool serves_some(const struct engine *e)
{
	for (unsigned i = 0; i < e->conf->partitions; i++)
		if (partition_served(e->parts[i]))
			return true;
	return false;
}

/* Of the kind of the first row. False: answered. */
static bool may(struct call *k, const char *name, bool at_once)
{
	json_t *rows = rows_of(k, name);
	const char *kind = json_string_value(
		json_object_get(json_array_get(rows, 0), "kind"));
	bool acd = kind && !strcmp(kind, "acd"), known = kind != NULL;

	json_decref(rows);
	if (!serves_some(k->e))
		call_fail(k, RPC_NOT_HERE, "this engine owns no partition");
	else if (!known)
		call_fail(k, RPC_NOT_FOUND, "node: there is no %s; `nodes` "
			  "lists what there is", name);
	else if (acd && at_once)
		call_fail(k, RPC_INVALID_PARAMS, "when: calls do not leave the "
			  "acd node %s while it lives; leave out \"now\", or "
			  "move its service address", name);
	else
		return true;
	return false;
}

static void drain(struct call *k, enum msg_type type)
{
	char when[NAME_MAX_BYTES] = "", actor[NAME_MAX_BYTES] = "jackfieldctl";
	struct drain *d = calloc(1, sizeof(*d));
	struct msg m;
	int e = d ? call_text(k, "node", d->name, sizeof(d->name)) : ENOMEM;

	if (e == ENOENT || e == ENOMEM)
		call_fail(k, RPC_INVALID_PARAMS,
			  "node: is missing; say which, as in `nodes`");
	if (e || call_text(k, "actor", actor, sizeof(actor)) == EINVAL ||
	    call_text(k, "when", when, sizeof(when)) == EINVAL)
		goto out;
	if (when[0] && strcmp(when, "now")) {
		call_fail(k, RPC_INVALID_PARAMS,
			  "when: must be \"now\", or nothing");
		goto out;
	}
	if (!may(k, d->name, when[0] != '\0'))
		goto out;
	d->k = k;
	msg_init(&m, type);
	msg_put(&m, F_NODE, str_c(d->name));
	msg_put(&m, F_ACTOR, str_c(actor));
	if (when[0])
		msg_put(&m, F_AT_ONCE, STR_LIT("1"));
	each_partition(d, &m);
	return;
out:
	free(d);
}

void verb_drain(struct call *k)
{
	drain(k, M_NODE_DRAIN);
}

void verb_undrain(struct call *k)
{
	drain(k, M_NODE_UNDRAIN);
}
