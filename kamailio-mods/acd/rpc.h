/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file rpc.h  acd.legs and acd.stats. */
#ifndef ACD_RPC_H
#define ACD_RPC_H

int rpc_init(void); /* 0, EINVAL */

#endif
