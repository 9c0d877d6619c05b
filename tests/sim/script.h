/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file script.h  The configuration, told one line after the other. */
#ifndef JF_SIM_SCRIPT_H
#define JF_SIM_SCRIPT_H

#define AGENTS 12
#define LINE 2048

struct script {
	unsigned step; /* 0: nothing to tell; else from 1 on */
	unsigned version;
	char out[LINE];
};

/* The next line of conf.begin ... conf.end; step is 0 after the last. */
const char *script_line(struct script *s);

#endif
