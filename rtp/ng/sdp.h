/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file sdp.h  As much of an SDP (RFC 4566, RFC 3264) as ng needs to know.
 *
 * rtpengine parses SDP; we look for the audio line that it will serve, its
 * codecs and direction, and write the SDP of the inner side.
 */
#ifndef JF_NG_SDP_H
#define JF_NG_SDP_H

#include "lib/base/str.h"

#define SDP_MEDIA_MAX 8

struct sdp_media {
	struct str kind, proto, formats; /* "audio", "RTP/AVP", "8 101" */
	unsigned port;
	struct str addr; /* of its c= line, or the session's; may be empty */
	struct str body; /* from the end of its m= line to the next m= */
};

struct sdp {
	struct str head; /* the lines before the first m= */
	struct sdp_media v[SDP_MEDIA_MAX];
	unsigned n;
	unsigned audio; /* the first audio line that is not rejected, or n */
};

/* 0, EINVAL: not an SDP, or more media than SDP_MEDIA_MAX. */
int sdp_parse(struct str text, struct sdp *sdp);

struct sdp_format {
	struct str type; /* payload type, as text */
	struct str name; /* encoding name */
	unsigned rate;
};

/* The next format of a media line; rest starts as media->formats. */
bool sdp_format(const struct sdp_media *media, struct str *restp,
		struct sdp_format *fp);

/* "sendrecv", "sendonly", "recvonly", "inactive": the line's own, or the
 * session's, or the default. */
const char *sdp_direction(const struct sdp *sdp, const struct sdp_media *media);
/* What an answer to that says when the answerer would do everything. */
const char *sdp_direction_answer(const char *direction);

/* True when there is a format named so at this rate (0: any). */
bool sdp_has(const struct sdp_media *media, const char *name, unsigned rate,
	     struct str *typep);

#endif
