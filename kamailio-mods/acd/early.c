/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "kamailio-mods/acd/early.h"
#include "kamailio-mods/acd/request.h"
#include "core/parser/parse_to.h"

/* tm reads a dialog out of a 2xx only. */
static int read_dialog(dlg_t *d, sip_msg_t *reply)
{
	int *code = (int *)&reply->first_line.u.reply.statuscode, was = *code;
	int r;

	*code = 200;
	r = tmb.dlg_response_uac(d, reply, IS_TARGET_REFRESH);
	*code = was;
	return r < 0 ? EPROTO : 0;
}

static int make(struct leg *l, sip_msg_t *reply)
{
	const dlg_t *own = l->dlg;
	str target = own->rem_target;
	dlg_t *d = NULL;

	early_free(l);
	if(tmb.new_dlg_uac((str *)&own->id.call_id, (str *)&own->id.loc_tag,
			   own->loc_seq.value, (str *)&own->loc_uri,
			   (str *)&own->rem_uri, &d) < 0)
		return ENOMEM;
	if(tmb.set_dlg_target(d, &target, NULL) < 0 || read_dialog(d, reply)) {
		tmb.free_dlg(d);
		return EPROTO;
	}
	d->send_sock = own->send_sock;
	l->early = d;
	request_keep_flow(l);
	return 0;
}

bool early_take(struct leg *l, sip_msg_t *reply)
{
	const str *tag = &get_to(reply)->tag_value;
	unsigned rseq = 0;

	if(!tag->len || !reply->contact)
		return true;
	if((!l->early || !str_same(tag, &l->early->id.rem_tag))
			&& make(l, reply))
		return true;
	if(!sip_has_option(reply, "Require", "100rel")
			|| sip_unsigned(sip_header(reply, "RSeq"), &rseq) || !rseq)
		return true;
	if(l->early_rseq && rseq != l->early_rseq + 1)
		return false; /* again, or not yet its turn: RFC 3262 section 4 */
	l->early_rseq = rseq;
	if(sip_sdp(reply).len > 0)
		l->early_answered = true;
	request_prack(l, rseq);
	return true;
}

void early_confirmed(struct leg *l)
{
	if(l->early && str_same(&l->early->id.rem_tag, &l->dlg->id.rem_tag))
		l->dlg->rem_seq = l->early->rem_seq;
	early_free(l);
}

void early_free(struct leg *l)
{
	if(l->early)
		tmb.free_dlg(l->early);
	l->early = NULL;
	l->early_rseq = 0;
	l->early_answered = false;
}
