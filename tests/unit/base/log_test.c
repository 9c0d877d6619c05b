/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "tests/unit/base/unit.h"

static char last[4096];
static unsigned count;
static enum log_level last_level;

static void sink(enum log_level level, const char *line)
{
	snprintf(last, sizeof(last), "%s", line);
	last_level = level;
	count++;
}

static int setup(void **state)
{
	(void)state;
	log_sink_set(sink);
	log_level_set("info");
	count = 0;
	last[0] = '\0';
	return 0;
}

static void one_line(void **state)
{
	(void)state;
	log_info("assigned", "call=%s agent=%u", "c1", 7);
	assert_string_equal(last, "event=assigned call=c1 agent=7");
	assert_int_equal(last_level, LOG_LEVEL_INFO);
	log_warn("odd", "text=\"%s\"", "two\r\nlines\x1b[0m");
	assert_null(strpbrk(last, "\r\n\x1b"));
	log_info("long", "x=%05000d", 1);
	assert_true(strlen(last) < 2100);
}

static void levels(void **state)
{
	(void)state;
	log_debug("quiet", "x=%d", 1);
	assert_int_equal(count, 0);
	assert_int_equal(log_level_set("debug"), 0);
	log_debug("heard", "x=%d", 1);
	assert_int_equal(count, 1);
	assert_int_equal(log_level_set("error"), 0);
	log_warn("quiet", "x=%d", 1);
	assert_int_equal(count, 1);
	assert_int_equal(log_level_set("loud"), EINVAL);
	log_error("heard", "x=%d", 1);
	assert_int_equal(count, 2);
}

static void say(int i)
{
	log_warn("flood", "i=%d", i);
}

/* What happens in the ordinary course is told however often it does. */
static void only_faults_are_held_back(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		log_info("busy", "i=%d", i);
	assert_int_equal(count, 100);
}

static void floods_are_held_back_and_counted(void **state)
{
	struct timespec t;
	time_t begin;
	int n = 0;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &t);
	begin = t.tv_sec;
	do { /* a whole second begins: */
		clock_gettime(CLOCK_REALTIME, &t);
	} while (t.tv_sec == begin);
	for (; n < 50; n++)
		say(n);
	clock_gettime(CLOCK_REALTIME, &t);
	if (t.tv_sec != begin + 1)
		return; /* the machine slept: nothing is to be seen */
	assert_int_equal(count, 20);
	log_info("other", "x=%d", 1); /* another place goes on */
	assert_string_equal(last, "event=other x=1");
	do {
		clock_gettime(CLOCK_REALTIME, &t);
	} while (t.tv_sec == begin + 1);
	say(n);
	assert_string_equal(last, "event=flood i=50 held=30");
}

/* Without a sink: a line on standard error, with the time and the process. */
static void to_standard_error(void **state)
{
	char text[300] = "";
	int fd[2], saved = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	log_sink_set(NULL);
	log_init("tester");
	log_error("told", "x=%d", 1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd[1]);
	assert_true(read(fd[0], text, sizeof(text) - 1) > 0);
	close(fd[0]);
	assert_memory_equal(text, "time=20", 7);
	assert_int_equal(text[15], 'T');
	assert_int_equal(text[28], 'Z');
	assert_string_equal(text + 29, " level=error process=tester "
			    "event=told x=1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_line, setup),
		cmocka_unit_test_setup(levels, setup),
		cmocka_unit_test_setup(only_faults_are_held_back, setup),
		cmocka_unit_test_setup(floods_are_held_back_and_counted, setup),
		cmocka_unit_test_setup(to_standard_error, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
