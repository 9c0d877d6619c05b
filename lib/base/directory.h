/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file directory.h  Values of the hashes that nodes read in Redis, and names
 * of legs' records (docs/architecture.md lists them). Texts are borrowed.
 */
#ifndef JF_BASE_DIRECTORY_H
#define JF_BASE_DIRECTORY_H

#include "lib/base/str.h"

/* numbers: tenant:partition. 0, EINVAL: not both, or no partition below
 * `partitions`. */
int directory_place(struct str v, unsigned partitions, unsigned *tenantp,
		    unsigned *partitionp);
/* credentials: ha1:tenant:partition. The same. */
int directory_credential(struct str v, unsigned partitions,
			 unsigned *tenantp, unsigned *partitionp);
/* tenants: max_calls:max_cps. The first, 0: no limit, or none that can be
 * read. */
unsigned directory_max_calls(struct str v);

/* bans: until_ms:cause:node. 0, EINVAL. */
struct directory_ban {
	uint64_t until_ms;
	struct str cause, node;
	bool lifted;
};
int directory_ban(struct str v, struct directory_ban *ban);

/* {pN}:leg:<leg>: 0, EINVAL. */
int directory_leg(struct str key, unsigned partitions, unsigned *partitionp,
		  uint64_t *legp);

#endif
