/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our tables beside those of spandsp, for every code and every sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>

#include <spandsp.h>

#include "rtp/voice/g711.h"

static void decodes_as_spandsp(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		assert_int_equal(g711_alaw[i], alaw_to_linear((uint8_t)i));
		assert_int_equal(g711_ulaw[i], ulaw_to_linear((uint8_t)i));
	}
}

/* Encoders may differ at the border of two intervals, never by more than one
 * of them; what they decode to must be as near. */
static void encodes_as_well_as_spandsp(void **state)
{
	(void)state;
	for (int i = INT16_MIN; i <= INT16_MAX; i++) {
		int16_t s = (int16_t)i;
		uint8_t ours, theirs = linear_to_alaw(s);
		int d, e;

		g711_alaw_encode(&ours, &s, 1);
		d = abs(g711_alaw[ours] - s);
		e = abs(alaw_to_linear(theirs) - s);
		if (d > e + 8) /* 8: one step of the 13-bit scale */
			fail_msg("%d: off by %d, spandsp by %d", i, d, e);
	}
}

static void codes_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		uint8_t code;

		g711_alaw_encode(&code, &g711_alaw[i], 1);
		assert_int_equal(code, i);
	}
}

static void silence_is_silence(void **state)
{
	const int16_t zero = 0;
	uint8_t code;

	(void)state;
	g711_alaw_encode(&code, &zero, 1);
	assert_int_equal(code, G711_ALAW_SILENCE);
	assert_in_range(g711_alaw[G711_ALAW_SILENCE], 0, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_as_spandsp),
		cmocka_unit_test(encodes_as_well_as_spandsp),
		cmocka_unit_test(codes_come_back),
		cmocka_unit_test(silence_is_silence),
	};

	g711_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
