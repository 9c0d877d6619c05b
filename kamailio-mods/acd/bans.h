/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file bans.h  Sources that are not answered.
 *
 * A subject is an address, or address/user@domain. Kamailio's htable `ban`
 * (subject -> cause) is what the script looks at; it is written here at once,
 * also when Redis is away. The hash `bans` (subject -> until_ms:cause:node)
 * carries it to the other nodes and to people; `bans.version` tells that it
 * changed. A ban that was lifted stays in the hash for some seconds with the
 * cause `lifted`, so that every node sees it; the htable `failed`, which
 * counts towards a ban by the same subjects, is reset with it.
 */
#ifndef ACD_BANS_H
#define ACD_BANS_H

#include "kamailio-mods/acd/acd.h"

struct bus;

int bans_init(void); /* before the fork, after directory_init() */
/* From any process. 1; -1: an empty subject, or no memory. */
int bans_add(const str *subject, const str *cause, int seconds);

/* For the link process: sends new bans to Redis. */
void bans_drain(struct bus *bus);
/* Reads what changed; to be called every second. */
void bans_look(struct bus *bus);

#endif
