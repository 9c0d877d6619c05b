/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SIP message as it came from the network. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of its own size: a byte read behind it is seen */
	char *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	shape_message((struct str){copy, size});
	free(copy);
	return 0;
}
