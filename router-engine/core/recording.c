/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings: the worker writes, the core knows what there must be.
 *
 * A record stays until the worker reports the closed file. A part whose worker
 * died is journaled with its cause, so that a hole is a row and not a guess.
 */
#include "router-engine/core/contact.h"
#include "router-engine/core/leg.h"
#include "router-engine/core/node.h"
#include "router-engine/core/out.h"
#include "router-engine/core/record.h"
#include "router-engine/core/recording.h"

#define REPORT_MS 30000 /* longest wait for a closed file */

/* tenant/contact-segment-part.wav */
static void name_file(struct core *c, struct recording *r)
{
	text_put(c, &r->file,
		 arena_printf(&c->arena, "%llu/c%016llx-s%016llx-%llu.wav",
			      (unsigned long long)r->tenant,
			      (unsigned long long)r->contact,
			      (unsigned long long)r->segment,
			      (unsigned long long)r->part));
}

static void command(struct core *c, struct recording *r, struct leg *left)
{
	struct core_effect *e = out_worker(c, left, M_MEDIA_RECORD);

	out_id(c, e, F_RECORDING, 'r', r->id);
	out_id(c, e, F_LEFT, 'l', r->left);
	out_id(c, e, F_RIGHT, 'l', r->right);
	out_str(c, e, F_FILE, text_str(&r->file));
	out_num(c, e, F_PART, r->part);
}

void recording_begin(struct core *c, struct contact *ct, struct leg *left,
		     struct leg *right)
{
	struct recording *r;

	if (!left->added || !right->added || !worker_of(c, left))
		return;
	r = record_alloc(c, RECORD_RECORDING);
	if (!r)
		return;
	r->id = new_id(c);
	r->contact = ct->id;
	r->segment = ct->segment;
	r->tenant = ct->tenant;
	r->part = ++ct->parts;
	r->left = left->id;
	r->right = right->id;
	r->begin = now_of(c);
	text_put(c, &r->worker, text_str(&left->worker));
	text_put(c, &r->worker_boot, text_str(&left->worker_boot));
	name_file(c, r);
	record_insert(c, &r->rec);
	ct->recording = r->id;
	record_changed(c, &ct->rec);
	command(c, r, left);
}

void recording_end(struct core *c, struct contact *ct)
{
	struct recording *r = recording_find(c, ct->recording);
	struct core_effect *e;

	ct->recording = 0;
	record_changed(c, &ct->rec);
	if (!r)
		return;
	e = out_new(c, M_MEDIA_RECORD_END);
	e->node = arena_str(&c->arena, text_str(&r->worker));
	e->boot = arena_str(&c->arena, text_str(&r->worker_boot));
	out_id(c, e, F_RECORDING, 'r', r->id);
	timer_set(c, &r->rec, &r->due, now_of(c) + REPORT_MS);
}

static void journal(struct core *c, struct recording *r, const struct msg *m,
		    struct str cause)
{
	struct core_effect *e = out_new(c, M_JOURNAL_RECORDING);

	out_id(c, e, F_RECORDING, 'r', r->id);
	out_id(c, e, F_CONTACT, 'c', r->contact);
	out_id(c, e, F_SEGMENT, 's', r->segment);
	out_num(c, e, F_TENANT, r->tenant);
	out_num(c, e, F_PART, r->part);
	out_str(c, e, F_FILE, m ? msg_get(m, F_FILE) : text_str(&r->file));
	out_num(c, e, F_BEGIN, m ? msg_num(m, F_BEGIN) : r->begin);
	out_num(c, e, F_MS, m ? msg_num(m, F_MS) : r->ms);
	out_num(c, e, F_BYTES, m ? msg_num(m, F_BYTES) : 0);
	if (m)
		out_str(c, e, F_SHA256, msg_get(m, F_SHA256));
	out_id(c, e, F_LEFT, 'l', r->left);
	out_id(c, e, F_RIGHT, 'l', r->right);
	out_str(c, e, F_CAUSE, cause);
	record_gone(c, &r->rec);
}

static void forget(struct core *c, struct recording *r)
{
	struct contact *ct = contact_find(c, r->contact);

	if (ct && ct->recording == r->id) {
		ct->recording = 0;
		record_changed(c, &ct->rec);
	}
}

/* Detached legs come one by one: the first of the two reports the loss. */
void recording_lost(struct core *c, struct leg *l)
{
	struct recording *r, *tmp;

	HASH_ITER(hh, c->recordings, r, tmp) {
		if (r->rec.gone || (r->left != l->id && r->right != l->id))
			continue;
		forget(c, r);
		journal(c, r, NULL, STR_LIT("worker_lost"));
	}
}

void recording_due(struct core *c, struct recording *r)
{
	forget(c, r);
	journal(c, r, NULL, STR_LIT("no_report"));
}

void on_media_recorded(struct core *c, const struct msg *m)
{
	struct recording *r = NULL;
	uint64_t id;

	if (!id_parse(msg_get(m, F_RECORDING), 'r', &id))
		r = recording_find(c, id);
	if (!r) {
		c->stale++;
		return;
	}
	forget(c, r);
	journal(c, r, m, msg_get(m, F_CAUSE));
}

void on_media_progress(struct core *c, const struct msg *m)
{
	struct str list = msg_get(m, F_PROGRESS), item, name;
	struct recording *r;
	uint64_t id, ms;

	while (str_cut(&list, ',', &item)) {
		str_cut(&item, ':', &name);
		if (id_parse(name, 'r', &id) || str_u64(item, &ms))
			continue;
		r = recording_find(c, id);
		if (r)
			r->ms = ms; /* stored with the next change */
	}
}
