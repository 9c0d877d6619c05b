/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file bencode.h  Bencode: a writer into a buffer, a reader without memory.
 *
 * The reader trusts nothing: lengths are checked against what is there, depth
 * is bounded, and canonical form is asked for (no leading zeros, no "-0"), so
 * that a text has one meaning. Order of keys is not asked for: rtpengine does
 * not sort them.
 */
#ifndef JF_NG_BENCODE_H
#define JF_NG_BENCODE_H

#include "lib/base/str.h"

#define BENCODE_DEPTH_MAX 16

/* ---- writing ------------------------------------------------------------ */

struct bwriter {
	char *p;
	size_t size, len;
	bool full; /* something did not fit; everything after it is dropped */
};

void bwrite_init(struct bwriter *w, char *buf, size_t size);
void bwrite_str(struct bwriter *w, struct str s);
void bwrite_int(struct bwriter *w, int64_t v);
void bwrite_dict(struct bwriter *w); /* open; bwrite_end() closes */
void bwrite_list(struct bwriter *w);
void bwrite_end(struct bwriter *w);

/* ---- reading ------------------------------------------------------------ */

enum bkind { B_STR, B_INT, B_LIST, B_DICT };

struct bvalue {
	enum bkind kind;
	struct str raw; /* the whole value as it stands */
	struct str str; /* B_STR: its bytes; B_LIST, B_DICT: what is inside */
	int64_t num;	/* B_INT */
};

/* The whole text is exactly one value. 0, EPROTO. */
int bread(struct str text, struct bvalue *vp);
/* A value of a dictionary that bread() accepted. 0, ENOENT. */
int bread_get(const struct bvalue *dict, const char *key, struct bvalue *vp);
/* The next item of a list (rest starts as list->str). False at its end. */
bool bread_item(struct str *restp, struct bvalue *vp);

#endif
