/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/unfinished.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"

static void take(const char *path, const char *suffix)
{
	size_t n = strlen(path), s = strlen(suffix);
	char name[PATH_MAX];

	if (n <= s || n >= sizeof(name) || strcmp(path + n - s, suffix))
		return;
	memcpy(name, path, n - s);
	name[n - s] = '\0';
	if (link(path, name) && errno != EEXIST) {
		log_error("recording_left", "file=%s reason=%s", name,
			  strerror(errno));
		return;
	}
	unlink(path);
	log_info("recording_recovered", "file=%s", name);
}

void unfinished_rename(const char *dir, const char *worker)
{
	char suffix[NAME_MAX], root[PATH_MAX];
	char *roots[] = {root, NULL};
	FTSENT *e;
	FTS *fts;

	snprintf(suffix, sizeof(suffix), ".%s" UNFINISHED, worker);
	snprintf(root, sizeof(root), "%s", dir);
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!fts)
		return;
	while ((e = fts_read(fts)))
		if (e->fts_info == FTS_F)
			take(e->fts_path, suffix);
	fts_close(fts);
}
