/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file tts.h  Text to speech: any program that writes a sound file.
 *
 * The command is a template, its words separated by blanks, no shell: {voice}
 * {language} {text} and {output} are replaced within each word. What it
 * rendered is kept below the cache directory under the hash of command,
 * language and text, and is rendered once. Blocks: for jobs only.
 */
#ifndef JF_WORKER_TTS_H
#define JF_WORKER_TTS_H

#include "lib/base/str.h"
#include "rtp/worker/wav.h"

#define TTS_COMMAND_DEFAULT "espeak-ng -v {voice} -s 150 -w {output} -- {text}"
#define TTS_TEXT_MAX 2000
#define TTS_DEADLINE_MS 15000
#define TTS_PATH_MAX 4096

struct tts {
	const char *command;  /* template */
	const char *cache;    /* directory */
	unsigned deadline_ms; /* 0: TTS_DEADLINE_MS */
};

/*
 * Gives the path of a sound file that says it, rendering it first when it is
 * not there. 0, or an errno with the reason: EINVAL (language or text),
 * ETIMEDOUT, ENOENT (no such program), EIO.
 */
int tts_render(const struct tts *tts, struct str language, struct str text,
	       char path[TTS_PATH_MAX], char error[WAV_ERROR_MAX]);

#endif
