/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file recording.h  What is said, into files: one part per talk segment and worker. */
#ifndef JF_CORE_RECORDING_H
#define JF_CORE_RECORDING_H

#include "router-engine/core/state.h"

void recording_begin(struct core *c, struct contact *ct, struct leg *left,
		     struct leg *right);
void recording_end(struct core *c, struct contact *ct);
/* The leg's worker is gone and what it recorded with it. */
void recording_lost(struct core *c, struct leg *l);
void recording_due(struct core *c, struct recording *r);

void on_media_recorded(struct core *c, const struct msg *m);
void on_media_progress(struct core *c, const struct msg *m);

#endif
