/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <strings.h>

#include "kamailio-mods/acd/replaces.h"
#include "kamailio-mods/acd/tag.h"
#include "lib/base/header.h"

static unsigned count(sip_msg_t *m)
{
	hdr_field_t *h;
	unsigned n = 0;

	for(h = m->headers; h; h = h->next)
		n += h->name.len == 8 && !strncasecmp(h->name.s, "Replaces", 8);
	return n;
}

static bool is_up(uint64_t id, const struct header_replaces *n)
{
	struct leg *l;
	bool up;

	leg_lock(id);
	l = leg_find(id);
	up = l && l->state == LEG_UP && !l->bye_after_ack
		 && str_eq(ours(&l->dlg->id.call_id), n->call_id)
		 && str_eq(ours(&l->dlg->id.rem_tag), n->from_tag);
	leg_unlock(id);
	return up;
}

int replaces_leg(const str *body, uint64_t *idp, unsigned *partitionp)
{
	struct header_replaces n;
	unsigned partition;
	uint64_t id;
	str tag;

	*idp = 0;
	if(body->len <= 0 || header_replaces(ours(body), &n))
		return 400;
	tag = theirs(n.to_tag);
	if(tag_parse(&tag, &partition, &id) || !is_up(id, &n))
		return 481;
	*idp = id;
	*partitionp = partition;
	return 0;
}

int replaces_find(sip_msg_t *m, uint64_t *idp, unsigned *partitionp)
{
	unsigned headers = count(m);
	str body;

	*idp = 0;
	if(!headers)
		return 0;
	body = sip_header(m, "Replaces");
	return headers > 1 ? 400 : replaces_leg(&body, idp, partitionp);
}
