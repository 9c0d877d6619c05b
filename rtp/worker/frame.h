/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file frame.h  The unit of everything on the inner side.
 */
#ifndef JF_WORKER_FRAME_H
#define JF_WORKER_FRAME_H

#define RATE_HZ 8000
#define FRAME_MS 20
#define FRAME_SAMPLES 160
#define LEG_ID_MAX 24 /* a leg's id and a NUL */

#endif
