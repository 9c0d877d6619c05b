/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <strings.h>

#include "kamailio-mods/acd/indialog.h"
#include "kamailio-mods/acd/refer.h"
#include "kamailio-mods/acd/replaces.h"
#include "kamailio-mods/acd/request.h"
#include "core/parser/parse_refer_to.h"
#include "core/parser/parse_to.h"
#include "core/parser/parse_uri.h"
#include "core/strutils.h"

#define VALUE_MAX 512 /* of a Replaces in a URI, unescaped */

static int target(sip_msg_t *m, sip_uri_t *uri)
{
	if(!m->refer_to || !m->refer_to->body.len
			|| parse_refer_to_header(m) < 0)
		return -1;
	return parse_uri(get_refer_to(m)->uri.s, get_refer_to(m)->uri.len, uri);
}

/* The Replaces among a URI's headers, as in a header; empty: none. */
static str replaces_of(const sip_uri_t *uri, char *b)
{
	struct str rest = ours(&uri->headers), one, name;
	str in, out = {b, VALUE_MAX};

	while(str_cut(&rest, '&', &one)) {
		if(!str_cut(&one, '=', &name) || name.len != 8
				|| strncasecmp(name.p, "Replaces", 8))
			continue;
		in = theirs(one);
		if(in.len <= 0 || in.len >= VALUE_MAX - 1
				|| unescape_user(&in, &out) < 0)
			out = (str){b, 0};
		return out.len > 0 ? out : (str){b, 1}; /* not to be read */
	}
	return (str)STR_NULL;
}

static int find(sip_msg_t *m, sip_uri_t *uri, uint64_t *idp)
{
	char b[VALUE_MAX] = ";";
	unsigned partition;
	str replaces;

	*idp = 0;
	if(target(m, uri))
		return 400;
	if(uri->method_val.len
			&& (uri->method_val.len != 6
					|| strncasecmp(uri->method_val.s, "INVITE", 6)))
		return 501;
	replaces = replaces_of(uri, b);
	return replaces.len ? replaces_leg(&replaces, idp, &partition) : 0;
}

int refer_refusal(sip_msg_t *m)
{
	sip_uri_t uri;
	uint64_t id;

	return find(m, &uri, &id);
}

void refer_tell(struct leg *l, sip_msg_t *m, struct cell *t)
{
	char replaced[ID_LEN + 1];
	sip_uri_t uri;
	uint64_t id;

	find(m, &uri, &id);
	notice_leg(M_LEG_REFERRED, l);
	put_tid(t);
	notice_str(F_REFER_TO, &m->refer_to->body);
	notice_str(F_NUMBER, &uri.user);
	notice_str(F_DOMAIN, &uri.host);
	if(id)
		notice_text(F_REPLACES, id_format(replaced, 'l', id));
	notice_send();
}

void refer_notify(struct leg *l, unsigned code, struct str reason)
{
	struct lines h = {.used = 0};
	char body[128];
	int n;

	if(l->state != LEG_UP || code < 100 || code > 699)
		return;
	n = reason.len ? snprintf(body, sizeof(body), "SIP/2.0 %u %.*s\r\n",
							code, (int)(reason.len < 64 ? reason.len : 64),
							reason.p)
				   : snprintf(body, sizeof(body), "SIP/2.0 %u %s\r\n", code,
							sip_phrase(code));
	lines_contact(&h, l);
	lines_add(&h, "Event: refer");
	lines_add(&h, "Subscription-State: %s",
			code < 200 ? "active;expires=60" : "terminated;reason=noresource");
	lines_add(&h, "Content-Type: message/sipfrag;version=2.0");
	if(request_other(l, "NOTIFY", &h, (struct str){body, (size_t)n}))
		LM_WARN("event=notify_not_sent leg=%s call=%s\n", l->name, l->call);
}
