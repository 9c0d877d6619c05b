/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file server.h  JSON-RPC over the control socket.
 *
 * One request per line, one answer per line. A request that changes state is
 * an inner event of its partition and is answered when its commit is
 * confirmed: what the answer says is stored. To add a verb: one row in the
 * table of server.c, one function beside its like (change.c, show.c).
 */
#ifndef JF_CTL_SERVER_H
#define JF_CTL_SERVER_H

#include "router-engine/ctl/request.h"
#include "router-engine/store/engine.h"

struct ctl;

/* 0, ENOMEM, or what control_alloc() gives. */
int ctl_alloc(struct ctl **cp, struct engine *e, const char *path);
/* After engine_stop(): no request is under way then. */
void ctl_free(struct ctl *c); /* may be NULL */

/* ---- for the verbs ---------------------------------------------------------- */

struct call {
	struct ctl *c;
	struct engine *e;
	uint64_t client;
	struct rpc_request req;
	struct arena arena; /* until the answer */
	struct str object; /* what it is about: an agent's id, ... */
	unsigned partition;
};

/* Each request is answered once, by one of these; they free the call. */
void call_result(struct call *k, json_t *result); /* takes result */
void call_fail(struct call *k, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* rpc_text() whose errors are answered: 0, ENOENT, EINVAL (the call is
 * gone). */
int call_text(struct call *k, const char *name, char *buf, size_t size);

typedef void (verb_h)(struct call *k);

verb_h verb_agent_ready, verb_agent_pause, verb_agent_logout,
	verb_contact_end, verb_conf_reload, verb_log_level; /* change.c */
verb_h verb_bans, verb_unban; /* edge.c */
verb_h verb_nodes, verb_drain, verb_undrain; /* nodes.c */
verb_h verb_agents, verb_contacts, verb_queues; /* show.c */
verb_h verb_partitions, verb_stats, verb_explain; /* tell.c */

/* Text of a record's field as JSON; null when it is absent. */
json_t *json_text(struct str s);

/* Whether a tenant record (its id and line) is what a person calls `name`:
 * its number, its name or its domain. */
bool tenant_is(struct str id, struct str line, const char *name,
	       struct arena *a);

#endif
