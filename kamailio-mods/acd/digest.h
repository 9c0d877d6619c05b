/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file digest.h  Answers to a trunk's digest challenge (RFC 2617, MD5). */
#ifndef ACD_DIGEST_H
#define ACD_DIGEST_H

#include "kamailio-mods/acd/sip.h"

/* modparam "credential": realm:user:password, several. 0, -1. */
int digest_add(modparam_t type, void *val);
/* Adds the (Proxy-)Authorization for the challenge in a 401 or 407 to our
 * request. 0; ENOENT: no such realm, or a challenge that we cannot answer. */
int digest_answer(struct lines *h, sip_msg_t *reply, const char *method,
		const str *uri);
/* The same with this user and password; none: those of the realm. */
int digest_answer_as(struct lines *h, sip_msg_t *reply, const char *method,
		const str *uri, struct str user, struct str password);

#endif
