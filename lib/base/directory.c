/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/directory.h"
#include "lib/base/id.h"

#define UNTIL_MAX ((uint64_t)1 << 53) /* what JSON can say */

static int number(struct str v, uint64_t below, unsigned *np)
{
	uint64_t n;

	if (str_u64(v, &n) || n >= below)
		return EINVAL;
	*np = (unsigned)n;
	return 0;
}

int directory_place(struct str v, unsigned partitions, unsigned *tenantp,
		    unsigned *partitionp)
{
	struct str tenant;

	if (!str_cut(&v, ':', &tenant) ||
	    number(tenant, (uint64_t)UINT32_MAX + 1, tenantp))
		return EINVAL;
	return number(v, partitions, partitionp);
}

int directory_credential(struct str v, unsigned partitions,
			 unsigned *tenantp, unsigned *partitionp)
{
	struct str ha1;

	if (!str_cut(&v, ':', &ha1) || !ha1.len)
		return EINVAL;
	return directory_place(v, partitions, tenantp, partitionp);
}

unsigned directory_max_calls(struct str v)
{
	struct str calls;
	unsigned n;

	return str_cut(&v, ':', &calls) &&
	       !number(calls, (uint64_t)INT32_MAX + 1, &n) ? n : 0;
}

int directory_ban(struct str v, struct directory_ban *ban)
{
	struct str until;

	memset(ban, 0, sizeof(*ban));
	if (!str_cut(&v, ':', &until) || str_u64(until, &ban->until_ms) ||
	    ban->until_ms > UNTIL_MAX || !str_cut(&v, ':', &ban->cause))
		return EINVAL;
	ban->node = v;
	ban->lifted = str_eq(ban->cause, STR_LIT("lifted"));
	return 0;
}

int directory_leg(struct str key, unsigned partitions, unsigned *partitionp,
		  uint64_t *legp)
{
	static const struct str begin = STR_LIT("{p"), kind = STR_LIT(":leg:");
	struct str part;

	if (key.len < begin.len || memcmp(key.p, begin.p, begin.len))
		return EINVAL;
	key.p += begin.len;
	key.len -= begin.len;
	if (!str_cut(&key, '}', &part) ||
	    number(part, partitions, partitionp) || key.len < kind.len ||
	    memcmp(key.p, kind.p, kind.len))
		return EINVAL;
	key.p += kind.len;
	key.len -= kind.len;
	return id_parse(key, 'l', legp);
}
