/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/health/health.h"
#include "rtp/voice/g711.h"
#include "rtp/worker/jobs.h"
#include "lib/bus/liveness.h"
#include "rtp/worker/metrics.h"
#include "rtp/worker/ticker.h"

#define FILE_THREADS 1
#define SPEECH_THREADS 2
#define FIGURES_S 60
#define FENCE_MS 300 /* engines take us for dead after this much silence */
#define CUT_OFF_MS 500 /* as soon as it can be known, see liveness.h */
#define LOOK_FRAMES 5 /* between looks at that */

/* ---- false alarms
 * -------------------------------------------------------------------- */

static void on_again(int fd, short what, void *arg)
{
	(void)fd, (void)what;
	report_up(arg);
}

/* Somebody may have taken us for dead: we were silent too long, or an engine
 * closed its link. It says so a moment later, when the engine has done with
 * our death; an engine that did not think so hears nothing new. */
static void say_again(void *arg)
{
	struct worker *w = arg;
	struct timeval soon = {.tv_usec = 100000};

	if (!w->stopping && !event_pending(w->again, EV_TIMEOUT, NULL))
		event_add(w->again, &soon);
}

/*
 * Our legs live elsewhere by now, and whatever we would send is of another
 * time: music into a talk, a voice into a hold. As a new boot nothing of it is
 * left, owners treat us as one that died, and its recordings are parts with a
 * cause. The same process stays, for who supervises it.
 */
static void begin_anew(struct worker *w, const char *why, unsigned ms)
{
	log_warn("fenced", "legs=%u recordings=%zu ms=%u "
		 "reason=\"%s for too long, begins anew\"",
		 HASH_COUNT(w->mixer.legs), recorder_count(w->recorder), ms,
		 why);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	execv("/proc/self/exe", w->argv);
	_exit(EX_OSERR);
}

/* Cut off by the network: no engine's machine answers, and no leg hears
 * anything. Both together, as an engine's machine may be the one that is away,
 * and parties may be silent. */
static bool is_cut_off(const struct worker *w)
{
	return w->mixer.legs && !w->stopping &&
	       liveness_is_cut_off(w->liveness, CUT_OFF_MS) &&
	       mixer_is_still(&w->mixer, CUT_OFF_MS / FRAME_MS);
}

/* ---- the clock
 * -------------------------------------------------------------------- */

static void on_frame(void *arg)
{
	struct worker *w = arg;

	mixer_frame(&w->mixer);
	if (++w->frames % LOOK_FRAMES == 0 && is_cut_off(w))
		begin_anew(w, "cut off", CUT_OFF_MS);
}

/* Within mixer_frame(): everybody's frame is known. */
static void on_mixed(void *arg)
{
	struct worker *w = arg;

	record_frame(w->recorder);
}

static void on_skip(unsigned n, void *arg)
{
	struct worker *w = arg;

	log_warn("clock_skipped",
		 "frames=%u reason=\"the machine stood still\"", n);
	if (n * FRAME_MS >= FENCE_MS && w->mixer.legs && !w->stopping)
		begin_anew(w, "stood still", n * FRAME_MS);
	mixer_skip(&w->mixer, n);
	record_skip(w->recorder, n);
	say_again(w);
}

static void on_digit(struct leg *leg, char digit, unsigned ms, void *arg)
{
	report_digit(leg, digit, ms, arg);
}

static void on_played(struct leg *leg, const char *cause, const char *reason,
		      void *arg)
{
	report_played(leg, cause, reason, arg);
}

static void log_figures(struct worker *w)
{
	const struct ticker_stats *t = ticker_stats(w->ticker);
	const struct bus_stats *b = bus_stats(w->bus);

	log_info("figures",
		 "legs=%u recordings=%zu frames=%llu late=%llu skipped=%llu "
		 "busy_us_max=%llu prompt_bytes=%zu commands=%llu expired=%llu",
		 HASH_COUNT(w->mixer.legs), recorder_count(w->recorder),
		 (unsigned long long)t->frames, (unsigned long long)t->late,
		 (unsigned long long)t->skipped,
		 (unsigned long long)t->busy_us_max, prompts_bytes(w->prompts),
		 (unsigned long long)b->commands,
		 (unsigned long long)b->expired);
}

static void look_for_silence(struct worker *w)
{
	unsigned after_s = (w->conf->no_rtp_ms + 999) / 1000;
	struct leg *leg;

	for (leg = after_s ? w->mixer.legs : NULL; leg; leg = leg->hh.next)
		if (leg_is_silent(leg, after_s))
			report_silent(w, leg);
}

static void on_second(int fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd, (void)what;
	report_progress(w);
	look_for_silence(w);
	if (++w->seconds % FIGURES_S == 0)
		log_figures(w);
}

/* ---- the bus
 * ------------------------------------------------------------------------ */

/* Told again with every connection: a Redis that came back empty has
 * forgotten us, and an owner that knows this boot takes it as said. */
static void on_link(bool up, void *arg)
{
	struct worker *w = arg;

	if (w->conf->sentinels)
		log_info(up ? "redis_up" : "redis_down", "sentinels=%s",
			 w->conf->sentinels);
	else
		log_info(up ? "redis_up" : "redis_down", "redis=%s:%u",
			 w->conf->redis_host, w->conf->redis_port);
	if (up && !w->stopping)
		report_up(w);
}

static void on_trouble(const char *why, void *arg)
{
	(void)arg;
	if (why)
		log_error("redis_refuses", "error=\"%s\"", why);
	else
		log_info("redis_takes", "error=\"\"");
}

static void on_late(unsigned partition, const struct msg *m, void *arg)
{
	(void)arg;
	log_warn("command_late", "t=%s leg=%.*s partition=%u",
		 msg_type_name(m->type), STR_FMT(msg_get(m, F_LEG)), partition);
}

static int start_bus(struct worker *w)
{
	const struct bus_conf conf = {
		.host = w->conf->redis_host,
		.port = w->conf->redis_port,
		.sentinels = w->conf->sentinels,
		.primary = w->conf->redis_name,
		.name = w->conf->name,
		.partitions = w->conf->partitions,
		.on_link = on_link,
		.on_trouble = on_trouble,
		.arg = w,
	};
	int err = bus_alloc(&w->bus, w->base, &conf);

	return err ? err
		   : bus_inbox_start(w->bus, worker_on_command, on_late, w);
}

/* ---- starting and stopping
 * ----------------------------------------------------------- */

static int start_prompts(struct worker *w)
{
	const struct prompts_conf conf = {
		.dir = w->conf->prompts,
		.tts = {.command = w->conf->tts_command,
			.cache = w->conf->cache},
	};
	int err;

	mkdir(w->conf->cache, 0700);
	err = jobs_alloc(&w->files, w->base, FILE_THREADS);
	if (!err)
		err = jobs_alloc(&w->speech, w->base, SPEECH_THREADS);
	return err ? err
		   : prompts_alloc(&w->prompts, w->files, w->speech, &conf);
}

static int start_recorder(struct worker *w)
{
	struct recorder_conf conf = {
		.dir = w->conf->recordings,
		.name = w->conf->name,
		.mixer = &w->mixer,
		.on_recorded = report_recorded,
		.arg = w,
	};
	int err;

	mkdir(w->conf->recordings, 0700);
	err = jobs_alloc(&w->writer, w->base, 1);
	conf.writer = w->writer;
	return err ? err : recorder_alloc(&w->recorder, &conf);
}

static int start_clock(struct worker *w)
{
	struct timeval every = {.tv_sec = 1};
	int err = ticker_alloc(&w->ticker, w->base, on_frame, on_skip, w);

	if (err)
		return err;
	w->second = event_new(w->base, -1, EV_PERSIST, on_second, w);
	return w->second && !event_add(w->second, &every) ? 0 : ENOMEM;
}

static int start_liveness(struct worker *w)
{
	w->again = event_new(w->base, -1, 0, on_again, w);
	if (!w->again)
		return ENOMEM;
	return liveness_alloc(&w->liveness, w->base, w->conf->liveness,
			      say_again, w);
}

static int start_health(struct worker *w)
{
	const struct health_conf conf = {w->conf->metrics, metrics_write,
					 metrics_missing, w};

	return conf.address ? health_alloc(&w->health, w->base, &conf) : 0;
}

int worker_start(struct worker *w, const struct conf *conf,
		 struct event_base *base, char *const *argv)
{
	const struct mixer_handlers h = {on_digit, on_played, on_mixed, w};
	const char *what = "prompts";
	int err;

	*w = (struct worker){.conf = conf, .base = base, .argv = argv};
	g711_tables();
	err = start_prompts(w);
	mixer_init(&w->mixer, w->prompts, &h);
	w->mixer.silence_frames = conf->silence_ms / FRAME_MS;
	if (!err && (what = "recordings"))
		err = start_recorder(w);
	if (!err && (what = "liveness"))
		err = start_liveness(w);
	if (!err && (what = "clock"))
		err = start_clock(w);
	if (!err && (what = "bus"))
		err = start_bus(w);
	if (!err && (what = "metrics"))
		err = start_health(w);
	if (err)
		log_error("start_failed", "part=%s reason=\"%s\"", what,
			  strerror(err));
	return err;
}

void worker_stop(struct worker *w)
{
	if (!w->stopping) {
		w->stopping = true;
		record_end_all(w->recorder);
	}
	if (!recorder_count(w->recorder) && !w->unconfirmed)
		event_base_loopbreak(w->base);
}

/* Threads first, as their last handlers still speak of everything else; the
 * bus last, as they report. */
void worker_release(struct worker *w)
{
	if (w->second)
		event_free(w->second);
	if (w->again)
		event_free(w->again);
	health_free(w->health);
	ticker_free(w->ticker);
	liveness_free(w->liveness);
	mixer_release(&w->mixer);
	jobs_free(w->files);
	jobs_free(w->speech);
	jobs_free(w->writer);
	recorder_free(w->recorder);
	prompts_free(w->prompts);
	bus_free(w->bus);
}
