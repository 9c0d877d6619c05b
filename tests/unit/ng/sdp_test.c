/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rtp/ng/ng.h"
#include "rtp/ng/sdp.h"

#define HEAD                                                                   \
	"v=0\r\no=x 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"                           \
	"c=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static void finds_the_audio(void **state)
{
	const struct str text = STR_LIT(
		HEAD "m=video 9000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
		     "m=audio 0 RTP/AVP 0\r\n"
		     "m=audio 4000/2 RTP/AVP 97 101 8\r\n"
		     "c=IN IP4 192.0.2.9\r\na=rtpmap:97 opus/48000/2\r\n"
		     "a=rtpmap:101 telephone-event/8000\r\n");
	struct str te;
	struct sdp sdp;
	char buf[64];

	(void)state;
	assert_int_equal(sdp_parse(text, &sdp), 0);
	assert_int_equal(sdp.n, 3);
	assert_int_equal(sdp.audio, 2);
	assert_true(sdp_has(&sdp.v[2], "Telephone-Event", 8000, &te));
	assert_true(str_eq(te, STR_LIT("101")));
	assert_false(sdp_has(&sdp.v[2], "telephone-event", 48000, NULL));
	assert_true(sdp_has(&sdp.v[2], "PCMA", 0, NULL)); /* static type */
	assert_int_equal(ng_sdp_addr(text, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "192.0.2.9:4000");
	assert_int_equal(ng_sdp_addr(text, buf, 10), ENAMETOOLONG);
	assert_int_equal(ng_sdp_codec(text, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "opus");
}

static void directions(void **state)
{
	struct sdp sdp;

	(void)state;
	sdp_parse(STR_LIT(HEAD "m=audio 4 RTP/AVP 8\r\n"), &sdp);
	assert_string_equal(sdp_direction(&sdp, &sdp.v[0]), "sendrecv");
	sdp_parse(STR_LIT(HEAD "a=inactive\r\nm=audio 4 RTP/AVP 8\r\n"), &sdp);
	assert_string_equal(sdp_direction(&sdp, &sdp.v[0]), "inactive");
	sdp_parse(STR_LIT(HEAD "a=inactive\nm=audio 4 RTP/AVP 8\na=sendonly"),
		  &sdp);
	assert_string_equal(sdp_direction(&sdp, &sdp.v[0]), "sendonly");
	assert_string_equal(sdp_direction_answer("sendonly"), "recvonly");
	assert_string_equal(sdp_direction_answer("recvonly"), "sendonly");
	assert_string_equal(sdp_direction_answer("inactive"), "inactive");
}

static void refuses_what_cannot_be_served(void **state)
{
	static const struct {
		const char *sdp, *why;
	} bad[] = {
		{"", "not a session description"},
		{"hello", "not a session description"},
		{HEAD, "no audio line"},
		{HEAD "m=video 9 RTP/AVP 96\r\n", "no audio line"},
		{HEAD "m=audio 0 RTP/AVP 8\r\n",
		 "its audio line is rejected (port 0)"},
		{HEAD "m=audio 9 RTP/AVP 97\r\na=rtpmap:97 FOO/8000\r\n",
		 "no codec that we can transcode"},
		{HEAD "m=audio 9 RTP/AVP 101\r\n"
		      "a=rtpmap:101 telephone-event/8000\r\n",
		 "no codec that we can transcode"},
		{HEAD "m=audio 70000 RTP/AVP 8\r\n",
		 "not a session description"},
		{HEAD "m=audio\r\n", "not a session description"},
	};
	const char *reason;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ng_sdp_check(str_c(bad[i].sdp), &reason),
				 EINVAL);
		assert_string_equal(reason, bad[i].why);
	}
	assert_int_equal(
		ng_sdp_check(STR_LIT(HEAD "m=audio 9 RTP/AVP 0\r\n"), &reason),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_audio),
		cmocka_unit_test(directions),
		cmocka_unit_test(refuses_what_cannot_be_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
