/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file registrations.h  Phones that register: agent.registered and
 * agent.unregistered, from usrloc's callbacks. */
#ifndef ACD_REGISTRATIONS_H
#define ACD_REGISTRATIONS_H

int registrations_init(void); /* 0, ENOENT: usrloc is not loaded */
/* Tells every binding of a partition's agents again. In the link process. */
void registrations_tell(unsigned partition);

#endif
