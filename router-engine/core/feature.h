/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file feature.h  An agent dials a feature code: ready, pause, log out. */
#ifndef JF_CORE_FEATURE_H
#define JF_CORE_FEATURE_H

#include "router-engine/core/state.h"

/* An agent's INVITE came. False: it was refused. */
bool feature_begin(struct core *c, struct leg *l, const struct msg *m);
void feature_up(struct core *c, struct leg *l); /* confirm in words */
void feature_played(struct core *c, struct leg *l); /* said: hang up */

#endif
