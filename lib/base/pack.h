/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file pack.h  A message as one value: "t=9:leg.ended;leg=17:l00...;" - name,
 * length in bytes, value. A stream entry has one field, m, with it: what
 * Redis, its scripts and its log do with an entry they do for each field.
 */
#ifndef JF_BASE_PACK_H
#define JF_BASE_PACK_H

#include "lib/base/msg.h"

/* STR_NONE on ENOMEM, and a->failed is set. */
struct str msg_pack(const struct msg *m, struct arena *a);

/* The pairs as msg_parse() takes them, borrowed from packed. 0; EPROTO: not
 * packed by msg_pack(), or more than max texts. */
int msg_unpack(struct str packed, struct str *v, size_t max, size_t *np);

#endif
