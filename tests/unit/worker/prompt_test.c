/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prompts and playbacks, with a speech program that is `cp` or worse. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rtp/worker/jobs.h"
#include "rtp/worker/play.h"

static char dir[] = "/tmp/jackfield-prompt-XXXXXX";
static struct event_base *base;
static struct jobs *jobs;
static struct prompts *prompts;
static char command[128];

static void write_wav(const char *name, int16_t value, size_t n)
{
	int16_t *pcm = calloc(n, sizeof(*pcm));
	char path[128], why[WAV_ERROR_MAX];
	struct wav *wav;

	for (size_t i = 0; i < n; i++)
		pcm[i] = value;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(wav_create(&wav, path, 1, why), 0);
	assert_int_equal(wav_write(wav, pcm, n, why), 0);
	assert_int_equal(wav_close(wav, why), 0);
	free(pcm);
}

static void start(const char *tts)
{
	struct prompts_conf conf = {.dir = dir, .bytes_max = 4000};

	snprintf(command, sizeof(command), tts, dir);
	conf.tts = (struct tts){
		.command = command, .cache = dir, .deadline_ms = 300};
	base = event_base_new();
	assert_int_equal(jobs_alloc(&jobs, base, 2), 0);
	assert_int_equal(prompts_alloc(&prompts, jobs, jobs, &conf), 0);
}

static void stop(void)
{
	jobs_free(jobs);
	prompts_free(prompts);
	event_base_free(base);
}

static void settle(void)
{
	while (jobs_pending(jobs))
		event_base_loop(base, EVLOOP_ONCE);
}

static struct prompt *loaded(const char *item)
{
	struct prompt *p = prompts_get(prompts, str_c(item));

	settle();
	return p;
}

static void plays_without_a_gap(void **state)
{
	int32_t acc[FRAME_SAMPLES];
	struct play play;
	size_t heard = 0;

	(void)state;
	start("false");
	write_wav("a.wav", 100, 200);
	write_wav("b.wav", 7, 100);
	assert_int_equal(play_begin(&play, prompts, 1,
				    STR_LIT("file:a,file:b.wav,file:a"), false),
			 0);
	memset(acc, 0, sizeof(acc));
	assert_int_equal(play_mix(&play, acc), PLAY_ON); /* being loaded */
	assert_int_equal(acc[0], 0);
	settle();
	for (int frame = 0; frame < 4; frame++) {
		memset(acc, 0, sizeof(acc));
		assert_int_equal(play_mix(&play, acc),
				 frame < 3 ? PLAY_ON : PLAY_ENDED);
		for (int i = 0; i < FRAME_SAMPLES; i++, heard++)
			assert_int_equal(acc[i], heard < 200   ? 100
						 : heard < 300 ? 7
						 : heard < 500 ? 100
							       : 0);
	}
	assert_int_equal(play_ms(&play), 62);
	play_end(&play, prompts);
	stop();
}

static void loops_without_a_gap(void **state)
{
	int32_t acc[FRAME_SAMPLES];
	struct play play;

	(void)state;
	start("false");
	write_wav("a.wav", 100, 33);
	play_begin(&play, prompts, 1, STR_LIT("file:a"), true);
	settle();
	for (int frame = 0; frame < 20; frame++) {
		memset(acc, 0, sizeof(acc));
		assert_int_equal(play_mix(&play, acc), PLAY_ON);
		for (int i = 0; i < FRAME_SAMPLES; i++)
			assert_int_equal(acc[i], 100);
	}
	play_end(&play, prompts);
	stop();
}

static void fails_with_a_reason(void **state)
{
	static const struct {
		const char *item, *why;
	} bad[] = {
		{"file:nothing", "No such file"},
		{"file:../etc/passwd", "leaves"},
		{"file:../not/there", "leaves"},
		{"file:/etc/passwd", "leaves"},
		{"file:a/../../b", "leaves"},
		{"file:", "leaves"},
		{"file:.hidden", "leaves"},
		{"file:%2e%2e/x", "leaves"},
		{"file:link.wav", "leaves"}, /* a link to somewhere else */
		{"file:a%2", "encoded"},
		{"shout:en:hello", "neither"},
		{"say:en", "no text"},
		{"say:e.n:hello", "odd language"},
		{"say:en:", "no text"},
		{"", "neither"},
	};
	char path[128];

	(void)state;
	start("false");
	snprintf(path, sizeof(path), "%s/link.wav", dir);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct prompt *p = loaded(bad[i].item);

		if (p->state != PROMPT_FAILED || !strstr(p->error, bad[i].why))
			fail_msg("%s: state %d, %s", bad[i].item, p->state,
				 p->error);
		prompts_put(prompts, p);
	}
	stop();
}

/* Nothing to play, for ever: that is over at once. */
static void an_empty_loop_ends(void **state)
{
	struct prompt empty = {.state = PROMPT_READY};
	struct play play = {.state = PLAY_ON,
			    .loop = true,
			    .n = 2,
			    .items = {&empty, &empty}};
	int32_t acc[FRAME_SAMPLES] = {0};

	(void)state;
	assert_int_equal(play_mix(&play, acc), PLAY_ENDED);
}

static void memory_is_bounded(void **state)
{
	struct prompt *p, *first;

	(void)state;
	start("false");
	write_wav("a.wav", 1, 1000);
	write_wav("b.wav", 2, 1000);
	write_wav("c.wav", 3, 1000);
	first = loaded("file:a");
	prompts_put(prompts, loaded("file:b"));
	assert_int_equal(prompts_bytes(prompts), 4000);
	p = loaded("file:c"); /* b goes: a is in use, and c is too */
	assert_int_equal(prompts_bytes(prompts), 4000);
	assert_int_equal(first->pcm[999], 1);
	assert_int_equal(p->pcm[999], 3);
	prompts_put(prompts, first);
	prompts_put(prompts, p);
	stop();
}

static void a_changed_file_is_read_again(void **state)
{
	struct prompt *old, *now;
	struct timespec times[2] = {{1, 0}, {1, 0}};
	char path[128];

	(void)state;
	start("false");
	write_wav("a.wav", 1, 10);
	old = loaded("file:a");
	write_wav("a.wav", 2, 10);
	snprintf(path, sizeof(path), "%s/a.wav", dir);
	utimensat(AT_FDCWD, path, times, 0);
	now = loaded("file:a");
	assert_int_equal(old->pcm[0], 1); /* who plays it still does */
	assert_int_equal(now->pcm[0], 2);
	prompts_put(prompts, old);
	prompts_put(prompts, now);
	stop();
}

static void speech_is_rendered_once(void **state)
{
	struct prompt *p;
	char path[128];

	(void)state;
	write_wav("voice.wav", 5, 100);
	start("cp %s/voice.wav {output}");
	p = loaded("say:en:hello%2C world%3A 1");
	assert_int_equal(p->state, PROMPT_READY);
	assert_int_equal(p->pcm[0], 5);
	prompts_put(prompts, p);
	stop();
	snprintf(path, sizeof(path), "%s/voice.wav", dir);
	unlink(path); /* rendering again would fail now */
	start("cp %s/voice.wav {output}");
	p = loaded("say:en:hello%2C world%3A 1");
	assert_int_equal(p->state, PROMPT_READY);
	prompts_put(prompts, p);
	p = loaded("say:zh:hello%2C world%3A 1"); /* another voice */
	assert_int_equal(p->state, PROMPT_FAILED);
	prompts_put(prompts, p);
	stop();
}

static void slow_speech_is_given_up(void **state)
{
	struct prompt *p;

	(void)state;
	start("sleep 30");
	p = loaded("say:en:slow");
	assert_int_equal(p->state, PROMPT_FAILED);
	assert_non_null(strstr(p->error, "too long"));
	prompts_put(prompts, p);
	stop();
	start("/nonexistent/program {text}");
	p = loaded("say:en:slow");
	assert_int_equal(p->state, PROMPT_FAILED);
	prompts_put(prompts, p);
	stop();
}

/* No shell: the text is one argument, whatever is in it. */
static void text_is_no_command(void **state)
{
	char path[128], before[PATH_MAX];
	struct prompt *p;

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(dir), 0);
	start("touch {text}");
	p = loaded("say:en:a b; touch c $(touch d)");
	prompts_put(prompts, p);
	snprintf(path, sizeof(path), "%s/a b; touch c $(touch d)", dir);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_not_equal(access("c", F_OK), 0);
	assert_int_not_equal(access("d", F_OK), 0);
	stop();
	assert_int_equal(chdir(before), 0);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : 1;
}

static int teardown(void **state)
{
	char clean[128];

	(void)state;
	snprintf(clean, sizeof(clean), "rm -r %s", dir);
	return system(clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plays_without_a_gap),
		cmocka_unit_test(loops_without_a_gap),
		cmocka_unit_test(fails_with_a_reason),
		cmocka_unit_test(an_empty_loop_ends),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(a_changed_file_is_read_again),
		cmocka_unit_test(speech_is_rendered_once),
		cmocka_unit_test(slow_speech_is_given_up),
		cmocka_unit_test(text_is_no_command),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
