/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration file with every type of value, and a list in a list. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/config.h"

struct pair {
	char *key;
	unsigned value;
};

struct server {
	char *name;
	uint16_t port;
	bool on;
	struct pair v[2];
	size_t n;
};

struct settings {
	char *name, *host, *texts;
	uint16_t port;
	unsigned lease_ms;
	bool verbose;
	struct server v[3];
	size_t n;
	unsigned guard;
};

#define AT(type, member) offsetof(struct type, member)

static const struct config_row pair_rows[] = {
	{.name = "key", .type = CONFIG_TEXT, .offset = AT(pair, key),
	 .required = true, .doc = "key"},
	{.name = "value", .type = CONFIG_UINT, .offset = AT(pair, value),
	 .preset = "7", .doc = "value"},
	{.name = NULL}};

static const struct config_row server_rows[] = {
	{.name = "name", .type = CONFIG_TEXT, .offset = AT(server, name),
	 .required = true, .doc = "name"},
	{.name = "at.port", .type = CONFIG_PORT, .offset = AT(server, port),
	 .preset = "5060", .doc = "port"},
	{.name = "on", .type = CONFIG_BOOL, .offset = AT(server, on),
	 .preset = "true", .doc = "on"},
	{.name = "pairs", .type = CONFIG_LIST, .offset = AT(server, v),
	 .doc = "pairs", .rows = pair_rows, .size = sizeof(struct pair),
	 .max = 2, .count_offset = AT(server, n)},
	{.name = NULL}};

static const struct config_row rows[] = {
	{.name = "name", .type = CONFIG_TEXT, .offset = AT(settings, name),
	 .required = true, .doc = "name"},
	{.name = "redis.host", .type = CONFIG_TEXT,
	 .offset = AT(settings, host), .preset = "127.0.0.1", .doc = "host"},
	{.name = "redis.port", .type = CONFIG_PORT,
	 .offset = AT(settings, port), .required = true, .doc = "port"},
	{.name = "lease_ms", .type = CONFIG_UINT,
	 .offset = AT(settings, lease_ms), .doc = "lease"},
	{.name = "verbose", .type = CONFIG_BOOL,
	 .offset = AT(settings, verbose), .doc = "verbose"},
	{.name = "texts", .type = CONFIG_TEXTS,
	 .offset = AT(settings, texts), .doc = "texts"},
	{.name = "servers", .type = CONFIG_LIST, .offset = AT(settings, v),
	 .doc = "servers", .rows = server_rows, .size = sizeof(struct server),
	 .max = 3, .count_offset = AT(settings, n)},
	{.name = NULL}};

/* A file says what the text said. */
static int load(const uint8_t *data, size_t size)
{
	struct settings s = {.guard = 0};
	char path[40], err[200] = "";
	static int fd = -1;
	int e;

	if (fd < 0)
		fd = memfd_create("config", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e = config_load(&s, rows, path, err, sizeof(err));
	config_release(&s, rows);
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings s = {.guard = 0x5a5a5a5a};
	char err[200] = "";
	int e = config_parse(&s, rows, (const char *)data, size, "fuzz.yaml",
			     err, sizeof(err));

	if (e && (strncmp(err, "fuzz.yaml:", 10) || s.name || s.host))
		abort(); /* says where, and keeps nothing */
	if (!e && (!s.name || !s.host || !s.port))
		abort(); /* required, or preset */
	if (s.guard != 0x5a5a5a5a || s.n > 3)
		abort();
	config_release(&s, rows);
	if (load(data, size) != e)
		abort();
	return 0;
}
