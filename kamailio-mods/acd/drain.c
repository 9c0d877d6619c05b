/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdint.h>

#include "kamailio-mods/acd/acd.h"
#include "kamailio-mods/acd/drain.h"
#include "core/dprint.h"
#include "core/mem/shm_mem.h"

static uint64_t *draining; /* a bit for each partition, at most 64 */

int drain_init(void)
{
	draining = shm_mallocxz(sizeof(*draining));
	return draining ? 0 : ENOMEM;
}

void drain_set(unsigned partition, bool on)
{
	uint64_t bit = (uint64_t)1 << partition;

	if(on == drain_of(partition))
		return;
	if(on)
		__atomic_or_fetch(draining, bit, __ATOMIC_RELAXED);
	else
		__atomic_and_fetch(draining, ~bit, __ATOMIC_RELAXED);
	LM_NOTICE("event=%s partition=%u\n", on ? "draining" : "takes_calls",
			partition);
}

bool drain_of(unsigned partition)
{
	return __atomic_load_n(draining, __ATOMIC_RELAXED)
		   & ((uint64_t)1 << partition);
}

bool drain_any(void)
{
	return __atomic_load_n(draining, __ATOMIC_RELAXED) != 0;
}
