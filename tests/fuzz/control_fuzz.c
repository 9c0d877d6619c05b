/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of the control socket: its bytes in pieces, each line answered. A
 * byte 0xff cuts a piece, 0xfe hangs up. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "router-engine/ctl/request.h"
#include "router-engine/io/control.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct control *control;
static char path[60];

static void on_line(uint64_t client, struct str line, void *arg)
{
	struct rpc_request req;
	char err[RPC_TEXT_MAX] = "", *text;
	int code = rpc_parse(&req, line, err, sizeof(err));

	MUST(arg == &base && line.len && !memchr(line.p, '\n', line.len));
	text = rpc_error(req.id, code, err);
	if (text)
		control_reply(control, client, str_c(text));
	control_reply(control, client + 1, STR_LIT("nobody"));
	free(text);
	rpc_release(&req);
}

static void start(void)
{
	struct control *second;

	signal(SIGPIPE, SIG_IGN); /* as the engine does */
	base = event_base_new();
	snprintf(path, sizeof(path), "/tmp/control_fuzz.%d", getpid());
	MUST(base && !control_alloc(&control, base, path, on_line, &base));
	MUST(control_alloc(&second, base, path, on_line, NULL));
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static int call(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	MUST(fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)));
	return fd;
}

static void turn(void)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;
	int fd;

	if (!base)
		start();
	fd = call();
	for (size_t i = 0; i <= size; i++) {
		bool end = i == size || data[i] == 0xfe;

		if (!end && data[i] != 0xff)
			continue;
		if (i > at && send(fd, data + at, i - at, MSG_NOSIGNAL) < 0)
			break;
		turn();
		at = i + 1;
		if (end)
			break;
	}
	close(fd);
	turn();
	if (size > 1 && data[0] == 'z' && data[1] == 'z') { /* the engine ends */
		fd = call();
		turn();
		control_free(control);
		close(fd);
		event_base_free(base);
		base = NULL;
	}
	return 0;
}
