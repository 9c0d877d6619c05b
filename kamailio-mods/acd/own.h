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

/* Whether an interface of this machine has the socket's address. Asks the
 * kernel; for the link process. */
bool own_holds(const struct socket_info *si);

#endif
