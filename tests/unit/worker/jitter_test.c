/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/voice/g711.h"
#include "rtp/worker/jitter.h"

static struct jitter j;

static int setup(void **state)
{
	(void)state;
	jitter_init(&j);
	return 0;
}

/* A packet whose samples are all of one A-law code. */
static void put(uint32_t ts, uint8_t code)
{
	uint8_t p[FRAME_SAMPLES];

	memset(p, code, sizeof(p));
	jitter_put(&j, ts, p, sizeof(p), g711_alaw);
}

/* The code that a whole frame consists of, -1: silence, -2: mixed. */
static int get(void)
{
	int16_t out[FRAME_SAMPLES];
	uint8_t code;

	jitter_get(&j, out);
	for (int i = 1; i < FRAME_SAMPLES; i++)
		if (out[i] != out[0])
			return -2;
	if (!out[0])
		return -1;
	g711_alaw_encode(&code, out, 1);
	return code;
}

static void in_order(void **state)
{
	(void)state;
	put(UINT32_MAX - 200, 1); /* timestamps wrap in between */
	assert_int_equal(get(), -1);
	for (uint8_t i = 2; i < 50; i++) {
		put(UINT32_MAX - 200 + (i - 1) * FRAME_SAMPLES, i);
		assert_int_equal(get(), i - 1);
	}
}

static void reordered_and_doubled(void **state)
{
	(void)state;
	put(1000, 1);
	get();
	put(1320, 3);
	put(1160, 2);
	put(1160, 2);
	assert_int_equal(get(), 1);
	assert_int_equal(get(), 2);
	assert_int_equal(get(), 3);
	assert_int_equal(j.late, 0);
}

static void lost_is_concealed_then_silence(void **state)
{
	int16_t out[FRAME_SAMPLES];
	int before;

	(void)state;
	put(0, 0xaa);
	get();
	assert_int_equal(get(), 0xaa);
	before = g711_alaw[0xaa];
	for (int i = 0; i < 3; i++) {
		assert_false(jitter_get(&j, out));
		assert_int_equal(out[5], before / (1 << i));
	}
	assert_int_equal(get(), -1);
}

static void late_is_waited_for_next_time(void **state)
{
	(void)state;
	put(0, 1);
	get();
	get();
	get(); /* 160 was due */
	put(160, 2);
	assert_int_equal(j.late, 1);
	assert_int_equal(j.delay, 2 * FRAME_SAMPLES);
	assert_int_equal(get(), 2); /* and it is heard after all */
	put(320, 3);
	put(480, 4);
	assert_int_equal(get(), 3);
	assert_int_equal(get(), 4);
}

/* The ring is used again and again: a hole is not filled with what was there
 * one turn before. */
static void old_samples_do_not_come_back(void **state)
{
	uint32_t ts = 0;

	(void)state;
	for (int i = 0; i < 100; i++, ts += FRAME_SAMPLES) {
		put(ts, 5);
		get();
	}
	get();
	for (int i = 0; i < 3; i++)
		get(); /* concealed */
	for (int i = 0; i < 40; i++)
		assert_int_equal(get(), -1);
}

/* Frames of any length: 10, 30 and 40 ms. */
static void odd_lengths(void **state)
{
	uint8_t p[320];

	(void)state;
	memset(p, 7, sizeof(p));
	jitter_put(&j, 0, p, 80, g711_alaw);
	jitter_put(&j, 80, p, 240, g711_alaw);
	jitter_put(&j, 320, p, 320, g711_alaw);
	assert_int_equal(get(), -1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(get(), 7);
}

/* A sender that starts its timestamps anew is followed. */
static void timestamps_jump(void **state)
{
	(void)state;
	put(0, 1);
	get();
	get();
	put(0x80000000u, 9);
	get();
	assert_int_equal(get(), 9);
}

/* A sender whose timestamps stand still while it is silent: it is heard again
 * soon, and no delay is added for it. */
static void silence_without_time(void **state)
{
	int heard = 0;

	(void)state;
	put(8000, 1);
	for (int i = 0; i < 20; i++)
		get();
	for (uint32_t i = 1; i < 20; i++) {
		put(8000 + i * FRAME_SAMPLES, 9);
		heard += get() == 9;
	}
	assert_true(heard >= 12);
	assert_int_equal(j.delay, JITTER_DELAY_MIN);
}

static void another_source(void **state)
{
	(void)state;
	put(8000, 1);
	get();
	get();
	jitter_restart(&j);
	put(7000, 9); /* a little before: not taken for late */
	get(); /* concealed */
	assert_int_equal(get(), 9);
	assert_int_equal(j.late, 0);
}

/* The sender's clock is 1 % fast: the delay does not grow without end. */
static void fast_sender(void **state)
{
	uint32_t ts = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		put(ts, 5);
		ts += FRAME_SAMPLES;
		if (i % 100 == 0) {
			put(ts, 5);
			ts += FRAME_SAMPLES;
		}
		get();
		assert_true((int32_t)(j.end - j.play) <=
			    (int32_t)j.delay + 5 * FRAME_SAMPLES);
	}
}

/* Whatever comes: nothing breaks, and order returns. */
static void storm(void **state)
{
	uint8_t p[JITTER_RING];

	(void)state;
	srand(1);
	memset(p, 3, sizeof(p));
	for (int i = 0; i < 200000; i++) {
		int16_t out[FRAME_SAMPLES];

		jitter_put(&j, (uint32_t)rand() * (uint32_t)(rand() % 3), p,
			   (size_t)(rand() % 3000), g711_alaw);
		if (rand() & 1)
			jitter_get(&j, out);
		if (rand() % 100 == 0)
			jitter_skip(&j, (unsigned)rand() % 60);
	}
	for (uint32_t i = 0; i < 20; i++) {
		put(i * FRAME_SAMPLES, 8);
		get();
	}
	assert_int_equal(get(), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order, setup),
		cmocka_unit_test_setup(reordered_and_doubled, setup),
		cmocka_unit_test_setup(lost_is_concealed_then_silence, setup),
		cmocka_unit_test_setup(late_is_waited_for_next_time, setup),
		cmocka_unit_test_setup(old_samples_do_not_come_back, setup),
		cmocka_unit_test_setup(odd_lengths, setup),
		cmocka_unit_test_setup(timestamps_jump, setup),
		cmocka_unit_test_setup(silence_without_time, setup),
		cmocka_unit_test_setup(another_source, setup),
		cmocka_unit_test_setup(fast_sender, setup),
		cmocka_unit_test_setup(storm, setup),
	};

	g711_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
