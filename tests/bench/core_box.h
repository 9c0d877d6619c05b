/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file core_box.h  A core whose nodes, phones and relays answer everything at
 * once: what benchmarks of the core put their load into.
 */
#ifndef JF_BENCH_CORE_BOX_H
#define JF_BENCH_CORE_BOX_H

#include "lib/base/id.h"
#include "router-engine/core/core.h"

extern struct core *core;
extern uint64_t now, calls; /* calls: talks that began */
extern bool hold; /* nobody hangs up */
extern bool timers; /* they are stepped when they are due */

/* Says what every step took, when it is set. */
extern void (*stepped)(const struct msg *m, uint64_t ns);

void die(const char *what);
void box_init(void);
void box_release(void);
/* An event for run(), "t=... field=...". */
void say(const char *line);
/* Steps what was said and what is answered, a millisecond each, until nobody
 * has anything to say. */
void run(void);
/* Call number n to a number, with all that follows. */
void call(unsigned n, const char *number);

#endif
