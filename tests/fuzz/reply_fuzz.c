/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes from Redis or a Sentinel, through hiredis: every reply as an entry of
 * a stream, as an address, as pairs. "=TEXT": names in them.
 */
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "lib/bus/reply.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void names(struct str s)
{
	struct bus_address a = {.port = 0};
	struct bus_effect e;

	if (!bus_address_parse(s, &a))
		MUST(a.host[0] && a.port);
	if (!bus_effect_parse(s, &e))
		MUST(e.generation.len && e.generation.len < s.len);
}

static void look(const redisReply *r)
{
	struct bus_address a;
	char err[200] = "";
	uint64_t n;
	struct str id;
	struct msg m;

	if (reply_entry(r, &id, &m, err, sizeof(err)))
		MUST(r->type != REDIS_REPLY_ARRAY || r->elements != 2 || err[0]);
	else
		MUST(!msg_check(&m, err, sizeof(err)));
	if (reply_address(r, &a))
		MUST(!a.host[0]);
	reply_num(r, "config-epoch", &n);
	MUST(!reply_str(NULL).len);
	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; i++)
		look(r->element[i]);
}

static size_t digits(const uint8_t *p, size_t size)
{
	size_t n = 0;

	while (n < size && ((p[n] >= '0' && p[n] <= '9') || p[n] == '+'))
		n++;
	return n;
}

/* hiredis makes room for as many elements as are announced. */
static bool too_many(const uint8_t *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] == '*' && digits(p + i + 1, size - i - 1) > 4)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	redisReader *reader;
	void *r = NULL;

	if (size && data[0] == '=') {
		names((struct str){(const char *)data + 1, size - 1});
		return 0;
	}
	if (too_many(data, size))
		return 0;
	reader = redisReaderCreate();
	MUST(reader);
	redisReaderFeed(reader, (const char *)data, size);
	while (redisReaderGetReply(reader, &r) == REDIS_OK && r) {
		look(r);
		freeReplyObject(r);
		r = NULL;
	}
	redisReaderFree(reader);
	return 0;
}
