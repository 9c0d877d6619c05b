/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file tag.h  Local tags: partition.node.leg.MAC
 *
 * Any node finds the partition and the record of an in-dialog request from
 * its To-tag alone, and refuses a tag that none of us made without asking
 * anybody. MAC: the first 8 octets of HMAC-SHA-256 (RFC 2104, FIPS 180-4) over
 * what stands before it, in hexadecimal.
 */
#ifndef ACD_TAG_H
#define ACD_TAG_H

#include "kamailio-mods/acd/acd.h"

#define TAG_SIZE 128
#define TAG_MAC_LEN 16

/* Computes a known MAC (RFC 4231, case 2). 0, EINVAL: the code is broken. */
int tag_self_test(void);
/* Writes the tag and a NUL; returns its length, or -1: too long. */
int tag_make(char buf[TAG_SIZE], unsigned partition, uint64_t leg);
/* 0, or EINVAL: not one of ours. node may be another than this one. */
int tag_parse(const str *tag, unsigned *partitionp, uint64_t *legp);

#endif
