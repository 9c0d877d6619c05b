/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file memo.h  What a leg's node keeps for us: enough to build the contact
 * again when Redis and this engine are both gone.
 *
 * One line like a record's, "name=value name=value", values percent-encoded,
 * at most 512 bytes.
 */
#ifndef JF_CORE_MEMO_H
#define JF_CORE_MEMO_H

#include "router-engine/core/state.h"

struct memo {
	uint64_t contact, tenant, queue, agent;
	uint64_t begin; /* of the contact */
	uint64_t enqueued; /* 0: was not in line yet */
	uint64_t since; /* when this memo was written */
	uint64_t holders; /* struct contact's */
	uint64_t pinned, srtp; /* struct leg's */
	unsigned role; /* enum leg_role */
	struct str rtpengine, number, trunk, caller; /* in the arena, or in
						      * the text it was read
						      * from */
};

/* In the arena of this step. A text that does not fit any more is left out. */
struct str memo_write(struct core *c, const struct leg *l);
/* 0, EPROTO: not a memo of ours. */
int memo_read(struct core *c, struct str text, struct memo *out);

#endif
