/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file store.h  A leg's record, {pN}:leg:<id>: what another node needs to
 * take the dialog over, and the engine's memo.
 *
 * One line, `field=value ...`, values percent-encoded (lib/base/escape.h):
 *
 *	version=1 partition=1 side=uas state=up node=acd-1 boot=... call=c...
 *	call_id=... ltag=... rtag=... luri=... ruri=... target=... dst=...
 *	flow=... contact=... route=... lseq=1 rseq=1
 *	trunk=... tenant=... until=... socket=udp:127.0.0.1:5060
 *	session=1800 refresher=us refresh=update sdp=... memo=...
 */
#ifndef ACD_STORE_H
#define ACD_STORE_H

#include "kamailio-mods/acd/leg.h"

#define STORE_MAX 8192

/* Its length, or -1: it does not fit. */
int store_encode(const struct leg *l, char *dst, size_t size);

/*
 * Makes the leg that a record describes, in the table and its bucket locked
 * by the caller, with a margin on the CSeq: the last one may not have been
 * stored. 0; EPROTO (no record of ours), EADDRNOTAVAIL (this node does not
 * listen on its socket, or does not hold the address), EEXIST, ENOMEM.
 */
int store_decode(struct leg **lp, uint64_t id, unsigned partition,
		struct str record);

/* Whether a record is of a leg that this boot of this node has. */
bool store_is_ours(struct str record);

const char *leg_state_name(enum leg_state state);

#endif
