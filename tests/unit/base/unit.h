/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file unit.h  cmocka, and comparing a struct str with text. */
#ifndef JF_TESTS_UNIT_H
#define JF_TESTS_UNIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "lib/base/str.h"

#define assert_str(s, text)                                                    \
	do {                                                                   \
		struct str s_ = (s), t_ = str_c(text);                         \
		assert_int_equal(s_.len, t_.len);                              \
		if (t_.len)                                                    \
			assert_memory_equal(s_.p, t_.p, t_.len);               \
	} while (0)

#endif
