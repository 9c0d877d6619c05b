/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/repeat.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/tag.h"
#include "core/parser/parse_cseq.h"
#include "core/parser/parse_from.h"
#include "core/script_cb.h"

#define TO_TM 1
#define DONE 0

static bool is_2xx_to_invite(sip_msg_t *m)
{
	unsigned code = m->first_line.u.reply.statuscode;

	return code >= 200 && code <= 299
		   && parse_headers(m, HDR_CSEQ_F, 0) == 0 && m->cseq
		   && get_cseq(m)->method_id == METHOD_INVITE;
}

/* The leg is locked. */
static int repeated(struct leg *l, sip_msg_t *m)
{
	if(l->state != LEG_UP || !str_same(&l->dlg->id.call_id, &m->callid->body)
			|| !str_same(&l->dlg->id.loc_tag, &get_from(m)->tag_value)
			|| sip_cseq(m) != l->invite_cseq || !get_to(m)->tag_value.len)
		return TO_TM;
	if(!str_same(&get_to(m)->tag_value, &l->dlg->id.rem_tag)) {
		request_drop_fork(l, m);
		return DONE;
	}
	if(l->invite == INVITE_CLIENT) /* the first one: tm's */
		return TO_TM;
	if(l->acked)
		request_ack(l);
	return DONE;
}

static int look(sip_msg_t *m, unsigned flags, void *arg)
{
	unsigned partition;
	uint64_t id;
	struct leg *l;
	int r = TO_TM;

	if(m->first_line.type != SIP_REPLY || !is_2xx_to_invite(m)
			|| sip_parse(m)
			|| tag_parse(&get_from(m)->tag_value, &partition, &id))
		return TO_TM;
	leg_lock(id);
	l = leg_find(id);
	if(l)
		r = repeated(l, m);
	leg_unlock(id);
	return r;
}

int repeat_init(void)
{
	return register_script_cb(look, PRE_SCRIPT_CB | ONREPLY_CB, NULL) < 0
				   ? EINVAL : 0;
}
