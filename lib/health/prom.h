/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file prom.h  Figures as Prometheus' text exposition format 0.0.4.
 *
 *	prom_family(p, "jackfield_legs", "gauge", "legs that are mixed");
 *	prom_value(p, n);
 *	prom_family(p, "jackfield_waiting", "gauge", "contacts in line");
 *	prom_labelled(p, n, "queue", name, "tenant", domain, NULL);
 */
#ifndef JF_HEALTH_PROM_H
#define JF_HEALTH_PROM_H

struct evbuffer;

struct prom {
	struct evbuffer *out;
	const char *family; /* whose values follow */
};

/* type: counter or gauge. All values of a family follow each other. */
void prom_family(struct prom *p, const char *name, const char *type,
		 const char *help);
void prom_value(struct prom *p, double v);
/* Pairs of label and value, any text, ended by NULL. */
void prom_labelled(struct prom *p, double v, ...)
	__attribute__((sentinel));
/* A family with one value. */
void prom_counter(struct prom *p, const char *name, const char *help,
		  double v);
void prom_gauge(struct prom *p, const char *name, const char *help, double v);

#endif
