/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "router-engine/ctl/request.h"

static int fail(char *err, size_t errsz, int code, const char *text)
{
	snprintf(err, errsz, "%s", text);
	return code;
}

static int check(struct rpc_request *req, json_t *o, char *err, size_t errsz)
{
	const char *version = json_string_value(json_object_get(o, "jsonrpc"));
	const char *method = json_string_value(json_object_get(o, "method"));
	json_t *params = json_object_get(o, "params");
	json_t *id = json_object_get(o, "id");

	if (id && !json_is_string(id) && !json_is_integer(id) &&
	    !json_is_null(id))
		return fail(err, errsz, RPC_INVALID_REQUEST,
			    "id: must be a text, a whole number or null");
	req->id = id ? json_incref(id) : NULL;
	if (!version || strcmp(version, "2.0") != 0)
		return fail(err, errsz, RPC_INVALID_REQUEST,
			    "jsonrpc: must be \"2.0\"");
	if (!method || str_copy(req->method, sizeof(req->method),
				str_c(method)))
		return fail(err, errsz, RPC_INVALID_REQUEST,
			    "method: must be a text; `help` lists them");
	if (params && !json_is_object(params))
		return fail(err, errsz, RPC_INVALID_PARAMS,
			    "params: must be an object of names and values");
	req->params = params ? json_incref(params) : json_object();
	return req->params ? 0 : RPC_UNAVAILABLE;
}

int rpc_parse(struct rpc_request *req, struct str line, char *err,
	      size_t errsz)
{
	json_error_t je;
	json_t *o;
	int code;

	memset(req, 0, sizeof(*req));
	o = json_loadb(line.p ? line.p : "", line.len,
		       JSON_REJECT_DUPLICATES, &je);
	if (!o) {
		snprintf(err, errsz, "not JSON: %s (at byte %d)", je.text,
			 je.position);
		return RPC_PARSE_ERROR;
	}
	if (json_is_object(o))
		code = check(req, o, err, errsz);
	else
		code = fail(err, errsz, RPC_INVALID_REQUEST,
			    "a request must be one JSON object");
	json_decref(o);
	return code;
}

void rpc_release(struct rpc_request *req)
{
	json_decref(req->params);
	json_decref(req->id);
	req->params = req->id = NULL;
}

static int check_text(const char *name, const char *s, size_t len,
		      size_t size, char *err, size_t errsz)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
			snprintf(err, errsz,
				 "%s: must not have control characters", name);
			return EINVAL;
		}
	if (!len || len >= size) {
		snprintf(err, errsz, "%s: must be 1 to %zu bytes long", name,
			 size - 1);
		return EINVAL;
	}
	return 0;
}

int rpc_text(const struct rpc_request *req, const char *name, char *buf,
	     size_t size, char *err, size_t errsz)
{
	json_t *v = json_object_get(req->params, name);
	char number[24];
	struct str s;

	if (!v || json_is_null(v))
		return ENOENT;
	if (json_is_integer(v)) {
		snprintf(number, sizeof(number), "%lld",
			 (long long)json_integer_value(v));
		s = str_c(number);
	} else if (json_is_string(v)) {
		s = (struct str){json_string_value(v), json_string_length(v)};
	} else {
		snprintf(err, errsz, "%s: must be a text", name);
		return EINVAL;
	}
	if (check_text(name, s.p, s.len, size, err, errsz))
		return EINVAL;
	str_copy(buf, size, s);
	return 0;
}

static char *answer(json_t *id, const char *name, json_t *value)
{
	json_t *o = json_object();
	char *text = NULL;

	if (!o || !value ||
	    json_object_set_new(o, "jsonrpc", json_string("2.0")) ||
	    json_object_set_new(o, name, json_incref(value)) ||
	    json_object_set_new(o, "id", id ? json_incref(id) : json_null()))
		goto out;
	text = json_dumps(o, JSON_COMPACT);
out:
	json_decref(o);
	json_decref(value);
	return text;
}

char *rpc_result(json_t *id, json_t *result)
{
	return answer(id, "result", result);
}

char *rpc_error(json_t *id, int code, const char *message)
{
	/* A message with bytes that are not UTF-8 must not be lost whole. */
	json_t *text = json_string(message);

	if (!text)
		text = json_string("(the message is not UTF-8)");
	return answer(id, "error",
		      json_pack("{s:i,s:o}", "code", code, "message", text));
}
