/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file media.h  A leg's media: what rtpengine and the worker are told.
 *
 * A leg holds what is wanted (hears, prompts, where the inner side points);
 * the functions here say it to whoever can do it now, and say it again when a
 * worker or an rtpengine came back. Requests to rtpengine are one at a time
 * per leg and awaited (leg.op, leg.token).
 */
#ifndef JF_CORE_MEDIA_H
#define JF_CORE_MEDIA_H

#include "router-engine/core/state.h"

/* The outer side offered leg.outer_sdp: negotiate. False: no rtpengine. */
bool media_negotiate(struct core *c, struct leg *l);
/* We offer: leg_media_ready() brings the SDP. False: no rtpengine. */
bool media_propose(struct core *c, struct leg *l);
/* The outer side answered our proposal with leg.outer_sdp. */
void media_accept(struct core *c, struct leg *l);
/* The same negotiation again, when there was one. */
void media_assert(struct core *c, struct leg *l);
/* Points the inner side where it should go now, when it goes elsewhere. */
void media_aim(struct core *c, struct leg *l);
/* Frees what the leg has at rtpengine and at the worker. */
void media_close(struct core *c, struct leg *l);
/* True while media_close() waits for either. */
bool media_closing(const struct leg *l);

/* The whole row of the matrix: "l...:100,..." or empty. */
void media_hear(struct core *c, struct leg *l, struct str hears);
/* Plays prompts; words: for people watching. */
void media_play(struct core *c, struct leg *l, struct str prompts, bool loop,
		const char *words);
void media_stop(struct core *c, struct leg *l);

/* The leg's worker is gone; another has room, or the same is back. */
void media_detach(struct core *c, struct leg *l);
void media_attach(struct core *c, struct leg *l);
/* Its worker lives and is left: a recording ends there and begins anew. */
void media_leave(struct core *c, struct leg *l);

/* The worker announced an adopted leg (media.alive): it stays there. */
void media_adopt(struct core *c, struct leg *l, const struct msg *m);

/* A new owner asks for everything that is awaited. */
void media_ask_again(struct core *c);

void on_ng_replied(struct core *c, const struct msg *m);
void on_ng_failed(struct core *c, const struct msg *m);
void on_media_silent(struct core *c, const struct msg *m);
void on_media_done(struct core *c, const struct msg *m);
void on_media_removed(struct core *c, const struct msg *m);

#endif
