/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a partition's journal stream, and dropping what has been drained. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "lib/bus/internal.h"
#include "lib/bus/owner.h"

struct journal_read {
	unsigned partition;
	owner_journal_h *done;
	void *arg;
};

static void journal_give(struct journal_read *j, const redisReply *r)
{
	struct msg *m = calloc(r->elements + 1, sizeof(*m));
	struct str *ids = calloc(r->elements + 1, sizeof(*ids));
	size_t n = 0;
	char err[160];

	for (size_t i = 0; m && ids && i < r->elements; i++) {
		/* one that cannot be parsed leaves with those around it */
		if (reply_entry(r->element[i], &ids[n], &m[n], err,
				sizeof(err)))
			m[n].type = M_NONE;
		n += ids[n].len > 0;
	}
	j->done(m && ids ? 0 : ENOMEM, j->partition, m, ids, n, j->arg);
	free(m);
	free(ids);
}

static void on_journal(int err, const redisReply *r, void *arg)
{
	struct journal_read *j = arg;

	if (!err && r->type == REDIS_REPLY_ARRAY)
		journal_give(j, r);
	else
		j->done(err ? err : EPROTO, j->partition, NULL, NULL, 0,
			j->arg);
	free(j);
}

int owner_journal_read(struct owner *o, unsigned partition, size_t max,
		       owner_journal_h *done, void *arg)
{
	struct journal_read *j = calloc(1, sizeof(*j));
	struct bus *bus = owner_bus(o);
	char key[24], count[24];
	const struct str cmd[] = {STR_LIT("XRANGE"), {key, 0}, STR_LIT("-"),
				  STR_LIT("+"), STR_LIT("COUNT"), {count, 0}};
	struct str argv[6];
	int err;

	if (!j)
		return ENOMEM;
	*j = (struct journal_read){partition, done, arg};
	memcpy(argv, cmd, sizeof(argv));
	argv[1].len = (size_t)snprintf(key, sizeof(key), "{p%u}:journal",
				       partition);
	argv[5].len = (size_t)snprintf(count, sizeof(count), "%zu", max);
	err = link_command(bus->link, argv, 6, bus->deadline_ms, on_journal,
			   j);
	if (err)
		free(j);
	return err;
}

/* XTRIM keeps the id it is given: ask for the one behind it. */
int owner_journal_trim(struct owner *o, unsigned partition, struct str upto)
{
	struct bus *bus = owner_bus(o);
	char key[24], id[64];
	struct str ms, argv[4] = {STR_LIT("XTRIM"), STR_NONE,
				  STR_LIT("MINID"), STR_NONE};
	uint64_t seq;

	str_cut(&upto, '-', &ms);
	if (str_u64(upto, &seq))
		return EINVAL;
	snprintf(key, sizeof(key), "{p%u}:journal", partition);
	snprintf(id, sizeof(id), "%.*s-%llu", STR_FMT(ms),
		 (unsigned long long)seq + 1);
	argv[1] = str_c(key);
	argv[3] = str_c(id);
	return link_command(bus->link, argv, 4, bus->deadline_ms, NULL, NULL);
}
