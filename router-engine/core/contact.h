/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file contact.h  A customer's contact: arrival, greeting, line, end.
 */
#ifndef JF_CORE_CONTACT_H
#define JF_CORE_CONTACT_H

#include "router-engine/core/state.h"

/* A trunk's INVITE came. False: it was refused, there is no contact. */
bool contact_begin(struct core *c, struct leg *l, const struct msg *m);
/* The caller's leg is confirmed. */
void contact_up(struct core *c, struct contact *ct, struct leg *l);
/* A contact that only its caller's leg remembers: it waits to be put back
 * into its place, or into its talk (rebuild.h). */
struct memo;
void contact_adopt(struct core *c, struct leg *l, const struct memo *memo);
void contact_back(struct core *c, struct contact *ct);
/* What played to one of its legs is over. */
void contact_played(struct core *c, struct contact *ct, struct leg *l);
/* One of its legs is over. */
void contact_leg_over(struct core *c, struct contact *ct, struct leg *l);
/* Somebody asks for its end. */
void on_contact_end(struct core *c, const struct msg *m);
void contact_due(struct core *c, struct contact *ct);
/* It comes into its queue's line, also after a talk: steps and bound count
 * from now. */
void contact_line_up(struct core *c, struct contact *ct);
/* Its place, its step by now, and when to look again. */
void contact_replan(struct core *c, struct contact *ct);

void contact_enter(struct core *c, struct contact *ct,
		   enum contact_state state, const char *cause);
/* Ends the open segment for this cause and opens another (NONE: none). */
void contact_segment(struct core *c, struct contact *ct, const char *cause,
		     enum segment_kind kind, uint64_t agent, uint64_t offer);

/* From a talk into this queue's line, as one who came into line when it did. */
void contact_send_on(struct core *c, struct contact *ct, struct queue *q);

/* Music while waiting. */
void contact_music(struct core *c, struct contact *ct);

/* Journals and frees it: everything about it is told. */
void contact_finish(struct core *c, struct contact *ct);
/* How it ended; the first one counts. */
void contact_outcome(struct core *c, struct contact *ct, const char *outcome,
		     const char *by);

/* Frees it without a word: it is rebuilt from its leg. */
void contact_forget(struct core *c, struct contact *ct);

/* Links after core_load(). */
void contact_relink(struct core *c);

#endif
