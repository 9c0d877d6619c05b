/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "router-engine/io/dial.h"

#define ANSWER_MAX (16u << 20)

static int dial(const char *path, unsigned timeout_ms, int *fdp)
{
	struct timeval tv = {timeout_ms / 1000, (timeout_ms % 1000) * 1000};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, err;

	err = str_copy(to.sun_path, sizeof(to.sun_path), str_c(path));
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		err = errno;
		close(fd);
		return err;
	}
	*fdp = fd;
	return 0;
}

static int write_all(int fd, struct str s)
{
	while (s.len) {
		ssize_t n = send(fd, s.p, s.len, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		s.p += n;
		s.len -= (size_t)n;
	}
	return 0;
}

static int read_line(int fd, char **linep)
{
	size_t len = 0, cap = 0;
	char *buf = NULL, *end;
	int err = 0;

	for (;;) {
		ssize_t n;

		if (len + 1 >= cap) {
			char *p;

			cap = cap ? cap * 2 : 4096;
			p = cap > ANSWER_MAX ? NULL : realloc(buf, cap);
			err = p ? 0 : ENOMEM;
			if (err)
				goto out;
			buf = p;
		}
		n = recv(fd, buf + len, cap - len - 1, 0);
		if (n <= 0) {
			err = n == 0 ? ECONNRESET
			      : errno == EAGAIN ? ETIMEDOUT : errno;
			goto out;
		}
		end = memchr(buf + len, '\n', (size_t)n);
		len += (size_t)n;
		if (end) {
			*end = '\0';
			break;
		}
	}
out:
	if (err)
		free(buf);
	else
		*linep = buf;
	return err;
}

int dial_call(const char *path, struct str request, unsigned timeout_ms,
	      char **linep)
{
	int fd = -1, err = dial(path, timeout_ms, &fd);

	if (err)
		return err;
	err = write_all(fd, request);
	if (!err)
		err = write_all(fd, STR_LIT("\n"));
	if (!err)
		err = read_line(fd, linep);
	close(fd);
	return err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_socket(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISSOCK(st.st_mode);
}

size_t dial_list(const char *dir, char **paths, size_t max)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	if (!d)
		return 0;
	errno = 0;
	while (n < max && (e = readdir(d))) {
		size_t len = strlen(e->d_name);
		char *path;

		if (strncmp(e->d_name, "engine", 6) || len < 11 ||
		    strcmp(e->d_name + len - 5, ".sock") ||
		    asprintf(&path, "%s/%s", dir, e->d_name) < 0)
			continue;
		if (is_socket(path))
			paths[n++] = path;
		else
			free(path);
	}
	closedir(d);
	errno = n ? 0 : ENOENT;
	qsort(paths, n, sizeof(*paths), by_name);
	return n;
}
