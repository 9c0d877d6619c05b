/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file ours.h  The project's libraries beside Kamailio's headers.
 *
 * Both have a text of pointer and length: ours is `struct str` {p, len},
 * Kamailio's is `str` {s, len}. The one macro that both define, STR_FMT, is
 * Kamailio's here and takes a pointer. Included before Kamailio's headers.
 */
#ifndef ACD_OURS_H
#define ACD_OURS_H

#include "lib/base/arena.h"
#include "lib/base/escape.h"
#include "lib/base/id.h"
#include "lib/base/msg.h"
#undef STR_FMT

#include "core/str.h"

static inline struct str ours(const str *s)
{
	return (struct str){s->s, s->len > 0 ? (size_t)s->len : 0};
}

static inline str theirs(struct str s)
{
	return (str){(char *)s.p, (int)s.len};
}

#endif
