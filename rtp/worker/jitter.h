/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file jitter.h  A leg's jitter buffer: samples placed by RTP timestamp,
 * read in frames of 20 ms by the worker's clock.
 *
 * Packets may hold any number of samples, come twice and out of order. What
 * is missing when its time comes is concealed by the frame before, fading out
 * over 60 ms. The delay begins at one frame, grows by one with each packet
 * that came too late, and shrinks again.
 */
#ifndef JF_WORKER_JITTER_H
#define JF_WORKER_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp/worker/frame.h"

#define JITTER_RING 4096 /* samples, a power of two */
#define JITTER_DELAY_MIN FRAME_SAMPLES
#define JITTER_DELAY_MAX (6 * FRAME_SAMPLES)

struct jitter {
	int16_t ring[JITTER_RING];
	int16_t last[FRAME_SAMPLES]; /* the frame read last */
	bool running;		     /* play and end mean something */
	uint32_t play;	      /* timestamp of the next sample to be read */
	uint32_t end;	      /* one behind the newest sample */
	unsigned delay;	      /* samples that we wait for stragglers */
	unsigned gap;	      /* frames in a row that were not whole */
	unsigned late_row;    /* late packets in a row */
	unsigned window, low; /* frames, and least level, of this second */
	unsigned calm;	      /* frames since a packet was late */
	uint64_t late;	      /* packets that came too late */
};

void jitter_init(struct jitter *j);

/* n bytes of G.711 with the first sample's timestamp; table: g711_alaw or
 * g711_ulaw. */
void jitter_put(struct jitter *j, uint32_t ts, const uint8_t *p, size_t n,
		const int16_t table[256]);

/* The next frame. False: nothing of it had come (out is concealed, or
 * silence). */
bool jitter_get(struct jitter *j, int16_t out[FRAME_SAMPLES]);

/* Another source: what comes next is a new beginning. */
void jitter_restart(struct jitter *j);

/* Time passed without frames being read. */
void jitter_skip(struct jitter *j, unsigned frames);

#endif
