/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/sip.h"
#include "kamailio-mods/acd/spare.h"
#include "kamailio-mods/acd/stats.h"
#include "core/data_lump_rpl.h"
#include "core/mem/shm_mem.h"
#include "modules/sl/sl.h"

static sl_api_t slb;

int spare_init(void)
{
	return sl_load_api(&slb) < 0 ? ENOENT : 0;
}

void spare_reply(sip_msg_t *m, int code, const char *phrase)
{
	str text = {(char *)phrase, (int)strlen(phrase)};

	if(slb.freply(m, code, &text) < 0)
		LM_WARN("event=reply_not_sent code=%d\n", code);
}

bool spare_refuses(sip_msg_t *m)
{
	char again[] = "Retry-After: 5\r\n";

	if(shm_available() > shm_mem_size / 8)
		return false;
	stat_inc(stat_scarce);
	add_lump_rpl(m, again, sizeof(again) - 1, LUMP_RPL_HDR);
	spare_reply(m, 503, sip_phrase(503));
	return true;
}
