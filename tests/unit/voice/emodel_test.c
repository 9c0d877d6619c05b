/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rtp/voice/emodel.h"

/* R 93.2 is MOS 4.41 (G.107, table of defaults). */
static void perfect_call(void **state)
{
	(void)state;
	assert_int_equal(emodel_mos100(0, 0), 441);
	assert_int_equal(emodel_mos100(0, 100), 441);
}

/* Worked by hand: Ie,eff = 95 * 5 / (5 + 25.1) = 15.78, R = 77.42, MOS =
 * 1 + 2.7097 + 77.42 * 17.42 * 22.58 * 7e-6 = 3.92. */
static void five_percent_lost(void **state)
{
	(void)state;
	assert_in_range(emodel_mos100(5, 0), 391, 393);
}

/* X = 1 at 200 ms: Idd = 25 * (2^(1/6) - 3 * (1 + 3^-6)^(1/6) + 2) = 3.045,
 * R = 90.15, MOS = 4.35. */
static void two_hundred_ms(void **state)
{
	(void)state;
	assert_in_range(emodel_mos100(0, 200), 433, 437);
}

static void never_better_with_more(void **state)
{
	(void)state;
	for (int loss = 0; loss < 100; loss++)
		for (int delay = 0; delay < 1000; delay += 20) {
			unsigned m = emodel_mos100(loss, delay);

			assert_in_range(m, 100, 450);
			assert_true(emodel_mos100(loss + 1, delay) <= m);
			assert_true(emodel_mos100(loss, delay + 20) <= m);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perfect_call),
		cmocka_unit_test(five_percent_lost),
		cmocka_unit_test(two_hundred_ms),
		cmocka_unit_test(never_better_with_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
