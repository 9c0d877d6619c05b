/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file q850.h  Q.850 causes of SIP codes. */
#ifndef ACD_Q850_H
#define ACD_Q850_H

#include "kamailio-mods/acd/ours.h"

/* What RFC 3398 section 8.2.6.1 maps a final code to; 16 for others below
 * 300, 127 for unknown ones. */
unsigned q850_of_code(unsigned code);

#endif
