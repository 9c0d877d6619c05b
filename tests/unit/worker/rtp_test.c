/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rtp/worker/rtp.h"

static void header_comes_back(void **state)
{
	const struct rtp_packet out = {.type = 8,
				       .marker = true,
				       .seq = 0xfffe,
				       .ts = 0xdeadbeef,
				       .ssrc = 0x01020304};
	struct rtp_packet in;
	uint8_t p[RTP_HEADER + 3] = {0};

	(void)state;
	rtp_header(p, &out);
	assert_int_equal(rtp_parse(&in, p, sizeof(p)), 0);
	assert_int_equal(in.type, 8);
	assert_true(in.marker);
	assert_int_equal(in.seq, 0xfffe);
	assert_int_equal(in.ts, 0xdeadbeef);
	assert_int_equal(in.ssrc, 0x01020304);
	assert_int_equal(in.len, 3);
}

static void csrc_extension_padding(void **state)
{
	uint8_t p[40] = {0xb1, 8};
	struct rtp_packet in;

	(void)state;
	p[12 + 4 + 3] = 1; /* extension of one word */
	p[39] = 4;	   /* padding */
	assert_int_equal(rtp_parse(&in, p, sizeof(p)), 0);
	assert_ptr_equal(in.payload, p + 12 + 4 + 4 + 4);
	assert_int_equal(in.len, 40 - 24 - 4);
}

static void not_rtp(void **state)
{
	uint8_t p[40] = {0x80, 8};
	struct rtp_packet in;

	(void)state;
	assert_int_equal(rtp_parse(&in, p, 11), EPROTO);
	p[0] = 0x40;
	assert_int_equal(rtp_parse(&in, p, 40), EPROTO);
	p[0] = 0x8f; /* 15 CSRCs do not fit */
	assert_int_equal(rtp_parse(&in, p, 40), EPROTO);
	p[0] = 0x90; /* extension of 65535 words */
	p[14] = p[15] = 0xff;
	assert_int_equal(rtp_parse(&in, p, 40), EPROTO);
	p[0] = 0xa0; /* padding longer than the packet; padding of nothing */
	p[39] = 200;
	assert_int_equal(rtp_parse(&in, p, 40), EPROTO);
	p[39] = 0;
	assert_int_equal(rtp_parse(&in, p, 40), EPROTO);
}

static void put(struct rtp_stats *s, uint16_t seq, uint32_t ssrc, uint32_t late)
{
	struct rtp_packet p = {.seq = seq, .ts = seq * 160u, .ssrc = ssrc};

	rtp_stats_put(s, &p, true, seq * 160u + late);
}

static void counts_what_is_missing(void **state)
{
	struct rtp_stats s = {0};

	(void)state;
	for (uint32_t i = 65500; i < 65500 + 200; i++) /* wraps */
		if (i % 10)
			put(&s, (uint16_t)i, 7, 0);
	assert_int_equal(s.received, 180);
	/* 65500 itself was never expected: the source began at 65501. */
	assert_int_equal(rtp_stats_lost(&s), 19);
}

static void order_and_doubles(void **state)
{
	struct rtp_stats s = {0};

	(void)state;
	put(&s, 5, 7, 0);
	put(&s, 4, 7, 0); /* began out of order */
	put(&s, 7, 7, 0);
	assert_int_equal(rtp_stats_lost(&s), 1);
	put(&s, 6, 7, 0);
	assert_int_equal(rtp_stats_lost(&s), 0);
	put(&s, 6, 7, 0);
	assert_int_equal(rtp_stats_lost(&s), 0);
}

static void sources_change(void **state)
{
	struct rtp_stats s = {0};

	(void)state;
	put(&s, 10, 1, 0);
	put(&s, 12, 1, 0); /* one lost */
	put(&s, 40000, 2, 0);
	put(&s, 40003, 2, 0); /* two lost */
	assert_int_equal(s.received, 4);
	assert_int_equal(rtp_stats_lost(&s), 3);
}

/* Every other packet 10 ms late: D is 80 always, so the jitter approaches
 * 10 ms (RFC 3550 A.8). */
static void jitter_of_ten_ms(void **state)
{
	struct rtp_stats s = {0};

	(void)state;
	for (uint16_t i = 0; i < 500; i++)
		put(&s, i, 1, i & 1 ? 80 : 0);
	assert_in_range(rtp_stats_jitter_us(&s), 9000, 10500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_comes_back),
		cmocka_unit_test(csrc_extension_padding),
		cmocka_unit_test(not_rtp),
		cmocka_unit_test(counts_what_is_missing),
		cmocka_unit_test(order_and_doubles),
		cmocka_unit_test(sources_change),
		cmocka_unit_test(jitter_of_ten_ms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
