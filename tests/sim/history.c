/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/history.h"

#define AGAIN_MAX 200

struct row {
	char *line;
	struct row *next;
};

struct step {
	char *line; /* of a producer, or NULL */
	struct row *rows, **last;
};

struct history {
	history_row_h *row;
	void *arg;
	struct step ring[HISTORY_STEPS];
	unsigned at, n;
	char *again[AGAIN_MAX]; /* to be sent again */
	unsigned nagain, sent;
	struct arena arena;
};

struct history *history_alloc(history_row_h *row, void *arg)
{
	struct history *h = calloc(1, sizeof(*h));

	h->row = row;
	h->arg = arg;
	arena_init(&h->arena);
	return h;
}

/* Frees a step's rows; told: they count. */
static void settle(struct history *h, struct step *s, bool told)
{
	struct row *r;
	struct msg m;
	char err[160];

	while ((r = s->rows)) {
		s->rows = r->next;
		arena_reset(&h->arena);
		if (told && !msg_scan(&m, str_c(r->line), &h->arena, err,
				      sizeof(err)))
			h->row(&m, h->arg);
		free(r->line);
		free(r);
	}
	free(s->line);
	*s = (struct step){0};
}

void history_flush(struct history *h)
{
	for (; h->n; h->n--)
		settle(h, &h->ring[(h->at + HISTORY_STEPS + 1 - h->n)
				   % HISTORY_STEPS], true);
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (; h->n; h->n--, h->at += HISTORY_STEPS - 1)
		settle(h, &h->ring[h->at % HISTORY_STEPS], false);
	while (h->nagain)
		free(h->again[--h->nagain]);
	arena_release(&h->arena);
	free(h);
}

void history_step(struct history *h, const char *line)
{
	struct step *s;

	h->at = (h->at + 1) % HISTORY_STEPS;
	s = &h->ring[h->at];
	if (h->n == HISTORY_STEPS)
		settle(h, s, true);
	else
		h->n++;
	s->line = strstr(line, " src=") ? strdup(line) : NULL;
	s->last = &s->rows;
}

void history_row(struct history *h, const struct msg *m)
{
	struct step *s = &h->ring[h->at];
	struct row *r = calloc(1, sizeof(*r));
	struct str line;

	arena_reset(&h->arena);
	line = msg_format(m, &h->arena);
	r->line = strndup(line.p, line.len);
	*s->last = r;
	s->last = &r->next;
}

unsigned history_size(const struct history *h)
{
	return h->n;
}

void history_roll_back(struct history *h, unsigned n)
{
	while (h->nagain)
		free(h->again[--h->nagain]);
	h->sent = 0;
	for (unsigned i = n; i; i--) {
		struct step *s = &h->ring[(h->at + HISTORY_STEPS + 1 - i)
					  % HISTORY_STEPS];

		if (s->line && h->nagain < AGAIN_MAX) {
			h->again[h->nagain++] = s->line;
			s->line = NULL;
		}
		settle(h, s, false);
	}
	h->at = (h->at + HISTORY_STEPS - n) % HISTORY_STEPS;
	h->n -= n;
}

const char *history_next(struct history *h)
{
	return h->sent < h->nagain ? h->again[h->sent++] : NULL;
}
