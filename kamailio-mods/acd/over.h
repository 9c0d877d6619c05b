/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file over.h  The end of a leg: the one place that says leg.ended. */
#ifndef ACD_OVER_H
#define ACD_OVER_H

#include "kamailio-mods/acd/leg.h"

struct ending {
	const char *by; /* remote, local, node */
	const char *cause; /* see leg.ended in messages.def */
	unsigned code; /* SIP, 0: none */
	unsigned q850; /* 0: what the code maps to */
	str reason;
};

/* Sends leg.ended, deletes the leg's record, and frees the leg. */
void leg_over(struct leg *l, const struct ending *e);

#endif
