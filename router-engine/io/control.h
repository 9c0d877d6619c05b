/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file control.h  The engine's control socket: lines in, lines out.
 *
 * A UNIX socket that only its owner may open (mode 0600). One line is one
 * request, one line is its answer; answers may come later and in any order.
 */
#ifndef JF_IO_CONTROL_H
#define JF_IO_CONTROL_H

#include "lib/base/str.h"

struct event_base;
struct control;

#define CONTROL_LINE_MAX 65536
#define CONTROL_CLIENTS_MAX 64

/* A line came, without its end. client: for control_reply(). */
typedef void (control_h)(uint64_t client, struct str line, void *arg);

/* 0; EADDRINUSE: another process listens on this path; ENAMETOOLONG, ENOMEM
 * or an errno of socket(), bind(). */
int control_alloc(struct control **cp, struct event_base *base,
		  const char *path, control_h *on_line, void *arg);
void control_free(struct control *c); /* may be NULL; removes the socket */

/* Sends a line (without its end). A client that has left is passed over. */
void control_reply(struct control *c, uint64_t client, struct str line);

#endif
