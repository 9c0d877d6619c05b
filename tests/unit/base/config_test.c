/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/config.h"
#include "tests/unit/base/failing.h"
#include "tests/unit/base/unit.h"

struct server {
	char *name;
	uint16_t port;
};

struct settings {
	char *name, *host, *near;
	uint16_t port;
	unsigned lease_ms;
	bool verbose;
	struct server v[2];
	size_t n;
};

#define AT(member) offsetof(struct settings, member)

static const struct config_row server_rows[] = {
	{.name = "name", .type = CONFIG_TEXT, .required = true,
	 .offset = offsetof(struct server, name), .doc = "its name"},
	{.name = "port", .type = CONFIG_PORT, .preset = "22222",
	 .offset = offsetof(struct server, port), .doc = "its port"},
	{.name = NULL}};

static const struct config_row rows[] = {
	{.name = "name", .type = CONFIG_TEXT, .offset = AT(name),
	 .required = true, .doc = "the engine's name"},
	{.name = "redis.host", .type = CONFIG_TEXT, .offset = AT(host),
	 .preset = "127.0.0.1", .doc = "address of Redis"},
	{.name = "redis.port", .type = CONFIG_PORT, .offset = AT(port),
	 .required = true, .doc = "port of Redis"},
	{.name = "lease_ms", .type = CONFIG_UINT, .offset = AT(lease_ms),
	 .doc = "lease"},
	{.name = "verbose", .type = CONFIG_BOOL, .offset = AT(verbose),
	 .doc = "say more"},
	{.name = "near", .type = CONFIG_TEXTS, .offset = AT(near),
	 .doc = "neighbours"},
	{.name = "servers", .type = CONFIG_LIST, .offset = AT(v),
	 .doc = "servers", .rows = server_rows,
	 .size = sizeof(struct server), .max = 2, .count_offset = AT(n)},
	{.name = NULL}};

static struct settings s;
static char err[300];

static int parse(const char *text)
{
	memset(&s, 0, sizeof(s));
	err[0] = '\0';
	return config_parse(&s, rows, text, strlen(text), "e.yaml", err,
			    sizeof(err));
}

static const char whole[] =
	"# all of it\n"
	"name: engine-1\n"
	"redis:\n"
	"  host: redis.example\n"
	"  port: 15079\n"
	"lease_ms: 700\n"
	"verbose: true\n"
	"near: [a:1, \"b:2\", c]\n"
	"servers:\n"
	"  - name: a\n"
	"    port: 1\n"
	"  - name: b\n";

static void everything(void **state)
{
	(void)state;
	assert_int_equal(parse(whole), 0);
	assert_string_equal(s.name, "engine-1");
	assert_string_equal(s.host, "redis.example");
	assert_int_equal(s.port, 15079);
	assert_int_equal(s.lease_ms, 700);
	assert_true(s.verbose);
	assert_string_equal(s.near, "a:1,b:2,c");
	assert_int_equal(s.n, 2);
	assert_string_equal(s.v[0].name, "a");
	assert_int_equal(s.v[0].port, 1);
	assert_string_equal(s.v[1].name, "b");
	assert_int_equal(s.v[1].port, 22222);
	config_release(&s, rows);
	assert_null(s.name);
	assert_null(s.v[0].name);
	assert_int_equal(s.n, 0);
}

static void presets(void **state)
{
	(void)state;
	assert_int_equal(parse("{name: x, redis: {port: 1}}"), 0);
	assert_string_equal(s.host, "127.0.0.1");
	assert_int_equal(s.lease_ms, 0);
	assert_int_equal(s.n, 0);
	config_release(&s, rows);
}

#define R "redis: {port: 1}\n"

static const char *const faults[][2] = {
	{"name: x\n" R "port: 2\n",
	 "e.yaml:3: port: unknown setting; known are: name, "
	 "redis.host, redis.port, lease_ms, verbose, near, servers"},
	{"name: x\nredis:\n  port: 1\n  pork: 2\n",
	 "e.yaml:4: redis.pork: unknown setting; known are: name, "
	 "redis.host, redis.port, lease_ms, verbose, near, servers"},
	{"name: x\nredis: {port: 0}\n",
	 "e.yaml:2: redis.port: must be a port number, 1 to 65535"},
	{"name: x\nredis: {port: 65536}\n",
	 "e.yaml:2: redis.port: must be a port number, 1 to 65535"},
	{"name: x\n" R "lease_ms: -1\n",
	 "e.yaml:3: lease_ms: must be a whole number, 0 or more"},
	{"name: x\n" R "lease_ms: 4294967296\n",
	 "e.yaml:3: lease_ms: must be a whole number, 0 or more"},
	{"name: x\n" R "verbose: yes\n",
	 "e.yaml:3: verbose: must be true or false"},
	{"name: [x]\n" R, "e.yaml:1: name: must be text"},
	{"name: x\n" R "near: [a, [b]]\n",
	 "e.yaml:3: near: must be a list of texts: [a, b, c]"},
	{"name: x\n" R "near: [\"a,b\"]\n",
	 "e.yaml:3: near: must be a list of texts: [a, b, c]"},
	{"name: \"a\\0b\"\n" R, "e.yaml:1: name: must be text"},
	{"name: x\n" R "servers: 5\n",
	 "e.yaml:3: servers: must be a list of sections (lines that "
	 "begin with -)"},
	{"name: x\n" R "servers:\n  - 5\n",
	 "e.yaml:4: servers: each must be a section of key: value "
	 "lines"},
	{"name: x\n" R "servers: [{name: a}, {name: b}, {name: c}]\n",
	 "e.yaml:3: servers: more than 2"},
	{"name: x\n" R "servers:\n  - name: a\n  - port: 5\n",
	 "e.yaml:5: name: is missing; it must be text: its name"},
	{"name: x\nname: y\n" R,
	 "e.yaml:2: name: stands here twice"},
	{"name: x\nredis: {port: 1, port: 2}\n",
	 "e.yaml:2: redis.port: stands here twice"},
	{"name: x\n", "e.yaml:1: redis.port: is missing; it must be a "
	 "port number, 1 to 65535: port of Redis"},
	{"redis: 5\nname: x\n",
	 "e.yaml:1: redis: must be a section"},
	{"[a]: b\n", "e.yaml:1: a key must be a short word"},
	{"- a\n", "e.yaml:1: must be key: value lines"},
	{"", "e.yaml:1: must be key: value lines"},
	{"name: x\n" R "---\nname: y\n",
	 "e.yaml:4: a second document (---) begins"},
};

static void errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		assert_int_equal(parse(faults[i][0]), EINVAL);
		assert_string_equal(err, faults[i][1]);
		assert_null(s.name); /* nothing is kept */
		assert_null(s.v[0].name);
	}
	assert_int_equal(parse("name: x\nredis: {port: \"1}\n"), EINVAL);
	assert_memory_equal(err, "e.yaml:3: not YAML: ", 20);
}

static void a_short_buffer_is_not_overrun(void **state)
{
	char small[12];

	(void)state;
	memset(&s, 0, sizeof(s));
	memset(small, 'x', sizeof(small));
	assert_int_equal(config_parse(&s, rows, "name: x\n", 8, "e.yaml",
				      small, sizeof(small) - 1), EINVAL);
	assert_int_equal(small[11], 'x');
}

static void files(void **state)
{
	char path[] = "/tmp/jackfield-config-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_true(write(fd, whole, sizeof(whole) - 1) > 0);
	close(fd);
	memset(&s, 0, sizeof(s));
	assert_int_equal(config_load(&s, rows, path, err, sizeof(err)), 0);
	assert_string_equal(s.name, "engine-1");
	config_release(&s, rows);
	unlink(path);
	assert_int_equal(config_load(&s, rows, path, err, sizeof(err)),
			 ENOENT);
	assert_non_null(strstr(err, ": No such file or directory"));
}

/* Our own allocations; those of libyaml are its own. */
static void no_memory(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		int e;

		failing_at(n);
		e = parse(whole);
		if (!failing_done()) {
			assert_int_equal(e, 0);
			break;
		}
		assert_int_equal(e, ENOMEM);
		assert_string_equal(err, "e.yaml: out of memory");
		assert_null(s.name);
		assert_null(s.v[0].name);
	}
	config_release(&s, rows);
	assert_true(n > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(presets),
		cmocka_unit_test(errors),
		cmocka_unit_test(a_short_buffer_is_not_overrun),
		cmocka_unit_test(files),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
