/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file calllog.h  What a step did to contacts and legs, as log lines. */
#ifndef JF_STORE_CALLLOG_H
#define JF_STORE_CALLLOG_H

#include "router-engine/core/core.h"

void calllog(const struct core_out *out);

#endif
