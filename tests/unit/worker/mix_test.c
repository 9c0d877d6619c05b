/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mixer with real ports on loopback: each leg's far end is a socket of
 * the test, and what arrives there is compared sample by sample. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rtp/voice/g711.h"
#include "rtp/worker/mix.h"

#define LEGS 4

static struct mixer mx;
static struct far {
	int fd;
	struct leg *leg;
	uint16_t seq;
	uint8_t code; /* what it says */
} far[LEGS];

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(port);
	return sin;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	getsockname(fd, (struct sockaddr *)&sin, &len);
	return ntohs(sin.sin_port);
}

static int udp(void)
{
	struct sockaddr_in sin = loopback(0);
	struct timeval limit = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return bind(fd, (struct sockaddr *)&sin, sizeof(sin)) ? -1 : fd;
}

static int setup(void **state)
{
	struct in_addr lo = {htonl(INADDR_LOOPBACK)};

	(void)state;
	mixer_init(&mx, NULL, &(struct mixer_handlers){0});
	for (int i = 0; i < LEGS; i++) {
		char id[16], point[32];

		far[i] = (struct far){.fd = udp(), .code = 0};
		snprintf(id, sizeof(id), "l%d", i);
		snprintf(point, sizeof(point), "127.0.0.1:%u",
			 port_of(far[i].fd));
		assert_int_equal(leg_open(&far[i].leg, str_c(id), 0, lo, 0), 0);
		assert_int_equal(leg_point(far[i].leg, str_c(point)), 0);
		mixer_add(&mx, far[i].leg);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mixer_release(&mx);
	for (int i = 0; i < LEGS; i++)
		close(far[i].fd);
	return 0;
}

static void say(int fd, int i, uint8_t code)
{
	struct sockaddr_in to = loopback(port_of(far[i].leg->fd));
	struct rtp_packet head = {.type = 8,
				  .seq = far[i].seq,
				  .ts = far[i].seq * 160u,
				  .ssrc = 1};
	uint8_t p[RTP_HEADER + FRAME_SAMPLES];

	far[i].seq++;
	rtp_header(p, &head);
	memset(p + RTP_HEADER, code, FRAME_SAMPLES);
	assert_int_equal(
		sendto(fd, p, sizeof(p), 0, (struct sockaddr *)&to, sizeof(to)),
		sizeof(p));
}

/* The sample that leg i's far end hears now. */
static int heard(int i)
{
	uint8_t p[2048];

	assert_int_equal(recv(far[i].fd, p, sizeof(p), 0),
			 RTP_HEADER + FRAME_SAMPLES);
	for (int k = 1; k < FRAME_SAMPLES; k++)
		assert_int_equal(p[RTP_HEADER + k], p[RTP_HEADER]);
	return g711_alaw[p[RTP_HEADER]];
}

/* Everybody says his code for a few frames; what is heard in the last. */
static void talk(const uint8_t code[LEGS], int out[LEGS])
{
	for (int n = 0; n < 4; n++) {
		for (int i = 0; i < LEGS; i++)
			say(far[i].fd, i, code[i]);
		mixer_frame(&mx);
		for (int i = 0; i < LEGS; i++)
			out[i] = heard(i);
	}
}

/* After A-law a sum is known to 1/32. */
static void near(int is, int want)
{
	if (abs(is - want) > abs(want) / 32 + 8)
		fail_msg("heard %d, want %d", is, want);
}

static const uint8_t codes[LEGS] = {0x80, 0x95, 0x2a, 0xd0};

static void silence_without_rows(void **state)
{
	int out[LEGS];

	(void)state;
	talk(codes, out);
	for (int i = 0; i < LEGS; i++)
		near(out[i], 0);
}

static void sums_with_gain(void **state)
{
	int out[LEGS], v[LEGS];

	(void)state;
	for (int i = 0; i < LEGS; i++)
		v[i] = g711_alaw[codes[i]];
	leg_hear(far[0].leg, STR_LIT("l1:100,l2:50"));
	leg_hear(far[1].leg, STR_LIT("l0:200"));
	leg_hear(far[2].leg, STR_LIT("l9:100")); /* nobody yet */
	talk(codes, out);
	near(out[0], v[1] + v[2] / 2);
	near(out[1], v[0] * 2);
	near(out[2], 0);
	near(out[3], 0);
	leg_hear(far[0].leg, STR_NONE);
	leg_hear(far[3].leg, STR_LIT("l0:100,l1:100,l2:100"));
	talk(codes, out);
	near(out[0], 0);
	near(out[3], v[0] + v[1] + v[2]);
}

static void loud_is_cut_off(void **state)
{
	const uint8_t loud[LEGS] = {0xaa, 0xaa, 0xaa, 0xaa}; /* + 32256 */
	int out[LEGS];

	(void)state;
	leg_hear(far[0].leg, STR_LIT("l1:400,l2:400,l3:400"));
	talk(loud, out);
	assert_int_equal(out[0], 32256);
}

static void legs_come_and_go(void **state)
{
	int out[LEGS], v = g711_alaw[codes[1]];

	(void)state;
	leg_hear(far[0].leg, STR_LIT("l1:100"));
	talk(codes, out);
	near(out[0], v);
	mixer_remove(&mx, far[1].leg);
	for (int n = 0; n < 2; n++)
		mixer_frame(&mx);
	heard(0);
	near(heard(0), 0); /* and no use of what was freed */
}

/* Of all legs: one that hears something is enough. */
static void nobody_says_anything(void **state)
{
	(void)state;
	for (int n = 0; n < 10; n++)
		mixer_frame(&mx);
	assert_true(mixer_is_still(&mx, 10));
	assert_false(mixer_is_still(&mx, 11));
	for (int n = 0; n < 4; n++) {
		say(far[2].fd, 2, 0xaa);
		mixer_frame(&mx);
	}
	assert_false(mixer_is_still(&mx, 10));
}

static void strangers_are_not_heard(void **state)
{
	int thief = udp();

	(void)state;
	leg_hear(far[0].leg, STR_LIT("l1:100"));
	for (int n = 0; n < 4; n++) {
		say(thief, 1, 0xaa);
		mixer_frame(&mx);
		near(heard(0), 0);
	}
	assert_int_equal(far[1].leg->strangers, 4);
	assert_int_equal(far[1].leg->stats.received, 0);
	close(thief);
}

static void rows_are_checked(void **state)
{
	struct leg *leg = far[0].leg;

	(void)state;
	assert_int_equal(leg_hear(leg, STR_LIT("l1:100")), 0);
	assert_int_equal(leg_hear(leg, STR_LIT("l1:401")), EINVAL);
	assert_int_equal(leg_hear(leg, STR_LIT("l1")), EINVAL);
	assert_int_equal(leg_hear(leg, STR_LIT("l1:-1")), EINVAL);
	assert_int_equal(leg->nhears, 1); /* as it was */
	assert_int_equal(leg_point(leg, STR_LIT("localhost:1")), EINVAL);
	assert_int_equal(leg_point(leg, STR_LIT("127.0.0.1:0")), EINVAL);
	assert_int_equal(leg_point(leg, STR_LIT("127.0.0.1")), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(silence_without_rows, setup,
						teardown),
		cmocka_unit_test_setup_teardown(sums_with_gain, setup,
						teardown),
		cmocka_unit_test_setup_teardown(loud_is_cut_off, setup,
						teardown),
		cmocka_unit_test_setup_teardown(legs_come_and_go, setup,
						teardown),
		cmocka_unit_test_setup_teardown(nobody_says_anything, setup,
						teardown),
		cmocka_unit_test_setup_teardown(strangers_are_not_heard, setup,
						teardown),
		cmocka_unit_test_setup_teardown(rows_are_checked, setup,
						teardown),
	};

	g711_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
