/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "router-engine/ctl/request.h"
#include "tests/unit/io/unit.h"

#define HEAD "{\"jsonrpc\":\"2.0\",\"method\":"

static int parse(const char *text, struct rpc_request *req, char *err)
{
	return rpc_parse(req, str_c(text), err, RPC_TEXT_MAX);
}

static void test_good(void **state)
{
	struct rpc_request req;
	char err[RPC_TEXT_MAX] = "", user[16];

	(void)state;
	assert_int_equal(parse(HEAD "\"agent.ready\",\"params\":"
			       "{\"user\":\"alice\"},\"id\":7}",
			       &req, err), 0);
	assert_string_equal(req.method, "agent.ready");
	assert_int_equal(json_integer_value(req.id), 7);
	assert_int_equal(rpc_text(&req, "user", user, sizeof(user), err,
				  sizeof(err)), 0);
	assert_string_equal(user, "alice");
	assert_int_equal(rpc_text(&req, "tenant", user, sizeof(user), err,
				  sizeof(err)), ENOENT);
	rpc_release(&req);
}

static void test_no_params_no_id(void **state)
{
	struct rpc_request req;
	char err[RPC_TEXT_MAX] = "";

	(void)state;
	assert_int_equal(parse(HEAD "\"help\"}", &req, err), 0);
	assert_null(req.id);
	assert_int_equal(json_object_size(req.params), 0);
	rpc_release(&req);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *names; /* in the error */
	} v[] = {
		{"", RPC_PARSE_ERROR, "not JSON"},
		{"{", RPC_PARSE_ERROR, "not JSON"},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"a\\u0000b\"}",
		 RPC_PARSE_ERROR, "not JSON"},
		{"[1]", RPC_INVALID_REQUEST, "one JSON object"},
		{"{\"method\":\"help\"}", RPC_INVALID_REQUEST, "jsonrpc:"},
		{"{\"jsonrpc\":\"1.0\",\"method\":\"help\"}",
		 RPC_INVALID_REQUEST, "jsonrpc:"},
		{"{\"jsonrpc\":\"2.0\",\"method\":3}", RPC_INVALID_REQUEST,
		 "method:"},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":{}}",
		 RPC_INVALID_REQUEST, "id:"},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":[1]}",
		 RPC_INVALID_PARAMS, "params:"},
	};
	char err[RPC_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct rpc_request req;

		err[0] = '\0';
		assert_int_equal(parse(v[i].text, &req, err), v[i].code);
		assert_non_null(strstr(err, v[i].names));
		rpc_release(&req);
	}
}

static void test_text_limits(void **state)
{
	struct rpc_request req;
	char err[RPC_TEXT_MAX] = "", buf[4];

	(void)state;
	assert_int_equal(parse(HEAD "\"x\",\"params\":{\"long\":\"abcd\","
			       "\"empty\":\"\",\"fit\":\"abc\","
			       "\"line\":\"a\\nb\",\"list\":[],\"n\":42}}",
			       &req, err), 0);
	assert_int_equal(rpc_text(&req, "fit", buf, sizeof(buf), err,
				  sizeof(err)), 0);
	assert_int_equal(rpc_text(&req, "n", buf, sizeof(buf), err,
				  sizeof(err)), 0);
	assert_string_equal(buf, "42");
	for (const char *const *name = (const char *[]){
		     "long", "empty", "line", "list", NULL}; *name; name++) {
		assert_int_equal(rpc_text(&req, *name, buf, sizeof(buf), err,
					  sizeof(err)), EINVAL);
		assert_memory_equal(err, *name, strlen(*name));
	}
	rpc_release(&req);
}

static void test_answers(void **state)
{
	json_t *id = json_integer(3);
	char *text = rpc_result(id, json_string("ok"));

	(void)state;
	assert_string_equal(text, "{\"jsonrpc\":\"2.0\",\"result\":\"ok\","
				  "\"id\":3}");
	free(text);
	text = rpc_error(NULL, RPC_NO_METHOD, "method: \xff");
	assert_non_null(strstr(text, "-32601"));
	assert_non_null(strstr(text, "\"id\":null"));
	free(text);
	json_decref(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_no_params_no_id),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_text_limits),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
