/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file escape.h  Values inside one line of text: percent-encoding.
 *
 * Space, %, = and control bytes become %XX, so that "name=value name=value"
 * can be cut without looking into the values. Lists of prompts additionally
 * encode the comma and the colon (escape_item()).
 */
#ifndef JF_BASE_ESCAPE_H
#define JF_BASE_ESCAPE_H

#include "lib/base/arena.h"

/* Bytes that escape_put() will write. */
size_t escape_size(struct str v);
/* Writes the encoded value, no NUL; returns its length. */
size_t escape_put(char *dst, struct str v);
/* Decodes into the arena (or borrows v when nothing is encoded). 0, EPROTO
 * (a % without two digits), ENOMEM. */
int escape_get(struct arena *a, struct str v, struct str *out);
/* Encodes a part of a list item: also comma and colon. STR_NONE on ENOMEM. */
struct str escape_item(struct arena *a, struct str v);

#endif
