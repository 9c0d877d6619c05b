/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file id.h  Names of contacts, legs, offers, segments, decisions.
 *
 * A 64-bit number, written as a letter for its kind and 16 hexadecimal
 * digits. Engines make partition << 48 | milliseconds * 64 + n; a Kamailio
 * node makes 1 << 63 | node << 48 | milliseconds * 64 + n. Neither repeats
 * after a restart, and both sort by time within their maker.
 */
#ifndef JF_BASE_ID_H
#define JF_BASE_ID_H

#include "lib/base/str.h"

#define ID_LEN 17 /* without the NUL */
#define ID_NODE_BIT ((uint64_t)1 << 63)

/* Writes the letter and 16 digits and a NUL; returns buf. */
char *id_format(char buf[ID_LEN + 1], char kind, uint64_t id);
/* 0, or EINVAL: wrong letter, length or digits. */
int id_parse(struct str s, char kind, uint64_t *idp);
static inline unsigned id_partition(uint64_t id)
{
	return (unsigned)(id >> 48) & 0x7fff;
}

#endif
