/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file mirror.h  The last stored line of each record, for whoever asks.
 *
 * What people see through the control socket is what is stored: the lines
 * that the core gave, read here without asking the core.
 */
#ifndef JF_STORE_MIRROR_H
#define JF_STORE_MIRROR_H

#include "lib/base/line.h"
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

#endif
