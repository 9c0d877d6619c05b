/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file link.h  The link process: notices to Redis, commands from Redis.
 *
 * One process with its own event loop and its own line to tcp_main, so that it
 * may send over TCP, TLS and WebSocket. Everything that waits for Redis is
 * here; a SIP worker never does.
 */
#ifndef ACD_LINK_H
#define ACD_LINK_H

#include <stdbool.h>

int link_run(void); /* does not return while Kamailio runs */
/* Sends the notices that are in the pipe. */
void link_drain(void);
/* Tells a partition's owner that this node is here. In the link process. */
void link_say_up(unsigned partition);
/* Whether Redis is there, for the RPC: a copy in shared memory. */
struct link_figures {
	bool up;
	char directory[64]; /* version of the directory that we have */
	unsigned long long sent, confirmed, late, commands, reconnects;
};
extern struct link_figures *link_figures;
int link_init(void); /* before the fork */

#endif
