/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file registrations.h  Phones that register: agent.registered and
 * agent.unregistered, from usrloc's callbacks. */
#ifndef ACD_REGISTRATIONS_H
#define ACD_REGISTRATIONS_H

#include "core/str.h"

int registrations_init(void); /* 0, ENOENT: usrloc is not loaded */
/* Tells every binding of a partition's agents again. In the link process. */
void registrations_tell(unsigned partition);
/* Where the phone behind a dialog's URIs (its address of record, its Contact)
 * registered from last: copied to b, its length; 0: it is not registered. */
int registrations_flow(const str *aor, const str *contact, char *b, int size);

#endif
