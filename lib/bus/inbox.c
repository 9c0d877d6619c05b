/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading commands.
 *
 * A node reads two streams of each partition: its own boot's, and the one to
 * every node (lane p + partitions). After every reconnect they are read from
 * their beginning: stream ids can repeat after a wipe, the names of effects
 * cannot. What was done is known by (generation, commit, ordinal) per lane.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/bus/internal.h"
#include "lib/bus/reader.h"

#define GENERATIONS 4 /* of a partition that are remembered */
#define TRIM_EVERY 1000 /* commands */

struct mark {
	char generation[64];
	uint64_t commit, ordinal;
};

struct bus_inbox {
	struct bus *bus;
	struct reader *reader;
	bus_command_h *on_command, *on_late;
	void *arg;
	struct mark marks[READER_STREAMS_MAX][GENERATIONS];
	unsigned next[READER_STREAMS_MAX]; /* mark to be reused */
	/* generations up to this one are not remembered: all theirs is old */
	char floor[READER_STREAMS_MAX][64];
	unsigned untrimmed[READER_STREAMS_MAX];
};

static struct mark *mark_of(struct bus_inbox *in, unsigned lane,
			    struct str generation)
{
	struct mark *m = in->marks[lane];

	for (int i = 0; i < GENERATIONS; i++)
		if (str_eq(generation, str_c(m[i].generation)))
			return &m[i];
	if (str_cmp(generation, str_c(in->floor[lane])) <= 0)
		return NULL;
	m = &m[in->next[lane]++ % GENERATIONS];
	if (str_cmp(str_c(m->generation), str_c(in->floor[lane])) > 0)
		str_copy(in->floor[lane], sizeof(in->floor[lane]),
			 str_c(m->generation));
	m->commit = m->ordinal = 0;
	str_copy(m->generation, sizeof(m->generation), generation);
	return m;
}

/* True, and noted, when this effect was not seen before. */
static bool take(struct bus_inbox *in, unsigned lane, struct str id)
{
	struct bus_effect n;
	struct mark *m;

	if (bus_effect_parse(id, &n))
		return false;
	m = mark_of(in, lane, n.generation);
	if (!m || n.commit < m->commit ||
	    (n.commit == m->commit && n.ordinal <= m->ordinal))
		return false;
	m->commit = n.commit;
	m->ordinal = n.ordinal;
	return true;
}

static void key_of(const struct bus_inbox *in, unsigned lane, char *buf,
		   size_t size)
{
	unsigned n = in->bus->partitions, p = lane % n;

	if (lane >= n)
		snprintf(buf, size, "{p%u}:out:*:*", p);
	else
		snprintf(buf, size, "{p%u}:out:%s:%s", p, in->bus->name,
			 in->bus->boot);
}

/* What was done is not needed any more. */
static void trim(struct bus_inbox *in, unsigned p, struct str id)
{
	struct str argv[] = {STR_LIT("XTRIM"), STR_NONE, STR_LIT("MINID"),
			     STR_LIT("~"), id};
	char key[160];

	if (++in->untrimmed[p] < TRIM_EVERY)
		return;
	in->untrimmed[p] = 0;
	key_of(in, p, key, sizeof(key));
	argv[1] = str_c(key);
	link_command(in->bus->link, argv, 5, in->bus->deadline_ms, NULL, NULL);
}

static void on_entry(unsigned lane, struct str id, const struct msg *m,
		     const char *err, void *arg)
{
	struct bus_inbox *in = arg;
	struct bus_stats *st = &in->bus->stats;
	unsigned p = lane % in->bus->partitions;
	uint64_t not_after = err ? 0 : msg_num(m, F_NOT_AFTER);

	if (lane == p) /* others still read what is for every node */
		trim(in, p, id);
	if (err || msg_type_dir(m->type) != DIR_NODE) {
		st->malformed++;
		return;
	}
	if (!take(in, lane, msg_get(m, F_ID))) {
		st->duplicates++;
		return;
	}
	st->commands++;
	if (not_after && bus_now(in->bus) > not_after) {
		st->expired++;
		if (in->on_late)
			in->on_late(p, m, in->arg);
		return;
	}
	in->on_command(p, m, in->arg);
}

static void on_up(void *arg)
{
	struct bus_inbox *in = arg;
	char key[160];

	for (unsigned i = 0; i < 2 * in->bus->partitions; i++) {
		key_of(in, i, key, sizeof(key));
		reader_add(in->reader, i, key, "0-0");
	}
}

int bus_inbox_start(struct bus *bus, bus_command_h *on_command,
		    bus_command_h *on_late, void *arg)
{
	struct bus_inbox *in;
	struct reader_handlers h = {on_entry, on_up, NULL};

	if (bus->inbox)
		return EEXIST;
	in = calloc(1, sizeof(*in));
	if (!in)
		return ENOMEM;
	in->bus = bus;
	in->on_command = on_command;
	in->on_late = on_late;
	in->arg = arg;
	h.arg = in;
	if (reader_alloc(&in->reader, bus->base, &bus->to, &h)) {
		free(in);
		return ENOMEM;
	}
	bus->inbox = in;
	return 0;
}

void inbox_free(struct bus_inbox *in)
{
	if (!in)
		return;
	reader_free(in->reader);
	free(in);
}
