/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file metrics.h  The worker's figures for Prometheus, and its readiness. */
#ifndef JF_WORKER_METRICS_H
#define JF_WORKER_METRICS_H

#include "lib/health/prom.h"

/* For struct health_conf; arg is the struct worker. */
void metrics_write(struct prom *p, void *worker);
const char *metrics_missing(void *worker);

#endif
