/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kamailio-mods/acd/own.h"
#include "kamailio-mods/acd/store.h"
#include "core/socket_info.h"
#include "core/parser/parse_rr.h"

struct line {
	char *p;
	size_t used, size;
	bool full;
};

static void put(struct line *o, const char *name, struct str value)
{
	size_t n = strlen(name), need = n + 2 + escape_size(value);

	if(!value.len)
		return;
	if(o->used + need > o->size) {
		o->full = true;
		return;
	}
	if(o->used)
		o->p[o->used++] = ' ';
	memcpy(o->p + o->used, name, n);
	o->used += n;
	o->p[o->used++] = '=';
	o->used += escape_put(o->p + o->used, value);
}

static void put_num(struct line *o, const char *name, unsigned n)
{
	char b[16];

	put(o, name, (struct str){b, (size_t)snprintf(b, sizeof(b), "%u", n)});
}

const char *leg_state_name(enum leg_state state)
{
	return state == LEG_OFFERED ? "offered" : state == LEG_INVITED ? "invited"
			: "up";
}

/* The route set in the order in which our requests go. */
static void put_route(struct line *o, const dlg_t *d)
{
	char b[2048];
	size_t n = 0;
	rr_t *r;

	for(r = d->route_set; r; r = r->next) {
		if(n + r->len + 1 > sizeof(b)) {
			o->full = true;
			return;
		}
		if(n)
			b[n++] = ',';
		memcpy(b + n, r->nameaddr.name.s, r->len);
		n += r->len;
	}
	put(o, "route", (struct str){b, n});
}

/* Names of the places that the call takes; when it is too old, on the clock
 * that all machines have. */
static void put_limits(struct line *o, const struct leg *l)
{
	str trunk = trunk_name(l->trunk), tenant = trunk_name(l->tenant);

	put(o, "trunk", ours(&trunk));
	put(o, "tenant", ours(&tenant));
	put_num(o, "until", (unsigned)(time(NULL)
			+ (l->dead_at - now_ms()) / 1000));
}

static void put_session(struct line *o, const struct session *s)
{
	if(!s->s)
		return;
	put_num(o, "session", s->s);
	put(o, "refresher", s->ours ? STR_LIT("us") : STR_LIT("them"));
	put(o, "refresh", s->update ? STR_LIT("update") : STR_LIT("invite"));
	put(o, "sdp", ours(&s->sdp));
}

int store_encode(const struct leg *l, char *dst, size_t size)
{
	struct line o = {dst, 0, size < STORE_MAX ? size : STORE_MAX, false};
	const dlg_t *d = l->dlg;

	put_num(&o, "version", 1);
	put_num(&o, "partition", l->partition);
	put(&o, "side", l->side == LEG_UAS ? STR_LIT("uas") : STR_LIT("uac"));
	put(&o, "state", str_c(leg_state_name(l->state)));
	put(&o, "node", str_c(acd.node));
	put(&o, "boot", str_c(own_boot()));
	put(&o, "call", str_c(l->call));
	put(&o, "call_id", ours(&d->id.call_id));
	put(&o, "ltag", ours(&d->id.loc_tag));
	put(&o, "rtag", ours(&d->id.rem_tag));
	put(&o, "luri", ours(&d->loc_uri));
	put(&o, "ruri", ours(&d->rem_uri));
	put(&o, "target", ours(&d->rem_target));
	put(&o, "dst", ours(&d->dst_uri));
	put(&o, "flow", ours(&l->flow));
	put(&o, "contact", ours(&l->contact));
	put_route(&o, d);
	put_num(&o, "lseq", d->loc_seq.value);
	put_num(&o, "rseq", d->rem_seq.value);
	put_limits(&o, l);
	if(d->send_sock)
		put(&o, "socket", ours(&d->send_sock->sock_str));
	put_session(&o, &l->session);
	put(&o, "memo", ours(&l->memo));
	return o.full ? -1 : (int)o.used;
}
