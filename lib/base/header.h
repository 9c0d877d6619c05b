/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file header.h  Values of SIP headers that Kamailio has no parser for.
 *
 * A value is what stands behind the colon, unfolded or not, without the last
 * line end. What is read is borrowed from it. Names are compared without
 * case, as RFC 3261 section 7.3.1 asks.
 */
#ifndef JF_BASE_HEADER_H
#define JF_BASE_HEADER_H

#include "lib/base/str.h"

/* Without blanks and line ends on both sides. */
struct str header_trim(struct str s);
/* The same text, ASCII letters of either case. */
bool header_same(struct str a, struct str b);
/* A number below 2^31 with blanks around it. 0, EINVAL. */
int header_unsigned(struct str value, unsigned *np);
/* Whether an option tag or method stands in a list. */
bool header_lists(struct str value, struct str option);

/* RFC 3891 section 6.1. 0, EINVAL: not one with both tags. */
struct header_replaces {
	struct str call_id, to_tag, from_tag;
	bool early_only;
};
int header_replaces(struct str value, struct header_replaces *r);

/* Session-Expires, RFC 4028 section 4. 0, EINVAL: no seconds, or none. */
enum header_refresher { REFRESHER_NONE, REFRESHER_UAC, REFRESHER_UAS };
struct header_session {
	unsigned s;
	enum header_refresher refresher;
};
int header_session(struct str value, struct header_session *h);

/* RAck, RFC 3262 section 7.2. 0, EINVAL. */
struct header_rack {
	unsigned rseq, cseq;
	struct str method;
};
int header_rack(struct str value, struct header_rack *r);

/* The Q.850 cause of a Reason header, RFC 3326; 0: none. */
unsigned header_q850(struct str value);

/* Cuts at the next comma outside of <> and quotes; false: nothing is left. */
bool header_entry(struct str *restp, struct str *entry);
/* The URI between < and > of an entry without the headers in it (?Reason=...);
 * empty: none. */
struct str header_uri(struct str entry);

#endif
