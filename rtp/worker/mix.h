/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file mix.h  The mixer: all legs of a worker, stepped every 20 ms.
 *
 * Who hears whom is a sparse matrix: each leg has a row of the legs that it
 * hears, with a gain. A frame costs each leg what is in its row, however many
 * legs there are.
 */
#ifndef JF_WORKER_MIX_H
#define JF_WORKER_MIX_H

#include "rtp/worker/leg.h"

struct mixer_handlers {
	void (*on_digit)(struct leg *leg, char digit, unsigned ms, void *arg);
	/* cause: "end" or "error" (reason set). The playback is still there;
	 * mixer_stop() follows. */
	void (*on_played)(struct leg *leg, const char *cause,
			  const char *reason, void *arg);
	void (*on_frame)(void *arg); /* legs' in is this frame's */
	void *arg;
};

struct mixer {
	struct leg *legs;    /* by id */
	unsigned generation; /* new with each leg that comes or goes */
	/* one frame of so many is sent to who hears nothing; 0, 1: each */
	unsigned silence_frames;
	struct prompts *prompts;
	struct mixer_handlers h;
};

void mixer_init(struct mixer *mx, struct prompts *prompts,
		const struct mixer_handlers *h);
void mixer_release(struct mixer *mx); /* closes every leg */

struct leg *mixer_find(const struct mixer *mx, struct str id);
void mixer_add(struct mixer *mx, struct leg *leg);    /* takes it over */
void mixer_remove(struct mixer *mx, struct leg *leg); /* closes it */
void mixer_stop(struct mixer *mx, struct leg *leg);   /* its playback */
/* Nothing has come in on any leg for so many frames. */
bool mixer_is_still(const struct mixer *mx, unsigned frames);

/* 20 ms: receive, mix, send. */
void mixer_frame(struct mixer *mx);
/* n frames were not stepped: the machine stood still. */
void mixer_skip(struct mixer *mx, unsigned n);

/* Adds in x percent to acc. */
void mix_add(int32_t acc[FRAME_SAMPLES], const int16_t in[FRAME_SAMPLES],
	     int percent);
/* Cuts off what does not fit. */
void mix_clip(int16_t out[FRAME_SAMPLES], const int32_t acc[FRAME_SAMPLES]);

#endif
