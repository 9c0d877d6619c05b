/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file log.h  One logfmt line per event.
 *
 *	log_info("assigned", "call=%s agent=%u wait_ms=%u", ...);
 *
 * gives "time=2026-01-31T08:15:30.123Z level=info process=router-engine
 * event=assigned call=... agent=7 wait_ms=1200" on standard error. Every line
 * about a call has its contact as call= and its leg as leg=. No dialled
 * numbers, SDP or secrets above debug. A fault (warn, error) that repeats more
 * than 20 times a second from the same place is held back and counted.
 */
#ifndef JF_BASE_LOG_H
#define JF_BASE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

/* Of one place in the code. */
struct log_site {
	unsigned long long second;
	unsigned count, held;
};

/* Names the process in its lines; the text is borrowed. */
void log_init(const char *process);
/* debug, info, warn, error. 0, EINVAL. */
int log_level_set(const char *name);
/* Where lines go instead of standard error: without time and newline. */
void log_sink_set(void (*sink)(enum log_level level, const char *line));

void log_line(struct log_site *site, enum log_level level, const char *event,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#define LOG_AT(level, event, ...)                                              \
	do {                                                                   \
		static struct log_site log_site_;                              \
		log_line(&log_site_, level, event, __VA_ARGS__);               \
	} while (0)

#define log_debug(event, ...) LOG_AT(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) LOG_AT(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(event, ...) LOG_AT(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(event, ...) LOG_AT(LOG_LEVEL_ERROR, event, __VA_ARGS__)

#endif
