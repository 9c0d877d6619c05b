/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router-engine/io/hosts.h"

static int keep(char **dst, const PQconninfoOption *v, const char *keyword)
{
	for (; v->keyword; v++)
		if (!strcmp(v->keyword, keyword) && v->val) {
			*dst = strdup(v->val);
			return *dst ? 0 : ENOMEM;
		}
	return 0;
}

int hosts_read(struct hosts *h, const char *conninfo, char *err, size_t errsz)
{
	char *text = NULL;
	PQconninfoOption *v = PQconninfoParse(conninfo, &text);
	int e;

	*h = (struct hosts){0};
	if (!v) {
		snprintf(err, errsz, "%.*s", (int)strcspn(text ? text : "", "\n"),
			 text ? text : "");
		PQfreemem(text);
		return text ? EINVAL : ENOMEM;
	}
	e = keep(&h->host, v, "host");
	if (!e)
		e = keep(&h->port, v, "port");
	PQconninfoFree(v);
	if (e)
		hosts_release(h);
	return e;
}

void hosts_release(struct hosts *h)
{
	free(h->host);
	free(h->port);
	*h = (struct hosts){0};
}

bool hosts_many(const struct hosts *h)
{
	return h->host && strchr(h->host, ',');
}

/* "a,b,c" becomes "b,c,a"; of one alone nothing changes. */
static void rotate(char *list)
{
	char first[256], *comma = list ? strchr(list, ',') : NULL;
	size_t n = comma ? (size_t)(comma - list) : 0, rest;

	if (!comma || n >= sizeof(first))
		return;
	memcpy(first, list, n);
	rest = strlen(comma + 1);
	memmove(list, comma + 1, rest);
	list[rest] = ',';
	memcpy(list + rest + 1, first, n);
}

void hosts_next(struct hosts *h)
{
	rotate(h->host);
	rotate(h->port);
}
