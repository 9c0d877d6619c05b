/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rtp/worker/jitter.h"

#define MASK (JITTER_RING - 1)
#define MISSING INT16_MIN /* G.711 has no such sample */
#define CONCEAL_FRAMES 3
#define LATE_ROW_MAX 5 /* then it is the sender's timestamps that jumped */
#define SECOND (1000 / FRAME_MS)
#define FORGET (5 * SECOND) /* nothing came: begin anew */

static void clear(struct jitter *j)
{
	for (size_t i = 0; i < JITTER_RING; i++)
		j->ring[i] = MISSING;
}

void jitter_init(struct jitter *j)
{
	memset(j, 0, sizeof(*j));
	j->delay = JITTER_DELAY_MIN;
	clear(j);
}

static void begin(struct jitter *j, uint32_t ts)
{
	clear(j);
	j->running = true;
	j->play = ts - j->delay;
	j->end = ts;
	j->late_row = j->window = 0;
	j->low = UINT32_MAX;
}

void jitter_restart(struct jitter *j)
{
	j->running = false;
}

/* The whole packet's time is over: wait longer from now on. What lies further
 * back is no matter of the network: the sender's timestamps jumped, or stood
 * still while it was silent. */
static void late(struct jitter *j, uint32_t ts)
{
	bool near = (int32_t)(j->play - ts) <= JITTER_DELAY_MAX;

	j->late++;
	j->calm = 0;
	if (++j->late_row > LATE_ROW_MAX) {
		begin(j, ts);
		return;
	}
	if (near && j->delay < JITTER_DELAY_MAX) {
		j->delay += FRAME_SAMPLES;
		j->play -= FRAME_SAMPLES;
	}
}

void jitter_put(struct jitter *j, uint32_t ts, const uint8_t *p, size_t n,
		const int16_t table[256])
{
	int32_t at;

	if (n == 0 || n > JITTER_RING / 2)
		return;
	if (!j->running)
		begin(j, ts);
	at = (int32_t)(ts - j->play);
	if (at < -JITTER_RING || at > JITTER_RING - (int32_t)n)
		begin(j, ts);
	else if (at + (int32_t)n <= 0)
		late(j, ts);
	else
		j->late_row = 0;
	for (size_t i = 0; i < n; i++) {
		at = (int32_t)(ts + (uint32_t)i - j->play);
		if (at >= 0)
			j->ring[(ts + i) & MASK] = table[p[i]];
	}
	if ((int32_t)(ts + (uint32_t)n - j->end) > 0)
		j->end = ts + (uint32_t)n;
}

/* Once a second: drop a frame when more waited all the time than needed (the
 * sender's clock is faster, or the network calmed down). */
static void shrink(struct jitter *j)
{
	int32_t level = (int32_t)(j->end - j->play);

	if (level >= 0 && (unsigned)level < j->low)
		j->low = (unsigned)level;
	if (j->calm++ >= 10 * SECOND && j->delay > JITTER_DELAY_MIN) {
		j->delay -= FRAME_SAMPLES;
		j->calm = 0;
	}
	if (++j->window < SECOND)
		return;
	if (j->low != UINT32_MAX && j->low >= j->delay + 2 * FRAME_SAMPLES)
		jitter_skip(j, 1);
	j->window = 0;
	j->low = UINT32_MAX;
}

static int16_t take(struct jitter *j, size_t i)
{
	int16_t *slot = &j->ring[(j->play + i) & MASK], sample = *slot;

	*slot = MISSING;
	return sample;
}

bool jitter_get(struct jitter *j, int16_t out[FRAME_SAMPLES])
{
	unsigned missing = 0;

	if (!j->running) {
		memset(out, 0, FRAME_SAMPLES * sizeof(*out));
		return false;
	}
	shrink(j);
	for (size_t i = 0; i < FRAME_SAMPLES; i++) {
		out[i] = take(j, i);
		if (out[i] != MISSING)
			continue;
		missing++;
		out[i] = j->gap < CONCEAL_FRAMES
				 ? (int16_t)(j->last[i] / (1 << j->gap))
				 : 0;
	}
	j->play += FRAME_SAMPLES;
	if (!missing)
		memcpy(j->last, out, sizeof(j->last));
	j->gap = missing ? j->gap + 1 : 0;
	if (j->gap > FORGET)
		jitter_init(j);
	return missing < FRAME_SAMPLES;
}

void jitter_skip(struct jitter *j, unsigned frames)
{
	size_t n = (size_t)frames * FRAME_SAMPLES;

	if (!j->running)
		return;
	if (n >= JITTER_RING)
		clear(j);
	for (size_t i = 0; i < n && n < JITTER_RING; i++)
		take(j, i);
	j->play += (uint32_t)n;
}
