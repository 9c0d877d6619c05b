/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file store.h  What Redis would hold: records by kind and id. */
#ifndef JF_SIM_STORE_H
#define JF_SIM_STORE_H

#include "router-engine/core/core.h"

struct store;

struct store *store_alloc(void);
void store_free(struct store *s);
/* One commit. */
void store_put(struct store *s, const struct core_record *v, size_t n);
/* The last n commits never were; at most STORE_UNDO. */
#define STORE_UNDO 64
void store_roll_back(struct store *s, unsigned n);
/* Everything, in no order; the array is the caller's, the texts the store's. */
struct core_record *store_all(const struct store *s, size_t *np);
/* True when v holds exactly what is stored. */
bool store_equals(const struct store *s, const struct core_record *v,
		  size_t n);

#endif
