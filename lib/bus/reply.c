/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include <hiredis/hiredis.h>

#include "lib/base/pack.h"
#include "lib/bus/reply.h"

#define ENTRY_MAX 256 /* fields and values of one entry that are looked at */

struct str reply_str(const struct redisReply *r)
{
	if (!r || (r->type != REDIS_REPLY_STRING &&
		   r->type != REDIS_REPLY_STATUS &&
		   r->type != REDIS_REPLY_ERROR))
		return STR_NONE;
	return (struct str){r->str, (size_t)r->len};
}

/* One field m is a packed message; otherwise each is its own (written by
 * hand). */
static int entry_pairs(const struct redisReply *f, struct str v[ENTRY_MAX],
		       size_t *np, char *err, size_t errsz)
{
	size_t n = 0;

	if (f->type != REDIS_REPLY_ARRAY || f->elements > ENTRY_MAX) {
		snprintf(err, errsz, "entry has too many fields");
		return EPROTO;
	}
	if (f->elements == 2 &&
	    str_eq(reply_str(f->element[0]), STR_LIT("m"))) {
		if (!msg_unpack(reply_str(f->element[1]), v, ENTRY_MAX, np))
			return 0;
		snprintf(err, errsz, "entry's m is not a packed message");
		return EPROTO;
	}
	for (; n < f->elements; n++)
		v[n] = reply_str(f->element[n]);
	*np = n;
	return 0;
}

int reply_entry(const struct redisReply *entry, struct str *idp, struct msg *m,
		char *err, size_t errsz)
{
	struct str v[ENTRY_MAX];
	size_t n = 0;

	*idp = STR_NONE;
	if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2)
		return EPROTO;
	*idp = reply_str(entry->element[0]);
	if (entry_pairs(entry->element[1], v, &n, err, errsz))
		return EPROTO;
	return msg_parse(m, v, n, err, errsz);
}

/* A text of C's cannot have all that one of Redis's can. */
static int put_host(struct bus_address *a, struct str host)
{
	if (!host.len || memchr(host.p, '\0', host.len))
		return EINVAL;
	return str_copy(a->host, sizeof(a->host), host);
}

int reply_address(const struct redisReply *r, struct bus_address *a)
{
	uint64_t port;

	a->host[0] = '\0';
	if (!r || r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
	    str_u64(reply_str(r->element[1]), &port) || port > UINT16_MAX)
		return EPROTO;
	a->port = (uint16_t)port;
	return put_host(a, reply_str(r->element[0])) ? EPROTO : 0;
}

int reply_num(const struct redisReply *r, const char *field, uint64_t *vp)
{
	if (!r || r->type != REDIS_REPLY_ARRAY)
		return EPROTO;
	for (size_t i = 0; i + 1 < r->elements; i += 2)
		if (str_eq(reply_str(r->element[i]), str_c(field)))
			return str_u64(reply_str(r->element[i + 1]), vp);
	return ENOENT;
}

static struct str trimmed(struct str s)
{
	while (s.len && *s.p == ' ') {
		s.p++;
		s.len--;
	}
	while (s.len && s.p[s.len - 1] == ' ')
		s.len--;
	return s;
}

int bus_address_parse(struct str at, struct bus_address *a)
{
	const char *colon;
	struct str host, number;
	uint64_t port;

	at = trimmed(at);
	colon = at.len ? memrchr(at.p, ':', at.len) : NULL;
	if (!colon)
		return EINVAL;
	host = (struct str){at.p, (size_t)(colon - at.p)};
	number = (struct str){colon + 1, at.len - host.len - 1};
	if (put_host(a, host) ||
	    str_u64(number, &port) || !port || port > UINT16_MAX)
		return EINVAL;
	a->port = (uint16_t)port;
	return 0;
}

int bus_effect_parse(struct str name, struct bus_effect *e)
{
	struct str partition, commit;

	*e = (struct bus_effect){.commit = 0};
	str_cut(&name, '.', &partition);
	str_cut(&name, '.', &e->generation);
	if (!e->generation.len || !str_cut(&name, '.', &commit) ||
	    str_u64(commit, &e->commit) || str_u64(name, &e->ordinal))
		return EPROTO;
	return 0;
}
