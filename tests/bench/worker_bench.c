/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mixer with 400 legs for 10 s: each hears one other, one in ten hears
 * three, half of them play music, a child process sends every leg's RTP.
 *
 * CPU is this thread's alone (the child's and the writer's are not in it); a
 * frame is late when it began more than 10 ms after it was due; an underrun
 * is a leg's frame for which nothing had come.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rtp/voice/g711.h"
#include "rtp/worker/mix.h"
#include "rtp/worker/ticker.h"

#define LEGS_MAX 2000
#define SECONDS 10
#define WARM_UP 50 /* frames */
#define FIRST_PORT 20000
#define FAR_PORT 30000

static unsigned nlegs = 400;
static struct mixer mx;
static struct leg *legs[LEGS_MAX];
static struct ticker *ticker;
static struct event_base *base;
static unsigned frames, underruns;
static struct ticker_stats before;
static double cpu_before;

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct sockaddr_in loopback(unsigned port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)port);
	return sin;
}

/* ---- the far ends: a process of its own ---------------------------------- */

static void open_far(int *fds)
{
	for (unsigned i = 0; i < nlegs; i++) {
		struct sockaddr_in near = loopback(FIRST_PORT + i);
		struct sockaddr_in far = loopback(FAR_PORT + i);

		fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		if (bind(fds[i], (struct sockaddr *)&far, sizeof(far)) ||
		    connect(fds[i], (struct sockaddr *)&near, sizeof(near)))
			exit(1);
	}
}

static void send_all(const int *fds, uint16_t seq)
{
	uint8_t p[RTP_HEADER + FRAME_SAMPLES], drain[2048];
	struct rtp_packet head = {.type = 8, .seq = seq, .ts = seq * 160u,
				  .ssrc = 1};

	rtp_header(p, &head);
	memset(p + RTP_HEADER, 0x2a ^ (seq & 1), FRAME_SAMPLES);
	for (unsigned i = 0; i < nlegs; i++) {
		while (recv(fds[i], drain, sizeof(drain), 0) > 0)
			;
		(void)!send(fds[i], p, sizeof(p), 0);
	}
}

static void far_ends(void)
{
	struct itimerspec every = {{0, 20000000}, {0, 20000000}};
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), *fds;
	uint64_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fds = calloc(nlegs, sizeof(*fds));
	open_far(fds);
	timerfd_settime(fd, 0, &every, NULL);
	for (uint16_t seq = 0; read(fd, &n, sizeof(n)) == sizeof(n); seq++)
		send_all(fds, seq);
	exit(0);
}

/* ---- the mixer ----------------------------------------------------------- */

static void on_mixed(void *arg)
{
	(void)arg;
	if (frames < WARM_UP)
		return;
	for (unsigned i = 0; i < nlegs; i++)
		underruns += legs[i]->jitter.gap > 0;
}

static void on_frame(void *arg)
{
	(void)arg;
	mixer_frame(&mx);
	if (++frames == WARM_UP) {
		cpu_before = cpu_s();
		before = *ticker_stats(ticker);
	}
	if (frames == WARM_UP + SECONDS * 1000 / FRAME_MS)
		event_base_loopbreak(base);
}

static void on_skip(unsigned n, void *arg)
{
	(void)arg;
	mixer_skip(&mx, n);
}

static void open_legs(void)
{
	struct in_addr lo = {htonl(INADDR_LOOPBACK)};
	char text[64];

	for (unsigned i = 0; i < nlegs; i++) {
		snprintf(text, sizeof(text), "l%016x", i);
		if (leg_open(&legs[i], str_c(text), 0, lo,
			     (uint16_t)(FIRST_PORT + i)))
			exit(1);
		snprintf(text, sizeof(text), "127.0.0.1:%u", FAR_PORT + i);
		leg_point(legs[i], str_c(text));
		mixer_add(&mx, legs[i]);
	}
}

static void set_rows(void)
{
	char row[128];

	for (unsigned i = 0; i < nlegs; i++) {
		snprintf(row, sizeof(row),
			 i % 10 ? "l%016x:100"
				: "l%016x:100,l%016x:50,l%016x:100",
			 i ^ 1, (i + 2) % nlegs, (i + 3) % nlegs);
		leg_hear(legs[i], str_c(row));
	}
}

/* ---- music, without files ------------------------------------------------ */

static int16_t music[RATE_HZ];
static struct prompt prompt = {PROMPT_READY, music, RATE_HZ, ""};

static void play_music(void)
{
	for (unsigned i = 0; i < RATE_HZ; i++)
		music[i] = (int16_t)(i * 7 % 4000);
	for (unsigned i = 0; i < nlegs; i += 2) {
		legs[i]->play = (struct play){.state = PLAY_ON, .loop = true,
					      .number = 1, .n = 1};
		legs[i]->play.items[0] = &prompt;
	}
}

static void figure(const char *name, double value, const char *unit,
		   double baseline)
{
	printf("{\"bench\": \"worker\", \"figure\": \"%s\", \"value\": %.6g, "
	       "\"unit\": \"%s\"", name, value, unit);
	if (baseline >= 0)
		printf(", \"baseline\": %.6g", baseline);
	puts("}");
}

static void report(void)
{
	const struct ticker_stats *t = ticker_stats(ticker);
	double cpu = (cpu_s() - cpu_before) / SECONDS;

	figure("legs", nlegs, "", -1);
	figure("cpu per leg", 100 * cpu / nlegs, "% of a core", 0.027);
	figure("mean frame", 1e6 * cpu / (1000 / FRAME_MS), "us", -1);
	figure("longest frame", (double)t->busy_us_max, "us", -1);
	figure("late frames", (double)(t->late - before.late), "", 0);
	figure("skipped frames", (double)(t->skipped - before.skipped), "",
	       0);
	figure("underruns", underruns, "legs' frames", 0);
}

int main(int argc, char **argv)
{
	struct mixer_handlers h = {.on_frame = on_mixed};
	struct rlimit files = {8192, 8192};
	pid_t child;

	if (argc > 1)
		nlegs = (unsigned)atoi(argv[1]);
	if (nlegs < 2 || nlegs > LEGS_MAX)
		return fprintf(stderr, "worker_bench [LEGS: 2 to %u]\n",
			       LEGS_MAX), 2;
	setrlimit(RLIMIT_NOFILE, &files);
	g711_tables();
	mixer_init(&mx, NULL, &h);
	open_legs();
	child = fork();
	if (child == 0)
		far_ends();
	base = event_base_new();
	set_rows();
	play_music();
	if (ticker_alloc(&ticker, base, on_frame, on_skip, NULL))
		return 1;
	event_base_dispatch(base);
	report();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}
