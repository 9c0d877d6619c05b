/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file conf.h  The worker's configuration file (YAML).
 */
#ifndef JF_WORKER_CONF_H
#define JF_WORKER_CONF_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct conf {
	char *name, *redis_host, *address, *liveness;
	char *prompts, *cache, *recordings; /* directories */
	char *tts_command;
	char *metrics; /* address:port, or NULL */
	uint16_t redis_port;
	char *sentinels, *redis_name; /* instead, or NULL */
	uint16_t first_port, last_port; /* for legs, last included */
	unsigned partitions;
	unsigned silence_ms; /* between frames to a leg that hears nothing */
	unsigned no_rtp_ms; /* 0: no leg is silent too long */
	struct in_addr addr; /* address */
};

/* 0, or an errno with file, line, field and fix in words. conf is released
 * then. */
int conf_read(struct conf *conf, const char *path, char *err, size_t errsz);
void conf_release(struct conf *conf);

#endif
