/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ng_call IP:PORT OPERATION LEG [POINT [pinned] [srtp]] [< SDP]
 *
 * Carries out one operation of rtp/ng against a real rtpengine, blocking, and
 * prints "cause=... addr=... codec=... reason=..." and the SDP for the outer
 * side below it. Exit code 0 when rtpengine did it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rtp/ng/ng.h"

static char reply[NG_DATAGRAM_MAX + 1], buf[NG_DATAGRAM_MAX], sdp[NG_SDP_MAX];

static int connect_ng(const char *where)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	struct timeval limit = {.tv_sec = 2};
	const char *colon = strchr(where, ':');
	char ip[64];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(ip, sizeof(ip), "%.*s", (int)(colon - where), where);
	inet_pton(AF_INET, ip, &sin.sin_addr);
	sin.sin_port = htons((uint16_t)atoi(colon + 1));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)))
		perror("connect");
	return fd;
}

static int step(int fd, const struct ng_request *req, unsigned n,
		struct ng_result *res)
{
	struct str cookie, body;
	size_t head, len;
	ssize_t got;
	int err;

	head = (size_t)sprintf(buf, "%d-%u ", getpid(), n);
	err = ng_write(req, n, buf + head, sizeof(buf) - head, &len);
	if (err) {
		const char *reason = "";

		ng_sdp_check(req->sdp, &reason);
		res->cause = NG_REFUSED;
		snprintf(res->reason, sizeof(res->reason), "%s", reason);
		return err;
	}
	if (send(fd, buf, head + len, 0) < 0)
		return errno;
	got = recv(fd, reply, sizeof(reply), 0);
	if (got < 0)
		return errno;
	if (ng_datagram((struct str){reply, (size_t)got}, &cookie, &body))
		return EPROTO;
	return ng_read(req, n, reply + (body.p - reply), body.len, res);
}

static int find_op(const char *name, enum ng_op *op)
{
	for (*op = NG_OP_NEGOTIATE; *op <= NG_OP_PING; (*op)++)
		if (!strcmp(name, ng_op_name(*op)))
			return 0;
	return EINVAL;
}

int main(int argc, char **argv)
{
	struct ng_request req = {0};
	struct ng_result res = {0};
	unsigned n;
	int fd, err = 0;

	if (argc < 4 || find_op(argv[2], &req.op)) {
		fprintf(stderr,
			"ng_call IP:PORT OPERATION LEG "
			"[POINT [pinned] [srtp]] < SDP\n");
		return 2;
	}
	req.leg = str_c(argv[3]);
	req.point = str_c(argc > 4 ? argv[4] : NULL);
	for (int i = 5; i < argc; i++) {
		req.pinned |= !strcmp(argv[i], "pinned");
		req.srtp |= !strcmp(argv[i], "srtp");
	}
	if (req.op == NG_OP_NEGOTIATE || req.op == NG_OP_ACCEPT) {
		req.sdp.p = sdp;
		req.sdp.len = fread(sdp, 1, sizeof(sdp), stdin);
	}
	fd = connect_ng(argv[1]);
	for (n = 0; !err && n < ng_steps(req.op); n++)
		err = step(fd, &req, n, &res);
	if (err && res.cause == NG_OK)
		res.cause = NG_BROKEN;
	printf("cause=%s addr=%s codec=%s reason=%s\n",
	       ng_cause_name(res.cause), res.addr, res.codec, res.reason);
	if (res.sdp.len)
		fwrite(res.sdp.p, 1, res.sdp.len, stdout);
	close(fd);
	return err ? 1 : 0;
}
