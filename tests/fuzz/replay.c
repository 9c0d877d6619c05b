/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in for libFuzzer in an ordinary build: every file of the corpus
 * goes through the target once. A crash is the failure.
 *
 *	msg_fuzz [FILE or DIRECTORY ...]	without: the committed corpus
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned passed, failed;

static void unreadable(const char *path)
{
	printf("%s: %s\n", path, strerror(errno));
	failed++;
}

/* The copy has exactly the file's length: a sanitizer sees one byte more. */
static void replay_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "re");
	uint8_t *p = malloc(size ? size : 1);

	if (!f || !p || fread(p, 1, size, f) != size) {
		unreadable(path);
	} else {
		LLVMFuzzerTestOneInput(p, size);
		passed++;
	}
	free(p);
	if (f)
		fclose(f);
}

static void replay(const char *path)
{
	struct dirent **v;
	struct stat st;
	char sub[4096];
	int n;

	if (stat(path, &st)) {
		unreadable(path);
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		if (st.st_size <= FILE_MAX)
			replay_file(path, (size_t)st.st_size);
		return;
	}
	n = scandir(path, &v, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(sub, sizeof(sub), "%s/%s", path, v[i]->d_name);
		if (v[i]->d_name[0] != '.')
			replay(sub);
		free(v[i]);
	}
	if (n >= 0)
		free(v);
}

int main(int argc, char **argv)
{
	unsigned paths = 0;

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue; /* an option of libFuzzer's */
		replay(argv[i]);
		paths++;
	}
	if (!paths)
		replay(CORPUS);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
