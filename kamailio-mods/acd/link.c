/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <unistd.h>

#include <event2/event.h>

#include "kamailio-mods/acd/bans.h"
#include "kamailio-mods/acd/command.h"
#include "kamailio-mods/acd/directory.h"
#include "kamailio-mods/acd/escape.h"
#include "kamailio-mods/acd/fence.h"
#include "kamailio-mods/acd/line.h"
#include "kamailio-mods/acd/link.h"
#include "kamailio-mods/acd/notice.h"
#include "kamailio-mods/acd/own.h"
#include "kamailio-mods/acd/patience.h"
#include "kamailio-mods/acd/registrations.h"
#include "kamailio-mods/acd/restore.h"
#include "kamailio-mods/acd/sweep.h"
#include "lib/bus/bus.h"
#include "lib/bus/liveness.h"
#include "core/cfg/cfg_struct.h"
#include "core/mem/shm_mem.h"

#define SWEEP_MS 100
/* After a reconnect: time to hear of legs that another node has by now. */
#define RECORDS_MS 3000
#define DIRECTORY_EVERY 10 /* sweeps */
#define RECORD_MS 500

struct link_figures *link_figures;
static struct bus *bus;
static struct event *notices, *asks; /* the pipes */
static struct liveness *liveness;
static uint64_t records_at; /* look whether Redis lacks records; 0: no */
static bool standby; /* as we told last */
static bool doubted; /* by an engine: it closed its liveness link */

int link_init(void)
{
	link_figures = shm_mallocxz(sizeof(*link_figures));
	return link_figures ? 0 : ENOMEM;
}

/* ---- notices ------------------------------------------------------------ */

static void offered_sent(int err, void *arg)
{
	patience_over(err, (uint64_t)(uintptr_t)arg);
}

/* The link keeps the order of what it is given: a record that is stored here
 * is deleted by the leg's end, which comes later. */
static int store(const struct notice *n, struct str record)
{
	char key[64], name[ID_LEN + 1];
	struct str argv[3] = {STR_LIT("SET"),
			{key, (size_t)snprintf(key, sizeof(key), "{p%u}:leg:%s",
						  n->partition, id_format(name, 'l', n->leg))},
			record};

	return record.len ? bus_command(bus, argv, 3, RECORD_MS, NULL, NULL) : 0;
}

static int forward(const struct notice *n)
{
	bool offered = n->type == M_LEG_OFFERED;
	bus_sent_h *sent = offered ? offered_sent : NULL;
	void *arg = (void *)(uintptr_t)n->leg;
	unsigned deadline_ms = offered ? patience_ms() : 0;
	struct str record, leg;
	struct msg m;

	notice_unpack(n, &m, &record);
	if(n->type == M_NONE)
		return store(n, record);
	leg = msg_get(&m, F_LEG);
	if(n->record == RECORD_AS_IT_IS)
		return bus_send(bus, n->partition, &m, deadline_ms, sent, arg);
	return bus_send_leg(bus, n->partition, &m, leg, record, deadline_ms,
			sent, arg);
}

void link_drain(void)
{
	struct notice *v[256];
	ssize_t r;
	int err;

	while((r = read(notice_fd(), v, sizeof(v))) > 0) {
		for(int i = 0; i < (int)(r / (ssize_t)sizeof(v[0])); i++) {
			err = forward(v[i]);
			if(err) {
				LM_ERR("event=not_sent type=%s reason=\"%s\"\n",
						msg_type_name(v[i]->type), strerror(err));
				if(v[i]->type == M_LEG_OFFERED)
					escape(v[i]->leg, "the event could not be sent");
			}
			shm_free(v[i]);
		}
	}
}

/* What arrives through the pipes waits while the fence is down. */
static bool pause_pipes(void)
{
	bool fenced = fence_look(bus);

	if(fenced) {
		event_del(notices);
		event_del(asks);
	}
	return fenced;
}

static void on_notices(evutil_socket_t fd, short what, void *arg)
{
	if(!pause_pipes())
		link_drain();
}

static void on_asks(evutil_socket_t fd, short what, void *arg)
{
	if(pause_pipes())
		return;
	link_drain(); /* what ended a leg goes before a question for it */
	restore_drain(bus);
}

/* ---- time --------------------------------------------------------------- */

static void copy_figures(void)
{
	const struct bus_stats *s = bus_stats(bus);

	*link_figures = (struct link_figures){bus_up(bus), "", s->sent,
			s->confirmed, s->late, s->commands, s->reconnects};
	str_copy(link_figures->directory, sizeof(link_figures->directory),
			str_c(directory_version()));
}

static void live_again(void);
static void say_up(void);

static void records_again(void)
{
	if(!records_at || now_ms() < records_at)
		return;
	records_at = 0;
	command_records(bus);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	static unsigned ticks;

	cfg_update();
	if(pause_pipes()) {
		fence_tick(bus);
		return;
	}
	event_add(notices, NULL);
	event_add(asks, NULL);
	link_drain();
	fence_ask_again();
	sweep();
	if(bus_up(bus) && own_gained())
		restore_all(bus);
	if(bus_up(bus) && own_standby() != standby)
		say_up();
	restore_tick(bus);
	copy_figures();
	bans_drain(bus);
	line_tick();
	if(bus_up(bus) && !*directory_version())
		directory_look(bus); /* nobody is known yet */
	if(ticks++ % DIRECTORY_EVERY == 0 && bus_up(bus)) {
		live_again();
		records_again();
		directory_look(bus);
		bans_look(bus);
	}
}

/* ---- Redis -------------------------------------------------------------- */

void link_say_up(unsigned partition)
{
	struct msg m;

	msg_init(&m, M_NODE_UP);
	msg_put(&m, F_NODE, str_c(acd.node));
	msg_put(&m, F_KIND, STR_LIT("acd"));
	msg_put(&m, F_BOOT, str_c(bus_boot(bus)));
	if(acd.liveness[0])
		msg_put(&m, F_LIVENESS, str_c(acd.liveness));
	if(own_standby())
		msg_put(&m, F_STANDBY, STR_LIT("1"));
	if(bus_send(bus, partition, &m, 0, NULL, NULL))
		LM_ERR("event=not_sent type=node.up partition=%u\n", partition);
}

/* Also after a reconnect: a Redis that lost everything learns of us. */
static void say_up(void)
{
	int i;

	standby = own_standby();
	for(i = 0; i < acd.partitions; i++)
		link_say_up((unsigned)i);
}

/* An engine that closed its link may have taken us for dead: what it forgot
 * about us is told again. */
static void on_engine_gone(void *arg)
{
	doubted = true;
}

static void live_again(void)
{
	int i;

	if(!doubted || !bus_up(bus))
		return;
	doubted = false;
	say_up();
	for(i = 0; i < acd.partitions; i++)
		registrations_tell((unsigned)i);
}

static void on_link(bool up, void *arg)
{
	LM_NOTICE("event=redis_%s\n", up ? "up" : "down");
	if(!up)
		return;
	say_up();
	records_at = now_ms() + RECORDS_MS;
	directory_look(bus);
}

static void on_trouble(const char *why, void *arg)
{
	if(why)
		LM_ERR("event=redis_refuses error=\"%s\"\n", why);
	else
		LM_NOTICE("event=redis_takes\n");
}

/* See acd.h. The text is split in place. */
static int address(struct bus_conf *conf)
{
	char *colon, *at = strchr(acd.redis, '@');
	uint64_t port;

	if(at) {
		*at = 0;
		conf->primary = acd.redis;
		conf->sentinels = at + 1;
		return 0;
	}
	conf->host = acd.redis;
	if(strchr(acd.redis, '/'))
		return 0;
	colon = strrchr(acd.redis, ':');
	if(!colon || str_u64(str_c(colon + 1), &port) || port > 65535)
		return EINVAL;
	*colon = 0;
	conf->port = (uint16_t)port;
	return 0;
}

static int start(struct event_base *base)
{
	struct bus_conf conf = {.name = acd.node, .partitions = acd.partitions,
			.on_link = on_link, .on_trouble = on_trouble};
	struct timeval tv = {0, SWEEP_MS * 1000};
	struct event *tick;
	int err = address(&conf);

	if(err) {
		LM_ERR("redis=%s: say host:port, the path of a socket, or "
			   "name@host:port,host:port with Sentinels\n",
				acd.redis);
		return err;
	}
	err = bus_alloc(&bus, base, &conf);
	if(!err)
		own_set_boot(bus_boot(bus));
	if(!err)
		err = bus_inbox_start(bus, command_run, command_late, bus);
	if(!err && acd.liveness[0])
		err = liveness_alloc(&liveness, base, acd.liveness, on_engine_gone,
				NULL);
	if(err)
		return err;
	notices = event_new(base, notice_fd(), EV_READ | EV_PERSIST, on_notices,
			NULL);
	asks = event_new(base, restore_fd(), EV_READ | EV_PERSIST, on_asks, NULL);
	tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	if(!notices || !asks || !tick || event_add(notices, NULL)
			|| event_add(asks, NULL) || event_add(tick, &tv))
		return ENOMEM;
	return 0;
}

int link_run(void)
{
	struct event_base *base = event_base_new();
	int err = base ? start(base) : ENOMEM;

	if(err) {
		LM_ERR("event=link_failed reason=\"%s\"\n", strerror(err));
		return err;
	}
	return event_base_dispatch(base) < 0 ? EIO : 0;
}
