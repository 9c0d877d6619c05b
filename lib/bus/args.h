/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file args.h  Arguments of a command, grown one by one in an arena. */
#ifndef JF_BUS_ARGS_H
#define JF_BUS_ARGS_H

#include "lib/base/msg.h"

struct args {
	struct arena a;
	struct str *v;
	size_t n, cap;
	bool failed;
};

void args_init(struct args *x);
void args_release(struct args *x);
void args_add(struct args *x, struct str s); /* copied */
void args_num(struct args *x, uint64_t v);
/* All arguments of from, which must live as long as x. */
void args_refer(struct args *x, const struct args *from);
/* FCALL name 1 {pN} */
void args_fcall(struct args *x, const char *function, unsigned partition);
/* A field m with the message packed (pack.h). */
void args_msg(struct args *x, const struct msg *m);
size_t args_bytes(const struct args *x); /* of all arguments */
bool args_failed(const struct args *x);

#endif
