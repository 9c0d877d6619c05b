/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file alarm.h  One-shot timers of the loop, by the monotonic clock.
 */
#ifndef JF_IO_ALARM_H
#define JF_IO_ALARM_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct alarm;

typedef void (alarm_h)(void *arg);

/* 0, ENOMEM. The handler runs from the loop, never from alarm_set(). */
int alarm_alloc(struct alarm **ap, struct event_base *base, alarm_h *on_alarm,
		void *arg);
void alarm_free(struct alarm *a); /* may be NULL */
/* Rings once, ms from now; again: the old time is forgotten. */
void alarm_set(struct alarm *a, unsigned ms);
void alarm_off(struct alarm *a);
bool alarm_is_set(const struct alarm *a);

/* The clock of alarms: ms since whenever, never backwards. */
uint64_t alarm_now_ms(void);
uint64_t alarm_now_us(void);

#endif
