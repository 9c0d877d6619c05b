/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file target.h  Where an INVITE of ours goes: asked of the configuration.
 *
 * A route of the configuration runs on a made-up request with our request
 * URI; whatever lookup(), dispatcher or drouting leave in $ru, $du and $fs is
 * the target. A route that drops, or returns -1, has none.
 */
#ifndef ACD_TARGET_H
#define ACD_TARGET_H

#include "kamailio-mods/acd/acd.h"

#define TARGET_URI 512

struct target {
	char ruri[TARGET_URI], dst[TARGET_URI];
	str ru, du; /* into the above; du may be empty */
	struct socket_info *socket; /* NULL: tm's choice */
};

/* 0; ENOENT: no such route; EHOSTUNREACH: it found no target. */
int target_find(struct target *t, const char *route, struct str ruri,
		struct str dst);

#endif
