/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "rtp/worker/dtmf.h"

static struct dtmf d;
static char told[256];

static void on_digit(char digit, unsigned ms, void *arg)
{
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof(told) - n, "%c%u ", digit, ms);
}

static int setup(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	told[0] = '\0';
	return 0;
}

static void put(uint32_t ts, uint8_t event, int end, unsigned duration)
{
	const uint8_t p[4] = {event, (uint8_t)(end ? 0x8a : 0x0a),
			      (uint8_t)(duration >> 8), (uint8_t)duration};

	dtmf_put(&d, ts, p, sizeof(p), on_digit, NULL);
}

static void ticks(unsigned n)
{
	while (n--)
		dtmf_tick(&d, on_digit, NULL);
}

/* One digit: its packets, and its end three times. */
static void press(uint32_t ts, uint8_t event)
{
	for (unsigned i = 1; i <= 5; i++)
		put(ts, event, 0, i * 160);
	for (unsigned i = 0; i < 3; i++)
		put(ts, event, 1, 960);
}

static void each_digit_once(void **state)
{
	(void)state;
	press(1000, 1);
	press(3000, 1);
	press(5000, 10);
	press(7000, 15);
	ticks(100);
	assert_string_equal(told, "1120 1120 *120 D120 ");
}

static void all_ends_lost(void **state)
{
	(void)state;
	put(1000, 5, 0, 160);
	put(1000, 5, 0, 320);
	ticks(9);
	assert_string_equal(told, "");
	ticks(1);
	assert_string_equal(told, "540 ");
	put(1000, 5, 1, 480); /* one end came after all */
	ticks(20);
	assert_string_equal(told, "540 ");
}

static void next_digit_ends_the_last(void **state)
{
	(void)state;
	put(1000, 5, 0, 160);
	put(2000, 6, 1, 400);
	assert_string_equal(told, "520 650 ");
}

static void only_an_end_arrived(void **state)
{
	(void)state;
	put(9, 11, 1, 800);
	put(9, 11, 1, 800);
	assert_string_equal(told, "#100 ");
}

static void stragglers_are_dropped(void **state)
{
	(void)state;
	press(1000, 1);
	press(2000, 2);
	put(1000, 1, 0, 160);
	put(1000, 1, 1, 960);
	ticks(20);
	assert_string_equal(told, "1120 2120 ");
}

static void timestamps_wrap(void **state)
{
	(void)state;
	press(UINT32_MAX - 5, 1);
	press(1000, 2);
	assert_string_equal(told, "1120 2120 ");
}

/* RFC 4733 2.5.1.3: 10 s in two segments is one digit. */
static void long_press(void **state)
{
	(void)state;
	put(0, 3, 0, 0x8000);
	put(0, 3, 0, 0xffff);
	put(0xffff, 3, 0, 160);
	put(0xffff, 3, 1, 14465);
	ticks(20);
	assert_string_equal(told, "310000 ");
}

static void what_is_no_digit(void **state)
{
	const uint8_t shortish[3] = {1, 0x80, 1};

	(void)state;
	put(1000, 16, 1, 160); /* flash */
	put(1000, 255, 1, 160);
	dtmf_put(&d, 5, shortish, sizeof(shortish), on_digit, NULL);
	ticks(20);
	assert_string_equal(told, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_digit_once, setup),
		cmocka_unit_test_setup(all_ends_lost, setup),
		cmocka_unit_test_setup(next_digit_ends_the_last, setup),
		cmocka_unit_test_setup(only_an_end_arrived, setup),
		cmocka_unit_test_setup(stragglers_are_dropped, setup),
		cmocka_unit_test_setup(timestamps_wrap, setup),
		cmocka_unit_test_setup(long_press, setup),
		cmocka_unit_test_setup(what_is_no_digit, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
