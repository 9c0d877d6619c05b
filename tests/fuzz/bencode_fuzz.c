/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies of rtpengine: bencode, and the SDP in them. */
#include <stdlib.h>

#include "rtp/ng/bencode.h"
#include "rtp/ng/ng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct bvalue *v)
{
	struct str rest = v->str;
	struct bvalue item;

	if (v->kind != B_LIST && v->kind != B_DICT)
		return;
	while (bread_item(&rest, &item))
		walk(&item);
	if (rest.len)
		abort(); /* bread() said that it is whole */
}

/* As an SDP of an outer side: what is written must be readable. */
static void write_all(struct str sdp)
{
	static char buf[NG_DATAGRAM_MAX];
	struct ng_request req = {.op = NG_OP_NEGOTIATE, .leg = STR_LIT("l1"),
				 .sdp = sdp, .point = STR_LIT("127.0.0.1:9")};
	struct bvalue v;
	size_t len;

	for (unsigned step = 0; step < 2; step++)
		if (!ng_write(&req, step, buf, sizeof(buf), &len) &&
		    bread((struct str){buf, len}, &v))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size}, cookie, body;
	struct ng_request req = {.op = NG_OP_NEGOTIATE, .leg = STR_LIT("l1"),
				 .sdp = text, .point = STR_LIT("127.0.0.1:9")};
	struct ng_result res = {0};
	struct bvalue v;
	char *copy = malloc(size + 1);

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (!bread(text, &v))
		walk(&v);
	ng_datagram(text, &cookie, &body);
	ng_read(&req, 0, copy, size, &res);
	ng_read(&req, 1, copy, size, &res);
	write_all(text);
	free(copy);
	return 0;
}
