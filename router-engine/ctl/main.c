/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jackfieldctl: what people ask of the engines, on one line. */
#include <getopt.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "router-engine/ctl/ask.h"
#include "router-engine/ctl/print.h"
#include "router-engine/ctl/request.h"

#define TIMEOUT_MS 5000
#define TAKEOVER_MS 3000 /* how long a successor is waited for */

enum shape {
	TABLE, /* rows of all engines */
	MERGED, /* rows of all engines, one for each "node" */
	OBJECTS, /* an object of each engine */
	OBJECT, /* of the engine that has it */
	LINES, /* text */
	ROWS, /* rows that every engine has alike: one is asked */
};

static const struct verb {
	const char *word, *second; /* as typed; second may be NULL */
	const char *method;
	const char *param, *option; /* names of what follows; may be NULL */
	enum shape shape;
	const char *sort[2];
	const char *nothing, *doc;
} verbs[] = {
	{"agent", "ready", "agent.ready", "user", NULL, OBJECT, {0}, NULL,
	 "log in when logged out, and take contacts; ends wrap-up"},
	{"agent", "pause", "agent.pause", "user", "reason", OBJECT, {0}, NULL,
	 "log in when logged out, and take no contacts"},
	{"agent", "logout", "agent.logout", "user", NULL, OBJECT, {0}, NULL,
	 "log out"},
	{"agents", NULL, "agents", NULL, "tenant", TABLE, {"tenant", "user"},
	 "no agents are served here", "every agent and its state"},
	{"contacts", NULL, "contacts", NULL, "tenant", TABLE, {"contact", NULL},
	 "no contacts", "every contact that is not over"},
	{"queues", NULL, "queues", NULL, "tenant", TABLE, {"tenant", "queue"},
	 "no queues are served here", "every queue and who waits in it"},
	{"explain", NULL, "explain", "contact", NULL, LINES, {0}, NULL,
	 "what happened to a contact and why; CONTACT may be: last"},
	{"contact", "end", "contact.end", "contact", NULL, OBJECT, {0}, NULL,
	 "end a contact"},
	{"nodes", NULL, "nodes", NULL, NULL, MERGED, {"kind", "node"},
	 "no node is known", "acd nodes, workers, rtpengines and their legs"},
	{"drain", NULL, "drain", "node", "when", MERGED, {"node", NULL},
	 "no node is known",
	 "nothing new for it; WHEN now: what it has moves away"},
	{"undrain", NULL, "undrain", "node", NULL, MERGED, {"node", NULL},
	 "no node is known", "give it its share again"},
	{"bans", NULL, "bans", NULL, NULL, ROWS, {"address", "user"},
	 "nobody is banned", "sources that the SIP edge does not answer"},
	{"unban", NULL, "unban", "address", NULL, OBJECT, {0}, NULL,
	 "answer an address and its users again"},
	{"stats", NULL, "stats", NULL, NULL, OBJECTS, {"engine", NULL}, NULL,
	 "figures of each engine"},
	{"partitions", NULL, "partitions", NULL, NULL, TABLE,
	 {"partition", NULL}, "no engine owns a partition",
	 "who owns which partition"},
	{"conf", "reload", "conf.reload", NULL, NULL, OBJECTS, {0}, NULL,
	 "read the configuration from PostgreSQL again"},
	{"log", "level", "log.level", "level", NULL, OBJECTS, {0}, NULL,
	 "debug, info, warn or error"},
	{"help", NULL, NULL, NULL, NULL, LINES, {0}, NULL, "this list"},
};

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

static void upper(const char *s, char *dst)
{
	while ((*dst++ = *s >= 'a' && *s <= 'z' ? (char)(*s - 32) : *s))
		s++;
}

static void usage(FILE *f)
{
	char line[96], param[32] = "", option[32] = "";

	fprintf(f, "usage: jackfieldctl [--socket PATH] [--json] VERB ...\n\n"
		   "PATH is an engine's control socket, or a directory of "
		   "them (default:\n$JACKFIELD_RUN, var/run, "
		   "/run/jackfield). USER may be USER@TENANT.\n\n");
	for (size_t i = 0; i < NVERBS; i++) {
		const struct verb *v = &verbs[i];

		upper(v->param ? v->param : "", param);
		upper(v->option ? v->option : "", option);
		snprintf(line, sizeof(line), "%s%s%s%s%s%s%s%s", v->word,
			 v->second ? " " : "", v->second ? v->second : "",
			 *param ? " " : "", param, *option ? " [" : "", option,
			 *option ? "]" : "");
		fprintf(f, "  %-28s %s\n", line, v->doc);
	}
}

static const char *default_socket(void)
{
	const char *env = getenv("JACKFIELD_RUN");
	struct stat st;

	if (env && *env)
		return env;
	return stat("var/run", &st) ? "/run/jackfield" : "var/run";
}

/* "agent ready" or "agent.ready". *restp: what follows. NULL: told. */
static const struct verb *find(int argc, char **argv, char ***restp)
{
	for (size_t i = 0; i < NVERBS; i++) {
		const struct verb *v = &verbs[i];
		bool dotted = v->method && !strcmp(v->method, argv[0]);

		if (!dotted && (strcmp(v->word, argv[0]) ||
				(v->second && (argc < 2 ||
					       strcmp(v->second, argv[1])))))
			continue;
		*restp = argv + (v->second && !dotted ? 2 : 1);
		return v;
	}
	fprintf(stderr, "jackfieldctl: there is no verb \"%s%s%s\"; "
		"`jackfieldctl help` lists them\n", argv[0],
		argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	return NULL;
}

static json_t *params_of(const struct verb *v, char **rest)
{
	json_t *params = json_object();

	if (v->param && !*rest) {
		fprintf(stderr, "jackfieldctl: %s: is missing; "
			"`jackfieldctl help` shows how\n", v->param);
		json_decref(params);
		return NULL;
	}
	if (v->param)
		json_object_set_new(params, v->param, json_string(*rest++));
	if (v->option && *rest)
		json_object_set_new(params, v->option, json_string(*rest++));
	if (*rest) {
		fprintf(stderr, "jackfieldctl: \"%s\" is too much; "
			"`jackfieldctl help` shows how\n", *rest);
		json_decref(params);
		return NULL;
	}
	return params;
}

static void print_lines(const json_t *result)
{
	const json_t *line;
	size_t i;

	json_array_foreach(json_object_get(result, "lines"), i, line)
		printf("%s\n", json_string_value(line));
}

static void print_objects(const json_t *result)
{
	const json_t *o;
	size_t i;

	json_array_foreach(result, i, o) {
		if (i)
			putchar('\n');
		print_object(stdout, o);
	}
}

static void print_result(const struct verb *v, json_t *result, int as_json)
{
	if (v->shape == MERGED)
		print_merge(result, "node");
	if (json_is_array(result) && v->sort[0])
		print_sort(result, v->sort[0], v->sort[1]);
	if (as_json) {
		json_dumpf(result, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (v->shape == TABLE || v->shape == MERGED ||
		   v->shape == ROWS) {
		print_table(stdout, result, v->nothing);
	} else if (v->shape == OBJECTS) {
		print_objects(result);
	} else if (v->shape == OBJECT) {
		print_object(stdout, result);
	} else {
		print_lines(result);
	}
}

static int failed(const struct ask *a, int as_json)
{
	json_t *o;

	if (!as_json) {
		fprintf(stderr, "jackfieldctl: %s\n", a->error);
		return 1;
	}
	o = json_pack("{s:{s:i,s:s}}", "error", "code", a->code, "message",
		      a->error);
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
	return 1;
}

static int run(const struct verb *v, json_t *params, const char *where,
	       int as_json)
{
	struct ask a = {.timeout_ms = TIMEOUT_MS};
	json_t *result = NULL;

	if (ask_open(&a, where)) {
		ask_close(&a);
		return failed(&a, as_json);
	}
	if (v->shape == TABLE || v->shape == MERGED || v->shape == OBJECTS)
		result = ask_all(&a, v->method, params);
	else
		result = ask_one(&a, v->method, params,
				 v->shape == OBJECT ? TAKEOVER_MS : 0);
	ask_close(&a);
	if (!result)
		return failed(&a, as_json);
	if (a.error[0] && a.code && a.code != RPC_NOT_HERE)
		fprintf(stderr, "jackfieldctl: %s\n", a.error);
	print_result(v, result, as_json);
	json_decref(result);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *where = default_socket();
	const struct verb *v;
	char **rest = NULL;
	int c, as_json = 0, status;
	json_t *params;

	setlocale(LC_ALL, "");
	while ((c = getopt_long(argc, argv, "s:jh", options, NULL)) != -1) {
		if (c == 's')
			where = optarg;
		else if (c == 'j')
			as_json = 1;
		else if (c == 'h')
			return usage(stdout), 0;
		else
			return 2;
	}
	if (optind == argc)
		return usage(stderr), 2;
	v = find(argc - optind, argv + optind, &rest);
	if (!v)
		return 2;
	if (!v->method)
		return usage(stdout), 0;
	params = params_of(v, rest);
	if (!params)
		return 2;
	status = run(v, params, where, as_json);
	json_decref(params);
	return status;
}
