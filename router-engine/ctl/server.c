/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "router-engine/ctl/server.h"
#include "router-engine/io/control.h"
#include "router-engine/store/mirror.h"
#include "router-engine/store/settings.h"

struct ctl {
	struct engine *e;
	struct control *control;
};

static void verb_help(struct call *k);

static const struct verb {
	const char *method, *params, *doc;
	verb_h *run;
} verbs[] = {
	{"agent.ready", "user [tenant]",
	 "log in when logged out, and take contacts; ends wrap-up",
	 verb_agent_ready},
	{"agent.pause", "user [tenant] [reason]",
	 "log in when logged out, and take no contacts", verb_agent_pause},
	{"agent.logout", "user [tenant]", "log out", verb_agent_logout},
	{"agents", "[tenant]", "every agent and its state", verb_agents},
	{"contacts", "[tenant]", "every contact that is not over",
	 verb_contacts},
	{"queues", "[tenant]", "every queue and who waits in it", verb_queues},
	{"explain", "contact", "what happened to a contact and why, in words; "
	 "contact may be \"last\"", verb_explain},
	{"contact.end", "contact", "end a contact", verb_contact_end},
	{"nodes", "", "acd nodes, workers and rtpengines, and what they have",
	 verb_nodes},
	{"drain", "node [when]", "give a node, worker or rtpengine nothing new; "
	 "when \"now\": what it has moves away", verb_drain},
	{"undrain", "node", "give it its share again", verb_undrain},
	{"bans", "", "sources that the SIP edge does not answer", verb_bans},
	{"unban", "address", "answer an address and its users again",
	 verb_unban},
	{"stats", "", "figures of this engine", verb_stats},
	{"partitions", "", "the partitions that this engine owns",
	 verb_partitions},
	{"conf.reload", "", "read the configuration from PostgreSQL again",
	 verb_conf_reload},
	{"log.level", "level", "debug, info, warn or error", verb_log_level},
	{"help", "", "this list", verb_help},
};

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

/* ---- answers ---------------------------------------------------------------------- */

static void call_free(struct call *k)
{
	rpc_release(&k->req);
	arena_release(&k->arena);
	free(k);
}

static void answer(struct call *k, char *text)
{
	if (text)
		control_reply(k->c->control, k->client, str_c(text));
	free(text);
	call_free(k);
}

void call_result(struct call *k, json_t *result)
{
	answer(k, k->req.id ? rpc_result(k->req.id, result)
			    : (json_decref(result), NULL));
}

void call_fail(struct call *k, int code, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Of what could not be read nobody knows whether it had an id. */
	if (k->req.id || code == RPC_PARSE_ERROR ||
	    code == RPC_INVALID_REQUEST)
		answer(k, rpc_error(k->req.id, code, text));
	else
		answer(k, NULL);
}

int call_text(struct call *k, const char *name, char *buf, size_t size)
{
	char err[RPC_TEXT_MAX] = "";
	int e = rpc_text(&k->req, name, buf, size, err, sizeof(err));

	if (e == EINVAL)
		call_fail(k, RPC_INVALID_PARAMS, "%s", err);
	return e;
}

json_t *json_text(struct str s)
{
	json_t *v;

	if (!str_set(s))
		return json_null();
	v = json_stringn(s.p, s.len);
	return v ? v : json_string("(not UTF-8)");
}

bool tenant_is(struct str id, struct str line, const char *name,
	       struct arena *a)
{
	return str_eq(id, str_c(name)) ||
	       str_eq(line_get(line, "name", a), str_c(name)) ||
	       str_eq(line_get(line, "domain", a), str_c(name));
}

/* ---- requests ---------------------------------------------------------------------- */

static void verb_help(struct call *k)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < NVERBS; i++)
		json_array_append_new(
			rows, json_pack("{s:s,s:s,s:s}", "verb",
					verbs[i].method, "params",
					verbs[i].params, "what",
					verbs[i].doc));
	call_result(k, rows);
}

static void run(struct call *k)
{
	for (size_t i = 0; i < NVERBS; i++)
		if (!strcmp(verbs[i].method, k->req.method)) {
			verbs[i].run(k);
			return;
		}
	call_fail(k, RPC_NO_METHOD, "method: there is no \"%s\"; `help` lists "
		  "what there is", k->req.method);
}

static void on_line(uint64_t client, struct str line, void *arg)
{
	struct call *k = calloc(1, sizeof(*k));
	struct ctl *c = arg;
	char err[RPC_TEXT_MAX] = "";
	int code;

	if (!k)
		return;
	k->c = c;
	k->e = c->e;
	k->client = client;
	arena_init(&k->arena);
	code = rpc_parse(&k->req, line, err, sizeof(err));
	if (code)
		call_fail(k, code, "%s", err);
	else
		run(k);
}

int ctl_alloc(struct ctl **cp, struct engine *e, const char *path)
{
	struct ctl *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return ENOMEM;
	c->e = e;
	err = control_alloc(&c->control, e->base, path, on_line, c);
	if (err)
		free(c);
	else
		*cp = c;
	return err;
}

void ctl_free(struct ctl *c)
{
	if (!c)
		return;
	control_free(c->control);
	free(c);
}
