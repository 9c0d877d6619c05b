/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that list records: agents, contacts, queues. */
#include <errno.h>
#include <stdio.h>

#include "router-engine/ctl/server.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/settings.h"

struct list {
	struct call *k;
	json_t *rows;
	char tenant[128]; /* "": all */
	const struct mirror *m; /* of the partition looked at */
	uint64_t now;
	/* of one queue */
	struct str queue;
	uint64_t waiting, offered, talking, longest_ms;
};

static struct str get(struct list *l, struct str line, const char *name)
{
	return line_get(line, name, &l->k->arena);
}

/* The line of what a field names: "agent" of a contact is an agent. */
static struct str other(struct list *l, struct str line, const char *kind)
{
	struct str id = get(l, line, kind);

	return str_set(id) ? mirror_get(l->m, kind, id) : STR_NONE;
}

static bool wanted(struct list *l, struct str line)
{
	struct str id = get(l, line, "tenant");

	return !l->tenant[0] ||
	       tenant_is(id, mirror_get(l->m, "tenant", id), l->tenant,
			 &l->k->arena);
}

static json_t *since(struct list *l, uint64_t t)
{
	return json_integer(t && t < l->now ? (json_int_t)(l->now - t) : 0);
}

static bool is_in(struct list *l, struct str line, const char *state)
{
	return str_eq(get(l, line, "state"), str_c(state));
}

/* ---- the rows --------------------------------------------------------------------- */

static void agent_row(struct str id, struct str line, void *arg)
{
	struct list *l = arg;

	if (!wanted(l, line))
		return;
	json_array_append_new(l->rows, json_pack(
		"{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}",
		"agent", json_text(id),
		"tenant", json_text(get(l, other(l, line, "tenant"),
					"domain")),
		"user", json_text(get(l, line, "user")),
		"name", json_text(get(l, line, "name")),
		"state", json_text(get(l, line, "state")),
		"for_ms", since(l, line_num(line, "since")),
		"cause", json_text(get(l, line, "cause")),
		"contact", json_text(get(l, line, "contact")),
		"phone", (int)line_num(line, "registered")));
}

static void contact_row(struct str id, struct str line, void *arg)
{
	struct list *l = arg;
	uint64_t enqueued = line_num(line, "enqueued");
	uint64_t waited = line_num(line, "wait_ms");

	if (!wanted(l, line))
		return;
	json_array_append_new(l->rows, json_pack(
		"{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
		"contact", json_text(id),
		"tenant", json_text(get(l, other(l, line, "tenant"),
					"domain")),
		"state", json_text(get(l, line, "state")),
		"caller", json_text(get(l, line, "caller")),
		"queue", json_text(get(l, other(l, line, "queue"), "name")),
		"agent", json_text(get(l, other(l, line, "agent"), "user")),
		"wait_ms", waited ? json_integer((json_int_t)waited)
				  : since(l, enqueued),
		"age_ms", since(l, line_num(line, "begin"))));
}

static void count_contact(struct str id, struct str line, void *arg)
{
	struct list *l = arg;
	uint64_t enqueued = line_num(line, "enqueued");
	bool offered;

	(void)id;
	if (!str_eq(get(l, line, "queue"), l->queue))
		return;
	offered = is_in(l, line, "offered");
	l->talking += is_in(l, line, "talking") || is_in(l, line, "held");
	if (!offered && !is_in(l, line, "queued"))
		return;
	l->offered += offered;
	l->waiting++;
	if (enqueued && l->now > enqueued && l->now - enqueued > l->longest_ms)
		l->longest_ms = l->now - enqueued;
}

static void queue_row(struct str id, struct str line, void *arg)
{
	struct list *l = arg;

	if (!wanted(l, line))
		return;
	l->queue = id;
	l->waiting = l->offered = l->talking = l->longest_ms = 0;
	mirror_each(l->m, "contact", count_contact, l);
	json_array_append_new(l->rows, json_pack(
		"{s:o,s:o,s:o,s:I,s:I,s:I,s:I}",
		"queue", json_text(id),
		"tenant", json_text(get(l, other(l, line, "tenant"),
					"domain")),
		"name", json_text(get(l, line, "name")),
		"waiting", (json_int_t)l->waiting,
		"offered", (json_int_t)l->offered,
		"talking", (json_int_t)l->talking,
		"longest_wait_ms", (json_int_t)l->longest_ms));
}

/* ---- the lists --------------------------------------------------------------------- */

static void list(struct call *k, const char *kind, mirror_h *row)
{
	struct list l = {.k = k, .now = bus_now(k->e->bus)};

	if (call_text(k, "tenant", l.tenant, sizeof(l.tenant)) == EINVAL)
		return;
	l.rows = json_array();
	for (unsigned i = 0; i < k->e->conf->partitions; i++) {
		if (!partition_served(k->e->parts[i]))
			continue;
		l.m = partition_mirror(k->e->parts[i]);
		mirror_each(l.m, kind, row, &l);
	}
	call_result(k, l.rows);
}

void verb_agents(struct call *k)
{
	list(k, "agent", agent_row);
}

void verb_contacts(struct call *k)
{
	list(k, "contact", contact_row);
}

void verb_queues(struct call *k)
{
	list(k, "queue", queue_row);
}
