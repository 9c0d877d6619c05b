/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/mix.h"

#define CONCEALED_FRAMES 3 /* how long jitter.c fills a gap */

void mixer_init(struct mixer *mx, struct prompts *prompts,
		const struct mixer_handlers *h)
{
	*mx = (struct mixer){.prompts = prompts, .h = *h, .generation = 1};
}

void mixer_release(struct mixer *mx)
{
	struct leg *leg, *tmp;

	HASH_ITER(hh, mx->legs, leg, tmp)
	mixer_remove(mx, leg);
}

struct leg *mixer_find(const struct mixer *mx, struct str id)
{
	struct leg *leg;

	HASH_FIND(hh, mx->legs, id.p, id.len, leg);
	return leg;
}

void mixer_add(struct mixer *mx, struct leg *leg)
{
	HASH_ADD_KEYPTR(hh, mx->legs, leg->id, strlen(leg->id), leg);
	mx->generation++;
}

void mixer_remove(struct mixer *mx, struct leg *leg)
{
	mixer_stop(mx, leg);
	HASH_DEL(mx->legs, leg);
	mx->generation++;
	leg_close(leg);
}

void mixer_stop(struct mixer *mx, struct leg *leg)
{
	play_end(&leg->play, mx->prompts);
}

bool mixer_is_still(const struct mixer *mx, unsigned frames)
{
	const struct leg *leg;

	for (leg = mx->legs; leg; leg = leg->hh.next)
		if (leg->still < frames)
			return false;
	return true;
}

/* ---- sums
 * ------------------------------------------------------------------------ */

void mix_add(int32_t acc[FRAME_SAMPLES], const int16_t in[FRAME_SAMPLES],
	     int percent)
{
	/* Of 256 parts, so that the compiler has shifts and no division. */
	int32_t gain = percent * 256 / 100;

	for (int i = 0; i < FRAME_SAMPLES; i++)
		acc[i] += gain == 256 ? in[i] : (in[i] * gain) / 256;
}

void mix_clip(int16_t out[FRAME_SAMPLES], const int32_t acc[FRAME_SAMPLES])
{
	for (int i = 0; i < FRAME_SAMPLES; i++) {
		int32_t v = acc[i];

		v = v > INT16_MAX ? INT16_MAX : v;
		out[i] = (int16_t)(v < INT16_MIN ? INT16_MIN : v);
	}
}

/* Legs come and go: a row's pointers are looked up again after that. */
static void find_heard(struct mixer *mx, struct leg *leg)
{
	for (unsigned i = 0; i < leg->nhears; i++)
		leg->hears[i].leg = mixer_find(mx, str_c(leg->hears[i].id));
	leg->generation = mx->generation;
}

/* ---- a frame
 * --------------------------------------------------------------------- */

struct digit_to {
	struct mixer *mx;
	struct leg *leg;
};

static void on_digit(char digit, unsigned ms, void *arg)
{
	struct digit_to *to = arg;

	if (to->mx->h.on_digit)
		to->mx->h.on_digit(to->leg, digit, ms, to->mx->h.arg);
}

static void hear(struct mixer *mx, struct leg *leg)
{
	struct digit_to to = {mx, leg};

	leg_receive(leg, on_digit, &to);
	leg->still = jitter_get(&leg->jitter, leg->in) ? 0 : leg->still + 1;
}

static void played(struct mixer *mx, struct leg *leg, enum play_state state)
{
	bool failed = state == PLAY_FAILED;

	if (state != PLAY_ENDED && !failed)
		return;
	if (mx->h.on_played)
		mx->h.on_played(leg, failed ? "error" : "end",
				failed ? leg->play.error : NULL, mx->h.arg);
	mixer_stop(mx, leg);
}

/* Nothing plays to it, and of those it hears nobody has said anything, not
 * even what conceals a loss. */
static bool hears_nothing(const struct leg *leg)
{
	if (leg->play.state == PLAY_ON)
		return false;
	for (unsigned i = 0; i < leg->nhears; i++)
		if (leg->hears[i].leg &&
		    leg->hears[i].leg->still <= CONCEALED_FRAMES)
			return false;
	return true;
}

/* Whether this frame is left out: silence, and not its time. */
static bool left_out(const struct mixer *mx, struct leg *leg)
{
	if (!hears_nothing(leg) || ++leg->unsent >= mx->silence_frames) {
		leg->unsent = 0;
		return false;
	}
	leg_skip(leg, 1);
	return true;
}

static void speak(struct mixer *mx, struct leg *leg)
{
	int32_t acc[FRAME_SAMPLES] = {0};
	int16_t out[FRAME_SAMPLES];
	enum play_state state = PLAY_OFF;

	if (leg->generation != mx->generation)
		find_heard(mx, leg);
	if (mx->silence_frames > 1 && left_out(mx, leg))
		return;
	for (unsigned i = 0; i < leg->nhears; i++)
		if (leg->hears[i].leg)
			mix_add(acc, leg->hears[i].leg->in,
				leg->hears[i].percent);
	if (leg->play.state == PLAY_ON)
		state = play_mix(&leg->play, acc);
	mix_clip(out, acc);
	leg_send(leg, out);
	played(mx, leg, state);
}

void mixer_frame(struct mixer *mx)
{
	struct leg *leg, *tmp;

	HASH_ITER(hh, mx->legs, leg, tmp)
	hear(mx, leg);
	if (mx->h.on_frame)
		mx->h.on_frame(mx->h.arg);
	HASH_ITER(hh, mx->legs, leg, tmp)
	speak(mx, leg);
}

void mixer_skip(struct mixer *mx, unsigned n)
{
	struct leg *leg, *tmp;

	HASH_ITER(hh, mx->legs, leg, tmp)
	{
		jitter_skip(&leg->jitter, n);
		leg_skip(leg, n);
	}
}
