/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <strings.h>

#include "kamailio-mods/acd/replaces.h"
#include "kamailio-mods/acd/tag.h"
#include "core/trim.h"

struct names { /* call-id;to-tag=ours;from-tag=theirs */
	str call_id, ours, theirs;
};

static bool param(str one, const char *name, str *value)
{
	int n = (int)strlen(name);

	if(one.len <= n || strncasecmp(one.s, name, n))
		return false;
	*value = (str){one.s + n, one.len - n};
	return true;
}

static int parse(const str *body, struct names *n)
{
	struct str rest = ours(body), part;

	memset(n, 0, sizeof(*n));
	if(memchr(body->s, ',', body->len) || !str_cut(&rest, ';', &part))
		return EINVAL;
	n->call_id = theirs(part);
	trim(&n->call_id);
	while(str_cut(&rest, ';', &part)) {
		str one = theirs(part);

		trim(&one);
		if(!param(one, "to-tag=", &n->ours))
			param(one, "from-tag=", &n->theirs);
	}
	return n->call_id.len && n->ours.len && n->theirs.len ? 0 : EINVAL;
}

static unsigned count(sip_msg_t *m)
{
	hdr_field_t *h;
	unsigned n = 0;

	for(h = m->headers; h; h = h->next)
		n += h->name.len == 8 && !strncasecmp(h->name.s, "Replaces", 8);
	return n;
}

static bool is_up(uint64_t id, const struct names *n)
{
	struct leg *l;
	bool up;

	leg_lock(id);
	l = leg_find(id);
	up = l && l->state == LEG_UP && !l->bye_after_ack
		 && str_same(&l->dlg->id.call_id, &n->call_id)
		 && str_same(&l->dlg->id.rem_tag, &n->theirs);
	leg_unlock(id);
	return up;
}

int replaces_leg(const str *body, uint64_t *idp, unsigned *partitionp)
{
	unsigned partition;
	struct names n;
	uint64_t id;

	*idp = 0;
	if(body->len <= 0 || parse(body, &n))
		return 400;
	if(tag_parse(&n.ours, &partition, &id) || !is_up(id, &n))
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
