/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file guard.h  What is looked at before any other parser, lib/base/shape.h. */
#ifndef ACD_GUARD_H
#define ACD_GUARD_H

#include "kamailio-mods/acd/acd.h"

/* acd_shape(): 1, or -1 (logged): no parser should be given this message. */
int guard_shape(sip_msg_t *m);

#endif
