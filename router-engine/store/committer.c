/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "router-engine/io/alarm.h"
#include "router-engine/store/committer.h"
#include "router-engine/store/drain.h"
#include "router-engine/store/engine.h"

#define LAZY_MS 20
#define CURSOR_MS 100 /* an event without effect moves the cursor by then */
#define GATHERED_MAX 100 /* more than this leaves whatever is under way */

struct committer {
	struct engine *e;
	unsigned n;
	struct mirror *mirror;
	struct pending *pending;
	struct alarm *late;
	char cursor[48]; /* consumed, not yet committed; "" none */
	uint64_t number;
	bool urgent; /* somebody waits for what is gathered */
	bool journal; /* it has rows */
	struct owner_effect *effects; /* room for one step */
	struct owner_record *records;
	size_t effects_cap, records_cap;
};

/* ---- one step ---------------------------------------------------------------- */

static int grow(void **vp, size_t *capp, size_t n, size_t size)
{
	size_t cap = *capp ? *capp : 64;
	void *v;

	if (n <= *capp)
		return 0;
	while (cap < n)
		cap *= 2;
	v = realloc(*vp, cap * size);
	if (!v)
		return ENOMEM;
	*vp = v;
	*capp = cap;
	return 0;
}

static int room(struct committer *c, const struct core_out *out)
{
	int err = grow((void **)&c->effects, &c->effects_cap, out->neffects,
		       sizeof(*c->effects));

	if (!err)
		err = grow((void **)&c->records, &c->records_cap,
			   out->nrecords, sizeof(*c->records));
	return err;
}

/* Returns how many of the effects travel through Redis. */
static size_t fill(struct committer *c, const struct core_out *out)
{
	size_t n = 0;

	for (size_t i = 0; i < out->nrecords; i++) {
		const struct core_record *r = &out->records[i];

		c->records[i] = (struct owner_record){r->kind, r->id,
						      r->value};
	}
	for (size_t i = 0; i < out->neffects; i++) {
		const struct core_effect *e = &out->effects[i];

		if (msg_type_dir(e->m.type) == DIR_NG)
			continue;
		c->effects[n++] = (struct owner_effect){
			e->node, e->boot, e->not_after, &e->m};
	}
	return n;
}

/* Whether somebody waits for it: not for what is over anyway. */
static bool is_urgent(enum msg_type type)
{
	switch (type) {
	case M_NG_DELETE:
	case M_MEDIA_REMOVE:
	case M_LEG_MEMO:
		return false;
	default:
		return msg_type_dir(type) == DIR_NG ||
		       msg_type_dir(type) == DIR_NODE;
	}
}

static int look_at(struct committer *c, const struct core_out *out)
{
	int err = 0;

	for (size_t i = 0; i < out->nrecords && !err; i++)
		err = mirror_put(c->mirror, &out->records[i]);
	for (size_t i = 0; i < out->neffects && !err; i++) {
		const struct msg *m = &out->effects[i].m;

		if (msg_type_dir(m->type) == DIR_NG)
			err = pending_request(c->pending, c->number, m);
		c->journal |= msg_type_dir(m->type) == DIR_JOURNAL;
		c->urgent |= is_urgent(m->type);
	}
	return err;
}

/* ---- leaving ------------------------------------------------------------------- */

static int leave(struct committer *c)
{
	uint64_t number;

	alarm_off(c->late);
	number = owner_send(c->e->owner, c->n, str_c(c->cursor));
	if (!number)
		return errno ? errno : EPERM;
	c->cursor[0] = '\0';
	c->urgent = false;
	if (c->journal)
		drain_soon(c->e->drain, c->n);
	c->journal = false;
	return 0;
}

static void on_late(void *arg)
{
	leave(arg);
}

static int leave_or_wait(struct committer *c)
{
	size_t gathered = owner_gathered(c->e->owner, c->n);

	if (gathered >= GATHERED_MAX ||
	    (c->urgent && !owner_flying(c->e->owner, c->n)))
		return leave(c);
	if (!alarm_is_set(c->late))
		alarm_set(c->late, gathered ? LAZY_MS : CURSOR_MS);
	return 0;
}

int committer_take(struct committer *c, const struct core_out *out, bool must)
{
	int err = room(c, out);

	if (err)
		return err;
	c->number = owner_add(c->e->owner, c->n, c->records, out->nrecords,
			      c->effects, fill(c, out));
	if (!c->number)
		return errno ? errno : EPERM;
	err = look_at(c, out);
	c->urgent |= must;
	if (err)
		return err;
	if (must || out->nrecords || out->neffects || c->cursor[0])
		return leave_or_wait(c);
	return 0;
}

void committer_confirmed(struct committer *c)
{
	if (c->urgent && !owner_flying(c->e->owner, c->n))
		leave(c);
}

int committer_event(struct committer *c, struct str stream_id)
{
	return str_copy(c->cursor, sizeof(c->cursor), stream_id);
}

uint64_t committer_number(const struct committer *c)
{
	return c->number;
}

/* ---- life ------------------------------------------------------------------------ */

void committer_clear(struct committer *c)
{
	alarm_off(c->late);
	c->cursor[0] = '\0';
	c->number = 0;
	c->urgent = c->journal = false;
}

int committer_alloc(struct committer **cp, struct engine *e, unsigned n,
		    struct mirror *mirror, struct pending *pending)
{
	struct committer *c = calloc(1, sizeof(*c));

	if (!c)
		return ENOMEM;
	c->e = e;
	c->n = n;
	c->mirror = mirror;
	c->pending = pending;
	if (alarm_alloc(&c->late, e->base, on_late, c)) {
		free(c);
		return ENOMEM;
	}
	*cp = c;
	return 0;
}

void committer_free(struct committer *c)
{
	if (!c)
		return;
	alarm_free(c->late);
	free(c->effects);
	free(c->records);
	free(c);
}
