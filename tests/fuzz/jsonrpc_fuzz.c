/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of the control socket, and a text out of its parameters. */
#include <stdlib.h>

#include "router-engine/ctl/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rpc_request req;
	char err[RPC_TEXT_MAX] = "", text[64];
	int code = rpc_parse(&req, (struct str){(const char *)data, size}, err,
			     sizeof(err));

	if (!code) {
		rpc_text(&req, "user", text, sizeof(text), err, sizeof(err));
		rpc_text(&req, "contact", text, sizeof(text), err,
			 sizeof(err));
		free(rpc_result(req.id, json_incref(req.params)));
	} else {
		free(rpc_error(req.id, code, err));
	}
	rpc_release(&req);
	return 0;
}
