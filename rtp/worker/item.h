/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file item.h  An item of a list of prompts: file:NAME, a file below the
 * directory of prompts, or say:LANGUAGE:TEXT. NAME and TEXT are encoded
 * (lib/base/escape.h).
 */
#ifndef JF_WORKER_ITEM_H
#define JF_WORKER_ITEM_H

#include "lib/base/arena.h"

struct item {
	struct str file; /* set: a relative path without . or .. in it */
	struct str language, text;
};

/* 0; EINVAL, and *whyp says what is wrong. Texts are the key's or the
 * arena's. */
int item_parse(struct str key, struct arena *a, struct item *item,
	       const char **whyp);

#endif
