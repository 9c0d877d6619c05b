/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <strings.h>

#include "kamailio-mods/acd/q850.h"
#include "kamailio-mods/acd/sip.h"
#include "lib/base/header.h"
#include "core/ip_addr.h"
#include "core/socket_info.h"
#include "core/parser/parse_content.h"
#include "core/parser/parse_cseq.h"
#include "core/parser/parse_from.h"
#include "core/parser/sdp/sdp.h"

int sip_parse(sip_msg_t *m)
{
	if(parse_headers(m, HDR_EOH_F, 0) < 0 || !m->to || !m->from
			|| !m->callid || !m->cseq || parse_from_header(m) < 0)
		return EPROTO;
	return 0;
}

str sip_body(sip_msg_t *m)
{
	str body = STR_NULL;

	body.s = get_body(m);
	if(body.s) {
		body.len = m->len - (int)(body.s - m->buf);
		if(m->content_length && get_content_length(m) < body.len)
			body.len = get_content_length(m);
	}
	return body;
}

str sip_sdp(sip_msg_t *m)
{
	str body = sip_body(m);
	sdp_info_t *sdp;

	if(body.len <= 0)
		return (str)STR_NULL;
	if(parse_sdp(m) == 0 && m->body) {
		sdp = (sdp_info_t *)m->body;
		if(sdp->raw_sdp.s && sdp->raw_sdp.len > 0)
			return sdp->raw_sdp;
		return body;
	}
	/* What the parser dislikes is for rtpengine to refuse (488). */
	return parse_content_type_hdr(m) == (TYPE_APPLICATION << 16 | SUBTYPE_SDP)
			   ? body : (str)STR_NULL;
}

static const char *direction(sip_msg_t *m)
{
	static const char *names[] = {"sendrecv", "sendonly", "recvonly",
			"inactive"};
	sdp_session_cell_t *session;
	sdp_stream_cell_t *stream;
	str mode = STR_NULL;
	int i;

	if(!m->body || m->body->type != MSG_BODY_SDP)
		return names[0];
	session = get_sdp_session(m, 0);
	for(i = 0; (stream = get_sdp_stream(m, 0, i)); i++)
		if(stream->media.len == 5 && !memcmp(stream->media.s, "audio", 5))
			break;
	if(stream)
		mode = stream->sendrecv_mode;
	if(mode.len <= 0 && session)
		mode = session->sendrecv_mode;
	for(i = 0; i < 4; i++)
		if(mode.len == 8 && !strncasecmp(mode.s, names[i], 8))
			return names[i];
	return names[0];
}

void sip_put_sdp(sip_msg_t *m)
{
	str sdp = sip_sdp(m);

	if(sdp.len <= 0)
		return;
	notice_str(F_SDP, &sdp);
	notice_text(F_DIRECTION, direction(m));
}

str sip_header(sip_msg_t *m, const char *name)
{
	hdr_field_t *h;
	int n = strlen(name);

	for(h = m->headers; h; h = h->next)
		if(h->name.len == n && !strncasecmp(h->name.s, name, n))
			return h->body;
	return (str)STR_NULL;
}

bool sip_has_option(sip_msg_t *m, const char *name, const char *option)
{
	size_t n = strlen(name);
	hdr_field_t *h;

	for(h = m->headers; h; h = h->next)
		if(h->name.len == (int)n && !strncasecmp(h->name.s, name, n)
				&& header_lists(ours(&h->body), str_c(option)))
			return true;
	return false;
}

int sip_unsigned(str value, unsigned *np)
{
	return value.len > 0 ? header_unsigned(ours(&value), np) : EINVAL;
}

unsigned sip_q850(sip_msg_t *m)
{
	hdr_field_t *h;
	unsigned cause = 0;

	for(h = m->headers; h && !cause; h = h->next)
		if(h->name.len == 6 && !strncasecmp(h->name.s, "Reason", 6))
			cause = header_q850(ours(&h->body));
	return cause;
}

unsigned sip_cseq(sip_msg_t *m)
{
	unsigned n = 0;

	return str2int(&get_cseq(m)->number, &n) == 0 ? n : 0;
}

void lines_add(struct lines *h, const char *fmt, ...)
{
	int i, n, room = (int)sizeof(h->buf) - h->used - 2;
	char *at = h->buf + h->used;
	va_list ap;

	va_start(ap, fmt);
	n = vsnprintf(at, room > 0 ? room : 0, fmt, ap);
	va_end(ap);
	if(n < 0 || n >= room) {
		h->full = true;
		return;
	}
	for(i = 0; i < n; i++)
		if((unsigned char)at[i] < 0x20)
			at[i] = ' '; /* no header may begin inside a value */
	memcpy(at + n, "\r\n", 2);
	h->used += n + 2;
}

void lines_contact(struct lines *h, const struct leg *l)
{
	lines_add(h, "Contact: %.*s", l->contact.len, l->contact.s);
	lines_add(h, "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, "
			   "PRACK, UPDATE");
}

void lines_sdp(struct lines *h, struct str body)
{
	if(body.len)
		lines_add(h, "Content-Type: application/sdp");
}

void lines_q850(struct lines *h, unsigned cause)
{
	if(cause > 0 && cause < 128)
		lines_add(h, "Reason: Q.850;cause=%u", cause);
}

str lines_str(struct lines *h)
{
	return (str){h->buf, h->used};
}

const char *sip_phrase(unsigned code)
{
	static const struct {
		unsigned code;
		const char *phrase;
	} known[] = {
		{100, "Trying"}, {180, "Ringing"}, {183, "Session Progress"},
		{200, "OK"},
		{202, "Accepted"}, {400, "Bad Request"}, {403, "Forbidden"},
		{404, "Not Found"},
		{408, "Request Timeout"}, {481, "Call/Transaction Does Not Exist"},
		{480, "Temporarily Unavailable"},
		{482, "Loop Detected"}, {486, "Busy Here"}, {487, "Request Terminated"},
		{422, "Session Interval Too Small"},
		{488, "Not Acceptable Here"}, {491, "Request Pending"},
		{500, "Server Internal Error"}, {501, "Not Implemented"},
		{503, "Service Unavailable"}, {504, "Server Time-out"}, {600, "Busy Everywhere"},
		{603, "Decline"},
	};
	unsigned i;

	for(i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if(known[i].code == code)
			return known[i].phrase;
	return code < 200 ? "Progress" : code < 300 ? "OK" : "Refused";
}

const char *sip_transport(int proto)
{
	switch(proto) {
		case PROTO_TCP:
			return ";transport=tcp";
		case PROTO_TLS:
			return ";transport=tls";
		case PROTO_WS:
		case PROTO_WSS:
			return ";transport=ws";
		default:
			return "";
	}
}

int contact_set(struct leg *l, struct socket_info *si, int proto,
		const char *user)
{
	const str *host, *port;
	bool bare; /* an IPv6 address, which a URI has in brackets */
	char b[256];
	int n;

	if(!si)
		return EINVAL;
	host = si->useinfo.name.len > 0 ? &si->useinfo.name : &si->address_str;
	port = si->useinfo.name.len > 0 && si->useinfo.port_no_str.len > 0
				   ? &si->useinfo.port_no_str : &si->port_no_str;
	bare = host->s[0] != '[' && memchr(host->s, ':', host->len);
	n = snprintf(b, sizeof(b), bare ? "<sip:%s@[%.*s]:%.*s%s>"
									: "<sip:%s@%.*s:%.*s%s>", user,
			host->len, host->s, port->len, port->s, sip_transport(proto));
	return n > 0 && n < (int)sizeof(b) ? shm_put(&l->contact, b, n) : EINVAL;
}
