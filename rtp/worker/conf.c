/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/config.h"
#include "lib/bus/bus.h"
#include "lib/health/health.h"
#include "rtp/worker/tts.h"

#define AT(field) offsetof(struct conf, field)

static const struct config_row rows[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = AT(name),
	 .required = true,
	 .doc = "this worker's name"},
	{.name = "redis.host",
	 .type = CONFIG_TEXT,
	 .offset = AT(redis_host),
	 .preset = "127.0.0.1",
	 .doc = "address of Redis"},
	{.name = "redis.port",
	 .type = CONFIG_PORT,
	 .offset = AT(redis_port),
	 .preset = "6379",
	 .doc = "its port"},
	{.name = "redis.sentinels",
	 .type = CONFIG_TEXTS,
	 .offset = AT(sentinels),
	 .doc = "host:port of each Sentinel, instead of host and port"},
	{.name = "redis.name",
	 .type = CONFIG_TEXT,
	 .offset = AT(redis_name),
	 .preset = "jackfield",
	 .doc = "what they call the primary"},
	{.name = "partitions",
	 .type = CONFIG_UINT,
	 .offset = AT(partitions),
	 .required = true,
	 .doc = "how many there are"},
	{.name = "address",
	 .type = CONFIG_TEXT,
	 .offset = AT(address),
	 .required = true,
	 .doc = "IPv4 address of the legs' ports"},
	{.name = "ports.first",
	 .type = CONFIG_PORT,
	 .offset = AT(first_port),
	 .required = true,
	 .doc = "first port for legs"},
	{.name = "ports.last",
	 .type = CONFIG_PORT,
	 .offset = AT(last_port),
	 .required = true,
	 .doc = "last port for legs"},
	{.name = "liveness",
	 .type = CONFIG_TEXT,
	 .offset = AT(liveness),
	 .required = true,
	 .doc = "address:port of the liveness link"},
	{.name = "metrics",
	 .type = CONFIG_TEXT,
	 .offset = AT(metrics),
	 .doc = "address:port for /metrics, /healthz and /readyz; none: not "
		"served"},
	{.name = "silence_ms",
	 .type = CONFIG_UINT,
	 .offset = AT(silence_ms),
	 .preset = "20",
	 .doc = "how often a leg that hears nothing is sent a frame, ms"},
	{.name = "no_rtp_ms",
	 .type = CONFIG_UINT,
	 .offset = AT(no_rtp_ms),
	 .preset = "60000",
	 .doc = "a leg that sends no RTP for so long is asked whether it is "
		"there, ms; 0: never"},
	{.name = "prompts",
	 .type = CONFIG_TEXT,
	 .offset = AT(prompts),
	 .required = true,
	 .doc = "directory of given sound files"},
	{.name = "cache",
	 .type = CONFIG_TEXT,
	 .offset = AT(cache),
	 .required = true,
	 .doc = "directory of rendered speech"},
	{.name = "recordings",
	 .type = CONFIG_TEXT,
	 .offset = AT(recordings),
	 .required = true,
	 .doc = "directory of recordings"},
	{.name = "tts.command",
	 .type = CONFIG_TEXT,
	 .offset = AT(tts_command),
	 .preset = TTS_COMMAND_DEFAULT,
	 .doc = "program that speaks: {voice} {language} {text} {output}"},
	{.name = NULL},
};

static int check(struct conf *conf, char *err, size_t errsz)
{
	unsigned ports = conf->last_port - conf->first_port + 1u;

	if (!conf->partitions || conf->partitions > BUS_PARTITIONS_MAX)
		snprintf(err, errsz, "partitions: %u: want 1 to %u",
			 conf->partitions, BUS_PARTITIONS_MAX);
	else if (conf->sentinels && !bus_sentinels_ok(conf->sentinels))
		snprintf(err, errsz,
			 "redis.sentinels: %s: want host:port of each",
			 conf->sentinels);
	else if (inet_pton(AF_INET, conf->address, &conf->addr) != 1)
		snprintf(err, errsz, "address: %s: want an IPv4 address",
			 conf->address);
	else if (conf->last_port < conf->first_port || ports < conf->partitions)
		snprintf(err, errsz,
			 "ports: %u to %u: want at least one port for each "
			 "of %u partitions",
			 conf->first_port, conf->last_port, conf->partitions);
	else if (!strstr(conf->tts_command, "{text}") ||
		 !strstr(conf->tts_command, "{output}"))
		snprintf(err, errsz,
			 "tts.command: want {text} and {output} in it");
	else if (conf->metrics && !health_address_ok(conf->metrics))
		snprintf(err, errsz, "metrics: %s: want address:port",
			 conf->metrics);
	else if (strchr(conf->name, '/') || conf->name[0] == '.')
		snprintf(err, errsz, "name: %s: want no / in it", conf->name);
	else
		return 0;
	return EINVAL;
}

int conf_read(struct conf *conf, const char *path, char *err, size_t errsz)
{
	char why[256];
	int e;

	memset(conf, 0, sizeof(*conf));
	e = config_load(conf, rows, path, err, errsz);
	if (!e && (e = check(conf, why, sizeof(why))))
		snprintf(err, errsz, "%s: %s", path, why);
	if (e)
		conf_release(conf);
	return e;
}

void conf_release(struct conf *conf)
{
	config_release(conf, rows);
}
