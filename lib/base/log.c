/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/log.h"

#define PER_SECOND 20
#define LINE_MAX_LEN 2000

static const char *const names[] = {"debug", "info", "warn", "error"};

/* What a process says about itself; set once at start. */
static const char *process_name = "jackfield";
static enum log_level threshold = LOG_LEVEL_INFO;
static void (*sink_fn)(enum log_level level, const char *line);

void log_init(const char *process)
{
	process_name = process;
}

int log_level_set(const char *name)
{
	for (int i = 0; i <= LOG_LEVEL_ERROR; i++)
		if (!strcmp(name, names[i])) {
			threshold = (enum log_level)i;
			return 0;
		}
	return EINVAL;
}

void log_sink_set(void (*sink)(enum log_level level, const char *line))
{
	sink_fn = sink;
}

/* True when this line may go; *heldp: how many did not since the last. */
static bool admit(struct log_site *site, time_t now, unsigned *heldp)
{
	*heldp = 0;
	if (site->second != (unsigned long long)now) {
		*heldp = site->held;
		site->second = (unsigned long long)now;
		site->count = site->held = 0;
	}
	if (++site->count <= PER_SECOND)
		return true;
	site->held++;
	return false;
}

static int stamp(char *buf, size_t size, const struct timespec *t,
		 enum log_level level)
{
	struct tm tm;
	size_t n;

	gmtime_r(&t->tv_sec, &tm);
	n = strftime(buf, size, "time=%Y-%m-%dT%H:%M:%S", &tm);
	return (int)n + snprintf(buf + n, size - n,
				 ".%03ldZ level=%s process=%s ",
				 t->tv_nsec / 1000000, names[level],
				 process_name);
}

static int clip(int n, size_t size)
{
	return n < 0 ? 0 : (size_t)n < size ? n : (int)size - 1;
}

/* Values come from outside too: one event stays one line. */
static void one_line(char *p)
{
	for (; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
}

void log_line(struct log_site *site, enum log_level level, const char *event,
	      const char *fmt, ...)
{
	char buf[LINE_MAX_LEN + 1];
	size_t size = sizeof(buf) - 1;
	struct timespec t;
	unsigned held;
	int n, head;
	va_list ap;

	if (level < threshold)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	held = 0;
	if (level >= LOG_LEVEL_WARN && !admit(site, t.tv_sec, &held))
		return;
	head = n = sink_fn ? 0 : stamp(buf, size, &t, level);
	n += clip(snprintf(buf + n, size - (size_t)n, "event=%s ", event),
		  size - (size_t)n);
	va_start(ap, fmt);
	n += clip(vsnprintf(buf + n, size - (size_t)n, fmt, ap),
		  size - (size_t)n);
	va_end(ap);
	if (held)
		n += clip(snprintf(buf + n, size - (size_t)n, " held=%u", held),
			  size - (size_t)n);
	one_line(buf + head);
	if (sink_fn) {
		sink_fn(level, buf);
		return;
	}
	buf[n++] = '\n';
	if (write(STDERR_FILENO, buf, (size_t)n) < 0)
		return; /* nobody to tell */
}
