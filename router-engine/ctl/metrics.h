/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file metrics.h  The engine's figures for Prometheus, and its readiness. */
#ifndef JF_CTL_METRICS_H
#define JF_CTL_METRICS_H

#include "lib/health/prom.h"

/* For struct health_conf; arg is the struct engine. */
void metrics_write(struct prom *p, void *engine);
const char *metrics_missing(void *engine);

#endif
