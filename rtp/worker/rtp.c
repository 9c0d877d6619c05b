/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/rtp.h"

#include <errno.h>

#include "rtp/worker/frame.h"

#define DROPOUT_MAX 3000 /* RFC 3550 A.1: a jump this far is a restart */
#define MISORDER_MAX 100

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

int rtp_parse(struct rtp_packet *packet, const uint8_t *p, size_t n)
{
	size_t head = RTP_HEADER, tail = 0;

	if (n < RTP_HEADER || p[0] >> 6 != 2)
		return EPROTO;
	head += 4u * (p[0] & 15);
	if (p[0] & 0x10) { /* header extension */
		if (n < head + 4)
			return EPROTO;
		head += 4 + 4u * (p[head + 2] << 8 | p[head + 3]);
	}
	if (p[0] & 0x20) /* padding */
		tail = p[n - 1];
	if (head + tail > n || (p[0] & 0x20 && !tail))
		return EPROTO;
	packet->type = p[1] & 0x7f;
	packet->marker = p[1] >> 7;
	packet->seq = (uint16_t)(p[2] << 8 | p[3]);
	packet->ts = get32(p + 4);
	packet->ssrc = get32(p + 8);
	packet->payload = p + head;
	packet->len = n - head - tail;
	return 0;
}

void rtp_header(uint8_t *p, const struct rtp_packet *packet)
{
	p[0] = 0x80;
	p[1] = (uint8_t)(packet->marker << 7 | packet->type);
	p[2] = (uint8_t)(packet->seq >> 8);
	p[3] = (uint8_t)packet->seq;
	put32(p + 4, packet->ts);
	put32(p + 8, packet->ssrc);
}

static uint64_t expected_now(const struct rtp_stats *s)
{
	return s->begun ? (uint64_t)(s->max - s->base) + 1 : 0;
}

static void begin(struct rtp_stats *s, const struct rtp_packet *packet)
{
	s->expected += expected_now(s);
	s->begun = true;
	s->timed = false;
	s->ssrc = packet->ssrc;
	s->base = s->max = 0x10000u + packet->seq;
}

/* RFC 3550 A.8. */
static void jitter(struct rtp_stats *s, uint32_t ts, uint32_t arrival)
{
	uint32_t transit = arrival - ts;
	int32_t d = (int32_t)(transit - s->transit);

	if (s->timed && d < 60 * RATE_HZ && d > -60 * RATE_HZ) {
		d = d < 0 ? -d : d;
		s->jitter16 += (uint32_t)d - ((s->jitter16 + 8) >> 4);
	}
	s->transit = transit;
	s->timed = true;
}

void rtp_stats_put(struct rtp_stats *s, const struct rtp_packet *packet,
		   bool audio, uint32_t arrival)
{
	int16_t ahead = (int16_t)(packet->seq - (uint16_t)s->max);

	s->received++;
	if (!s->begun || s->ssrc != packet->ssrc || ahead > DROPOUT_MAX ||
	    ahead < -MISORDER_MAX)
		begin(s, packet);
	else if (ahead > 0)
		s->max += (uint32_t)ahead;
	else if (s->max - s->base < (uint32_t)-ahead)
		s->base = s->max - (uint32_t)-ahead; /* began out of order */
	if (audio)
		jitter(s, packet->ts, arrival);
}

uint64_t rtp_stats_lost(const struct rtp_stats *s)
{
	uint64_t expected = s->expected + expected_now(s);

	return expected > s->received ? expected - s->received : 0;
}

uint64_t rtp_stats_jitter_us(const struct rtp_stats *s)
{
	return (uint64_t)(s->jitter16 >> 4) * 1000000 / RATE_HZ;
}
