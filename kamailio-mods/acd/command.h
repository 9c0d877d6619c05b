/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file command.h  What engines command: see "commands to acd nodes" in
 * lib/base/messages.def. Link process only.
 */
#ifndef ACD_COMMAND_H
#define ACD_COMMAND_H

#include "kamailio-mods/acd/ours.h"

struct bus;

/* bus_command_h; arg is the bus. */
void command_run(unsigned partition, const struct msg *m, void *arg);
/* The same for a command that came after its not_after. */
void command_late(unsigned partition, const struct msg *m, void *arg);

/* Redis is there again, and may have lost everything: records that it lacks
 * are written again. */
void command_records(struct bus *bus);

#endif
