/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/wav.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <openssl/evp.h>
#include <samplerate.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rtp/worker/frame.h"

#define SECONDS_MAX 3600
#define CHANNELS_MAX 8

struct wav {
	SNDFILE *file;
	int fd;
};

static int fail(char error[WAV_ERROR_MAX], int err, const char *what,
		const char *why)
{
	snprintf(error, WAV_ERROR_MAX, "%s: %s", what, why);
	return err;
}

/* ---- reading --------------------------------------------------------------
 */

static float *read_mono(SNDFILE *file, const SF_INFO *info, size_t *np)
{
	size_t frames = (size_t)info->frames, c = (size_t)info->channels;
	float *all = malloc((frames * c + 1) * sizeof(*all));
	sf_count_t got;

	if (!all)
		return NULL;
	got = sf_readf_float(file, all, info->frames);
	*np = got > 0 ? (size_t)got : 0;
	for (size_t i = 0; i < *np && c > 1; i++) {
		float sum = 0;

		for (size_t k = 0; k < c; k++)
			sum += all[i * c + k];
		all[i] = sum / (float)c;
	}
	return all;
}

/* Takes in and frees it; gives samples at 8 kHz. */
static float *resample(float *in, size_t *np, int rate)
{
	SRC_DATA src = {
		.data_in = in,
		.input_frames = (long)*np,
		.src_ratio = (double)RATE_HZ / rate,
		.output_frames = (long)((double)*np * RATE_HZ / rate) + 64,
	};

	if (rate == RATE_HZ)
		return in;
	src.data_out = malloc((size_t)src.output_frames * sizeof(float));
	if (!src.data_out || src_simple(&src, SRC_SINC_MEDIUM_QUALITY, 1)) {
		free(src.data_out);
		free(in);
		return NULL;
	}
	free(in);
	*np = (size_t)src.output_frames_gen;
	return src.data_out;
}

static int16_t *to_pcm(const float *in, size_t n)
{
	int16_t *pcm = malloc((n + 1) * sizeof(*pcm));

	for (size_t i = 0; pcm && i < n; i++) {
		float v = in[i] * 32768.0f;

		pcm[i] = (int16_t)(v > 32767.0f	   ? 32767
				   : v < -32768.0f ? -32768
						   : lrintf(v));
	}
	return pcm;
}

static int load(SNDFILE *file, const SF_INFO *info, int16_t **pcmp, size_t *np)
{
	float *samples = read_mono(file, info, np);

	if (samples)
		samples = resample(samples, np, info->samplerate);
	if (!samples)
		return ENOMEM;
	*pcmp = to_pcm(samples, *np);
	free(samples);
	return *pcmp ? 0 : ENOMEM;
}

int wav_load(const char *path, int16_t **pcmp, size_t *np,
	     char error[WAV_ERROR_MAX])
{
	SF_INFO info = {0};
	SNDFILE *file;
	int err;

	if (access(path, R_OK))
		return fail(error, errno, "cannot be read", strerror(errno));
	file = sf_open(path, SFM_READ, &info);
	if (!file)
		return fail(error, EPROTO, "not a sound file",
			    sf_strerror(NULL));
	if (info.frames <= 0 || info.channels > CHANNELS_MAX ||
	    info.samplerate < 1000 || info.samplerate > 192000)
		err = fail(error, EPROTO, "not a sound file we play",
			   "empty, or odd rate or channels");
	else if (info.frames / info.samplerate > SECONDS_MAX)
		err = fail(error, EFBIG, "too long", "an hour at most");
	else if ((err = load(file, &info, pcmp, np)))
		fail(error, err, "cannot be read", strerror(err));
	sf_close(file);
	return err;
}

/* ---- writing --------------------------------------------------------------
 */

int wav_create(struct wav **wavp, const char *path, unsigned channels,
	       char error[WAV_ERROR_MAX])
{
	SF_INFO info = {.samplerate = RATE_HZ,
			.channels = (int)channels,
			.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	struct wav *wav = calloc(1, sizeof(*wav));

	if (!wav)
		return fail(error, ENOMEM, "recording", "no memory");
	wav->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (wav->fd < 0) {
		free(wav);
		return fail(error, errno, "cannot be created", strerror(errno));
	}
	wav->file = sf_open_fd(wav->fd, SFM_WRITE, &info, 0);
	if (!wav->file) {
		close(wav->fd);
		free(wav);
		return fail(error, EIO, "cannot be begun", sf_strerror(NULL));
	}
	sf_command(wav->file, SFC_SET_UPDATE_HEADER_AUTO, NULL, SF_TRUE);
	*wavp = wav;
	return 0;
}

int wav_write(struct wav *wav, const int16_t *pcm, size_t n,
	      char error[WAV_ERROR_MAX])
{
	int why;

	errno = 0;
	if (sf_writef_short(wav->file, pcm, (sf_count_t)n) == (sf_count_t)n)
		return 0;
	why = errno ? errno : ENOSPC;
	return fail(error, why, "disk", strerror(why));
}

int wav_close(struct wav *wav, char error[WAV_ERROR_MAX])
{
	int err = 0;

	if (sf_close(wav->file))
		err = fail(error, EIO, "disk", "the header cannot be written");
	if (fdatasync(wav->fd) && !err)
		err = fail(error, errno, "disk", strerror(errno));
	close(wav->fd);
	free(wav);
	return err;
}

/* ---- digest ----------------------------------------------------------------
 */

static int digest(FILE *f, uint64_t *bytesp, unsigned char hash[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	static const size_t size = 1 << 16;
	unsigned char *buf = malloc(size);
	int ok = ctx && buf && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	size_t n;

	*bytesp = 0;
	while (ok && (n = fread(buf, 1, size, f)) > 0) {
		*bytesp += n;
		ok = EVP_DigestUpdate(ctx, buf, n);
	}
	ok = ok && !ferror(f) && EVP_DigestFinal_ex(ctx, hash, NULL);
	free(buf);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : EIO;
}

int wav_digest(const char *path, uint64_t *bytesp, char hex[65])
{
	unsigned char hash[32];
	FILE *f = fopen(path, "rbe");
	int err;

	hex[0] = '\0';
	*bytesp = 0;
	if (!f)
		return errno;
	err = digest(f, bytesp, hash);
	for (int i = 0; !err && i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	fclose(f);
	return err;
}
