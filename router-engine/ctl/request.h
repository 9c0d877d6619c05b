/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file request.h  JSON-RPC 2.0 requests and answers, as text and back.
 * https://www.jsonrpc.org/specification
 */
#ifndef JF_CTL_REQUEST_H
#define JF_CTL_REQUEST_H

#include <jansson.h>

#include "lib/base/str.h"

#define RPC_PARSE_ERROR -32700
#define RPC_INVALID_REQUEST -32600
#define RPC_NO_METHOD -32601
#define RPC_INVALID_PARAMS -32602
/* Ours: */
#define RPC_NOT_HERE -32001 /* another engine owns what was asked for */
#define RPC_UNAVAILABLE -32002 /* something it needs is away; try again */
#define RPC_NOT_FOUND -32003 /* nobody has such an agent, contact, ... */

#define RPC_TEXT_MAX 256

struct rpc_request {
	char method[64];
	json_t *params; /* object, owned; never NULL after success */
	json_t *id; /* owned; NULL: a notification, wants no answer */
};

/*
 * One request. 0; otherwise the JSON-RPC error code, and err says in words
 * what is wrong and how it must be; req->id is set when it could be read.
 * rpc_release() in both cases. Batches are not taken.
 */
int rpc_parse(struct rpc_request *req, struct str line, char *err,
	      size_t errsz);
void rpc_release(struct rpc_request *req);

/* A text parameter. 0: copied into buf; ENOENT: absent or null; EINVAL (err
 * names it): not a text, a number or within 1..size-1 bytes of UTF-8 without
 * control characters. */
int rpc_text(const struct rpc_request *req, const char *name, char *buf,
	     size_t size, char *err, size_t errsz);

/* Answers, as text to be freed; NULL: no memory. Take result; id is
 * borrowed, NULL is null. */
char *rpc_result(json_t *id, json_t *result);
char *rpc_error(json_t *id, int code, const char *message);

#endif
