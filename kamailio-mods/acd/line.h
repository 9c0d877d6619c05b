/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file line.h  OPTIONS to every gateway, REGISTER to those that want it. */
#ifndef ACD_LINE_H
#define ACD_LINE_H

/* For the link process, a few times a second: sends what is due. */
void line_tick(void);

#endif
