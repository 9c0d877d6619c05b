/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "router-engine/ctl/ask.h"
#include "router-engine/ctl/request.h"
#include "router-engine/io/dial.h"

#define AGAIN_MS 50

int ask_open(struct ask *a, const char *where)
{
	struct stat st;

	if (stat(where, &st)) {
		snprintf(a->error, sizeof(a->error),
			 "%s: %s; give the engine's socket or its directory "
			 "with --socket", where, strerror(errno));
		return errno;
	}
	if (!S_ISDIR(st.st_mode)) {
		a->paths[0] = strdup(where);
		a->n = a->paths[0] ? 1 : 0;
		return a->n ? 0 : ENOMEM;
	}
	a->n = dial_list(where, a->paths, ASK_ENGINES_MAX);
	if (a->n)
		return 0;
	snprintf(a->error, sizeof(a->error),
		 "%s: there is no engine's socket (engine*.sock) in it; is the "
		 "engine running?", where);
	return ENOENT;
}

void ask_close(struct ask *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->paths[i]);
	a->n = 0;
}

static void tell_error(struct ask *a, const char *path, json_t *error)
{
	const char *text = json_string_value(json_object_get(error,
							     "message"));

	a->code = (int)json_integer_value(json_object_get(error, "code"));
	snprintf(a->error, sizeof(a->error), "%s",
		 text ? text : "the answer has no message");
	(void)path;
}

/* One engine. NULL: a->error and a->code. */
static json_t *call(struct ask *a, const char *path, const char *text)
{
	json_t *o, *result;
	char *line = NULL;
	int err = dial_call(path, str_c(text), a->timeout_ms, &line);

	a->code = 0;
	if (err) {
		snprintf(a->error, sizeof(a->error), "%s: %s", path,
			 err == ECONNREFUSED ? "no engine listens there"
					     : strerror(err));
		return NULL;
	}
	o = json_loads(line, 0, NULL);
	free(line);
	result = json_object_get(o, "result");
	json_incref(result);
	if (!o || !json_object_get(o, "jsonrpc"))
		snprintf(a->error, sizeof(a->error),
			 "%s: what listens there is no engine", path);
	else if (!result)
		tell_error(a, path, json_object_get(o, "error"));
	json_decref(o);
	return result;
}

static char *request_text(const char *method, json_t *params)
{
	json_t *o = json_pack("{s:s,s:s,s:O,s:i}", "jsonrpc", "2.0", "method",
			      method, "params", params, "id", 1);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}

/* Of several refusals the one that knows most is told. */
static int weight(int code)
{
	switch (code) {
	case 0:
		return 0;
	case RPC_NOT_HERE:
		return 1;
	case RPC_NOT_FOUND:
		return 3;
	case RPC_UNAVAILABLE:
		return 2;
	default:
		return 4;
	}
}

static json_t *each(struct ask *a, const char *text)
{
	char best[sizeof(a->error)] = "";
	int code = 0;

	for (size_t i = 0; i < a->n; i++) {
		json_t *result = call(a, a->paths[i], text);

		if (result)
			return result;
		if (!best[0] || weight(a->code) > weight(code)) {
			snprintf(best, sizeof(best), "%s", a->error);
			code = a->code;
		}
	}
	snprintf(a->error, sizeof(a->error), "%s", best);
	a->code = code;
	return NULL;
}

json_t *ask_one(struct ask *a, const char *method, json_t *params,
		unsigned wait_ms)
{
	const struct timespec pause = {0, AGAIN_MS * 1000000};
	char *text = request_text(method, params);
	json_t *result = NULL;

	if (!text)
		return NULL;
	for (unsigned waited = 0;; waited += AGAIN_MS) {
		result = each(a, text);
		if (result || waited >= wait_ms ||
		    (a->code != RPC_NOT_HERE && a->code != 0))
			break;
		nanosleep(&pause, NULL);
	}
	free(text);
	return result;
}

json_t *ask_all(struct ask *a, const char *method, json_t *params)
{
	char *text = request_text(method, params);
	json_t *all = json_array();
	size_t answers = 0;
	char error[sizeof(a->error)] = "";
	int code = 0;

	for (size_t i = 0; text && i < a->n; i++) {
		json_t *result = call(a, a->paths[i], text);

		if (!result) {
			if (!error[0] || weight(a->code) > weight(code)) {
				snprintf(error, sizeof(error), "%s", a->error);
				code = a->code;
			}
			continue;
		}
		answers++;
		if (json_is_array(result))
			json_array_extend(all, result);
		else
			json_array_append(all, result);
		json_decref(result);
	}
	free(text);
	snprintf(a->error, sizeof(a->error), "%s", error);
	a->code = code;
	if (answers)
		return all;
	json_decref(all);
	return NULL;
}
