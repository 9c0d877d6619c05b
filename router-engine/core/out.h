/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file out.h  Effects of a step: commands, rows, pushes.
 *
 * Texts put into an effect must live until the next step: what is made on the
 * way goes into c->arena; text owned by an object may change later in the
 * same step, so the helpers here copy.
 */
#ifndef JF_CORE_OUT_H
#define JF_CORE_OUT_H

#include "router-engine/core/state.h"

/* A new effect of this type; never NULL: when memory is out, c->failed is
 * set and a spare is returned that goes nowhere. */
struct core_effect *out_new(struct core *c, enum msg_type type);

void out_str(struct core *c, struct core_effect *e, enum msg_field f,
	     struct str v);
void out_num(struct core *c, struct core_effect *e, enum msg_field f,
	     uint64_t v); /* also when it is 0 */
void out_opt(struct core *c, struct core_effect *e, enum msg_field f,
	     uint64_t v); /* not when it is 0 */
void out_id(struct core *c, struct core_effect *e, enum msg_field f,
	    char letter, uint64_t id); /* not when it is 0 */

/* A command to the node that has the leg, valid for `ms` from now. */
struct core_effect *out_leg(struct core *c, const struct leg *l,
			    enum msg_type type, uint64_t ms);
/* A command to the leg's media worker; NULL when it has none. */
struct core_effect *out_worker(struct core *c, const struct leg *l,
			       enum msg_type type);

/* An audit entry about this object. */
void out_audit(struct core *c, uint64_t tenant, struct str actor,
	       const char *verb, struct str object, struct str reason);

#endif
