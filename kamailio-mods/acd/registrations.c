/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

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
	if(c->sock)
		notice_str(F_SOCKET, &c->sock->sock_str);
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

/* ---- all of them --------------------------------------------------------- */

/* usrloc copies its contacts as a row of fields without alignment, ended by
 * an empty contact. */
static str next_text(const char **p)
{
	str s;

	memcpy(&s.len, *p, sizeof(s.len));
	s.s = (char *)*p + sizeof(s.len);
	*p = s.s + s.len;
	return s;
}

/* The binding with this name, told while its record is locked. */
static void tell_one(udomain_t *d, unsigned hash, str *ruid,
		unsigned partition)
{
	urecord_t *r;
	ucontact_t *c;
	unsigned part;
	str user, domain, aor;

	if(ul.get_urecord_by_ruid(d, hash, ruid, &r, &c))
		return;
	aor = r->aor;
	if(!agent_of(c, &user, &domain, &part) && part == partition
			&& (!c->expires || c->expires > time(NULL)))
		registered(c, &user, &domain, part);
	ul.unlock_udomain(d, &aor);
}

static char *all_bindings(void)
{
	int more = 4096, len = 0;
	char *buf = NULL, *bigger;

	while(more > 0) { /* phones register meanwhile */
		len += more + 1024;
		bigger = realloc(buf, len);
		if(!bigger) {
			free(buf);
			return NULL;
		}
		buf = bigger;
		more = ul.get_all_ucontacts(buf, len, 0, 0, 1, 0);
	}
	return buf;
}

void registrations_tell(unsigned partition)
{
	char *all = all_bindings();
	const char *p = all;
	udomain_t *d;
	unsigned hash;
	str ruid;

	if(!all || ul.get_udomain("location", &d) < 0) {
		LM_ERR("event=registrations_not_told partition=%u\n", partition);
		free(all);
		return;
	}
	while(next_text(&p).len) {
		next_text(&p); /* received */
		p += sizeof(struct socket_info *) + sizeof(unsigned); /* flags */
		next_text(&p); /* path */
		ruid = next_text(&p);
		memcpy(&hash, p, sizeof(hash));
		p += sizeof(hash);
		tell_one(d, hash, &ruid, partition);
	}
	free(all);
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
