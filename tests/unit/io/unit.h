/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka, with the headers that it wants before it. */
#ifndef JF_TESTS_UNIT_IO_UNIT_H
#define JF_TESTS_UNIT_IO_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/str.h"

#define assert_str(s, text)                                                   \
	do {                                                                   \
		struct str s_ = (s);                                           \
		assert_int_equal(s_.len, strlen(text));                        \
		assert_memory_equal(s_.p ? s_.p : "", text, s_.len);           \
	} while (0)

#endif
