/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of the worker. The bus keeps what Redis has not confirmed and sends
 * it again, so nothing here waits or retries.
 */
#include <arpa/inet.h>

#include "lib/base/log.h"
#include "rtp/worker/worker.h"

/* Of no bytes at all: what a file that could not be created holds. */
#define SHA256_NOTHING                                                         \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void send_event(struct worker *w, unsigned partition,
		       const struct msg *m, bus_sent_h *sent)
{
	int err = bus_send(w->bus, partition, m, 0, sent, w);

	if (err)
		log_error("event_lost", "t=%s leg=%.*s reason=\"%s\"",
			  msg_type_name(m->type), STR_FMT(msg_get(m, F_LEG)),
			  strerror(err));
	else if (sent)
		w->unconfirmed++;
}

void report_up_to(struct worker *w, unsigned partition)
{
	unsigned first, n;
	struct arena a;
	struct msg m;

	arena_init(&a);
	worker_ports(w->conf, partition, &first, &n);
	msg_init(&m, M_NODE_UP);
	msg_put(&m, F_NODE, str_c(w->conf->name));
	msg_put(&m, F_BOOT, str_c(bus_boot(w->bus)));
	msg_put(&m, F_KIND, STR_LIT("worker"));
	msg_put(&m, F_ADDR, str_c(w->conf->address));
	msg_put_num(&m, &a, F_PORT, first);
	msg_put_num(&m, &a, F_PORTS, n);
	msg_put(&m, F_LIVENESS, str_c(w->conf->liveness));
	send_event(w, partition, &m, NULL);
	arena_release(&a);
}

void report_up(struct worker *w)
{
	for (unsigned p = 0; p < w->conf->partitions; p++)
		report_up_to(w, p);
}

static void alive(struct worker *w, const struct leg *leg)
{
	char address[INET_ADDRSTRLEN];
	struct arena a;
	struct msg m;

	arena_init(&a);
	inet_ntop(AF_INET, &leg->point.sin_addr, address, sizeof(address));
	msg_init(&m, M_MEDIA_ALIVE);
	msg_put(&m, F_LEG, str_c(leg->id));
	msg_put(&m, F_NODE, str_c(w->conf->name));
	msg_put_num(&m, &a, F_PORT, leg->port);
	msg_put(&m, F_POINT, arena_printf(&a, "%s:%u", address,
					  ntohs(leg->point.sin_port)));
	send_event(w, leg->partition, &m, NULL);
	arena_release(&a);
}

void report_alive(struct worker *w, unsigned partition)
{
	struct leg *leg, *tmp;

	HASH_ITER(hh, w->mixer.legs, leg, tmp)
		if (leg->partition == partition)
			alive(w, leg);
}

void report_digit(struct leg *leg, char digit, unsigned ms, void *worker)
{
	struct arena a;
	struct msg m;

	arena_init(&a);
	msg_init(&m, M_MEDIA_DTMF);
	msg_put(&m, F_LEG, str_c(leg->id));
	msg_put(&m, F_DIGIT, (struct str){&digit, 1});
	msg_put_num(&m, &a, F_MS, ms);
	send_event(worker, leg->partition, &m, NULL);
	arena_release(&a);
}

void report_silent(struct worker *w, const struct leg *leg)
{
	struct arena a;
	struct msg m;

	arena_init(&a);
	msg_init(&m, M_MEDIA_SILENT);
	msg_put(&m, F_LEG, str_c(leg->id));
	msg_put_num(&m, &a, F_MS, leg->silent_s * 1000ull);
	send_event(w, leg->partition, &m, NULL);
	arena_release(&a);
}

static void done(struct worker *w, unsigned partition, struct str id,
		 uint64_t play, uint64_t ms, const char *cause,
		 const char *reason)
{
	struct arena a;
	struct msg m;

	arena_init(&a);
	msg_init(&m, M_MEDIA_DONE);
	msg_put(&m, F_LEG, id);
	msg_put_num(&m, &a, F_PLAY, play);
	msg_put(&m, F_CAUSE, str_c(cause));
	msg_put_num(&m, &a, F_MS, ms);
	msg_put(&m, F_REASON, str_c(reason));
	send_event(w, partition, &m, NULL);
	arena_release(&a);
	if (reason)
		log_warn("play_failed", "leg=%.*s play=%llu reason=\"%s\"",
			 STR_FMT(id), (unsigned long long)play, reason);
}

void report_played(struct leg *leg, const char *cause, const char *reason,
		   void *worker)
{
	done(worker, leg->partition, str_c(leg->id), leg->play.number,
	     play_ms(&leg->play), cause, reason);
}

void report_not_played(struct worker *w, unsigned partition, struct str id,
		       uint64_t play, const char *reason)
{
	done(w, partition, id, play, 0, "error", reason);
}

void report_removed(struct worker *w, unsigned partition, struct str id,
		    const struct leg *leg)
{
	struct arena a;
	struct msg m;

	arena_init(&a);
	msg_init(&m, M_MEDIA_REMOVED);
	msg_put(&m, F_LEG, id);
	msg_put_num(&m, &a, F_PACKETS, leg ? leg->stats.received : 0);
	msg_put_num(&m, &a, F_LOST, leg ? rtp_stats_lost(&leg->stats) : 0);
	msg_put_num(&m, &a, F_JITTER_US,
		    leg ? rtp_stats_jitter_us(&leg->stats) : 0);
	msg_put_num(&m, &a, F_MOS100, leg ? leg_mos100(leg) : 0);
	send_event(w, partition, &m, NULL);
	arena_release(&a);
}

static void on_confirmed(int err, void *arg)
{
	struct worker *w = arg;

	(void)err; /* late: the bus sends it again */
	w->unconfirmed--;
	if (w->stopping)
		worker_stop(w);
}

void report_recorded(const struct record_result *result, void *worker)
{
	struct worker *w = worker;
	struct arena a;
	struct msg m;

	arena_init(&a);
	msg_init(&m, M_MEDIA_RECORDED);
	msg_put(&m, F_RECORDING, str_c(result->id));
	msg_put(&m, F_FILE, str_c(result->file));
	msg_put_num(&m, &a, F_BEGIN, result->begin);
	msg_put_num(&m, &a, F_MS, result->ms);
	msg_put_num(&m, &a, F_BYTES, result->bytes);
	msg_put(&m, F_SHA256,
		str_c(*result->sha256 ? result->sha256 : SHA256_NOTHING));
	if (*result->cause)
		msg_put(&m, F_CAUSE, STR_LIT("disk"));
	send_event(w, result->partition, &m, on_confirmed);
	arena_release(&a);
	if (*result->cause)
		log_error("recording_failed",
			  "recording=%s file=%s reason=\"%s\"", result->id,
			  result->file, result->cause);
	else
		log_info("recorded", "recording=%s file=%s ms=%llu", result->id,
			 result->file, (unsigned long long)result->ms);
	if (w->stopping)
		worker_stop(w);
}

/* ---- every second
 * ------------------------------------------------------------------ */

struct progress {
	struct arena a;
	unsigned partition;
	struct str list;
};

static void add_progress(const char *id, unsigned partition, uint64_t ms,
			 void *arg)
{
	struct progress *p = arg;

	if (partition == p->partition)
		p->list = arena_printf(&p->a, "%.*s%s%s:%llu", STR_FMT(p->list),
				       p->list.len ? "," : "", id,
				       (unsigned long long)ms);
}

void report_progress(struct worker *w)
{
	struct progress p = {0};
	struct msg m;

	arena_init(&p.a);
	for (; p.partition < w->conf->partitions; p.partition++) {
		p.list = STR_NONE;
		recorder_each(w->recorder, add_progress, &p);
		if (!p.list.len)
			continue;
		msg_init(&m, M_MEDIA_PROGRESS);
		msg_put(&m, F_NODE, str_c(w->conf->name));
		msg_put(&m, F_PROGRESS, p.list);
		send_event(w, p.partition, &m, NULL);
		arena_reset(&p.a);
	}
	arena_release(&p.a);
}
