/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A To-tag as it came. The first byte says what happens to one of ours: 'o'
 * and eight bytes for its leg, that one as we make it; 'c': the same, and the
 * byte that follows changes it somewhere. */
#include <stdlib.h>

#include "kamailio-mods/acd/tag.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char secret[] = "a key of the tags that is longer than the block of the"
		       " hash, which makes it hashed before it is used";
struct acd_settings acd;

static void ours_of(const uint8_t *data, size_t size, bool change)
{
	char buf[TAG_SIZE];
	uint64_t leg, found;
	unsigned partition;
	str tag = {buf, 0};

	if (size < sizeof(leg) + 2)
		return;
	memcpy(&leg, data, sizeof(leg));
	tag.len = tag_make(buf, data[8] % 4, leg);
	MUST(tag.len > 0);
	if (change) {
		buf[data[8] % tag.len] ^= data[9] ? data[9] : 1;
		MUST(tag_parse(&tag, &partition, &found));
		return;
	}
	MUST(!tag_parse(&tag, &partition, &found));
	MUST(partition == data[8] % 4 && found == leg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	str tag = {copy, (int)size};
	uint64_t leg;
	unsigned partition;

	MUST(copy);
	memcpy(copy, data, size);
	acd.node = "acd-1";
	acd.partitions = 4;
	acd.secret = (str){secret, size & 1 ? 16 : sizeof(secret) - 1};
	MUST(!tag_self_test());
	if (size && (data[0] == 'o' || data[0] == 'c'))
		ours_of(data + 1, size - 1, data[0] == 'c');
	else
		MUST(tag_parse(&tag, &partition, &leg)); /* nobody guesses */
	free(copy);
	return 0;
}
