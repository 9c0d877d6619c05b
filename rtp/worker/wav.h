/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file wav.h  Sound files in, WAV files out. Blocks: for jobs only.
 */
#ifndef JF_WORKER_WAV_H
#define JF_WORKER_WAV_H

#include <stddef.h>
#include <stdint.h>

#define WAV_ERROR_MAX 160

/*
 * Reads any file that libsndfile knows into 16-bit mono at 8 kHz (channels
 * are averaged). *pcmp is the caller's to free. 0, or an errno with the reason
 * in words: ENOENT, EPROTO (not sound), EFBIG (longer than an hour), ENOMEM.
 */
int wav_load(const char *path, int16_t **pcmp, size_t *np,
	     char error[WAV_ERROR_MAX]);

struct wav;

/* A new 16-bit 8 kHz file. Its header is true after each write. */
int wav_create(struct wav **wavp, const char *path, unsigned channels,
	       char error[WAV_ERROR_MAX]);
/* n frames of interleaved samples. 0, or an errno (ENOSPC, EIO). */
int wav_write(struct wav *wav, const int16_t *pcm, size_t n,
	      char error[WAV_ERROR_MAX]);
/* Closes and frees; what was written is on the disk then. 0, EIO. */
int wav_close(struct wav *wav, char error[WAV_ERROR_MAX]);

/* Size, and SHA-256 as 64 hexadecimal digits. 0, or an errno. */
int wav_digest(const char *path, uint64_t *bytesp, char hex[65]);

#endif
