/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/own.h"
#include "kamailio-mods/acd/session.h"
#include "kamailio-mods/acd/store.h"
#include "lib/base/line.h"
#include "core/socket_info.h"
#include "core/mem/shm_mem.h"
#include "core/parser/parse_rr.h"

/* Requests that the dead node sent after it stored the record. */
#define CSEQ_MARGIN 100

struct fields {
	struct arena arena;
	struct str line;
};

/* A field's value, decoded; empty: not there. */
static struct str get(struct fields *f, const char *name)
{
	return line_get(f->line, name, &f->arena);
}

static bool is(struct fields *f, const char *name, const char *value)
{
	return str_eq(get(f, name), str_c(value));
}

static uint64_t number(struct fields *f, const char *name)
{
	uint64_t n = 0;

	return str_u64(get(f, name), &n) ? 0 : n;
}

/* Zero, unless shared memory is out. */
static int put(struct fields *f, const char *name, str *to)
{
	struct str v = get(f, name);

	return shm_put(to, v.p, (int)v.len);
}

static int routes(struct fields *f, dlg_t *d)
{
	struct str v = get(f, "route");
	rr_t *head = NULL;
	int err;

	if(!v.len)
		return 0;
	if(parse_rr_body((char *)v.p, (int)v.len, &head) < 0)
		return EPROTO;
	err = shm_duplicate_rr(&d->route_set, head) < 0 ? ENOMEM : 0;
	free_rr(&head);
	return err;
}

static struct socket_info *socket_of(struct fields *f)
{
	str text = theirs(get(f, "socket"));
	struct socket_info *si = text.len ? lookup_local_socket(&text) : NULL;

	return si && own_holds(si) ? si : NULL;
}

static int dialog(struct fields *f, dlg_t *d)
{
	int err = put(f, "call_id", &d->id.call_id)
			  || put(f, "ltag", &d->id.loc_tag)
			  || put(f, "rtag", &d->id.rem_tag)
			  || put(f, "luri", &d->loc_uri)
			  || put(f, "ruri", &d->rem_uri)
			  || put(f, "target", &d->rem_target)
			  || put(f, "dst", &d->dst_uri) ? ENOMEM : routes(f, d);

	if(err)
		return err;
	if(!d->id.call_id.len || !d->id.loc_tag.len || !d->rem_target.len)
		return EPROTO;
	d->loc_seq.value = (unsigned)number(f, "lseq") + CSEQ_MARGIN;
	d->loc_seq.is_set = 1;
	d->rem_seq.value = (unsigned)number(f, "rseq");
	d->rem_seq.is_set = d->rem_seq.value > 0;
	d->state = DLG_CONFIRMED;
	return tmb.calculate_hooks(d) < 0 ? EPROTO : 0;
}

/* What is left of the longest life. */
static uint64_t life_ms(struct fields *f)
{
	uint64_t until = number(f, "until"), now = (uint64_t)time(NULL);
	uint64_t whole = (uint64_t)acd.age_s;

	if(is(f, "state", "offered") || until > now + whole)
		return whole * 1000;
	return until > now ? (until - now) * 1000 : 1;
}

static int fill(struct leg *l, struct fields *f, struct socket_info *si)
{
	str trunk, tenant;
	int err;

	l->dlg = shm_mallocxz(sizeof(*l->dlg));
	if(!l->dlg)
		return ENOMEM;
	err = dialog(f, l->dlg);
	if(!err && (put(f, "contact", &l->contact) || put(f, "flow", &l->flow)
					   || put(f, "memo", &l->memo)))
		err = ENOMEM;
	if(err)
		return err;
	l->dlg->send_sock = si;
	l->state = LEG_UP;
	l->session.s = (unsigned)number(f, "session");
	l->session.ours = is(f, "refresher", "us");
	l->session.update = is(f, "refresh", "update");
	if(put(f, "sdp", &l->session.sdp))
		return ENOMEM;
	session_resume(l);
	/* stored before our 200 left: whether it was acknowledged is open */
	l->wait_ack = is(f, "state", "offered");
	l->server_cseq = l->dlg->rem_seq.value;
	l->commanded = true;
	l->dead_at = now_ms() + life_ms(f);
	trunk = theirs(get(f, "trunk"));
	tenant = theirs(get(f, "tenant"));
	l->trunk = trunk_enter(&trunk, 0);
	l->tenant = trunk_enter(&tenant, 0);
	str_copy(l->call, sizeof(l->call), get(f, "call"));
	return 0;
}

static int make(struct leg **lp, uint64_t id, unsigned partition,
		struct fields *f)
{
	struct socket_info *si;
	struct leg *l;
	int err;

	if(!is(f, "version", "1") || is(f, "state", "invited"))
		return EPROTO;
	si = socket_of(f);
	if(!si)
		return EADDRNOTAVAIL;
	l = leg_add(id, partition, is(f, "side", "uas") ? LEG_UAS : LEG_UAC);
	if(!l)
		return ENOMEM;
	err = fill(l, f, si);
	if(err)
		leg_free(l);
	else
		*lp = l;
	return err;
}

bool store_is_ours(struct str record)
{
	struct fields f = {.line = record};
	bool ours;

	arena_init(&f.arena);
	ours = is(&f, "node", acd.node) && is(&f, "boot", own_boot());
	arena_release(&f.arena);
	return ours;
}

int store_decode(struct leg **lp, uint64_t id, unsigned partition,
		struct str record)
{
	struct fields f = {.line = record};
	int err;

	if(leg_find(id))
		return EEXIST;
	arena_init(&f.arena);
	err = make(lp, id, partition, &f);
	arena_release(&f.arena);
	return err;
}
