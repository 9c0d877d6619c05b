/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole replay log: whatever is in it, it is told, never fatal. */
#include "router-engine/store/replay.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *log = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	FILE *sink = fopen("/dev/null", "w");
	struct replay_result r;

	if (log && sink)
		replay_run(log, sink, sink, &r);
	if (log)
		fclose(log);
	if (sink)
		fclose(sink);
	return 0;
}
