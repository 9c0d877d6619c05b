/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kamailio-mods/acd/digest.h"
#include "kamailio-mods/acd/gateway.h"
#include "kamailio-mods/acd/line.h"
#include "kamailio-mods/acd/sip.h"
#include "core/parser/contact/parse_contact.h"
#include "core/parser/parse_expires.h"
#include "core/socket_info.h"

#define EXPIRES_S 600
#define AGAIN_MS 30000 /* after a refused REGISTER */

static str uri_str(const char *s)
{
	return (str){(char *)s, strlen(s)};
}

/* "host:port" of "sip:host:port;transport=...". */
static struct str host_of(const char *uri)
{
	struct str rest = str_c(uri), part;

	str_cut(&rest, ':', &part);
	str_cut(&rest, ';', &part);
	return part;
}

static struct socket_info *socket_to(str *uri)
{
	snd_flags_t flags = {0};
	struct dest_info dst;

	init_dest_info(&dst);
	if(!uri2dst2(NULL, &dst, NULL, flags, uri, PROTO_NONE))
		return NULL;
	return dst.send_sock;
}

/* The address of record at the trunk: sip:user@host. */
static str aor_of(const struct gateway *g, const char *uri, char *b, int size)
{
	struct str host = host_of(uri);
	int n = snprintf(b, size, "sip:%s@%.*s", g->user[0] ? g->user : "jackfield",
			(int)host.len, host.p);

	return (str){b, n < size ? n : 0};
}

static int send_out(const char *method, const char *to_uri, str *aor,
		struct lines *h, unsigned cseq, const char *call,
		transaction_cb cb, int index)
{
	str name = uri_str(method), target = uri_str(to_uri), id, tag;
	char call_id[128], from_tag[32];
	uac_req_t u = {.method = &name};
	str headers = lines_str(h);
	dlg_t *d = NULL;
	int r = -1;

	id = (str){call_id, snprintf(call_id, sizeof(call_id), "%s-%s", call,
			acd.node)};
	tag = (str){from_tag, snprintf(from_tag, sizeof(from_tag), "g%d-%u",
			index, cseq)};
	if(tmb.new_dlg_uac(&id, &tag, cseq, aor, aor, &d) < 0)
		return -1;
	if(tmb.set_dlg_target(d, &target, NULL) == 0) {
		d->send_sock = socket_to(&target);
		u.headers = headers.len ? &headers : NULL;
		u.dialog = d;
		u.cb = cb;
		u.cbp = (void *)(intptr_t)index;
		u.cb_flags = TMCB_LOCAL_COMPLETED;
		r = d->send_sock ? tmb.t_uac(&u) : -1;
	}
	tmb.free_dlg(d);
	return r;
}

/* ---- OPTIONS ------------------------------------------------------------- */

static void on_options(struct cell *t, int type, struct tmcb_params *ps)
{
	gateway_answered((int)(intptr_t)*ps->param,
			ps->rpl == FAKED_REPLY ? 0 : ps->code);
}

static void ping(int index, const struct gateway *g)
{
	struct lines h = {.used = 0};
	char b[GATEWAY_TEXT + GATEWAY_NAME], call[96];
	str aor = aor_of(g, g->uri, b, sizeof(b));

	snprintf(call, sizeof(call), "ping-%s-%llu", g->name,
			(unsigned long long)now_ms());
	if(send_out("OPTIONS", g->uri, &aor, &h, 1, call, on_options, index) < 0)
		gateway_answered(index, 0);
}

/* ---- REGISTER ------------------------------------------------------------ */

static void on_register(struct cell *t, int type, struct tmcb_params *ps);

static int send_register(int index, const struct gateway *g, unsigned cseq,
		struct lines *h)
{
	char b[GATEWAY_TEXT + GATEWAY_NAME], call[96];
	str aor = aor_of(g, g->registrar, b, sizeof(b));
	str registrar = uri_str(g->registrar);
	struct socket_info *si = socket_to(&registrar);

	if(!si)
		return -1;
	lines_add(h, "Contact: <sip:%s@%.*s:%.*s%s>", g->user,
			si->address_str.len, si->address_str.s, si->port_no_str.len,
			si->port_no_str.s, sip_transport(si->proto));
	lines_add(h, "Expires: %d", EXPIRES_S);
	snprintf(call, sizeof(call), "register-%s", g->name);
	return send_out("REGISTER", g->registrar, &aor, h, cseq, call, on_register,
			index);
}

/* How long the registrar keeps it, seconds. */
static unsigned granted(sip_msg_t *reply)
{
	contact_t *c;
	unsigned n = 0;

	if(reply->contact && parse_contact(reply->contact) == 0) {
		c = ((contact_body_t *)reply->contact->parsed)->contacts;
		if(c && c->expires && str2int(&c->expires->body, &n) == 0)
			return n;
	}
	if(reply->expires && parse_expires(reply->expires) == 0)
		return ((exp_body_t *)reply->expires->parsed)->val;
	return EXPIRES_S;
}

static bool answer_challenge(int index, const struct gateway *g,
		sip_msg_t *reply)
{
	struct lines h = {.used = 0};
	str uri = uri_str(g->registrar);

	return sip_cseq(reply) == g->cseq
		   && !digest_answer_as(&h, reply, "REGISTER", &uri,
				   str_c(g->user), str_c(g->password))
		   && send_register(index, g, g->cseq + 1, &h) >= 0;
}

static void on_register(struct cell *t, int type, struct tmcb_params *ps)
{
	int index = (int)(intptr_t)*ps->param;
	sip_msg_t *reply = ps->rpl == FAKED_REPLY ? NULL : ps->rpl;
	unsigned s = 0;
	struct gateway g;

	if(!gateway_get(index, &g))
		return;
	if(reply && sip_parse(reply))
		return;
	if(reply && (ps->code == 401 || ps->code == 407)
			&& answer_challenge(index, &g, reply))
		return;
	if(reply && ps->code < 300)
		s = granted(reply);
	gateway_registered(index, reply ? ps->code : 408,
			now_ms() + (s ? s * 1000ull * 4 / 5 : AGAIN_MS));
}

void line_tick(void)
{
	struct lines h = {.used = 0};
	uint64_t now = now_ms();
	struct gateway g;
	int i;

	for(i = 0; i < GATEWAYS; i++) {
		char what = gateway_due(i, now, &g);

		if(what == 'p')
			ping(i, &g);
		h.used = 0;
		if(what == 'r' && send_register(i, &g, g.cseq, &h) < 0)
			gateway_registered(i, 503, now + AGAIN_MS);
	}
}
