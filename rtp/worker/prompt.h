/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file prompt.h  Prompts in memory: decoded once, shared, bounded.
 *
 * A prompt is named by an item of a prompts list: "file:NAME" (a sound file
 * below the prompts' directory; ".wav" may be left out) or
 * "say:LANGUAGE:TEXT" (spoken by tts.h). Loading is a job; a file that
 * changed is loaded anew when it is asked for again.
 */
#ifndef JF_WORKER_PROMPT_H
#define JF_WORKER_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"
#include "rtp/worker/tts.h"

struct jobs;
struct prompts;

enum prompt_state { PROMPT_LOADING, PROMPT_READY, PROMPT_FAILED };

struct prompt {
	enum prompt_state state;
	const int16_t *pcm; /* n samples at 8 kHz, when ready */
	size_t n;
	char error[WAV_ERROR_MAX]; /* when failed: the item and why */
};

struct prompts_conf {
	const char *dir; /* of given files */
	struct tts tts;
	size_t bytes_max; /* of samples kept; 0: 64 MiB */
};

/* conf is copied, its texts are borrowed. Files are loaded by one set of
 * threads and speech by another, so that a program which is slow to speak does
 * not hold up music. 0, ENOMEM. */
int prompts_alloc(struct prompts **pp, struct jobs *files, struct jobs *speech,
		  const struct prompts_conf *conf);
/* After jobs_free(), when nobody holds a prompt any more. */
void prompts_free(struct prompts *p);

/* A reference; loading begins when need be. NULL: no memory. A name that
 * leaves the directory or is of no known kind is a prompt that failed. */
struct prompt *prompts_get(struct prompts *p, struct str item);
void prompts_put(struct prompts *p, struct prompt *prompt); /* may be NULL */
size_t prompts_bytes(const struct prompts *p);

#endif
