/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/voice/g711.h"

int16_t g711_alaw[256], g711_ulaw[256];

/* A-law code of each 13-bit sample, -4096..4095. */
static uint8_t to_alaw[8192];

/* Table 1a of G.711: sign, three bits of segment, four bits in it; the even
 * bits are inverted on the line. The value is the middle of its interval. */
static int16_t alaw_value(unsigned code)
{
	unsigned c = code ^ 0x55, segment = c >> 4 & 7;
	int v = (int)(c & 15) << 4 | 8;

	if (segment)
		v = (v + 256) << (segment - 1);
	return (int16_t)(c & 0x80 ? v : -v);
}

/* Table 2a, with all bits inverted on the line and a bias of 33 (x 4 here). */
static int16_t ulaw_value(unsigned code)
{
	unsigned c = ~code & 0xff;
	int v = ((((int)(c & 15) << 3) + 132) << (c >> 4 & 7)) - 132;

	return (int16_t)(c & 0x80 ? -v : v);
}

/* magnitude: 0..4095 of 13-bit samples. */
static unsigned alaw_segment(unsigned magnitude)
{
	unsigned segment = 0;

	while (magnitude >> (segment + 5) && segment < 7)
		segment++;
	return segment;
}

static uint8_t alaw_code(int sample)
{
	/* Negative values are counted from -1 down: intervals are closed at
	 * the end that is nearer to zero. */
	unsigned m = (unsigned)(sample < 0 ? -sample - 1 : sample);
	unsigned segment = alaw_segment(m);
	unsigned low = m >> (segment ? segment : 1) & 15;

	return (uint8_t)((segment << 4 | low | (sample < 0 ? 0 : 0x80)) ^ 0x55);
}

void g711_tables(void)
{
	int i;

	for (i = 0; i < 256; i++) {
		g711_alaw[i] = alaw_value((unsigned)i);
		g711_ulaw[i] = ulaw_value((unsigned)i);
	}
	for (i = 0; i < 8192; i++)
		to_alaw[i] = alaw_code(i - 4096);
}

void g711_alaw_encode(uint8_t *dst, const int16_t *src, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		dst[i] = to_alaw[(src[i] >> 3) + 4096];
}
