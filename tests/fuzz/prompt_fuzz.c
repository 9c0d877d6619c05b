/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An item of a list of prompts, or ("R...") the bytes of a sound file: what
 * is read is written, and read again is as long. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rtp/worker/item.h"
#include "rtp/worker/wav.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void item(struct str s)
{
	const char *why = NULL;
	struct item item;
	struct arena a;

	arena_init(&a);
	if (item_parse(s, &a, &item, &why))
		MUST(why);
	else if (item.file.len)
		MUST(item.file.p[0] != '/' && item.file.p[0] != '.' &&
		     !memmem(item.file.p, item.file.len, "/.", 2) &&
		     !memchr(item.file.p, '\0', item.file.len));
	arena_release(&a);
}

static void path_of(int *fdp, const char *name, char path[40])
{
	if (!*fdp)
		*fdp = memfd_create(name, MFD_CLOEXEC);
	MUST(*fdp > 0 && !ftruncate(*fdp, 0));
	snprintf(path, 40, "/proc/self/fd/%d", *fdp);
}

static void written(const int16_t *pcm, size_t n)
{
	static int fd;
	char path[40], hex[65], error[WAV_ERROR_MAX] = "";
	struct wav *wav;
	int16_t *again = NULL;
	uint64_t bytes;
	size_t m = 0;

	path_of(&fd, "out", path);
	MUST(!wav_create(&wav, path, 1, error));
	MUST(!wav_write(wav, pcm, n, error));
	MUST(!wav_close(wav, error));
	MUST(!wav_digest(path, &bytes, hex) && bytes >= 2 * n && hex[63]);
	MUST(!wav_load(path, &again, &m, error) ? m == n : !n);
	free(again);
}

static void sound(const uint8_t *data, size_t size)
{
	static int fd;
	char path[40], error[WAV_ERROR_MAX] = "";
	int16_t *pcm = NULL;
	size_t n = 0;

	path_of(&fd, "in", path);
	MUST(pwrite(fd, data, size, 0) == (ssize_t)size);
	if (wav_load(path, &pcm, &n, error))
		MUST(error[0]);
	else
		written(pcm, n);
	free(pcm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == 'R')
		sound(data, size);
	else
		item((struct str){(const char *)data, size});
	return 0;
}
