/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "kamailio-mods/acd/escape.h"
#include "kamailio-mods/acd/leg.h"
#include "kamailio-mods/acd/patience.h"

static bool in_vain; /* somebody waited for a failover that did not come */

void patience_init(void)
{
	if(!strchr(acd.redis, '@'))
		acd.failover_ms = 0;
}

unsigned patience_ms(void)
{
	unsigned failover_ms = (unsigned)acd.failover_ms;

	return failover_ms && !in_vain ? failover_ms
								   : (unsigned)acd.confirm_ms;
}

/* From here on it is the engine that must say something. */
static void confirmed(uint64_t id)
{
	struct leg *l;

	leg_lock(id);
	l = leg_find(id);
	if(l && l->first_by)
		l->first_by = now_ms() + (unsigned)acd.first_ms;
	leg_unlock(id);
}

void patience_over(int err, uint64_t leg)
{
	in_vain = err && (err != ECANCELED || in_vain);
	if(!err && acd.failover_ms)
		confirmed(leg);
	else if(err && err != ECANCELED)
		escape(leg, "Redis did not confirm");
}
