/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>

#include <event2/buffer.h>

#include "lib/health/prom.h"

void prom_family(struct prom *p, const char *name, const char *type,
		 const char *help)
{
	p->family = name;
	evbuffer_add_printf(p->out, "# HELP %s %s\n# TYPE %s %s\n", name, help,
			    name, type);
}

/* Whole numbers without a fraction: they may be larger than %g shows. */
static void number(struct prom *p, double v)
{
	const double exact = 9007199254740992.0; /* 2^53 */

	if (v >= 0 && v < exact && v == (double)(unsigned long long)v)
		evbuffer_add_printf(p->out, " %llu\n", (unsigned long long)v);
	else
		evbuffer_add_printf(p->out, " %.9g\n", v);
}

void prom_value(struct prom *p, double v)
{
	evbuffer_add_printf(p->out, "%s", p->family);
	number(p, v);
}

static void quoted(struct prom *p, const char *s)
{
	evbuffer_add(p->out, "\"", 1);
	for (; *s; s++) {
		if (*s == '\n')
			evbuffer_add(p->out, "\\n", 2);
		else if (*s == '"' || *s == '\\')
			evbuffer_add_printf(p->out, "\\%c", *s);
		else
			evbuffer_add(p->out, s, 1);
	}
	evbuffer_add(p->out, "\"", 1);
}

void prom_labelled(struct prom *p, double v, ...)
{
	const char *label, *value, *sep = "{";
	va_list ap;

	evbuffer_add_printf(p->out, "%s", p->family);
	va_start(ap, v);
	while ((label = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		evbuffer_add_printf(p->out, "%s%s=", sep, label);
		quoted(p, value ? value : "");
		sep = ",";
	}
	va_end(ap);
	if (*sep == ',')
		evbuffer_add(p->out, "}", 1);
	number(p, v);
}

void prom_counter(struct prom *p, const char *name, const char *help, double v)
{
	prom_family(p, name, "counter", help);
	prom_value(p, v);
}

void prom_gauge(struct prom *p, const char *name, const char *help, double v)
{
	prom_family(p, name, "gauge", help);
	prom_value(p, v);
}
