/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file sip.h  What events need from a SIP message; and header text. */
#ifndef ACD_SIP_H
#define ACD_SIP_H

#include "kamailio-mods/acd/notice.h"

/* All headers parsed. 0, EPROTO: unusable. */
int sip_parse(sip_msg_t *m);
/* The session description, also out of a multipart body; empty: none. */
str sip_sdp(sip_msg_t *m);
str sip_body(sip_msg_t *m);
/* A header's value by its full name, or empty. */
str sip_header(sip_msg_t *m, const char *name);
/* Whether a header of this name lists the option tag. */
bool sip_has_option(sip_msg_t *m, const char *name, const char *option);
/* A header value that is a number. 0, EINVAL. */
int sip_unsigned(str value, unsigned *np);
/* The Q.850 cause of the Reason headers; 0: none. */
unsigned sip_q850(sip_msg_t *m);
unsigned sip_cseq(sip_msg_t *m);
/* Puts F_SDP and F_DIRECTION, when there is a session description. */
void sip_put_sdp(sip_msg_t *m);

struct lines { /* header lines under construction */
	char buf[4096];
	int used;
	bool full; /* a line did not fit and was left out */
};

/* Adds one line; CRLF is added, control characters are refused. */
void lines_add(struct lines *h, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
void lines_contact(struct lines *h, const struct leg *l);
void lines_sdp(struct lines *h, struct str body);
void lines_q850(struct lines *h, unsigned cause);
str lines_str(struct lines *h);

/* Phrase of a code when the engine gives none. */
const char *sip_phrase(unsigned code);

/* URI parameter ";transport=..."; empty for UDP. */
const char *sip_transport(int proto);

/* Our Contact for what comes and goes by this socket with this protocol (a
 * WebSocket is a TCP or TLS socket): 0, EINVAL, ENOMEM. */
int contact_set(struct leg *l, struct socket_info *si, int proto,
		const char *user);

#endif
