/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "lib/base/str.h"
#include "lib/health/health.h"

#define HEADERS_MAX 8192
#define BODY_MAX 1024
#define TIMEOUT_S 5

struct health {
	struct evhttp *http;
	struct health_conf conf;
};

/* Cuts address:port. 0, EINVAL. */
static int cut(const char *text, char host[64], uint16_t *portp)
{
	struct str rest = str_c(text), part;
	uint64_t port;

	if (!str_cut(&rest, ':', &part) || !part.len ||
	    str_copy(host, 64, part) || str_u64(rest, &port) || !port ||
	    port > 65535)
		return EINVAL;
	*portp = (uint16_t)port;
	return 0;
}

int health_address_ok(const char *address)
{
	char host[64];
	uint16_t port;

	return !cut(address, host, &port);
}

static void reply(struct evhttp_request *req, int code, const char *reason,
		  struct evbuffer *body, const char *type)
{
	struct evkeyvalq *h = evhttp_request_get_output_headers(req);

	evhttp_add_header(h, "Content-Type", type);
	evhttp_add_header(h, "Cache-Control", "no-store");
	evhttp_send_reply(req, code, reason, body);
}

static void say(struct evhttp_request *req, int code, const char *reason,
		const char *words)
{
	struct evbuffer *body = evbuffer_new();

	if (body)
		evbuffer_add_printf(body, "%s\n", words);
	reply(req, code, reason, body, "text/plain; charset=utf-8");
	if (body)
		evbuffer_free(body);
}

static void on_live(struct evhttp_request *req, void *arg)
{
	(void)arg;
	say(req, HTTP_OK, "OK", "ok");
}

static void on_ready(struct evhttp_request *req, void *arg)
{
	struct health *h = arg;
	const char *missing = h->conf.missing(h->conf.arg);

	if (missing)
		say(req, HTTP_SERVUNAVAIL, "Service Unavailable", missing);
	else
		say(req, HTTP_OK, "OK", "ready");
}

static void on_metrics(struct evhttp_request *req, void *arg)
{
	struct health *h = arg;
	struct prom p = {.out = evbuffer_new()};

	if (!p.out) {
		evhttp_send_error(req, HTTP_INTERNAL, NULL);
		return;
	}
	h->conf.metrics(&p, h->conf.arg);
	reply(req, HTTP_OK, "OK", p.out, "text/plain; version=0.0.4");
	evbuffer_free(p.out);
}

int health_alloc(struct health **hp, struct event_base *base,
		 const struct health_conf *conf)
{
	struct health *h;
	char host[64];
	uint16_t port;

	if (cut(conf->address, host, &port))
		return EINVAL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return ENOMEM;
	h->conf = *conf;
	h->http = evhttp_new(base);
	if (!h->http) {
		free(h);
		return ENOMEM;
	}
	evhttp_set_allowed_methods(h->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(h->http, HEADERS_MAX);
	evhttp_set_max_body_size(h->http, BODY_MAX);
	evhttp_set_timeout(h->http, TIMEOUT_S);
	evhttp_set_cb(h->http, "/healthz", on_live, h);
	evhttp_set_cb(h->http, "/readyz", on_ready, h);
	evhttp_set_cb(h->http, "/metrics", on_metrics, h);
	errno = 0;
	if (evhttp_bind_socket(h->http, host, port)) {
		int err = errno ? errno : EADDRNOTAVAIL;

		health_free(h);
		return err;
	}
	*hp = h;
	return 0;
}

void health_free(struct health *h)
{
	if (!h)
		return;
	evhttp_free(h->http);
	free(h);
}
