/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file reply.h  What Redis and its Sentinels say, and names in it. */
#ifndef JF_BUS_REPLY_H
#define JF_BUS_REPLY_H

#include "lib/base/msg.h"

struct redisReply;

/* A text, status or error; anything else, also NULL, is empty. The bytes are
 * the reply's. */
struct str reply_str(const struct redisReply *r);
/* A stream entry {id, [field, value, ...]}: 0, or EPROTO with err; the id is
 * set whenever there is one. The texts are the reply's. */
int reply_entry(const struct redisReply *entry, struct str *idp, struct msg *m,
		char *err, size_t errsz);

struct bus_address {
	char host[64];
	uint16_t port;
};
/* {host, port}: 0, EPROTO; host is "" then. */
int reply_address(const struct redisReply *r, struct bus_address *a);
/* The number behind a name of {name, value, ...}: 0, ENOENT, or not one. */
int reply_num(const struct redisReply *r, const char *field, uint64_t *vp);

/* host:port, blanks around it. 0, EINVAL. */
int bus_address_parse(struct str at, struct bus_address *a);

/* An effect's name, partition.generation.commit.ordinal. 0, EPROTO. */
struct bus_effect {
	struct str generation;
	uint64_t commit, ordinal;
};
int bus_effect_parse(struct str name, struct bus_effect *e);

#endif
