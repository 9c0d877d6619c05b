/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file directory.h  Numbers, trunks and credentials for the SIP workers.
 *
 * An engine writes the hashes `numbers`, `trunks`, `credentials`, `tenants`
 * and `gateways` in Redis and then changes `directory`. The link process looks
 * at that every second and copies the hashes to the htables `number`, `trunk`,
 * `credential` and `tenant`, the last one to gateway.c's own table; what
 * is gone from a hash goes from its table. A worker asks its own memory only.
 */
#ifndef ACD_DIRECTORY_H
#define ACD_DIRECTORY_H

#include "kamailio-mods/acd/ours.h"

struct bus;

int directory_init(void); /* binds htable. 0, ENOENT: it is not loaded */
/* Of what we have; empty: nothing was read yet. */
const char *directory_version(void);
void directory_look(struct bus *bus);
/* An agent's tenant and partition from `credential`. 0, ENOENT. */
int directory_agent(const str *aor, unsigned *partitionp);
/* Most calls at a time of a tenant; 0: no limit, or unknown. */
int directory_tenant_calls(unsigned tenant);

#endif
