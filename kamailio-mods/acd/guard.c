/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kamailio-mods/acd/guard.h"
#include "kamailio-mods/acd/stats.h"
#include "lib/base/shape.h"
#include "core/ip_addr.h"

int guard_shape(sip_msg_t *m)
{
	const char *bad = shape_message((struct str){m->buf, m->len});

	if(!bad)
		return 1;
	stat_inc(stat_misshapen);
	LM_NOTICE("event=misshapen what=\"%s\" source=%s\n", bad,
			ip_addr2a(&m->rcv.src_ip));
	return -1;
}
