/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file shape.h  Whether a SIP message has a shape that parsers may be given.
 *
 * Looked at before anything parses SDP, multipart bodies or digest
 * credentials: how many headers and how long, which of them twice, whether
 * Content-Length is true, whether quotes end. It refuses what no phone and no
 * carrier sends, not what is merely unusual (RFC 4475's valid messages pass),
 * and never writes. Each function gives NULL, or what is wrong in a word or
 * two for the log.
 */
#ifndef JF_BASE_SHAPE_H
#define JF_BASE_SHAPE_H

#include "lib/base/str.h"

enum {
	SHAPE_LINE_MAX = 8192, /* bytes of a header with what is folded to it */
	SHAPE_HEADERS_MAX = 192, /* as many Vias as there are hops, and more */
	SHAPE_DIGESTS_MAX = 8,
	SHAPE_SDP_LINES_MAX = 512,
	SHAPE_SDP_LINE_MAX = 1024,
	SHAPE_SDP_MEDIA_MAX = 16,
	SHAPE_PARTS_MAX = 16,
};

/* A whole message as it came, RFC 3261 section 7: what stands in its headers
 * and, by Content-Type, in its body. */
const char *shape_message(struct str message);

/* Value of Authorization or Proxy-Authorization, RFC 7616. */
const char *shape_digest(struct str value);
/* RFC 4566; also without its last line end. */
const char *shape_sdp(struct str body);
/* RFC 2046; type is the value of Content-Type. */
const char *shape_multipart(struct str type, struct str body);

#endif
