/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file notice.h  Events on their way from any process to the link process.
 *
 * A notice is built in the process's own buffer and copied to shared memory
 * when it is complete; its address goes through a pipe, which keeps the
 * order in which events of a leg happened (its lock is held). Nobody waits:
 * a full pipe drops the notice and counts it.
 */
#ifndef ACD_NOTICE_H
#define ACD_NOTICE_H

#include "kamailio-mods/acd/leg.h"

enum notice_record { /* what becomes of the leg's record in Redis */
	RECORD_AS_IT_IS,
	RECORD_STORE,
	RECORD_DELETE,
};

struct notice {
	enum msg_type type;
	unsigned partition;
	uint64_t leg; /* 0: about no leg */
	enum notice_record record;
	unsigned n; /* fields */
	size_t size; /* of data */
	char data[]; /* n times notice_field and its bytes; the record */
};

struct notice_field {
	uint32_t field, len;
};

int notice_init(void); /* before the fork: makes the pipe */
int notice_fd(void); /* the reading end */

void notice_begin(enum msg_type type, unsigned partition);
/* The same about a leg: F_LEG is set. */
void notice_leg(enum msg_type type, const struct leg *l);
/* An empty value, or a field that the type has not, is left out; text is made clean UTF-8 without control
 * characters. */
void notice_put(enum msg_field field, const char *s, int len);
void notice_str(enum msg_field field, const str *s);
void notice_text(enum msg_field field, const char *s);
void notice_num(enum msg_field field, uint64_t n);
/* The leg's record goes with it, as it is now. */
void notice_store(const struct leg *l);
/* Sends a notice that no engine hears of: the record as the leg is now. */
void notice_store_only(const struct leg *l);
void notice_delete(void);
/* 0, or ENOSPC, ENOMEM, EMSGSIZE: it is lost, and counted. */
int notice_send(void);

/* For the link process: fields and record of a notice, borrowed from it. */
void notice_unpack(const struct notice *n, struct msg *m, struct str *record);

#endif
