/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file own.h  What this node may act for: its boot, the addresses it holds.
 *
 * A node listens on every service address, also on those that another node
 * holds (net.ipv4.ip_nonlocal_bind), and acts for a leg only while the leg's
 * address is on one of this machine's interfaces.
 */
#ifndef ACD_OWN_H
#define ACD_OWN_H

#include "kamailio-mods/acd/acd.h"

int own_init(void); /* before the fork. 0, ENOMEM */
/* The link process's boot, for records; empty before it runs. */
const char *own_boot(void);
void own_set_boot(const char *boot);

/*
 * Fence: a node that stood still (SIGSTOP, a paused machine) may not own what
 * it owned. Until the link process has asked (fence.h), nothing is sent and
 * nothing that arrived meanwhile is looked at.
 */
bool own_is_fenced(void);
/* The link process's heart: every 100 ms. True: it had stopped, and the fence
 * is down from now on. */
bool own_beat(void);
void own_lift(void); /* the fence */

/* Whether an interface of this machine has the socket's address. Asks the
 * kernel; for the link process. */
bool own_holds(const struct socket_info *si);
/* Whether an address of ours came to this machine since the last call; at the
 * first one, whether any is here. */
bool own_gained(void);
/* None of our UDP sockets' addresses is here: another node has them. (TCP also
 * listens on the inner network.) */
bool own_standby(void);
/* si, or one like it (protocol, family, port) whose address is held; si when
 * there is none. */
struct socket_info *own_socket(struct socket_info *si);

#endif
