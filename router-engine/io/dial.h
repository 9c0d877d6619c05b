/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file dial.h  The other end of a control socket, blocking: for
 * jackfieldctl, never for the engine.
 */
#ifndef JF_IO_DIAL_H
#define JF_IO_DIAL_H

#include "lib/base/str.h"

/*
 * Sends one line to the control socket at path and waits for one line.
 * *linep: the answer without its end, NUL-terminated, to be freed.
 * 0; ENAMETOOLONG, ENOENT, ECONNREFUSED (nobody listens), EACCES, ETIMEDOUT,
 * ECONNRESET, ENOMEM.
 */
int dial_call(const char *path, struct str request, unsigned timeout_ms,
	      char **linep);

/* Paths of the control sockets (engine*.sock: others may speak something
 * else) in a directory, sorted; at most max, each to be freed. Returns how
 * many; 0 with errno when it cannot be read. */
size_t dial_list(const char *dir, char **paths, size_t max);

#endif
