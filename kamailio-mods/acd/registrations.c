/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/directory.h"
#include "kamailio-mods/acd/notice.h"
#include "kamailio-mods/acd/registrations.h"
#include "modules/usrloc/usrloc.h"

static usrloc_api_t ul;

/* Cuts user@domain. */
static int agent_of(const ucontact_t *c, str *user, str *domain,
		unsigned *partitionp)
{
	struct str rest = ours(c->aor), part;

	if(!str_cut(&rest, '@', &part) || !part.len || !rest.len)
		return EINVAL;
	*user = theirs(part);
	*domain = theirs(rest);
	return directory_agent(c->aor, partitionp);
}

/* usrloc holds the record's lock: its list can be walked. */
static bool is_last(const ucontact_t *c)
{
	const ucontact_t *o;
	time_t now = time(NULL);

	for(o = c->prev; o; o = o->prev)
		if(o->expires > now || o->expires == 0)
			return false;
	for(o = c->next; o; o = o->next)
		if(o->expires > now || o->expires == 0)
			return false;
	return true;
}

static void registered(const ucontact_t *c, const str *user,
		const str *domain, unsigned partition)
{
	time_t left = c->expires - time(NULL);

	notice_begin(M_AGENT_REGISTERED, partition);
	notice_str(F_USER, user);
	notice_str(F_DOMAIN, domain);
	notice_text(F_NODE, acd.node);
	notice_str(F_CONTACT_URI, &c->c);
	notice_num(F_EXPIRES_MS, left > 0 ? (uint64_t)left * 1000 : 0);
	notice_str(F_SOURCE, &c->received);
	notice_send();
}

static void unregistered(const str *user, const str *domain,
		unsigned partition, const char *cause)
{
	notice_begin(M_AGENT_UNREGISTERED, partition);
	notice_str(F_USER, user);
	notice_str(F_DOMAIN, domain);
	notice_text(F_NODE, acd.node);
	notice_text(F_CAUSE, cause);
	notice_send();
}

static void on_contact(ucontact_t *c, int type, void *param)
{
	unsigned partition;
	str user, domain;

	if(agent_of(c, &user, &domain, &partition))
		return;
	if(type & (UL_CONTACT_INSERT | UL_CONTACT_UPDATE))
		registered(c, &user, &domain, partition);
	else if(is_last(c))
		unregistered(&user, &domain, partition,
				type & UL_CONTACT_EXPIRE ? "expired" : "removed");
}

int registrations_init(void)
{
	bind_usrloc_t bind =
			(bind_usrloc_t)find_export("ul_bind_usrloc", 1, 0);

	if(!bind || bind(&ul) < 0)
		return ENOENT;
	return ul.register_ulcb(UL_CONTACT_INSERT | UL_CONTACT_UPDATE
			| UL_CONTACT_DELETE | UL_CONTACT_EXPIRE, on_contact, NULL) < 0
			? EINVAL : 0;
}
