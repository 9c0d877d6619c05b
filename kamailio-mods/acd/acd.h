/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file acd.h  What every part of the module needs: settings and tm's API.
 *
 * A leg is one SIP dialog at this node. SIP workers (script functions, tm's
 * callbacks) turn what happens into notices, 8-byte pointers to shared memory
 * on a pipe; the link process sends them to Redis and carries out the
 * engines' commands. All state is in shared memory under the lock of the
 * leg's bucket; see leg.h.
 */
#ifndef ACD_H
#define ACD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "kamailio-mods/acd/ours.h"
#include "core/sr_module.h"
#include "core/dprint.h"
#include "core/ut.h"
#include "core/parser/msg_parser.h"
#include "modules/tm/tm_load.h"

struct acd_settings {
	/* host:port, a UNIX socket's path, or name@host:port,host:port,... :
	 * Sentinels, and what they call the primary */
	char *redis;
	char *node; /* this node's name, in tags and in keys */
	char *liveness; /* address:port on which engines see us live; empty: none */
	int partitions;
	str secret; /* key of the tags' MAC */
	int confirm_ms; /* Redis must have confirmed an offered leg by then */
	int failover_ms; /* or by then, with Sentinels; 0: there are none */
	int first_ms; /* an engine's first command must have come by then */
	int ack_ms; /* after our 2xx: no ACK, the leg ends */
	int end_ms; /* after leg.end: no final reply, the leg is forgotten */
	int unanswered_s; /* longest life of an unanswered leg */
	int trusted_flag; /* of an INVITE whose identity is believed */
	int pinned_flag; /* of an INVITE whose RTP comes from its SDP's address */
	int next_ms; /* a gateway that says nothing: the next one */
	int ping_ms; /* between OPTIONS to a gateway; a fifth when it is down */
	int offer_100rel; /* 1: our INVITE supports reliable 18x */
	int session_s, min_se_s; /* session timer: wanted; at least */
	int age_s; /* longest life of a leg */
	char *escape_route, *agent_route, *trunk_route;
};

extern struct acd_settings acd;
extern struct tm_binds tmb;

static inline uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static inline bool str_same(const str *a, const str *b)
{
	return a->len == b->len && !memcmp(a->s, b->s, a->len);
}

/* Copies src into shared memory in place of what dst had. 0, ENOMEM (dst is
 * then empty). */
int shm_put(str *dst, const char *s, int len);
void shm_clear(str *s);

#endif
