/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kamailio-mods/acd/notice.h"
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/q850.h"
#include "kamailio-mods/acd/stats.h"

void leg_over(struct leg *l, const struct ending *e)
{
	unsigned q850 = e->q850 ? e->q850 : q850_of_code(e->code);

	notice_leg(M_LEG_ENDED, l);
	notice_text(F_BY, e->by);
	notice_text(F_CAUSE, e->cause);
	if(e->code)
		notice_num(F_CODE, e->code);
	notice_num(F_Q850, q850);
	notice_str(F_REASON, &e->reason);
	notice_delete();
	notice_send();
	stat_inc(stat_ended);
	LM_INFO("event=ended leg=%s call=%s by=%s cause=%s code=%u q850=%u\n",
			l->name, l->call, e->by, e->cause, e->code, q850);
	leg_free(l);
}
