/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/metrics.h"

#include <sys/statvfs.h>

#include "rtp/worker/ticker.h"
#include "rtp/worker/worker.h"

#define LITTLE_BYTES (200e6) /* room below which no call should come here */

static double room(const char *dir)
{
	struct statvfs s;

	return statvfs(dir, &s) ? 0 : (double)s.f_bavail * (double)s.f_frsize;
}

static void clock_figures(struct prom *p, const struct ticker_stats *t)
{
	prom_counter(p, "jackfield_worker_frames_total",
		     "frames of 20 ms that were mixed", (double)t->frames);
	prom_counter(p, "jackfield_worker_frames_late_total",
		     "of them more than 10 ms late", (double)t->late);
	prom_counter(p, "jackfield_worker_frames_skipped_total",
		     "frames that were not mixed at all", (double)t->skipped);
	prom_counter(p, "jackfield_worker_busy_seconds_total",
		     "time in frames, summed", (double)t->busy_us_sum / 1e6);
}

void metrics_write(struct prom *p, void *worker)
{
	struct worker *w = worker;
	const struct bus_stats *b = bus_stats(w->bus);

	clock_figures(p, ticker_stats(w->ticker));
	prom_gauge(p, "jackfield_worker_legs", "legs that are mixed",
		   HASH_COUNT(w->mixer.legs));
	prom_gauge(p, "jackfield_worker_recordings",
		   "recordings under way or closing",
		   (double)recorder_count(w->recorder));
	prom_gauge(p, "jackfield_worker_recordings_room_bytes",
		   "room left where recordings are written",
		   room(w->conf->recordings));
	prom_gauge(p, "jackfield_worker_redis_up", "1: Redis is there",
		   bus_up(w->bus));
	prom_counter(p, "jackfield_worker_commands_total",
		     "commands carried out", (double)b->commands);
	prom_counter(p, "jackfield_worker_commands_late_total",
		     "commands that came too late", (double)b->expired);
}

const char *metrics_missing(void *worker)
{
	struct worker *w = worker;

	if (w->stopping)
		return "stopping";
	if (!bus_up(w->bus))
		return "Redis is away";
	if (room(w->conf->recordings) < LITTLE_BYTES)
		return "recordings: less than 200 MB of room are left";
	return NULL;
}
