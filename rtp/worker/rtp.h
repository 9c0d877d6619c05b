/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file rtp.h  RTP packets (RFC 3550) and what they say about the way here.
 */
#ifndef JF_WORKER_RTP_H
#define JF_WORKER_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER 12

struct rtp_packet {
	uint8_t type; /* payload type */
	bool marker;
	uint16_t seq;
	uint32_t ts, ssrc;
	const uint8_t *payload; /* in the datagram */
	size_t len;
};

/* 0, or EPROTO: not version 2, or shorter than it says. */
int rtp_parse(struct rtp_packet *packet, const uint8_t *p, size_t n);
/* The 12 bytes of a header without extension. */
void rtp_header(uint8_t *p, const struct rtp_packet *packet);

/* ---- what was received --------------------------------------------------- */

struct rtp_stats {
	bool begun;
	uint32_t ssrc;
	uint32_t base, max; /* extended sequence numbers of this source */
	uint64_t expected;  /* of sources before this one */
	uint64_t received;  /* of all */
	uint32_t transit;
	bool timed;	   /* transit means something */
	uint32_t jitter16; /* 16 x interarrival jitter, timestamp units */
};

/* audio: counts for the jitter (repeated events have one timestamp).
 * arrival: of the packet, in timestamp units. */
void rtp_stats_put(struct rtp_stats *s, const struct rtp_packet *packet,
		   bool audio, uint32_t arrival);
uint64_t rtp_stats_lost(const struct rtp_stats *s); /* RFC 3550 A.3 */
uint64_t rtp_stats_jitter_us(const struct rtp_stats *s);

#endif
