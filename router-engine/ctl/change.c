/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that change something: inner events, answered when committed. */
#include <errno.h>
#include <stdio.h>

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "router-engine/ctl/server.h"
#include "router-engine/store/confdb.h"
#include "router-engine/store/partition.h"
#include "router-engine/store/settings.h"

#define NAME_MAX_BYTES 128

/* ---- finding an agent ----------------------------------------------------------- */

struct search {
	struct call *k;
	const struct mirror *m; /* of the partition looked at */
	unsigned partition;
	const char *user, *tenant; /* tenant "": any */
	unsigned found, tenants; /* tenants: served here by this name */
	struct str id; /* of the agent, the last found */
	unsigned at;
};

static bool right_tenant(struct search *s, struct str tenant)
{
	struct str line = mirror_get(s->m, "tenant", tenant);

	return !s->tenant[0] ||
	       tenant_is(tenant, line, s->tenant, &s->k->arena);
}

static void look_at_agent(struct str id, struct str line, void *arg)
{
	struct search *s = arg;
	struct arena *a = &s->k->arena;

	if (!str_eq(line_get(line, "user", a), str_c(s->user)) ||
	    !right_tenant(s, line_get(line, "tenant", a)))
		return;
	s->found++;
	s->id = arena_str(a, id);
	s->at = s->partition;
}

static void look_at_tenant(struct str id, struct str line, void *arg)
{
	struct search *s = arg;

	if (tenant_is(id, line, s->tenant, &s->k->arena))
		s->tenants++;
}

static void search(struct search *s)
{
	for (unsigned i = 0; i < s->k->e->conf->partitions; i++) {
		const struct partition *p = s->k->e->parts[i];

		if (!partition_served(p))
			continue;
		s->partition = i;
		s->m = partition_mirror(p);
		mirror_each(s->m, "agent", look_at_agent, s);
		mirror_each(s->m, "tenant", look_at_tenant, s);
	}
}

/* Nobody else can have what all partitions do not have. */
static bool serves_all(const struct engine *e)
{
	for (unsigned i = 0; i < e->conf->partitions; i++)
		if (!partition_served(e->parts[i]))
			return false;
	return true;
}

static void not_found(struct search *s)
{
	bool all = serves_all(s->k->e);

	if (s->found > 1)
		call_fail(s->k, RPC_INVALID_PARAMS,
			  "user: %u agents are called %s; say %s@TENANT",
			  s->found, s->user, s->user);
	else if (s->tenant[0] && s->tenants)
		call_fail(s->k, RPC_NOT_FOUND,
			  "user: tenant %s has no agent %s; `agents` lists "
			  "them", s->tenant, s->user);
	else if (s->tenant[0])
		call_fail(s->k, all ? RPC_NOT_FOUND : RPC_NOT_HERE,
			  "tenant: %s is not served here; `agents` shows the "
			  "tenants' domains", s->tenant);
	else
		call_fail(s->k, all ? RPC_NOT_FOUND : RPC_NOT_HERE,
			  "user: there is no agent %s here; `agents` lists "
			  "them", s->user);
}

/* Fills k->object and k->partition. False: answered. */
static bool find_agent(struct call *k)
{
	char user[NAME_MAX_BYTES], tenant[NAME_MAX_BYTES] = "", *at;
	struct search s = {.k = k, .user = user, .tenant = tenant};
	int e = call_text(k, "user", user, sizeof(user));

	if (e == ENOENT)
		call_fail(k, RPC_INVALID_PARAMS,
			  "user: is missing; say which agent, as in `agents`");
	if (e || call_text(k, "tenant", tenant, sizeof(tenant)) == EINVAL)
		return false;
	at = strchr(user, '@');
	if (at) {
		*at = '\0';
		if (!tenant[0])
			snprintf(tenant, sizeof(tenant), "%s", at + 1);
	}
	search(&s);
	if (s.found != 1) {
		not_found(&s);
		return false;
	}
	k->object = s.id;
	k->partition = s.at;
	return true;
}

/* ---- one inner event, then the answer ---------------------------------------------- */

/* True: go on. False: answered. */
static bool committed(struct call *k, int err)
{
	if (!err)
		return true;
	if (err == ETIMEDOUT)
		call_fail(k, RPC_UNAVAILABLE, "Redis has not confirmed it; "
			  "it may still take effect: look before trying again");
	else
		call_fail(k, RPC_NOT_HERE,
			  "this engine does not own the partition any more; "
			  "ask again");
	return false;
}

static void change(struct call *k, struct msg *m, partition_done_h *done)
{
	char actor[NAME_MAX_BYTES] = "jackfieldctl";

	if (call_text(k, "actor", actor, sizeof(actor)) == EINVAL)
		return;
	msg_put(m, F_ACTOR, str_c(actor));
	if (partition_inner(k->e->parts[k->partition], m, done, k))
		committed(k, ECANCELED);
}

/* ---- agents --------------------------------------------------------------------------- */

static void on_agent_changed(int err, void *arg)
{
	struct call *k = arg;
	const struct mirror *m;
	struct str line, tenant;

	if (!committed(k, err))
		return;
	m = partition_mirror(k->e->parts[k->partition]);
	line = mirror_get(m, "agent", k->object);
	tenant = line_get(line, "tenant", &k->arena);
	tenant = mirror_get(m, "tenant", tenant);
	call_result(k, json_pack(
		"{s:o,s:o,s:o,s:o,s:o}",
		"tenant", json_text(line_get(tenant, "domain", &k->arena)),
		"user", json_text(line_get(line, "user", &k->arena)),
		"name", json_text(line_get(line, "name", &k->arena)),
		"state", json_text(line_get(line, "state", &k->arena)),
		"next", json_text(line_get(line, "next", &k->arena))));
}

static void agent_event(struct call *k, enum msg_type type)
{
	char reason[NAME_MAX_BYTES] = "";
	struct msg m;

	if (!find_agent(k) ||
	    call_text(k, "reason", reason, sizeof(reason)) == EINVAL)
		return;
	msg_init(&m, type);
	msg_put(&m, F_AGENT, k->object);
	if (msg_type_field(type, F_REASON))
		msg_put(&m, F_REASON, str_c(reason));
	change(k, &m, on_agent_changed);
}

void verb_agent_ready(struct call *k)
{
	agent_event(k, M_AGENT_READY);
}

void verb_agent_pause(struct call *k)
{
	agent_event(k, M_AGENT_PAUSE);
}

void verb_agent_logout(struct call *k)
{
	agent_event(k, M_AGENT_LOGOUT);
}

/* ---- contacts --------------------------------------------------------------------------- */

static void on_contact_ended(int err, void *arg)
{
	struct call *k = arg;

	if (committed(k, err))
		call_result(k, json_pack("{s:o,s:s}", "contact",
					 json_text(k->object), "state",
					 "ending"));
}

void verb_contact_end(struct call *k)
{
	char id[NAME_MAX_BYTES];
	uint64_t number;
	struct msg m;
	int e = call_text(k, "contact", id, sizeof(id));

	if (e == EINVAL)
		return;
	if (e || id_parse(str_c(id), 'c', &number)) {
		call_fail(k, RPC_INVALID_PARAMS,
			  "contact: must be c and 16 hexadecimal digits, as "
			  "`contacts` shows");
		return;
	}
	k->object = arena_str(&k->arena, str_c(id));
	k->partition = id_partition(number);
	if (k->partition < k->e->conf->partitions &&
	    !partition_served(k->e->parts[k->partition])) {
		call_fail(k, RPC_NOT_HERE, "contact: partition %u is not "
			  "served by this engine", k->partition);
		return;
	}
	if (k->partition >= k->e->conf->partitions ||
	    !str_set(mirror_get(partition_mirror(k->e->parts[k->partition]),
				"contact", k->object))) {
		call_fail(k, RPC_NOT_FOUND,
			  "contact: %s is over or never was; `contacts` lists "
			  "those that are not over", id);
		return;
	}
	msg_init(&m, M_CONTACT_END);
	msg_put(&m, F_CONTACT, k->object);
	change(k, &m, on_contact_ended);
}

/* ---- configuration and log ----------------------------------------------------------------- */

static void on_reloaded(int err, void *arg)
{
	struct call *k = arg;

	if (!err)
		call_result(k, json_pack("{s:s,s:s}", "engine",
					 k->e->conf->name, "conf",
					 "read again"));
	else if (err == EPROTO)
		call_fail(k, RPC_UNAVAILABLE, "PostgreSQL refused it; the "
			  "engine's log has its words");
	else
		call_fail(k, RPC_UNAVAILABLE, "PostgreSQL is away: %s; the "
			  "configuration in memory stays in force",
			  k->e->pg ? pg_trouble(k->e->pg) : "stopping");
}

void verb_conf_reload(struct call *k)
{
	int err = confdb_reload_then(k->e->confdb, on_reloaded, k);

	if (err)
		on_reloaded(err, k);
}

void verb_log_level(struct call *k)
{
	char level[16];
	int e = call_text(k, "level", level, sizeof(level));

	if (e == EINVAL)
		return;
	if (e || log_level_set(level)) {
		call_fail(k, RPC_INVALID_PARAMS,
			  "level: must be debug, info, warn or error");
		return;
	}
	call_result(k, json_pack("{s:s,s:s}", "engine", k->e->conf->name,
				 "level", level));
}
