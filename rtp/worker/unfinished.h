/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file unfinished.h  Recordings that a worker could not finish.
 *
 * While a recording is written its file is called NAME.WORKER.unfinished. A
 * worker that starts gives what its predecessor left behind its name: the
 * header of such a file is true up to the last second.
 */
#ifndef JF_WORKER_UNFINISHED_H
#define JF_WORKER_UNFINISHED_H

#define UNFINISHED ".unfinished"

/* Blocks: at start only. */
void unfinished_rename(const char *dir, const char *worker);

#endif
