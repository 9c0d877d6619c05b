/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "kamailio-mods/acd/directory.h"
#include "kamailio-mods/acd/notice.h"
#include "kamailio-mods/acd/registrations.h"
#include "core/parser/parse_uri.h"
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

/* ---- one ------------------------------------------------------------------ */

/* Its Contact, or its GRUU (RFC 5627): the address of record and an instance.
 */
static bool is_same_phone(const sip_uri_t *want, const ucontact_t *c)
{
	sip_uri_t uri;

	if(want->gr_val.len && c->instance.len > 2)
		return c->instance.len - 2 == want->gr_val.len
			   && !memcmp(c->instance.s + 1, want->gr_val.s,
					   want->gr_val.len);
	return parse_uri(c->c.s, c->c.len, &uri) == 0
		   && str_same(&uri.user, &want->user)
		   && str_same(&uri.host, &want->host);
}

/* sip:..., out of a name-addr without a display name. */
static int parse_bare(const str *s, sip_uri_t *uri)
{
	bool named = s->len > 2 && s->s[0] == '<' && s->s[s->len - 1] == '>';

	return parse_uri(s->s + named, s->len - 2 * named, uri);
}

static int copy_flow(urecord_t *r, const sip_uri_t *want, char *b, int size)
{
	ucontact_t *c;

	for(c = r->contacts; c; c = c->next)
		if(c->expires > time(NULL) && c->received.len > 0
				&& c->received.len < size && is_same_phone(want, c)) {
			memcpy(b, c->received.s, c->received.len);
			return c->received.len;
		}
	return 0;
}

int registrations_flow(const str *aor, const str *contact, char *b, int size)
{
	sip_uri_t who, phone;
	char name[256];
	urecord_t *r;
	udomain_t *d;
	str key = {name, 0};
	int n = 0;

	if(parse_bare(aor, &who) < 0
			|| parse_bare(contact, &phone) < 0
			|| ul.get_udomain("location", &d) < 0)
		return 0;
	key.len = snprintf(name, sizeof(name), "%.*s@%.*s", STR_FMT(&who.user),
			STR_FMT(&who.host));
	if(key.len >= (int)sizeof(name))
		return 0;
	ul.lock_udomain(d, &key);
	if(ul.get_urecord(d, &key, &r) == 0) {
		n = copy_flow(r, &phone, b, size);
		ul.release_urecord(r);
	}
	ul.unlock_udomain(d, &key);
	return n;
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
