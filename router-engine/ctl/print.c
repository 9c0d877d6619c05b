/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "router-engine/ctl/print.h"

#define CELL_MAX 256

static int ends_in_ms(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && !strcmp(name + n - 3, "_ms");
}

static void duration(char *buf, size_t size, long long ms)
{
	long long s = ms / 1000;

	if (s >= 3600)
		snprintf(buf, size, "%lld:%02lld:%02lld", s / 3600,
			 s / 60 % 60, s % 60);
	else if (s >= 60)
		snprintf(buf, size, "%lld:%02lld", s / 60, s % 60);
	else
		snprintf(buf, size, "%lld.%lld s", s, ms % 1000 / 100);
}

static const char *cell(char buf[CELL_MAX], const char *name, const json_t *v)
{
	const char *s = json_string_value(v);

	if (s)
		snprintf(buf, CELL_MAX, "%s", *s ? s : "-");
	else if (json_is_integer(v) && ends_in_ms(name))
		duration(buf, CELL_MAX, json_integer_value(v));
	else if (json_is_integer(v))
		snprintf(buf, CELL_MAX, "%lld",
			 (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		snprintf(buf, CELL_MAX, "%s", json_is_true(v) ? "yes" : "no");
	else
		snprintf(buf, CELL_MAX, "-");
	return buf;
}

/* Columns on a terminal: a Chinese character takes two. */
static int width(const char *s)
{
	wchar_t w[CELL_MAX];
	size_t n = mbstowcs(w, s, CELL_MAX - 1);
	int cols;

	if (n == (size_t)-1)
		return (int)strlen(s);
	w[n] = 0;
	cols = wcswidth(w, n);
	return cols < 0 ? (int)strlen(s) : cols;
}

static void heading(char buf[CELL_MAX], const char *name)
{
	snprintf(buf, CELL_MAX, "%s", name);
	if (ends_in_ms(name))
		buf[strlen(buf) - 3] = '\0';
	for (char *p = buf; *p; p++)
		if (*p == '_')
			*p = ' ';
}

static int column_width(const json_t *rows, const char *name)
{
	char buf[CELL_MAX];
	const json_t *row;
	size_t i;
	int max;

	heading(buf, name);
	max = width(buf);
	json_array_foreach(rows, i, row) {
		int w = width(cell(buf, name, json_object_get(row, name)));

		max = w > max ? w : max;
	}
	return max;
}

static void pad(FILE *f, const char *s, int to)
{
	fprintf(f, "%s%*s", s, to - width(s) + 2, "");
}

static void print_row(FILE *f, const json_t *rows, const json_t *first,
		      const json_t *row)
{
	const char *name;
	char buf[CELL_MAX];
	json_t *v;

	json_object_foreach((json_t *)first, name, v) {
		if (row)
			cell(buf, name, json_object_get(row, name));
		else
			heading(buf, name);
		pad(f, buf, column_width(rows, name));
	}
	fputc('\n', f);
}

void print_table(FILE *f, const json_t *rows, const char *nothing)
{
	const json_t *first = json_array_get(rows, 0), *row;
	size_t i;

	if (!first) {
		fprintf(f, "%s\n", nothing);
		return;
	}
	print_row(f, rows, first, NULL);
	json_array_foreach(rows, i, row)
		print_row(f, rows, first, row);
}

void print_object(FILE *f, const json_t *o)
{
	const char *name;
	char buf[CELL_MAX];
	json_t *v;

	json_object_foreach((json_t *)o, name, v)
		fprintf(f, "%-18s %s\n", name, cell(buf, name, v));
}

/* ---- order ------------------------------------------------------------------------ */

static const char *sort_names[2];

static int compare(const json_t *a, const json_t *b, const char *name)
{
	const json_t *x = json_object_get(a, name);
	const json_t *y = json_object_get(b, name);
	const char *s = json_string_value(x), *t = json_string_value(y);
	char *end;
	long long m, n;

	if (!s || !t) {
		m = json_integer_value(x);
		n = json_integer_value(y);
		return s ? 1 : t ? -1 : m < n ? -1 : m > n;
	}
	m = strtoll(s, &end, 10);
	if (*s && !*end) { /* numbers of rows are told as texts */
		n = strtoll(t, &end, 10);
		if (*t && !*end && m != n)
			return m < n ? -1 : 1;
	}
	return strcmp(s, t);
}

static int by_names(const void *a, const void *b)
{
	json_t *const *x = a, *const *y = b;
	int c = 0;

	for (int i = 0; i < 2 && !c; i++)
		if (sort_names[i])
			c = compare(*x, *y, sort_names[i]);
	return c;
}

void print_sort(json_t *rows, const char *first, const char *second)
{
	size_t n = json_array_size(rows);
	json_t **v = calloc(n ? n : 1, sizeof(*v));

	if (!v)
		return;
	for (size_t i = 0; i < n; i++)
		v[i] = json_incref(json_array_get(rows, i));
	sort_names[0] = first;
	sort_names[1] = second;
	qsort(v, n, sizeof(*v), by_names);
	json_array_clear(rows);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, v[i]);
	free(v);
}

/* ---- one of several ----------------------------------------------------------------- */

static void add_value(json_t *to, const char *name, const json_t *v)
{
	json_t *have = json_object_get(to, name);

	if (json_is_integer(v))
		json_object_set_new(to, name, json_integer(
			json_integer_value(have) + json_integer_value(v)));
	else if (json_is_string(v) && json_is_string(have) &&
		 !json_equal(v, have))
		json_object_set_new(to, name, json_sprintf(
			"%s, %s", json_string_value(have),
			json_string_value(v)));
}

static json_t *same_as(json_t *rows, size_t n, const char *name,
		       const json_t *row)
{
	for (size_t i = 0; i < n; i++) {
		json_t *o = json_array_get(rows, i);

		if (json_equal(json_object_get(o, name),
			       json_object_get(row, name)))
			return o;
	}
	return NULL;
}

void print_merge(json_t *rows, const char *name)
{
	for (size_t i = 0; i < json_array_size(rows);) {
		json_t *row = json_array_get(rows, i), *v;
		json_t *first = same_as(rows, i, name, row);
		const char *field;

		if (!first) {
			i++;
			continue;
		}
		json_object_foreach(row, field, v)
			add_value(first, field, v);
		json_array_remove(rows, i);
	}
}
