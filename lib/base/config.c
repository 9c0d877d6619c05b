/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "lib/base/config.h"
#include "lib/base/str.h"

#define KEY_MAX 128

struct reading {
	yaml_document_t *doc;
	const char *name;
	char *err;
	size_t errsz;
	unsigned long long seen; /* rows, by number, of the table at hand: 64
				  * at most */
};

__attribute__((format(printf, 3, 4)))
static int fault(struct reading *r, const yaml_node_t *at, const char *fmt, ...)
{
	int n = snprintf(r->err, r->errsz, "%s:%zu: ", r->name,
			 at ? at->start_mark.line + 1 : (size_t)1);
	va_list ap;

	if (n < 0 || (size_t)n >= r->errsz)
		return EINVAL;
	va_start(ap, fmt);
	vsnprintf(r->err + n, r->errsz - (size_t)n, fmt, ap);
	va_end(ap);
	return EINVAL;
}

static struct str scalar(const yaml_node_t *n)
{
	return (struct str){(const char *)n->data.scalar.value,
			    n->data.scalar.length};
}

/* ---- values ------------------------------------------------------------- */

static int set_text(void *at, struct str v)
{
	char *p;

	if (memchr(v.p, '\0', v.len))
		return EINVAL;
	p = strndup(v.p, v.len);
	if (!p)
		return ENOMEM;
	free(*(char **)at);
	*(char **)at = p;
	return 0;
}

static const char *type_words(enum config_type type)
{
	switch (type) {
	case CONFIG_UINT:
		return "a whole number, 0 or more";
	case CONFIG_PORT:
		return "a port number, 1 to 65535";
	case CONFIG_BOOL:
		return "true or false";
	case CONFIG_TEXTS:
		return "a list of texts: [a, b, c]";
	case CONFIG_LIST:
		return "a list of sections (lines that begin with -)";
	default:
		return "text";
	}
}

static int no_memory(const struct reading *r)
{
	snprintf(r->err, r->errsz, "%s: out of memory", r->name);
	return ENOMEM;
}

/* 0, EINVAL (not of this type), ENOMEM. */
static int set_value(const struct config_row *row, void *at, struct str v)
{
	uint64_t u;

	switch (row->type) {
	case CONFIG_TEXT:
	case CONFIG_TEXTS:
		return set_text(at, v);
	case CONFIG_BOOL:
		*(bool *)at = str_eq(v, STR_LIT("true"));
		return *(bool *)at || str_eq(v, STR_LIT("false")) ? 0 : EINVAL;
	case CONFIG_UINT:
		if (str_u64(v, &u) || u > UINT32_MAX)
			return EINVAL;
		*(unsigned *)at = (unsigned)u;
		return 0;
	case CONFIG_PORT:
		if (str_u64(v, &u) || !u || u > UINT16_MAX)
			return EINVAL;
		*(uint16_t *)at = (uint16_t)u;
		return 0;
	default:
		return EINVAL;
	}
}

static void *member(void *target, size_t offset)
{
	return (char *)target + offset;
}

/* ---- mappings ----------------------------------------------------------- */

static int read_table(struct reading *r, void *target,
		      const struct config_row *rows, const yaml_node_t *map);

static const struct config_row *row_find(const struct config_row *rows,
					 const char *name)
{
	for (; rows->name; rows++)
		if (!strcmp(rows->name, name))
			return rows;
	return NULL;
}

static bool is_section(const struct config_row *rows, const char *name)
{
	size_t n = strlen(name);

	for (; rows->name; rows++)
		if (!strncmp(rows->name, name, n) && rows->name[n] == '.')
			return true;
	return false;
}

static int unknown(struct reading *r, const yaml_node_t *at,
		   const struct config_row *rows, const char *name)
{
	char known[400] = "";
	size_t n = 0;

	for (; rows->name && n < sizeof(known) - 40; rows++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%.30s",
				      n ? ", " : "", rows->name);
	return fault(r, at, "%s: unknown setting; known are: %s", name, known);
}

static int read_list(struct reading *r, void *target,
		     const struct config_row *row, const yaml_node_t *n)
{
	size_t *count = member(target, row->count_offset);
	yaml_node_item_t *i;
	int e = 0;

	if (n->type != YAML_SEQUENCE_NODE)
		return fault(r, n, "%s: must be %s", row->name,
			     type_words(row->type));
	for (i = n->data.sequence.items.start;
	     !e && i < n->data.sequence.items.top; i++) {
		yaml_node_t *map = yaml_document_get_node(r->doc, *i);

		if (*count == row->max)
			return fault(r, map, "%s: more than %zu", row->name,
				     row->max);
		if (map->type != YAML_MAPPING_NODE)
			return fault(r, map, "%s: each must be a section of "
				     "key: value lines", row->name);
		e = read_table(r, member(target, row->offset +
					 row->size * (*count)++),
			       row->rows, map);
	}
	return e;
}

/* Each but the first behind a comma; none may have one in it. */
static int read_texts(struct reading *r, void *target,
		      const struct config_row *row, const yaml_node_t *n)
{
	char text[1024] = "";
	size_t len = 0;
	yaml_node_item_t *i;

	for (i = n->data.sequence.items.start;
	     i < n->data.sequence.items.top; i++) {
		yaml_node_t *one = yaml_document_get_node(r->doc, *i);
		struct str v = STR_NONE;

		if (one->type == YAML_SCALAR_NODE)
			v = scalar(one);
		if (!v.len || memchr(v.p, ',', v.len) ||
		    len + v.len + 2 > sizeof(text))
			return fault(r, one, "%s: must be %s", row->name,
				     type_words(row->type));
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%.*s", len ? "," : "", STR_FMT(v));
	}
	return set_value(row, member(target, row->offset), str_c(text))
		? no_memory(r) : 0;
}

static int read_value(struct reading *r, void *target,
		      const struct config_row *row, const yaml_node_t *n)
{
	int e;

	if (row->type == CONFIG_LIST)
		return read_list(r, target, row, n);
	if (row->type == CONFIG_TEXTS && n->type == YAML_SEQUENCE_NODE)
		return read_texts(r, target, row, n);
	e = n->type != YAML_SCALAR_NODE ? EINVAL
		: set_value(row, member(target, row->offset), scalar(n));
	if (e == EINVAL)
		return fault(r, n, "%s: must be %s", row->name,
			     type_words(row->type));
	return e ? no_memory(r) : 0;
}

static int read_map(struct reading *r, void *target,
		    const struct config_row *rows, const yaml_node_t *map,
		    const char *prefix);

static int read_pair(struct reading *r, void *target,
		     const struct config_row *rows, const yaml_node_pair_t *p,
		     const char *prefix)
{
	yaml_node_t *key = yaml_document_get_node(r->doc, p->key);
	yaml_node_t *value = yaml_document_get_node(r->doc, p->value);
	const struct config_row *row;
	char name[KEY_MAX];

	if (key->type != YAML_SCALAR_NODE ||
	    strlen(prefix) + key->data.scalar.length + 2 > sizeof(name))
		return fault(r, key, "a key must be a short word");
	snprintf(name, sizeof(name), "%s%s%.*s", prefix, *prefix ? "." : "",
		 STR_FMT(scalar(key)));
	row = row_find(rows, name);
	if (row && r->seen & 1ull << (row - rows))
		return fault(r, key, "%s: stands here twice", name);
	if (row) {
		unsigned long long seen = r->seen | 1ull << (row - rows);
		int e = read_value(r, target, row, value);

		r->seen = seen;
		return e;
	}
	if (!is_section(rows, name))
		return unknown(r, key, rows, name);
	if (value->type != YAML_MAPPING_NODE)
		return fault(r, value, "%s: must be a section", name);
	return read_map(r, target, rows, value, name);
}

static int read_map(struct reading *r, void *target,
		    const struct config_row *rows, const yaml_node_t *map,
		    const char *prefix)
{
	yaml_node_pair_t *p;
	int e = 0;

	for (p = map->data.mapping.pairs.start;
	     !e && p < map->data.mapping.pairs.top; p++)
		e = read_pair(r, target, rows, p, prefix);
	return e;
}

static int fill_rest(struct reading *r, void *target,
		     const struct config_row *rows, const yaml_node_t *map)
{
	const struct config_row *row;
	int e = 0;

	for (row = rows; !e && row->name; row++) {
		if (r->seen & 1ull << (row - rows))
			continue;
		if (row->required)
			return fault(r, map, "%s: is missing; it must be %s: "
				     "%s", row->name, type_words(row->type),
				     row->doc);
		if (row->preset)
			e = set_value(row, member(target, row->offset),
				      str_c(row->preset)) ? no_memory(r) : 0;
	}
	return e;
}

static int read_table(struct reading *r, void *target,
		      const struct config_row *rows, const yaml_node_t *map)
{
	int e;

	r->seen = 0;
	e = read_map(r, target, rows, map, "");
	return e ? e : fill_rest(r, target, rows, map);
}

/* ---- files -------------------------------------------------------------- */

static int read_document(struct reading *r, void *target,
			 const struct config_row *rows)
{
	yaml_node_t *root = yaml_document_get_root_node(r->doc);

	if (!root || root->type != YAML_MAPPING_NODE)
		return fault(r, root, "must be key: value lines");
	return read_table(r, target, rows, root);
}

/* The next document of the file; its root is NULL behind the last. */
static int next_document(yaml_parser_t *p, struct reading *r,
			 yaml_document_t *doc)
{
	if (yaml_parser_load(p, doc))
		return 0;
	if (p->error == YAML_MEMORY_ERROR)
		return no_memory(r);
	snprintf(r->err, r->errsz, "%s:%zu: not YAML: %s", r->name,
		 p->problem_mark.line + 1,
		 p->problem ? p->problem : "unreadable");
	return EINVAL;
}

/* What stands behind the first document would be passed over in silence. */
static int read_end(yaml_parser_t *p, struct reading *r)
{
	yaml_document_t doc;
	yaml_node_t *root;
	int e = next_document(p, r, &doc);

	if (e)
		return e;
	root = yaml_document_get_root_node(&doc);
	if (root)
		e = fault(r, root, "a second document (---) begins");
	yaml_document_delete(&doc);
	return e;
}

static int read_parser(yaml_parser_t *p, void *target,
		       const struct config_row *rows, const char *name,
		       char *err, size_t errsz)
{
	struct reading r = {.name = name, .err = err, .errsz = errsz};
	yaml_document_t doc;
	int e = next_document(p, &r, &doc);

	if (e)
		return e;
	r.doc = &doc;
	e = read_document(&r, target, rows);
	yaml_document_delete(&doc);
	if (!e)
		e = read_end(p, &r);
	if (e)
		config_release(target, rows);
	return e;
}

static int parser_init(yaml_parser_t *p, const char *name, char *err,
		       size_t errsz)
{
	struct reading r = {.name = name, .err = err, .errsz = errsz};

	return yaml_parser_initialize(p) ? 0 : no_memory(&r);
}

int config_parse(void *target, const struct config_row *rows, const char *text,
		 size_t len, const char *name, char *err, size_t errsz)
{
	yaml_parser_t p;
	int e = parser_init(&p, name, err, errsz);

	if (e)
		return e;
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	e = read_parser(&p, target, rows, name, err, errsz);
	yaml_parser_delete(&p);
	return e;
}

int config_load(void *target, const struct config_row *rows, const char *path,
		char *err, size_t errsz)
{
	FILE *f = fopen(path, "re");
	yaml_parser_t p;
	int e;

	if (!f) {
		e = errno;
		snprintf(err, errsz, "%s: %s", path, strerror(e));
		return e;
	}
	e = parser_init(&p, path, err, errsz);
	if (e) {
		fclose(f);
		return e;
	}
	yaml_parser_set_input_file(&p, f);
	e = read_parser(&p, target, rows, path, err, errsz);
	yaml_parser_delete(&p);
	fclose(f);
	return e;
}

void config_release(void *target, const struct config_row *rows)
{
	for (; rows->name; rows++) {
		size_t *count = member(target, rows->count_offset);

		if (rows->type == CONFIG_TEXT || rows->type == CONFIG_TEXTS) {
			char **t = member(target, rows->offset);

			free(*t);
			*t = NULL;
		}
		for (size_t i = 0; rows->type == CONFIG_LIST && i < *count; i++)
			config_release(member(target, rows->offset +
					      rows->size * i), rows->rows);
		if (rows->type == CONFIG_LIST)
			*count = 0;
	}
}
