/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file record.h  Recordings: what two legs say, left and right of one file.
 *
 * Frames are collected by the worker's clock and written by one thread, a
 * second at a time, under a name of their own; the file gets its name when it
 * is complete. A leg that is not there is silence on its track. A disk that
 * fails ends the recording's file, never the call.
 */
#ifndef JF_WORKER_RECORD_H
#define JF_WORKER_RECORD_H

#include "lib/base/str.h"
#include "rtp/worker/mix.h"

#define RECORD_FILE_MAX 512

struct jobs;
struct recorder;
struct recording;

/* What became of a recording. */
struct record_result {
	const char *id;
	unsigned partition;
	const char *file;   /* below the directory */
	uint64_t begin;	    /* partition time, ms */
	uint64_t ms, bytes; /* of the file */
	const char *sha256;
	const char *cause; /* "" when it is whole */
};

struct recorder_conf {
	const char *dir;
	const char *name;    /* the worker's: part of temporary names */
	struct jobs *writer; /* with one thread */
	const struct mixer *mixer;
	void (*on_recorded)(const struct record_result *result, void *arg);
	void *arg;
};

/* Files of this worker that were not finished get their names. conf is
 * copied. 0, ENOMEM. */
int recorder_alloc(struct recorder **rp, const struct recorder_conf *conf);
/* After every recording was ended and the writer is freed. */
void recorder_free(struct recorder *r);

/* Begins, or does nothing when it is under way; ends another one of the same
 * two legs. now: partition time. 0;
 * EINVAL: a field is too long, or the file leaves the directory; ENOMEM. A
 * file that cannot be created is told by on_recorded, at the end. */
int record_begin(struct recorder *r, struct str id, unsigned partition,
		 struct str left, struct str right, struct str file,
		 uint64_t now);
/* on_recorded follows. ENOENT: not under way. */
int record_end(struct recorder *r, struct str id);
void record_end_all(struct recorder *r);
/* Ends those of which no leg is left. */
void record_leg_gone(struct recorder *r, struct str leg);

/* Every 20 ms, with the mixer's frame; n frames of silence. */
void record_frame(struct recorder *r);
void record_skip(struct recorder *r, unsigned n);

size_t recorder_count(const struct recorder *r); /* under way or closing */
/* Calls each(id, partition, ms, arg) for every recording under way. */
void recorder_each(const struct recorder *r,
		   void (*each)(const char *id, unsigned partition, uint64_t ms,
				void *arg),
		   void *arg);

#endif
