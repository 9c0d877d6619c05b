/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file engine.h  The engine's parts, and how they are joined.
 *
 *	Redis --events--> partition --step--> core
 *	                  partition --commit--> Redis --confirmed--> ng
 *	ng, watch, clock, conf, control --inner events--> partition
 *	{pN}:journal --drain--> PostgreSQL --conf--> partition, directory
 *
 * Everything runs on one loop in one thread. A partition is served while
 * this engine owns it; what is not bound to one (configuration, health of
 * rtpengines and workers) is known all the time, so that a takeover needs
 * nothing but Redis.
 */
#ifndef JF_STORE_ENGINE_H
#define JF_STORE_ENGINE_H

#include "lib/bus/bus.h"
#include "lib/bus/owner.h"
#include "router-engine/io/ng.h"
#include "router-engine/io/postgres.h"
#include "router-engine/io/watch.h"

struct confdb;
struct directory;
struct drain;
struct partition;
struct recorder;
struct settings;

struct engine {
	const struct settings *conf;
	struct event_base *base;
	struct bus *bus;
	struct owner *owner;
	struct ngc *ng;
	struct watch *watch;
	struct pg *pg;
	struct confdb *confdb;
	struct directory *directory;
	struct drain *drain;
	struct recorder *recorder; /* NULL: nothing is recorded */
	struct partition *parts[BUS_PARTITIONS_MAX];
	bool failed; /* the process ends with an error */
};

/* Connects to everything; returns before it is done. 0, EINVAL (logged with
 * the setting's name), ENOMEM. */
int engine_start(struct engine *e, struct event_base *base,
		 const struct settings *conf);
/* Gives up its partitions and frees everything. */
void engine_stop(struct engine *e);

/* HUP: reads the configuration from PostgreSQL again and opens the replay
 * log again. */
void engine_reload(struct engine *e);

/* What cannot be mended here: logs, and ends the loop. The successor loads
 * what was stored. */
void engine_fail(struct engine *e, const char *what, int err);

#endif
