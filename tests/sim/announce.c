/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/escape.h"
#include "tests/sim/internal.h"

void dialog_remember(struct world *w, const struct msg *m)
{
	struct str memo = msg_get(m, F_MEMO);
	struct dialog *d = dialog_find(w, leg_of(m));

	if (!d || !memo.len)
		return;
	free(d->memo);
	d->memo = malloc(escape_size(memo) + 1);
	d->memo[escape_put(d->memo, memo)] = '\0';
}

/* leg.alive of each, in the state that the node knows. */
void announce_legs(struct world *w)
{
	struct dialog *d, *tmp;

	later(w, 1, "t=node.up node=acd-1 boot=b%u kind=acd", w->acd.boot);
	later(w, 1, "t=announce.begin node=acd-1");
	HASH_ITER(hh, w->dialogs, d, tmp)
		later(w, 1, "t=leg.alive leg=l%016llx node=acd-1 state=%s%s%s",
		      (unsigned long long)d->id,
		      d->phase == PHASE_UP ? "up"
		      : d->uac ? "invited" : "offered",
		      d->memo ? " memo=" : "", d->memo ? d->memo : "");
	later(w, 1, "t=announce.end node=acd-1");
}

/* ---- the worker ------------------------------------------------------------ */

static struct mixed *mixed_find(struct world *w, uint64_t id)
{
	struct mixed *x;

	HASH_FIND(hh, w->mixed, &id, sizeof(id), x);
	return x;
}

static void mixed_drop(struct world *w, struct mixed *x)
{
	if (!x)
		return;
	HASH_DEL(w->mixed, x);
	free(x);
}

void mixed_note(struct world *w, const struct msg *m)
{
	uint64_t id = leg_of(m);
	struct mixed *x = mixed_find(w, id);

	if (m->type == M_MEDIA_REMOVE)
		mixed_drop(w, x);
	if (m->type != M_MEDIA_ADD)
		return;
	if (!x) {
		x = calloc(1, sizeof(*x));
		x->id = id;
		HASH_ADD(hh, w->mixed, id, sizeof(x->id), x);
	}
	x->boot = w->worker.boot;
	x->port = (unsigned)msg_num(m, F_PORT);
	str_copy(x->point, sizeof(x->point), msg_get(m, F_POINT));
}

void announce_media(struct world *w)
{
	struct mixed *x, *tmp;

	HASH_ITER(hh, w->mixed, x, tmp) {
		if (x->boot == w->worker.boot && w->worker_up)
			later(w, 1, "t=media.alive leg=l%016llx node=worker-1 "
			      "port=%u point=%s", (unsigned long long)x->id,
			      x->port, x->point);
	}
}

void mixed_free(struct world *w)
{
	struct mixed *x, *tmp;

	HASH_ITER(hh, w->mixed, x, tmp)
		mixed_drop(w, x);
}

/* ---- another engine ------------------------------------------------------------ */

/* What only the dead engine would have heard. */
static bool is_inner(const char *line)
{
	return !strncmp(line, "t=ng.", 5) || !strncmp(line, "t=rtpeng", 8) ||
	       !strncmp(line, "t=node.down", 11);
}

static void drop_inner(struct world *w)
{
	struct heap_node *n, *kept[4096];
	size_t count = 0;

	while ((n = heap_first(&w->queue)) && count < 4096) {
		heap_remove(&w->queue, n);
		if (is_inner(((struct pending *)n)->line))
			free(n);
		else
			kept[count++] = n;
	}
	for (size_t i = 0; i < count; i++)
		heap_set(&w->queue, kept[i], kept[i]->due);
}

void world_new_owner(struct world *w)
{
	drop_inner(w);
	w->last[0] = '\0';
	w->conf.step = 1;
	for (unsigned i = 0; i < RELAYS; i++)
		later(w, 0, "t=rtpengine.%s rtpengine=r%u addr=127.0.0.%u",
		      w->relays[i].up ? "up" : "down", i + 1, i + 1);
	if (!w->worker_up)
		later(w, 0, "t=node.down node=worker-1 boot=b%u kind=worker",
		      w->worker.boot);
}
