/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file settings.h  engine.yaml.
 */
#ifndef JF_STORE_SETTINGS_H
#define JF_STORE_SETTINGS_H

#include "lib/bus/bus.h"
#include "router-engine/io/ng.h"

struct settings_rtpengine {
	char *name, *ng;
	char *media; /* or NULL: the address of ng */
};

struct settings {
	char *name; /* engine's, in streams and logs */
	struct {
		char *host;
		uint16_t port;
		char *sentinels, *name; /* instead, or NULL */
	} redis;
	unsigned partitions;
	unsigned lease_ms;
	char *postgres; /* libpq's conninfo */
	char *control; /* path of the control socket */
	char *record; /* path of the replay log, or NULL */
	char *metrics; /* address:port, or NULL */
	char *log_level; /* or NULL: info */
	struct settings_rtpengine rtpengines[NGC_PEERS_MAX];
	size_t nrtpengines;
};

/* 0; ENOMEM, or what reading gave: err names the field and the fix. */
int settings_load(struct settings *s, const char *path, char *err,
		  size_t errsz);
void settings_release(struct settings *s);

#endif
