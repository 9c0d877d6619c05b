/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file spare.h  Refusals that cost no memory.
 *
 * A transaction lives for seconds after its reply. A flood of requests that
 * come to nothing would fill the shared memory with them, and the requests of
 * calls that are up would find none.
 */
#ifndef ACD_SPARE_H
#define ACD_SPARE_H

#include "kamailio-mods/acd/acd.h"

/* Binds sl. 0, ENOENT. */
int spare_init(void);
/* Replies without a transaction. */
void spare_reply(sip_msg_t *m, int code, const char *phrase);
/* True: an eighth of the shared memory is left, for the calls that there are;
 * m, which would begin another one, has got a 503. */
bool spare_refuses(sip_msg_t *m);

#endif
