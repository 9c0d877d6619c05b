/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file conf.h  Configuration as events: begin, rows, end; a diff by version. */
#ifndef JF_CORE_CONF_H
#define JF_CORE_CONF_H

#include "router-engine/core/state.h"

void on_conf_begin(struct core *c, const struct msg *m);
void on_conf_tenant(struct core *c, const struct msg *m);
void on_conf_queue(struct core *c, const struct msg *m);
void on_conf_agent(struct core *c, const struct msg *m);
void on_conf_number(struct core *c, const struct msg *m);
void on_conf_end(struct core *c, const struct msg *m);

/* Agents in the order of their ids, whatever the order they came in. */
void conf_sort(struct core *c);

#endif
