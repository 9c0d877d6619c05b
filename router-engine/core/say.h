/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file say.h  What is spoken to callers and agents, in zh and en. */
#ifndef JF_CORE_SAY_H
#define JF_CORE_SAY_H

#include "router-engine/core/state.h"

/* A prompt that tells the place in line, from 1. In c->arena. */
struct str say_position(struct core *c, struct str language, uint64_t position);
/* A prompt that tells an agent the state they are in. */
struct str say_agent_state(struct core *c, struct str language,
			   enum agent_state state);

#endif
