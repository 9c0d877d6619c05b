/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * far_ends IP: telephones' RTP, as cheap as it can be had.
 *
 * Reads a line per telephone, "PORT" or "PORT PEER_IP PEER_PORT", up to the end
 * of its input, then sends each one's PCMA every 20 ms. Without a peer it
 * sends to whoever sent last. On SIGUSR1 prints "PORT MS" of each, the longest
 * time without sound since the last SIGUSR1 (packets of silence are none), and
 * "end"; on SIGTERM "PORT SENT RECEIVED" of each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "rtp/worker/frame.h"
#include "rtp/worker/rtp.h"

#define ENDS_MAX 4096
#define SOUNDS 50 /* frames before the sound repeats */
#define DRAIN 8 /* packets of one phone a frame, at most */
#define SILENCE 0xd5 /* PCMA */

struct end {
	struct sockaddr_in peer; /* sin_port 0: nobody has sent yet */
	unsigned port;
	int fd;
	int given; /* the peer was */
	unsigned long sent, received;
	uint64_t heard_ms, longest_ms;
};

static struct end ends[ENDS_MAX];
static unsigned nends;
static uint8_t sound[SOUNDS][FRAME_SAMPLES];
static volatile sig_atomic_t stop, asked;

static void on_signal(int sig)
{
	if (sig == SIGTERM)
		stop = 1;
	else
		asked = 1;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void die(const char *what, unsigned port)
{
	fprintf(stderr, "far_ends: %s (port %u): %s\n", what, port,
		strerror(errno));
	exit(1);
}

static void open_end(struct end *e, const char *ip)
{
	struct sockaddr_in near = {.sin_family = AF_INET,
				   .sin_port = htons((uint16_t)e->port)};

	inet_pton(AF_INET, ip, &near.sin_addr);
	e->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (e->fd < 0 || bind(e->fd, (struct sockaddr *)&near, sizeof(near)))
		die("bind", e->port);
}

static void read_ends(const char *ip)
{
	char line[128], peer[64];
	unsigned port;

	while (nends < ENDS_MAX && fgets(line, sizeof(line), stdin)) {
		struct end *e = &ends[nends];
		int n = sscanf(line, "%u %63s %u", &e->port, peer, &port);

		if (n != 1 && n != 3)
			die("a line is PORT or PORT IP PORT", e->port);
		e->peer.sin_family = AF_INET;
		if (n == 3) {
			e->given = 1;
			inet_pton(AF_INET, peer, &e->peer.sin_addr);
			e->peer.sin_port = htons((uint16_t)port);
		}
		open_end(e, ip);
		nends++;
	}
}

/* Something that is no silence and changes all the time. */
static void make_sound(void)
{
	uint32_t x = 1;

	for (unsigned i = 0; i < SOUNDS * FRAME_SAMPLES; i++) {
		x = x * 1664525u + 1013904223u;
		sound[i / FRAME_SAMPLES][i % FRAME_SAMPLES] =
			(uint8_t)(0xd5 ^ (x >> 28) << 2);
	}
}

static int is_sound(const uint8_t *p, ssize_t n)
{
	for (ssize_t i = RTP_HEADER; i < n; i++)
		if (p[i] != SILENCE)
			return 1;
	return 0;
}

static void waited(struct end *e, uint64_t now)
{
	if (now - e->heard_ms > e->longest_ms)
		e->longest_ms = now - e->heard_ms;
}

static void hear(struct end *e, uint64_t now)
{
	uint8_t p[2048];
	struct sockaddr_in from;

	for (unsigned i = 0; i < DRAIN; i++) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(e->fd, p, sizeof(p), 0,
				     (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		e->received++;
		if (!e->given)
			e->peer = from;
		if (!is_sound(p, n))
			continue;
		waited(e, now);
		e->heard_ms = now;
	}
}

/* From now on it is asked about the time that follows. */
static void tell_silences(uint64_t now)
{
	for (struct end *e = ends; e < ends + nends; e++) {
		waited(e, now);
		printf("%u %llu\n", e->port,
		       (unsigned long long)e->longest_ms);
		e->longest_ms = 0;
		if (e->heard_ms < now)
			e->heard_ms = now;
	}
	printf("end\n");
	fflush(stdout);
}

static void say(struct end *e, uint16_t seq)
{
	uint8_t p[RTP_HEADER + FRAME_SAMPLES];
	struct rtp_packet head = {.type = 8, .seq = seq,
				  .ts = seq * (uint32_t)FRAME_SAMPLES,
				  .ssrc = e->port};

	if (!e->peer.sin_port)
		return;
	rtp_header(p, &head);
	memcpy(p + RTP_HEADER, sound[(seq + e->port) % SOUNDS], FRAME_SAMPLES);
	if (sendto(e->fd, p, sizeof(p), 0, (struct sockaddr *)&e->peer,
		   sizeof(e->peer)) > 0)
		e->sent++;
}

int main(int argc, char **argv)
{
	struct rlimit files = {ENDS_MAX + 64, ENDS_MAX + 64};
	struct itimerspec every = {{0, 20000000}, {0, 20000000}};
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: far_ends IP < PORTS\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_NOFILE, &files);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
	read_ends(argv[1]);
	make_sound();
	timerfd_settime(fd, 0, &every, NULL);
	for (uint16_t seq = 0; !stop; seq++) {
		if (read(fd, &n, sizeof(n)) == sizeof(n))
			for (unsigned i = 0; i < nends; i++) {
				hear(&ends[i], now_ms());
				say(&ends[i], seq);
			}
		if (asked) {
			asked = 0;
			tell_silences(now_ms());
		}
	}
	for (unsigned i = 0; i < nends; i++)
		printf("%u %lu %lu\n", ends[i].port, ends[i].sent,
		       ends[i].received);
	return 0;
}
