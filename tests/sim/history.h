/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file history.h  The last steps: the events that came, which a producer can
 * send again, and the rows that were written, which Redis may still lose.
 *
 * A row counts when its step is older than anything that can be rolled back;
 * then it is handed to who checks rows.
 */
#ifndef JF_SIM_HISTORY_H
#define JF_SIM_HISTORY_H

#include "lib/base/msg.h"

#define HISTORY_STEPS 60

struct history;

typedef void (history_row_h)(const struct msg *m, void *arg);

struct history *history_alloc(history_row_h *row, void *arg);
/* Every row that is left counts. */
void history_flush(struct history *h);
void history_free(struct history *h);

/* A step begins with this event. */
void history_step(struct history *h, const char *line);
void history_row(struct history *h, const struct msg *m);

/* How many steps can be taken back. */
unsigned history_size(const struct history *h);
/* The last n steps never were: their rows are lost; their events, those of
 * producers, follow from history_next() in order, NULL after the last. */
void history_roll_back(struct history *h, unsigned n);
const char *history_next(struct history *h);

#endif
