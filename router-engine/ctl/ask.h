/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file ask.h  jackfieldctl: asking the engines behind their sockets.
 */
#ifndef JF_CTL_ASK_H
#define JF_CTL_ASK_H

#include <jansson.h>

#define ASK_ENGINES_MAX 32

struct ask {
	char *paths[ASK_ENGINES_MAX];
	size_t n;
	unsigned timeout_ms;
	char error[512]; /* of the last call, for people */
	int code; /* its JSON-RPC code, 0: no engine answered */
};

/* where: a socket, or a directory of sockets (engine*.sock). 0, or an errno and
 * a->error. */
int ask_open(struct ask *a, const char *where);
void ask_close(struct ask *a);

/*
 * The engine that has what is asked for: each is asked until one has it.
 * While none has it and a takeover may be under way, they are asked again
 * for up to wait_ms. NULL: a->error. The result is the caller's.
 */
json_t *ask_one(struct ask *a, const char *method, json_t *params,
		unsigned wait_ms);

/* All engines: their results in one array (arrays are joined). NULL when
 * none answered; a->error also tells of one that did not. */
json_t *ask_all(struct ask *a, const char *method, json_t *params);

#endif
