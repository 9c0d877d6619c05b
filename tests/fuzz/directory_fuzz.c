/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A value of one of the directory's hashes, a ban's, a record's name. */
#include <stdlib.h>

#include "lib/base/directory.h"

#define PARTITIONS 4

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct str v = {copy, size};
	struct directory_ban ban;
	unsigned tenant, partition;
	uint64_t leg;

	MUST(copy);
	memcpy(copy, data, size);
	if (!directory_place(v, PARTITIONS, &tenant, &partition))
		MUST(partition < PARTITIONS);
	if (!directory_credential(v, PARTITIONS, &tenant, &partition))
		MUST(partition < PARTITIONS);
	MUST(directory_max_calls(v) <= INT32_MAX);
	if (!directory_ban(v, &ban))
		MUST(ban.cause.len + ban.node.len < size);
	if (!directory_leg(v, PARTITIONS, &partition, &leg))
		MUST(partition < PARTITIONS && size > 20);
	free(copy);
	return 0;
}
