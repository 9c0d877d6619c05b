/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file hosts.h  The servers of a libpq conninfo, each in its turn.
 *
 * libpq goes on to the next host only when one refuses. One that is frozen or
 * cut off answers nothing, and would be asked first for ever: whoever waited
 * in vain puts it last.
 */
#ifndef JF_IO_HOSTS_H
#define JF_IO_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

struct hosts {
	char *host, *port; /* libpq's lists; NULL: not given */
};

/* 0; EINVAL: the conninfo cannot be read, err says why; ENOMEM. */
int hosts_read(struct hosts *h, const char *conninfo, char *err, size_t errsz);
void hosts_release(struct hosts *h);
bool hosts_many(const struct hosts *h); /* more than one */
/* The first becomes the last. */
void hosts_next(struct hosts *h);

#endif
