/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <strings.h>

#include "kamailio-mods/acd/compat.h"
#include "kamailio-mods/acd/identity.h"
#include "lib/base/header.h"
#include "core/parser/parse_from.h"
#include "core/parser/parse_ppi_pai.h"
#include "core/parser/parse_privacy.h"
#include "core/parser/parse_uri.h"

#define HISTORY_MAX 32 /* entries that are looked at */

/* User of a sip: or tel: URI; empty: none. */
static str user_of(const str *uri)
{
	sip_uri_t u;

	if(uri->len <= 0 || parse_uri(uri->s, uri->len, &u) < 0)
		return (str)STR_NULL;
	if(u.user.len > IDENTITY_MAX)
		u.user.len = IDENTITY_MAX;
	return u.user;
}

static bool is_private(sip_msg_t *m)
{
	unsigned asked;

	if(parse_privacy(m) != 0 || !m->privacy)
		return false;
	asked = get_privacy_values(m);
	return !(asked & PRIVACY_NONE)
		   && (asked & (PRIVACY_ID | PRIVACY_USER | PRIVACY_HEADER));
}

/* The first identity, or From. */
static const struct to_body *caller_of(sip_msg_t *m, bool trusted)
{
	if(trusted && parse_pai_header(m) == 0 && m->pai && get_pai(m)
			&& get_pai(m)->num_ids > 0)
		return &get_pai(m)->id[0];
	return get_from(m);
}

static void put_caller(sip_msg_t *m, bool trusted)
{
	const struct to_body *who = caller_of(m, trusted);
	str name = who->display, user = user_of(&who->uri);

	if(is_private(m)) {
		notice_text(F_CALLER, "anonymous");
		return;
	}
	notice_str(F_CALLER, &user);
	if(name.len >= 2 && name.s[0] == '"' && name.s[name.len - 1] == '"') {
		name.s++;
		name.len -= 2;
	}
	if(name.len > IDENTITY_MAX * 2)
		name.len = IDENTITY_MAX * 2;
	notice_str(F_CALLER_NAME, &name);
}

/* ---- who sent the call here --------------------------------------------- */

/* The entry before the last one: who sent it on (RFC 7044 section 5). */
static str from_history(sip_msg_t *m)
{
	str before = STR_NULL, last = STR_NULL;
	hdr_field_t *h;
	int n = 0;

	for(h = m->headers; h && n < HISTORY_MAX; h = h->next) {
		struct str rest = ours(&h->body), entry;

		if(h->name.len != 12 || strncasecmp(h->name.s, "History-Info", 12))
			continue;
		while(n < HISTORY_MAX && header_entry(&rest, &entry)) {
			str uri = theirs(header_uri(entry)), user = user_of(&uri);

			n++;
			if(user.len <= 0 || str_same(&user, &last))
				continue;
			before = last;
			last = user;
		}
	}
	return before;
}

/* The topmost Diversion is the latest one (RFC 5806 section 5). */
static void put_diversion(sip_msg_t *m)
{
	str uri, user = STR_NULL;

	if(parse_diversion_header(m) == 0 && m->diversion
			&& m->diversion->parsed) {
		uri = diversion_uri(m);
		user = user_of(&uri);
	}
	if(user.len <= 0)
		user = from_history(m);
	notice_str(F_DIVERTED_FROM, &user);
}

void identity_put(sip_msg_t *m, bool trusted)
{
	put_caller(m, trusted);
	put_diversion(m);
}

/* ---- to a trunk ---------------------------------------------------------- */

void lines_identity(struct lines *h, const struct leg *l)
{
	if(!l->gw.trusted || l->gw.identity.len <= 0)
		return;
	lines_add(h, "P-Asserted-Identity: %.*s", l->gw.identity.len,
			l->gw.identity.s);
	if(l->gw.hidden)
		lines_add(h, "Privacy: id");
}
