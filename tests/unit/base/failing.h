/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file failing.h  Allocations that fail when a test says so. */
#ifndef JF_TESTS_FAILING_H
#define JF_TESTS_FAILING_H

#include <stdbool.h>

/* The nth allocation from now on fails, once; 0: none does. */
void failing_at(unsigned n);
/* Whether it did; none fails from now on. */
bool failing_done(void);

#endif
