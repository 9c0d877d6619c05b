/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/dtmf.h"

#include "rtp/worker/frame.h"

#define EVENTS 16
#define IDLE_FRAMES 10
#define SEGMENT_MAX 0xffff

static void close_event(struct dtmf *d, dtmf_h *on_digit, void *arg)
{
	static const char digits[EVENTS + 1] = "0123456789*#ABCD";

	d->open = false;
	d->known = true;
	d->done_ts = d->ts;
	on_digit(digits[d->event], (d->before + d->duration) / (RATE_HZ / 1000),
		 arg);
}

static void open_event(struct dtmf *d, uint32_t ts, uint8_t event)
{
	d->open = true;
	d->ts = ts;
	d->event = event;
	d->before = 0;
	d->duration = 0;
}

/* A key held for more than 8 s goes on in a segment of its own, which begins
 * where the full one ends. */
static bool next_segment(struct dtmf *d, uint32_t ts, uint8_t event)
{
	if (!d->open || d->event != event || d->duration != SEGMENT_MAX ||
	    ts != d->ts + SEGMENT_MAX)
		return false;
	d->before += SEGMENT_MAX;
	d->ts = ts;
	d->duration = 0;
	return true;
}

void dtmf_put(struct dtmf *d, uint32_t ts, const uint8_t *p, size_t n,
	      dtmf_h *on_digit, void *arg)
{
	uint16_t duration;

	if (n < 4 || p[0] >= EVENTS)
		return;
	/* A repeated end, or a straggler of an event before it. */
	if (d->known && (int32_t)(ts - d->done_ts) <= 0 &&
	    (int32_t)(ts - d->done_ts) > -10 * RATE_HZ)
		return;
	if (d->open && d->ts != ts && !next_segment(d, ts, p[0])) {
		if ((int32_t)(ts - d->ts) < 0)
			return;
		close_event(d, on_digit, arg);
	}
	if (!d->open)
		open_event(d, ts, p[0]);
	d->idle = 0;
	duration = (uint16_t)(p[2] << 8 | p[3]);
	if (duration > d->duration)
		d->duration = duration;
	if (p[1] & 0x80)
		close_event(d, on_digit, arg);
}

void dtmf_tick(struct dtmf *d, dtmf_h *on_digit, void *arg)
{
	if (d->open && ++d->idle >= IDLE_FRAMES)
		close_event(d, on_digit, arg);
}
