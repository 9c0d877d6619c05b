/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "lib/base/log.h"
#include "router-engine/store/agents_were.h"
#include "router-engine/store/engine.h"
#include "router-engine/store/partition.h"

static void on_rows(int err, const struct pg_rows *rows, void *arg)
{
	struct partition *p = arg;
	struct msg m;

	if (err == EPROTO)
		log_error("agents.unknown", "partition=%u error=\"%s\"",
			  partition_number(p),
			  rows ? pg_message(rows) : "no result");
	for (size_t i = 0; !err && i < pg_nrows(rows); i++) {
		msg_init(&m, M_AGENT_WAS);
		msg_put(&m, F_AGENT, str_c(pg_text(rows, i, 0)));
		msg_put(&m, F_STATE, str_c(pg_text(rows, i, 1)));
		partition_inner(p, &m, NULL, NULL);
	}
}

int agents_were(struct engine *e, unsigned partition)
{
	char text[16];
	const char *params[] = {text};

	if (!e->pg)
		return ENOTCONN;
	snprintf(text, sizeof(text), "%u", partition);
	return pg_query(e->pg, "select agent, state from "
			"journal.agents_were($1::int)", params, 1, on_rows,
			e->parts[partition]);
}
