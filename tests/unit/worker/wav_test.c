/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sndfile.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rtp/worker/wav.h"

static char dir[] = "/tmp/jackfield-wav-XXXXXX", path[64];
static char why[WAV_ERROR_MAX];

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/a.wav", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

/* What a tone of 500 Hz at 44.1 kHz is at 8 kHz, and both channels of it. */
static void resamples_to_mono(void **state)
{
	SF_INFO info = {.samplerate = 44100,
			.channels = 2,
			.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	SNDFILE *f = sf_open(path, SFM_WRITE, &info);
	double power = 0, re = 0, im = 0;
	int16_t *pcm;
	size_t n;

	(void)state;
	for (int i = 0; i < 44100; i++) {
		float v[2] = {(float)sin(2 * M_PI * 500 * i / 44100), 0};

		sf_writef_float(f, v, 1);
	}
	sf_close(f);
	assert_int_equal(wav_load(path, &pcm, &n, why), 0);
	assert_in_range(n, 7990, 8010);
	for (size_t i = 0; i < n; i++) {
		double s = pcm[i] / 32768.0;

		power += s * s;
		re += s * cos(2 * M_PI * 500 * (double)i / 8000);
		im += s * sin(2 * M_PI * 500 * (double)i / 8000);
	}
	assert_true(fabs(sqrt(power / (double)n) - 0.3535) < 0.01);
	assert_true(hypot(re, im) / (double)n > 0.24); /* all of it there */
	free(pcm);
}

static void writes_what_it_reads(void **state)
{
	const int16_t frames[] = {1, -1, 200, -200, 32767, -32768};
	struct wav *wav;
	SF_INFO info = {0};
	SNDFILE *f;
	int16_t back[6];

	(void)state;
	assert_int_equal(wav_create(&wav, path, 2, why), 0);
	assert_int_equal(wav_write(wav, frames, 2, why), 0);
	f = sf_open(path, SFM_READ, &info); /* true before it is closed */
	assert_non_null(f);
	assert_int_equal(info.frames, 2);
	sf_close(f);
	assert_int_equal(wav_write(wav, frames + 4, 1, why), 0);
	assert_int_equal(wav_close(wav, why), 0);
	f = sf_open(path, SFM_READ, &info);
	assert_int_equal(info.samplerate, 8000);
	assert_int_equal(info.channels, 2);
	assert_int_equal(sf_readf_short(f, back, 3), 3);
	assert_memory_equal(back, frames, sizeof(frames));
	sf_close(f);
}

static void digests(void **state)
{
	FILE *f = fopen(path, "w");
	uint64_t bytes;
	char hex[65];

	(void)state;
	fputs("abc", f);
	fclose(f);
	assert_int_equal(wav_digest(path, &bytes, hex), 0);
	assert_int_equal(bytes, 3);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad");
}

static void says_what_is_wrong(void **state)
{
	FILE *f = fopen(path, "w");
	int16_t *pcm;
	size_t n;
	struct wav *wav;

	(void)state;
	fputs("this is no sound", f);
	fclose(f);
	assert_int_equal(wav_load(path, &pcm, &n, why), EPROTO);
	assert_int_equal(wav_load("/nonexistent.wav", &pcm, &n, why), ENOENT);
	assert_int_equal(wav_create(&wav, "/nonexistent/a.wav", 2, why),
			 ENOENT);
	assert_non_null(strstr(why, "No such file"));
}

/* A disk that is full is told, not silently cut off. */
static void full_disk(void **state)
{
	int16_t frames[8000] = {0};
	struct wav *wav;
	int err = wav_create(&wav, "/dev/full", 2, why);

	(void)state;
	for (int i = 0; !err && i < 10; i++)
		err = wav_write(wav, frames, 4000, why);
	assert_int_not_equal(err, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resamples_to_mono),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(digests),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
