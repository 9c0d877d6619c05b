/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/config.h"
#include "lib/health/health.h"
#include "router-engine/io/peer.h"
#include "router-engine/store/settings.h"

#define AT(member) offsetof(struct settings, member)
#define IN(member) offsetof(struct settings_rtpengine, member)

static const struct config_row rtpengine_rows[] = {
	{.name = "name", .type = CONFIG_TEXT, .offset = IN(name),
	 .required = true, .doc = "what the engine calls it"},
	{.name = "ng", .type = CONFIG_TEXT, .offset = IN(ng),
	 .required = true, .doc = "IPv4 address:port of its ng protocol (UDP)"},
	{.name = "media", .type = CONFIG_TEXT, .offset = IN(media),
	 .doc = "its media address, when it is not the one of ng"},
	{.name = NULL},
};

static const struct config_row rows[] = {
	{.name = "name", .type = CONFIG_TEXT, .offset = AT(name),
	 .required = true, .doc = "the engine's name, unlike any other's"},
	{.name = "redis.host", .type = CONFIG_TEXT, .offset = AT(redis.host),
	 .doc = "address of Redis, or a socket's path"},
	{.name = "redis.port", .type = CONFIG_PORT, .offset = AT(redis.port),
	 .preset = "6379", .doc = "its port"},
	{.name = "redis.sentinels", .type = CONFIG_TEXTS,
	 .offset = AT(redis.sentinels),
	 .doc = "host:port of each Sentinel, instead of host and port"},
	{.name = "redis.name", .type = CONFIG_TEXT, .offset = AT(redis.name),
	 .preset = "jackfield", .doc = "what they call the primary"},
	{.name = "partitions", .type = CONFIG_UINT, .offset = AT(partitions),
	 .required = true, .doc = "how many partitions there are, 1-64"},
	{.name = "lease_ms", .type = CONFIG_UINT, .offset = AT(lease_ms),
	 .preset = "700", .doc = "who is silent for so long loses its "
	 "partitions"},
	{.name = "postgres", .type = CONFIG_TEXT, .offset = AT(postgres),
	 .required = true, .doc = "libpq's connection text"},
	{.name = "control", .type = CONFIG_TEXT, .offset = AT(control),
	 .required = true, .doc = "path of the control socket"},
	{.name = "record", .type = CONFIG_TEXT, .offset = AT(record),
	 .doc = "path of the replay log; none: nothing is recorded"},
	{.name = "metrics", .type = CONFIG_TEXT, .offset = AT(metrics),
	 .doc = "address:port for /metrics, /healthz and /readyz; none: not "
	 "served"},
	{.name = "log_level", .type = CONFIG_TEXT, .offset = AT(log_level),
	 .doc = "debug, info, warn or error"},
	{.name = "rtpengines", .type = CONFIG_LIST, .offset = AT(rtpengines),
	 .required = true, .doc = "one section each", .rows = rtpengine_rows,
	 .size = sizeof(struct settings_rtpengine), .max = NGC_PEERS_MAX,
	 .count_offset = AT(nrtpengines)},
	{.name = NULL},
};

static int check(const struct settings *s, const char *path, char *err,
		 size_t errsz)
{
	if (!s->redis.host == !s->redis.sentinels) {
		snprintf(err, errsz, "%s: redis: must have host (and port) or "
			 "sentinels (and name)", path);
		return EINVAL;
	}
	if (s->redis.sentinels && !bus_sentinels_ok(s->redis.sentinels)) {
		snprintf(err, errsz, "%s: redis.sentinels: each must be "
			 "host:port, not %s", path, s->redis.sentinels);
		return EINVAL;
	}
	if (s->partitions < 1 || s->partitions > BUS_PARTITIONS_MAX) {
		snprintf(err, errsz, "%s: partitions: must be 1 to %d", path,
			 BUS_PARTITIONS_MAX);
		return EINVAL;
	}
	if (s->lease_ms < 200 || s->lease_ms > 60000) {
		snprintf(err, errsz, "%s: lease_ms: must be 200 to 60000",
			 path);
		return EINVAL;
	}
	if (s->metrics && !health_address_ok(s->metrics)) {
		snprintf(err, errsz, "%s: metrics: must be address:port, not "
			 "%s", path, s->metrics);
		return EINVAL;
	}
	for (size_t i = 0; i < s->nrtpengines; i++)
		if (!peer_address_ok(s->rtpengines[i].ng)) {
			snprintf(err, errsz, "%s: rtpengines: ng of %s must "
				 "be an IPv4 address:port, not %s", path,
				 s->rtpengines[i].name, s->rtpengines[i].ng);
			return EINVAL;
		}
	for (size_t i = 0; i < s->nrtpengines; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(s->rtpengines[i].name,
				    s->rtpengines[j].name)) {
				snprintf(err, errsz, "%s: rtpengines: two are "
					 "named %s; give each its own name",
					 path, s->rtpengines[i].name);
				return EINVAL;
			}
	return 0;
}

int settings_load(struct settings *s, const char *path, char *err,
		  size_t errsz)
{
	int e;

	memset(s, 0, sizeof(*s));
	e = config_load(s, rows, path, err, errsz);
	if (!e)
		e = check(s, path, err, errsz);
	if (e)
		settings_release(s);
	return e;
}

void settings_release(struct settings *s)
{
	config_release(s, rows);
}
