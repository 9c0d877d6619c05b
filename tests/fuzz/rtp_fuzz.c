/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams from a leg's point, one after the other: a length byte, then as
 * many bytes; a length of 0 is a frame of the clock. */
#include <stdlib.h>

#include "rtp/voice/g711.h"
#include "rtp/worker/leg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_digit(char digit, unsigned ms, void *arg)
{
	(void)ms;
	(void)arg;
	if (!digit)
		abort();
}

static void frame(struct leg *leg)
{
	dtmf_tick(&leg->dtmf, on_digit, NULL);
	jitter_get(&leg->jitter, leg->in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct leg leg;

	if (!g711_alaw[0])
		g711_tables();
	memset(&leg, 0, sizeof(leg));
	jitter_init(&leg.jitter);
	for (uint32_t t = 0; size > 0; t += FRAME_SAMPLES) {
		size_t n = *data++;

		size--;
		if (n > size)
			n = size;
		if (n)
			leg_packet(&leg, data, n, t, on_digit, NULL);
		else
			frame(&leg);
		data += n;
		size -= n;
	}
	if (leg_mos100(&leg) > 450)
		abort();
	return 0;
}
