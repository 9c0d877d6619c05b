/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/record.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "rtp/worker/jobs.h"
#include "rtp/worker/unfinished.h"
#include "rtp/worker/wav.h"

#define TRACKS 2
#define CHUNK_FRAMES 50 /* one second */
#define CHUNK_SAMPLES (CHUNK_FRAMES * FRAME_SAMPLES)
#define BACKLOG_MAX 60 /* seconds that may wait for the disk */

/* Samples on their way to the thread. */
struct chunk {
	struct recording *rec;
	size_t n; /* per track */
	int16_t pcm[CHUNK_SAMPLES * TRACKS];
};

/* The loop's fields, then the thread's; `failed` is the thread's until the
 * close job is done. */
struct recording {
	char id[LEG_ID_MAX];
	UT_hash_handle hh; /* while it is under way */
	struct recorder *owner;
	unsigned partition, backlog;
	char legs[TRACKS][LEG_ID_MAX];
	const struct leg *found[TRACKS];
	unsigned generation;
	uint64_t begin, frames;
	bool overrun;	     /* the disk was too slow: frames were dropped */
	struct chunk *chunk; /* being filled */

	char file[RECORD_FILE_MAX]; /* below the directory */
	char path[PATH_MAX], temp[PATH_MAX];
	struct wav *wav;
	uint64_t written;	    /* samples per track */
	char failed[WAV_ERROR_MAX]; /* or "" */
	char sha256[65];
	uint64_t bytes;
};

struct recorder {
	struct recorder_conf conf;
	struct recording *table;
	size_t count;
};

int recorder_alloc(struct recorder **rp, const struct recorder_conf *conf)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return ENOMEM;
	r->conf = *conf;
	unfinished_rename(conf->dir, conf->name);
	*rp = r;
	return 0;
}

void recorder_free(struct recorder *r)
{
	free(r);
}

size_t recorder_count(const struct recorder *r)
{
	return r->count;
}

/* ---- on the thread
 * ---------------------------------------------------------------- */

static void run_open(void *arg)
{
	struct recording *rec = arg;
	char *slash;

	for (slash = strchr(rec->path + strlen(rec->owner->conf.dir) + 1, '/');
	     slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(rec->path, 0700);
		*slash = '/';
	}
	wav_create(&rec->wav, rec->temp, TRACKS, rec->failed);
}

static void run_write(void *arg)
{
	struct chunk *chunk = arg;
	struct recording *rec = chunk->rec;

	if (!rec->wav || rec->failed[0])
		return;
	if (!wav_write(rec->wav, chunk->pcm, chunk->n, rec->failed))
		rec->written += chunk->n;
}

/* Never over a file that is there: its name is taken with link(). */
static void give_name(struct recording *rec)
{
	size_t stem = strlen(rec->path), file_stem = strlen(rec->file);
	int n;

	for (n = 2; n < 100 && link(rec->temp, rec->path); n++) {
		if (errno != EEXIST)
			break;
		snprintf(rec->path + stem, sizeof(rec->path) - stem, ".%d", n);
		snprintf(rec->file + file_stem, sizeof(rec->file) - file_stem,
			 ".%d", n);
	}
	unlink(rec->temp);
}

static void run_close(void *arg)
{
	struct recording *rec = arg;
	char why[WAV_ERROR_MAX];

	if (!rec->wav)
		return;
	if (wav_close(rec->wav, why) && !rec->failed[0])
		memcpy(rec->failed, why, sizeof(why));
	rec->wav = NULL;
	give_name(rec);
	if (wav_digest(rec->path, &rec->bytes, rec->sha256) && !rec->failed[0])
		snprintf(rec->failed, sizeof(rec->failed),
			 "disk: cannot be read again");
}

/* ---- done, on the loop
 * -------------------------------------------------------------- */

static void on_written(void *arg)
{
	struct chunk *chunk = arg;

	chunk->rec->backlog--;
	free(chunk);
}

static void on_closed(void *arg)
{
	struct recording *rec = arg;
	struct recorder *r = rec->owner;
	struct record_result result = {
		.id = rec->id,
		.partition = rec->partition,
		.file = rec->file,
		.begin = rec->begin,
		.ms = rec->written * 1000 / RATE_HZ,
		.bytes = rec->bytes,
		.sha256 = rec->sha256,
		.cause = rec->failed[0] ? rec->failed
			 : rec->overrun ? "disk: too slow"
					: "",
	};

	r->count--;
	r->conf.on_recorded(&result, r->conf.arg);
	free(rec->chunk);
	free(rec);
}

/* ---- frames
 * -------------------------------------------------------------------------- */

static struct chunk *chunk_of(struct recording *rec)
{
	if (!rec->chunk) {
		rec->chunk = malloc(sizeof(*rec->chunk));
		if (rec->chunk) {
			rec->chunk->rec = rec;
			rec->chunk->n = 0;
		}
	}
	return rec->chunk;
}

static void flush(struct recording *rec)
{
	struct chunk *chunk = rec->chunk;

	if (!chunk || !chunk->n)
		return;
	if (rec->backlog >= BACKLOG_MAX ||
	    jobs_add(rec->owner->conf.writer, run_write, on_written, chunk)) {
		rec->overrun = true;
		chunk->n = 0;
		return;
	}
	rec->backlog++;
	rec->chunk = NULL;
}

static void add_frame(struct recording *rec, const int16_t *left,
		      const int16_t *right)
{
	struct chunk *chunk = chunk_of(rec);
	int16_t *to;

	rec->frames++;
	if (!chunk) {
		rec->overrun = true;
		return;
	}
	to = chunk->pcm + chunk->n * TRACKS;
	for (int i = 0; i < FRAME_SAMPLES; i++) {
		*to++ = left[i];
		*to++ = right[i];
	}
	chunk->n += FRAME_SAMPLES;
	if (chunk->n == CHUNK_SAMPLES)
		flush(rec);
}

static const int16_t silence[FRAME_SAMPLES];

static const int16_t *said(const struct leg *leg)
{
	return leg ? leg->in : silence;
}

static void find_legs(struct recording *rec)
{
	const struct mixer *mx = rec->owner->conf.mixer;

	if (rec->generation == mx->generation)
		return;
	for (int i = 0; i < TRACKS; i++)
		rec->found[i] = mixer_find(mx, str_c(rec->legs[i]));
	rec->generation = mx->generation;
}

void record_frame(struct recorder *r)
{
	struct recording *rec, *tmp;

	HASH_ITER(hh, r->table, rec, tmp)
	{
		find_legs(rec);
		add_frame(rec, said(rec->found[0]), said(rec->found[1]));
	}
}

void record_skip(struct recorder *r, unsigned n)
{
	struct recording *rec, *tmp;

	HASH_ITER(hh, r->table, rec, tmp)
	for (unsigned i = 0; i < n; i++)
		add_frame(rec, silence, silence);
}

/* ---- beginning and ending
 * -------------------------------------------------------------- */

static bool confined(struct str file)
{
	struct str part;

	if (!file.len || file.p[0] == '/' || memchr(file.p, '\0', file.len))
		return false;
	while (str_cut(&file, '/', &part))
		if (!part.len || part.p[0] == '.')
			return false;
	return true;
}

static int set_names(struct recording *rec, struct str id, struct str left,
		     struct str right, struct str file)
{
	const struct recorder_conf *conf = &rec->owner->conf;
	int n, m;

	if (!confined(file) || str_copy(rec->id, sizeof(rec->id), id) ||
	    str_copy(rec->legs[0], LEG_ID_MAX, left) ||
	    str_copy(rec->legs[1], LEG_ID_MAX, right) ||
	    str_copy(rec->file, sizeof(rec->file) - 8, file))
		return EINVAL;
	n = snprintf(rec->path, sizeof(rec->path) - 8, "%s/%s", conf->dir,
		     rec->file);
	m = snprintf(rec->temp, sizeof(rec->temp), "%s/%s.%s" UNFINISHED,
		     conf->dir, rec->file, conf->name);
	return n < PATH_MAX - 8 && m < PATH_MAX ? 0 : EINVAL;
}

static void finish(struct recording *rec)
{
	flush(rec);
	/* Without memory for the job it goes on, and its end comes later. */
	if (jobs_add(rec->owner->conf.writer, run_close, on_closed, rec))
		return;
	HASH_DEL(rec->owner->table, rec);
}

/* Two legs are recorded once: an owner that took us for dead, and lost sight
 * of a recording, begins another one. */
static void supersede(struct recorder *r, const struct recording *by)
{
	struct recording *rec, *tmp;

	HASH_ITER(hh, r->table, rec, tmp)
	if (!memcmp(rec->legs, by->legs, sizeof(rec->legs)))
		finish(rec);
}

int record_begin(struct recorder *r, struct str id, unsigned partition,
		 struct str left, struct str right, struct str file,
		 uint64_t now)
{
	struct recording *rec;
	int err;

	HASH_FIND(hh, r->table, id.p, id.len, rec);
	if (rec)
		return 0;
	rec = calloc(1, sizeof(*rec));
	if (!rec)
		return ENOMEM;
	rec->owner = r;
	rec->partition = partition;
	rec->begin = now;
	err = set_names(rec, id, left, right, file);
	if (!err)
		err = jobs_add(r->conf.writer, run_open, NULL, rec);
	if (err) {
		free(rec);
		return err;
	}
	supersede(r, rec);
	HASH_ADD_KEYPTR(hh, r->table, rec->id, strlen(rec->id), rec);
	r->count++;
	return 0;
}

int record_end(struct recorder *r, struct str id)
{
	struct recording *rec;

	HASH_FIND(hh, r->table, id.p, id.len, rec);
	if (!rec)
		return ENOENT;
	finish(rec);
	return 0;
}

void record_end_all(struct recorder *r)
{
	struct recording *rec, *tmp;

	HASH_ITER(hh, r->table, rec, tmp)
	finish(rec);
}

void record_leg_gone(struct recorder *r, struct str leg)
{
	struct recording *rec, *tmp;

	HASH_ITER(hh, r->table, rec, tmp)
	{
		if (!str_eq(leg, str_c(rec->legs[0])) &&
		    !str_eq(leg, str_c(rec->legs[1])))
			continue;
		find_legs(rec);
		if (!rec->found[0] && !rec->found[1])
			finish(rec);
	}
}

void recorder_each(const struct recorder *r,
		   void (*each)(const char *id, unsigned partition, uint64_t ms,
				void *arg),
		   void *arg)
{
	const struct recording *rec;

	for (rec = r->table; rec; rec = rec->hh.next)
		each(rec->id, rec->partition, rec->frames * FRAME_MS, arg);
}
