/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration file as an engine's and as a media worker's. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "router-engine/store/settings.h"
#include "rtp/worker/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd;
	char path[40], err[300] = "";
	struct settings s;
	struct conf c;

	if (!fd)
		fd = memfd_create("settings", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!settings_load(&s, path, err, sizeof(err))) {
		if (!s.name || !s.partitions || !s.postgres)
			abort();
		settings_release(&s);
	} else if (!err[0]) {
		abort();
	}
	err[0] = '\0';
	if (!conf_read(&c, path, err, sizeof(err))) {
		if (!c.name || !c.partitions || c.first_port > c.last_port)
			abort();
		conf_release(&c);
	} else if (!err[0]) {
		abort();
	}
	return 0;
}
