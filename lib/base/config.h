/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file config.h  YAML configuration files, read strictly by a table.
 *
 *	static const struct config_row rows[] = {
 *		{"redis.host", CONFIG_TEXT, offsetof(struct s, host), true,
 *		 NULL, "address of Redis"},
 *		{"redis.port", CONFIG_PORT, offsetof(struct s, port), false,
 *		 "6379", "its port"},
 *		{"rtpengines", CONFIG_LIST, offsetof(struct s, v), true, NULL,
 *		 "one section each", elements, sizeof(struct e), 8,
 *		 offsetof(struct s, n)},
 *		{NULL}};
 *
 * A key that no row names, a value of the wrong type or out of range, a
 * required key that is missing: EINVAL, and err says file, line, key and what
 * to write instead.
 */
#ifndef JF_BASE_CONFIG_H
#define JF_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

enum config_type {
	CONFIG_TEXT,	/* char *, allocated; NULL when absent */
	CONFIG_TEXTS,	/* the same from a list of texts, by commas */
	CONFIG_UINT,	/* unsigned */
	CONFIG_PORT,	/* uint16_t, 1-65535 */
	CONFIG_BOOL,	/* bool: true, false */
	CONFIG_LIST,	/* array of sections inside the target */
};

struct config_row {
	const char *name; /* sections by dots; NULL ends the table */
	enum config_type type;
	size_t offset; /* in the target; of the array's first element */
	bool required;
	const char *preset; /* when absent; NULL: zero */
	const char *doc;
	/* CONFIG_LIST */
	const struct config_row *rows; /* of an element */
	size_t size, max; /* of an element; how many there may be */
	size_t count_offset; /* size_t: how many there are */
};

/* Reads path into the zeroed target. 0; EINVAL, ENOMEM, or what opening gave,
 * with err saying it in words. */
int config_load(void *target, const struct config_row *rows, const char *path,
		char *err, size_t errsz);
/* The same from text; name stands for the path in errors. */
int config_parse(void *target, const struct config_row *rows, const char *text,
		 size_t len, const char *name, char *err, size_t errsz);
/* Frees every CONFIG_TEXT and CONFIG_TEXTS, and zeroes it; lists become empty. */
void config_release(void *target, const struct config_row *rows);

#endif
