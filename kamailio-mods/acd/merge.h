/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file merge.h  Merged requests: one INVITE that a proxy forked and that
 * reached us more than once, on ways of their own (RFC 3261 8.2.2.2). From,
 * Call-ID and CSeq are the same and the branch is another: 482 for all but
 * the first, or one call would be two contacts.
 */
#ifndef ACD_MERGE_H
#define ACD_MERGE_H

#include "kamailio-mods/acd/acd.h"

int merge_init(void); /* 0, ENOMEM */

/* The name of an initial INVITE; never 0. */
uint64_t merge_key(sip_msg_t *m);
/* 0, EEXIST: it is here already; ENOMEM. */
int merge_enter(uint64_t key);
void merge_leave(uint64_t key); /* 0: nothing to do */

#endif
