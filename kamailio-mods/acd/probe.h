/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file probe.h  Is the other side of a restored leg still there? */
#ifndef ACD_PROBE_H
#define ACD_PROBE_H

#include "kamailio-mods/acd/leg.h"

/*
 * Asks with OPTIONS inside the dialog; the leg is locked. A phone that is
 * reached by its own connection is asked when it has had the time to connect
 * again; heard: a request of its own has just come.
 */
void probe_begin(struct leg *l, bool heard);
/* The other side is there, and so is the dialog: its ACK has got lost when our
 * 2xx is not acknowledged. The leg is locked. */
void probe_proved(struct leg *l);
/* The time in l->probe_at has come; the leg is locked. */
void probe_send(struct leg *l);

#endif
