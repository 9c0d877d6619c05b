/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of the partitions' owners. Each says how things shall be, not what
 * to change: a command that is repeated finds them so and does nothing.
 */
#include <errno.h>

#include "lib/base/log.h"
#include "rtp/worker/worker.h"

void worker_ports(const struct conf *conf, unsigned partition, unsigned *firstp,
		  unsigned *np)
{
	unsigned all = conf->last_port - conf->first_port + 1u;

	*np = all / conf->partitions;
	*firstp = conf->first_port + partition * *np;
}

static void refused(const struct msg *m, const char *field, const char *why)
{
	struct str leg = msg_get(m, F_LEG), value;
	int f = msg_field_find(str_c(field));

	value = f < 0 ? STR_NONE : msg_get(m, (enum msg_field)f);
	log_warn("command_refused",
		 "t=%s leg=%.*s field=%s value=%.*s reason=\"%s\"",
		 msg_type_name(m->type), STR_FMT(leg), field, STR_FMT(value),
		 why);
}

/* ---- legs
 * ------------------------------------------------------------------------ */

static void drop_leg(struct worker *w, struct leg *leg)
{
	char id[LEG_ID_MAX];

	memcpy(id, leg->id, sizeof(id));
	report_removed(w, leg->partition, str_c(id), leg);
	log_info("leg_removed", "leg=%s packets=%llu lost=%llu strangers=%llu",
		 id, (unsigned long long)leg->stats.received,
		 (unsigned long long)rtp_stats_lost(&leg->stats),
		 (unsigned long long)leg->strangers);
	mixer_remove(&w->mixer, leg);
	record_leg_gone(w->recorder, str_c(id));
}

/* The owner gives ports, so whoever still holds this one is forgotten: the
 * owner took us for dead and counted its ports anew. */
static void free_port(struct worker *w, uint16_t port)
{
	struct leg *leg, *tmp;

	HASH_ITER(hh, w->mixer.legs, leg, tmp)
	if (leg->port == port)
		drop_leg(w, leg);
}

static struct leg *open_leg(struct worker *w, unsigned partition,
			    const struct msg *m)
{
	uint64_t port = msg_num(m, F_PORT);
	unsigned first, n;
	struct leg *leg;
	int err;

	worker_ports(w->conf, partition, &first, &n);
	if (port < first || port >= first + n) {
		refused(m, "port", "not of this partition's block");
		return NULL;
	}
	free_port(w, (uint16_t)port);
	err = leg_open(&leg, msg_get(m, F_LEG), partition, w->conf->addr,
		       (uint16_t)port);
	if (err) {
		refused(m, "port", strerror(err));
		return NULL;
	}
	return leg;
}

static void on_add(struct worker *w, unsigned partition, const struct msg *m)
{
	struct leg *leg = mixer_find(&w->mixer, msg_get(m, F_LEG));
	bool known = leg != NULL;

	if (leg && leg->port != msg_num(m, F_PORT)) {
		mixer_remove(&w->mixer, leg);
		leg = NULL;
		known = false;
	}
	if (!leg)
		leg = open_leg(w, partition, m);
	if (!leg)
		return;
	if (leg_point(leg, msg_get(m, F_POINT))) {
		refused(m, "point", "want IPv4 address:port");
		if (!known)
			leg_close(leg);
		return;
	}
	if (known)
		return;
	mixer_add(&w->mixer, leg);
	log_info("leg_added", "call=%.*s leg=%s port=%u point=%.*s",
		 STR_FMT(msg_get(m, F_CONTACT)), leg->id, leg->port,
		 STR_FMT(msg_get(m, F_POINT)));
}

static void on_remove(struct worker *w, unsigned partition, const struct msg *m)
{
	struct leg *leg = mixer_find(&w->mixer, msg_get(m, F_LEG));

	if (leg)
		drop_leg(w, leg);
	else
		report_removed(w, partition, msg_get(m, F_LEG), NULL);
}

static struct leg *find(struct worker *w, const struct msg *m)
{
	struct leg *leg = mixer_find(&w->mixer, msg_get(m, F_LEG));

	if (!leg)
		refused(m, "leg", "not here");
	return leg;
}

static void on_hear(struct worker *w, const struct msg *m)
{
	struct leg *leg = find(w, m);

	if (leg && leg_hear(leg, msg_get(m, F_HEARS)))
		refused(m, "hears", "want leg:percent,... at most 32 of 400");
}

/* ---- playing
 * ---------------------------------------------------------------------- */

static void stop_play(struct worker *w, struct leg *leg)
{
	if (leg->play.state != PLAY_ON)
		return;
	report_played(leg, "stopped", NULL, w);
	mixer_stop(&w->mixer, leg);
}

static void begin_play(struct worker *w, struct leg *leg, const struct msg *m)
{
	uint64_t number = msg_num(m, F_PLAY);
	int err;

	if (number < leg->play.number)
		return;
	if (number == leg->play.number && leg->play.state == PLAY_ON)
		return;
	stop_play(w, leg);
	err = play_begin(&leg->play, w->prompts, number, msg_get(m, F_PROMPTS),
			 msg_num(m, F_LOOP) == 1);
	if (err)
		report_not_played(w, leg->partition, str_c(leg->id), number,
				  err == EINVAL ? "prompts: none or too many"
						: strerror(err));
}

static void on_play(struct worker *w, unsigned partition, const struct msg *m)
{
	struct leg *leg = mixer_find(&w->mixer, msg_get(m, F_LEG));

	if (leg)
		begin_play(w, leg, m);
	else /* who waits for its end shall not wait for ever */
		report_not_played(w, partition, msg_get(m, F_LEG),
				  msg_num(m, F_PLAY), "the leg is not here");
}

static void on_stop(struct worker *w, const struct msg *m)
{
	struct leg *leg = find(w, m);

	if (leg && leg->play.number == msg_num(m, F_PLAY))
		stop_play(w, leg);
}

/* ---- recording
 * --------------------------------------------------------------------- */

static void on_record(struct worker *w, unsigned partition, const struct msg *m)
{
	int err = record_begin(w->recorder, msg_get(m, F_RECORDING), partition,
			       msg_get(m, F_LEFT), msg_get(m, F_RIGHT),
			       msg_get(m, F_FILE), bus_now(w->bus));

	if (err)
		refused(m, "file", strerror(err));
}

static void on_record_end(struct worker *w, const struct msg *m)
{
	if (record_end(w->recorder, msg_get(m, F_RECORDING)))
		refused(m, "recording", "not under way here");
}

void worker_on_command(unsigned partition, const struct msg *m, void *arg)
{
	struct worker *w = arg;

	if (w->stopping)
		return;
	switch (m->type) {
	case M_MEDIA_ADD:
		on_add(w, partition, m);
		break;
	case M_MEDIA_REMOVE:
		on_remove(w, partition, m);
		break;
	case M_MEDIA_HEAR:
		on_hear(w, m);
		break;
	case M_MEDIA_PLAY:
		on_play(w, partition, m);
		break;
	case M_MEDIA_STOP:
		on_stop(w, m);
		break;
	case M_MEDIA_RECORD:
		on_record(w, partition, m);
		break;
	case M_MEDIA_RECORD_END:
		on_record_end(w, m);
		break;
	case M_LEG_ANNOUNCE:
		report_up_to(w, partition);
		break;
	case M_MEDIA_ANNOUNCE:
		report_alive(w, partition);
		break;
	default:
		refused(m, "t", "not a media worker's");
	}
}
