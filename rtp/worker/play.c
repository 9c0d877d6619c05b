/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/play.h"

#include <errno.h>

int play_begin(struct play *play, struct prompts *prompts, uint64_t number,
	       struct str list, bool loop)
{
	struct str item;

	*play = (struct play){.number = number, .loop = loop};
	while (str_cut(&list, ',', &item)) {
		if (play->n == PLAY_ITEMS_MAX || !item.len) {
			play_end(play, prompts);
			return EINVAL;
		}
		play->items[play->n] = prompts_get(prompts, item);
		if (!play->items[play->n]) {
			play_end(play, prompts);
			return ENOMEM;
		}
		play->n++;
	}
	if (!play->n)
		return EINVAL;
	play->state = PLAY_ON;
	return 0;
}

/* Behind the end of an item: to the next that has samples. */
static void advance(struct play *play)
{
	play->pos = 0;
	if (++play->at < play->n)
		return;
	play->at = 0;
	if (!play->loop || !play->samples)
		play->state = PLAY_ENDED;
}

static size_t mix_item(struct play *play, int32_t *acc, size_t room)
{
	const struct prompt *p = play->items[play->at];
	size_t n = p->n - play->pos;

	if (n > room)
		n = room;
	for (size_t i = 0; i < n; i++)
		acc[i] += p->pcm[play->pos + i];
	play->pos += n;
	play->samples += n;
	if (play->pos == p->n)
		advance(play);
	return n;
}

enum play_state play_mix(struct play *play, int32_t acc[FRAME_SAMPLES])
{
	size_t done = 0;

	while (play->state == PLAY_ON && done < FRAME_SAMPLES) {
		const struct prompt *p = play->items[play->at];

		if (p->state == PROMPT_LOADING)
			break;
		if (p->state == PROMPT_FAILED) {
			play->state = PLAY_FAILED;
			play->error = p->error;
			break;
		}
		done += mix_item(play, acc + done, FRAME_SAMPLES - done);
	}
	return play->state;
}

void play_end(struct play *play, struct prompts *prompts)
{
	for (unsigned i = 0; i < play->n; i++)
		prompts_put(prompts, play->items[i]);
	play->n = 0;
	play->state = PLAY_OFF;
}
