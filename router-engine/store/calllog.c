/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/log.h"
#include "router-engine/store/calllog.h"

static struct str or_dash(const struct msg *m, enum msg_field f)
{
	struct str v = msg_get(m, f);

	return v.len ? v : STR_LIT("-");
}

static void contact(const struct msg *m)
{
	log_info("contact", "call=%.*s state=%.*s cause=%.*s queue=%.*s "
		 "agent=%.*s position=%.*s",
		 STR_FMT(msg_get(m, F_CONTACT)), STR_FMT(msg_get(m, F_STATE)),
		 STR_FMT(or_dash(m, F_CAUSE)), STR_FMT(or_dash(m, F_QUEUE)),
		 STR_FMT(or_dash(m, F_AGENT)), STR_FMT(or_dash(m, F_POSITION)));
}

static void decision(const struct msg *m)
{
	log_info("decision", "call=%.*s agent=%.*s considered=%.*s "
		 "reason=\"%.*s\"", STR_FMT(msg_get(m, F_CONTACT)),
		 STR_FMT(or_dash(m, F_AGENT)),
		 STR_FMT(msg_get(m, F_CONSIDERED)),
		 STR_FMT(msg_get(m, F_REASON)));
}

static void leg(const struct msg *m)
{
	log_info("leg", "call=%.*s leg=%.*s role=%.*s by=%.*s cause=%.*s "
		 "code=%.*s q850=%.*s", STR_FMT(or_dash(m, F_CONTACT)),
		 STR_FMT(msg_get(m, F_LEG)), STR_FMT(msg_get(m, F_ROLE)),
		 STR_FMT(msg_get(m, F_BY)), STR_FMT(msg_get(m, F_CAUSE)),
		 STR_FMT(or_dash(m, F_CODE)), STR_FMT(or_dash(m, F_Q850)));
}

void calllog(const struct core_out *out)
{
	for (size_t i = 0; i < out->neffects; i++) {
		const struct msg *m = &out->effects[i].m;

		if (m->type == M_PUSH_CONTACT)
			contact(m);
		else if (m->type == M_JOURNAL_DECISION)
			decision(m);
		else if (m->type == M_JOURNAL_LEG)
			leg(m);
	}
}
