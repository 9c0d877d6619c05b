/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file line.h  Lines of "name=value name=value", values percent-encoded
 * (escape.h): records, what nodes keep of legs, gateways of the directory.
 */
#ifndef JF_BASE_LINE_H
#define JF_BASE_LINE_H

#include "lib/base/arena.h"

/* Cuts the next pair: false at the end. The value is still encoded. */
bool line_cut(struct str *restp, struct str *namep, struct str *valuep);
/* A field's value, decoded in the arena when it must be; empty: absent, or
 * not well encoded. */
struct str line_get(struct str line, const char *name, struct arena *a);
uint64_t line_num(struct str line, const char *name); /* absent: 0 */

#endif
