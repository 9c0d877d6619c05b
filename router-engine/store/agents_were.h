/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file agents_were.h  Who was ready when everything was lost. */
#ifndef JF_STORE_AGENTS_WERE_H
#define JF_STORE_AGENTS_WERE_H

struct engine;

/* Asks the journal; each agent of the partition that it knows becomes an
 * agent.was. 0; ENOTCONN: PostgreSQL is away, ask again; ENOMEM. */
int agents_were(struct engine *e, unsigned partition);

#endif
