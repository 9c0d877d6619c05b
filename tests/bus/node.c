/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/id.h"
#include "tests/bus/peer.h"

static void on_sent(int err, void *arg)
{
	tell("sent %llu %d", (unsigned long long)(uintptr_t)arg, err);
}

static void send_one(struct bus *bus, unsigned partition, uint64_t agent,
		     unsigned deadline_ms)
{
	struct arena a;
	struct msg m;
	int err;

	arena_init(&a);
	msg_init(&m, M_AGENT_READY);
	msg_put_num(&m, &a, F_AGENT, agent);
	msg_put(&m, F_ACTOR, STR_LIT("phone"));
	err = bus_send(bus, partition, &m, deadline_ms, on_sent,
		       (void *)(uintptr_t)agent);
	if (err)
		tell("unsent %llu %d", (unsigned long long)agent, err);
	arena_release(&a);
}

static void send_leg(struct bus *bus, const struct words *w)
{
	char leg[ID_LEN + 1];
	struct msg m;
	int err;

	id_format(leg, 'l', word_num(w, 2));
	msg_init(&m, M_LEG_GONE);
	msg_put(&m, F_LEG, str_c(leg));
	msg_put(&m, F_REASON, STR_LIT("test"));
	err = bus_send_leg(bus, (unsigned)word_num(w, 1), &m, str_c(leg),
			   w->n > 3 ? w->v[3] : STR_NONE, 0, on_sent,
			   (void *)(uintptr_t)word_num(w, 2));
	if (err)
		tell("unsent %llu %d", (unsigned long long)word_num(w, 2), err);
}

static void tell_command(const char *what, unsigned partition,
			 const struct msg *m)
{
	tell("%s %u %.*s %.*s %.*s", what, partition,
	     STR_FMT(msg_get(m, F_ID)), STR_FMT(msg_get(m, F_LEG)),
	     STR_FMT(msg_get(m, F_MEMO)));
}

static void on_command(unsigned partition, const struct msg *m, void *arg)
{
	(void)arg;
	tell_command("command", partition, m);
}

static void on_late(unsigned partition, const struct msg *m, void *arg)
{
	(void)arg;
	tell_command("late", partition, m);
}

void node_do(struct bus *bus, const struct words *w)
{
	if (str_eq(w->v[0], STR_LIT("send"))) {
		for (uint64_t i = 0; i < word_num(w, 3); i++)
			send_one(bus, (unsigned)word_num(w, 1),
				 word_num(w, 2) + i, (unsigned)word_num(w, 4));
	} else if (str_eq(w->v[0], STR_LIT("leg"))) {
		send_leg(bus, w);
	} else if (str_eq(w->v[0], STR_LIT("inbox"))) {
		tell("inbox %d", bus_inbox_start(bus, on_command, on_late,
						 NULL));
	} else {
		tell("what?");
	}
}
