/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file play.h  A playback: prompts one after the other, without a gap.
 */
#ifndef JF_WORKER_PLAY_H
#define JF_WORKER_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "rtp/worker/frame.h"
#include "rtp/worker/prompt.h"

#define PLAY_ITEMS_MAX 24

enum play_state {
	PLAY_OFF,    /* nothing plays */
	PLAY_ON,     /* plays, or waits for a prompt that is being loaded */
	PLAY_ENDED,  /* the last sample was in this frame */
	PLAY_FAILED, /* a prompt could not be had: see error */
};

struct play {
	enum play_state state;
	uint64_t number;
	bool loop;
	struct prompt *items[PLAY_ITEMS_MAX];
	unsigned n, at;	  /* items; the one that plays */
	size_t pos;	  /* samples played of it */
	uint64_t samples; /* played of all */
	const char *error;
};

/* prompts: a prompts list. 0; EINVAL: none, or too many; ENOMEM. What played
 * before must have been ended. */
int play_begin(struct play *play, struct prompts *prompts, uint64_t number,
	       struct str list, bool loop);

/* Adds the next frame to acc; silence while a prompt is loaded. */
enum play_state play_mix(struct play *play, int32_t acc[FRAME_SAMPLES]);

/* Lets go of its prompts. */
void play_end(struct play *play, struct prompts *prompts);

static inline uint64_t play_ms(const struct play *play)
{
	return play->samples * 1000 / RATE_HZ;
}

#endif
