/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file compat.h  Where the versions of Kamailio differ: 5.6 and 6.0.
 *
 * Every difference is hidden here; nothing else asks for VERSIONVAL.
 */
#ifndef ACD_COMPAT_H
#define ACD_COMPAT_H

#include "kamailio-mods/acd/ours.h"

#include "core/parser/parse_diversion.h"
#include "core/parser/parse_to.h"

/** URI of the topmost Diversion entry, once parse_diversion_header() is 0. */
static inline str diversion_uri(sip_msg_t *m)
{
#if VERSIONVAL >= 6000000
	const diversion_body_t *d = get_diversion(m);

	return d->num_ids > 0 ? d->id[0].uri : (str)STR_NULL;
#else
	return get_diversion(m)->uri;
#endif
}

#endif
