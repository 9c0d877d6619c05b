/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of conf.snapshot() as a message. */
#include <errno.h>
#include <stdio.h>

#include <jansson.h>

#include "router-engine/store/confdb.h"

static struct str list_of(const json_t *v, struct arena *a)
{
	struct str out = STR_LIT("");
	size_t i;
	json_t *item;

	json_array_foreach(v, i, item) {
		const char *s = json_string_value(item);

		if (s)
			out = arena_printf(a, "%.*s%s%s", STR_FMT(out),
					   i ? "," : "", s);
	}
	return out;
}

static struct str text_of(const json_t *v, struct arena *a)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return arena_str(a, (struct str){json_string_value(v),
						 json_string_length(v)});
	case JSON_INTEGER:
		return arena_printf(a, "%lld",
				    (long long)json_integer_value(v));
	case JSON_TRUE:
		return STR_LIT("1");
	case JSON_FALSE:
		return STR_LIT("0");
	case JSON_ARRAY:
		return list_of(v, a);
	default:
		return STR_NONE;
	}
}

static enum msg_type type_of(struct str kind)
{
	char name[64];
	enum msg_type type = msg_type_find(kind);

	if (type == M_NONE && kind.len < 32) {
		snprintf(name, sizeof(name), "conf.%.*s", STR_FMT(kind));
		type = msg_type_find(str_c(name));
	}
	switch (type) {
	case M_CONF_TENANT:
	case M_CONF_QUEUE:
	case M_CONF_AGENT:
	case M_CONF_NUMBER:
		return type;
	default:
		return M_NONE;
	}
}

int confdb_row(struct str kind, struct str row, struct arena *a,
	       struct msg *m, char *err, size_t errsz)
{
	enum msg_type type = type_of(kind);
	const char *name;
	json_error_t je;
	json_t *o, *v;
	int e = 0;

	if (type == M_NONE) {
		snprintf(err, errsz, "kind: \"%.*s\" is not conf.tenant, "
			 "conf.queue, conf.agent or conf.number",
			 STR_FMT(kind));
		return EPROTO;
	}
	o = json_loadb(row.p ? row.p : "", row.len, 0, &je);
	if (!json_is_object(o)) {
		snprintf(err, errsz, "%.*s: the row is not a JSON object",
			 STR_FMT(kind));
		json_decref(o);
		return EPROTO;
	}
	msg_init(m, type);
	json_object_foreach(o, name, v) {
		int f = msg_field_find(str_c(name));

		if (f >= 0 && msg_type_field(type, (enum msg_field)f))
			msg_put(m, (enum msg_field)f, text_of(v, a));
	}
	json_decref(o);
	e = msg_check(m, err, errsz);
	return a->failed ? ENOMEM : e;
}
