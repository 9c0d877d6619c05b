/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "kamailio-mods/acd/escape.h"
#include "kamailio-mods/acd/hunt.h"
#include "kamailio-mods/acd/over.h"
#include "kamailio-mods/acd/probe.h"
#include "kamailio-mods/acd/reliable.h"
#include "kamailio-mods/acd/request.h"
#include "kamailio-mods/acd/session.h"
#include "kamailio-mods/acd/stats.h"
#include "kamailio-mods/acd/sweep.h"
#include "kamailio-mods/acd/uac.h"
#include "kamailio-mods/acd/uas.h"

#define PROBE_MS 40000 /* 64*T1 and something */

struct due {
	uint64_t *ids, now;
	size_t n, size;
};

static bool past(uint64_t at, uint64_t now)
{
	return at && now >= at;
}

static bool is_due(const struct leg *l, uint64_t now)
{
	return past(l->first_by, now) || past(l->ack_by, now)
		   || past(l->trying_by, now)
		   || past(l->owed_by, now) || past(l->again_at, now)
		   || past(l->end_by, now) || past(l->dead_at, now)
		   || past(l->probe_at, now) || past(l->gw.by, now)
		   || past(reliable_at(l), now) || past(session_at(l), now);
}

static void note(struct leg *l, void *arg)
{
	struct due *d = arg;

	if(!is_due(l, d->now))
		return;
	if(d->n == d->size) {
		size_t size = d->size ? d->size * 2 : 256;
		uint64_t *ids = realloc(d->ids, size * sizeof(*ids));

		if(!ids)
			return; /* the next sweep finds it */
		d->ids = ids;
		d->size = size;
	}
	d->ids[d->n++] = l->id;
}

static void no_ack(struct leg *l)
{
	struct ending e = {"node", "no_ack", 408, 0, str_init("no ACK")};

	stat_inc(stat_no_ack);
	request_bye(l, 102);
	if(l->bye_after_ack) {
		e.by = "local";
		e.cause = "ended";
	}
	leg_over(l, &e);
}

/* Nobody answered the late offer in time. */
static void unanswered(struct leg *l)
{
	struct ending e = {"node", "timeout", 408, 0, str_init("no leg.ack")};

	l->owed_by = 0;
	if(!leg_owes_ack(l))
		return;
	request_ack(l);
	request_bye(l, 0);
	leg_over(l, &e);
}

static void too_old(struct leg *l)
{
	struct ending e = {"node", "timeout", 408, 0, str_init("too old")};

	if(l->state == LEG_UP && !l->probed) {
		l->probed = true;
		l->dead_at = now_ms() + PROBE_MS;
		probe_send(l); /* any answer but 408 and 481 touches it */
		return;
	}
	LM_WARN("event=too_old leg=%s call=%s\n", l->name, l->call);
	if(l->state == LEG_OFFERED) {
		uas_refuse(l, 408, STR_NONE, 102);
		return;
	}
	if(l->state == LEG_UP)
		request_bye(l, 102);
	else
		uac_cancel(l);
	leg_over(l, &e);
}

static void never_ended(struct leg *l)
{
	struct ending e = {"local", "ended", l->end_code, l->end_q850,
			str_init("no final reply")};

	uac_forget(l);
	leg_over(l, &e);
}

static void act(uint64_t id, uint64_t now)
{
	struct leg *l;
	bool silent = false;

	leg_lock(id);
	l = leg_find(id);
	if(l && past(l->end_by, now)) {
		never_ended(l);
	} else if(l && past(l->dead_at, now)) {
		too_old(l);
	} else if(l && past(l->ack_by, now)) {
		no_ack(l);
	} else if(l && past(l->owed_by, now)) {
		unanswered(l);
	} else if(l && past(l->probe_at, now)) {
		probe_send(l);
	} else if(l && past(reliable_at(l), now)) {
		reliable_due(l, now);
	} else if(l && past(session_at(l), now)) {
		session_due(l, now);
	} else if(l && past(l->again_at, now)) {
		uac_again(l);
	} else if(l && past(l->gw.by, now)) {
		hunt_silent(l);
	} else if(l && past(l->trying_by, now)) {
		uas_trying(l);
	} else if(l && past(l->first_by, now)) {
		l->first_by = 0;
		silent = !l->commanded;
	}
	leg_unlock(id);
	if(silent)
		escape(id, "no engine spoke");
}

void sweep(void)
{
	static struct due due; /* its array is kept */
	size_t i;

	due.n = 0;
	due.now = now_ms();
	leg_each(note, &due);
	for(i = 0; i < due.n; i++)
		act(due.ids[i], due.now);
}
