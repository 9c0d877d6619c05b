/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file mirror.h  The last stored line of each record, for whoever asks.
 *
 * What people see through the control socket is what is stored: the lines
 * that the core gave, read here without asking the core.
 */
#ifndef JF_STORE_MIRROR_H
#define JF_STORE_MIRROR_H

#include "lib/base/arena.h"
#include "router-engine/core/core.h"

struct mirror_line;

struct mirror {
	struct mirror_line *lines;
};

/* Stores, replaces or (empty value) removes a line. Kinds that nobody asks
 * for are passed over. 0, ENOMEM. */
int mirror_put(struct mirror *m, const struct core_record *r);
void mirror_release(struct mirror *m);

/* A record's line; empty when there is none. Borrowed until the next put. */
struct str mirror_get(const struct mirror *m, const char *kind,
		      struct str id);

/* Runs fn on each record of a kind, in no order. fn changes nothing. */
typedef void (mirror_h)(struct str id, struct str line, void *arg);
void mirror_each(const struct mirror *m, const char *kind, mirror_h *fn,
		 void *arg);

/* A field of a line, decoded (into the arena when it must be); empty when it
 * is absent. */
struct str line_get(struct str line, const char *name, struct arena *a);
uint64_t line_num(struct str line, const char *name); /* absent: 0 */
/* Cuts the next name=value off *restp; false at the end. value is encoded. */
bool line_cut(struct str *restp, struct str *namep, struct str *valuep);

#endif
