/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <strings.h>

#include "kamailio-mods/acd/digest.h"
#include "core/crypto/md5utils.h"
#include "core/parser/digest/digest_parser.h"
#include "core/rand/kam_rand.h"

#define CREDENTIALS 64
#define HASH_LEN_HEX 32
#define HEX (HASH_LEN_HEX + 1)

static struct {
	struct str realm, user, password;
} credentials[CREDENTIALS];
static int n_credentials;

int digest_add(modparam_t type, void *val)
{
	struct str rest = str_c((char *)val);
	int i = n_credentials;

	if(i == CREDENTIALS) {
		LM_ERR("credential: at most %d\n", CREDENTIALS);
		return -1;
	}
	if(!str_cut(&rest, ':', &credentials[i].realm)
			|| !str_cut(&rest, ':', &credentials[i].user) || !rest.len) {
		LM_ERR("credential: say realm:user:password\n");
		return -1;
	}
	credentials[i].password = rest;
	n_credentials++;
	return 0;
}

static int find(struct str realm)
{
	int i;

	for(i = 0; i < n_credentials; i++)
		if(str_eq(credentials[i].realm, realm))
			return i;
	return -1;
}

/* MD5 of the texts, a colon between each, in hexadecimal. */
static void md5_of(char out[HEX], const struct str *v, int n)
{
	str all[12];
	int i, k = 0;

	for(i = 0; i < n; i++) {
		if(i)
			all[k++] = (str)str_init(":");
		all[k++] = theirs(v[i]);
	}
	MD5StringArray(out, all, k);
	out[HASH_LEN_HEX] = 0;
}

static void add(struct lines *h, bool proxy, const dig_cred_t *c,
		struct str user, struct str password, const char *method,
		const str *uri, bool qop)
{
	char ha1[HEX], ha2[HEX], response[HEX], cnonce[17];
	struct str realm = ours(&c->realm), nonce = ours(&c->nonce);

	snprintf(cnonce, sizeof(cnonce), "%08x%08x", (unsigned)kam_rand(),
			(unsigned)kam_rand());
	md5_of(ha1, (struct str[]){user, realm, password}, 3);
	md5_of(ha2, (struct str[]){str_c(method), ours(uri)}, 2);
	if(qop)
		md5_of(response, (struct str[]){str_c(ha1), nonce,
				STR_LIT("00000001"), str_c(cnonce), STR_LIT("auth"),
				str_c(ha2)}, 6);
	else
		md5_of(response, (struct str[]){str_c(ha1), nonce, str_c(ha2)}, 3);
	lines_add(h, "%s: Digest username=\"%.*s\", realm=\"%.*s\", "
			"nonce=\"%.*s\", uri=\"%.*s\", response=\"%s\", algorithm=MD5"
			"%s%s%s%s%.*s%s",
			proxy ? "Proxy-Authorization" : "Authorization",
			(int)user.len, user.p,
			(int)realm.len, realm.p, (int)nonce.len, nonce.p, uri->len, uri->s,
			response, qop ? ", qop=auth, nc=00000001, cnonce=\"" : "",
			qop ? cnonce : "", qop ? "\"" : "",
			c->opaque.len ? ", opaque=\"" : "", c->opaque.len,
			c->opaque.len ? c->opaque.s : "", c->opaque.len ? "\"" : "");
}

int digest_answer_as(struct lines *h, sip_msg_t *reply, const char *method,
		const str *uri, struct str user, struct str password)
{
	bool proxy = reply->first_line.u.reply.statuscode == 407;
	str value = sip_header(reply,
			proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
	dig_cred_t c;

	if(value.len <= 0)
		return ENOENT;
	memset(&c, 0, sizeof(c));
	if(parse_digest_cred(&value, &c) != 0)
		return ENOENT;
	if(!user.len) {
		int who = find(ours(&c.realm));

		if(who < 0)
			return ENOENT;
		user = credentials[who].user;
		password = credentials[who].password;
	}
	if(c.alg.alg_parsed != ALG_UNSPEC && c.alg.alg_parsed != ALG_MD5)
		return ENOENT;
	if(c.qop.qop_str.len && c.qop.qop_parsed != QOP_AUTH
			&& !memmem(c.qop.qop_str.s, c.qop.qop_str.len, "auth,", 5))
		return ENOENT; /* auth-int only */
	add(h, proxy, &c, user, password, method, uri, c.qop.qop_str.len > 0);
	return 0;
}

int digest_answer(struct lines *h, sip_msg_t *reply, const char *method,
		const str *uri)
{
	return digest_answer_as(h, reply, method, uri, STR_NONE, STR_NONE);
}
