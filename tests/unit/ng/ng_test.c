/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of rtpengine, item by item: each of these words is there
 * because media went wrong without it. That rtpengine understands them is
 * shown by the media suite, against the real one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "rtp/ng/bencode.h"
#include "rtp/ng/ng.h"

#define HEAD                                                                   \
	"v=0\r\no=x 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"                           \
	"c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define PCMU                                                                   \
	HEAD "m=audio 4000 RTP/AVP 0 96\r\n"                                   \
	     "a=rtpmap:96 telephone-event/8000\r\n"

static char buf[8192];

static struct bvalue built(const struct ng_request *req, unsigned step)
{
	struct bvalue d;
	size_t len = 0;

	assert_int_equal(ng_write(req, step, buf, sizeof(buf), &len), 0);
	assert_int_equal(bread((struct str){buf, len}, &d), 0);
	return d;
}

static struct str text_of(const struct bvalue *d, const char *key)
{
	struct bvalue v;

	if (bread_get(d, key, &v))
		fail_msg("no %s", key);
	return v.kind == B_STR ? v.str : v.raw;
}

static void has(struct str s, const char *part)
{
	if (!memmem(s.p, s.len, part, strlen(part)))
		fail_msg("no %s in %.*s", part, STR_FMT(s));
}

static void lacks(struct str s, const char *part)
{
	if (memmem(s.p, s.len, part, strlen(part)))
		fail_msg("%s in %.*s", part, STR_FMT(s));
}

static const struct ng_request negotiate = {
	.op = NG_OP_NEGOTIATE,
	.leg = {"l0000000000000001", 17},
	.sdp = {PCMU, sizeof(PCMU) - 1},
	.point = {"127.0.0.1:5000", 14},
};

static void negotiates(void **state)
{
	struct bvalue d = built(&negotiate, 0);

	(void)state;
	assert_int_equal(ng_steps(NG_OP_NEGOTIATE), 2);
	has(text_of(&d, "command"), "offer");
	has(text_of(&d, "call-id"), "l0000000000000001");
	has(text_of(&d, "from-tag"), "outer");
	has(text_of(&d, "to-tag"), "inner");
	has(text_of(&d, "flags"), "port latching");
	has(text_of(&d, "codec"), "4:maskl3:alle");
	has(text_of(&d, "codec"), "telephone-event");

	d = built(&negotiate, 1);
	has(text_of(&d, "command"), "answer");
	has(text_of(&d, "from-tag"), "outer");
	has(text_of(&d, "flags"), "port latching");
	has(text_of(&d, "flags"), "single codec");
	has(text_of(&d, "flags"), "asymmetric");
	has(text_of(&d, "sdp"), "m=audio 5000 RTP/AVP 8 96\r\n");
	has(text_of(&d, "sdp"), "a=sendrecv");
}

/* Else rtpengine would search the audio for tones and transcode it all. */
static void no_telephone_event_unless_offered(void **state)
{
	struct ng_request req = negotiate;
	struct bvalue d;

	(void)state;
	req.sdp = STR_LIT(HEAD "m=audio 4000 RTP/AVP 8\r\n");
	d = built(&req, 0);
	lacks(text_of(&d, "codec"), "telephone-event");
	d = built(&req, 1);
	lacks(text_of(&d, "sdp"), "telephone-event");
}

static void other_lines_are_rejected(void **state)
{
	struct ng_request req = negotiate;
	struct bvalue d;

	(void)state;
	req.sdp =
		STR_LIT(HEAD "m=video 9 RTP/AVP 96\r\nm=audio 4 RTP/AVP 8\r\n");
	d = built(&req, 1);
	has(text_of(&d, "sdp"), "m=video 0 RTP/AVP 96\r\nm=audio 5000 ");
}

/* rtpengine raises the version of an SDP that changed; the direction is put
 * in by us, so something that it sees must change with it. */
static void hold_changes_the_session(void **state)
{
	struct ng_request req = negotiate;
	struct bvalue d;

	(void)state;
	req.sdp = STR_LIT(PCMU "a=sendonly\r\n");
	d = built(&req, 1);
	has(text_of(&d, "sdp"), "s=recvonly");
	has(text_of(&d, "sdp"), "a=sendrecv");
}

static void proposes_and_accepts(void **state)
{
	struct ng_request req = negotiate;
	struct bvalue d;

	(void)state;
	req.op = NG_OP_PROPOSE;
	d = built(&req, 0);
	has(text_of(&d, "from-tag"), "inner");
	has(text_of(&d, "to-tag"), "outer");
	has(text_of(&d, "codec"), "PCMU");
	has(text_of(&d, "codec"), "G722");
	req.op = NG_OP_ACCEPT;
	d = built(&req, 0);
	has(text_of(&d, "command"), "answer");
	has(text_of(&d, "from-tag"), "inner");
	lacks(text_of(&d, "flags"), "asymmetric");
}

static void refuses_before_sending(void **state)
{
	struct ng_request req = negotiate;
	size_t len;

	(void)state;
	req.sdp = STR_LIT(HEAD "m=audio 0 RTP/AVP 8\r\n");
	assert_int_equal(ng_write(&req, 0, buf, sizeof(buf), &len), EINVAL);
	req = negotiate;
	req.point = STR_LIT("127.0.0.1");
	assert_int_equal(ng_write(&req, 1, buf, sizeof(buf), &len), EINVAL);
	req.point = STR_LIT("127.0.0.1:0");
	assert_int_equal(ng_write(&req, 1, buf, sizeof(buf), &len), EINVAL);
	assert_int_equal(ng_write(&negotiate, 0, buf, 100, &len), ENOBUFS);
	req = negotiate;
	req.leg = STR_NONE;
	assert_int_equal(ng_write(&req, 0, buf, sizeof(buf), &len), EINVAL);
}

static int reply(const struct ng_request *req, unsigned step, const char *sdp,
		 struct ng_result *res)
{
	int n = snprintf(buf, sizeof(buf), "d6:result2:ok3:sdp%zu:%se",
			 strlen(sdp), sdp);

	return ng_read(req, step, buf, (size_t)n, res);
}

static void reads_replies(void **state)
{
	struct ng_request req = negotiate;
	struct ng_result res = {0};

	(void)state;
	req.sdp = STR_LIT(PCMU "a=sendonly\r\n");
	assert_int_equal(reply(&req, 0,
			       HEAD "m=audio 30000 RTP/AVP 8\r\na=sendonly\r\n",
			       &res),
			 0);
	assert_string_equal(res.addr, "192.0.2.1:30000");
	assert_int_equal(reply(&req, 1,
			       HEAD "m=audio 30002 RTP/AVP 0\r\na=sendrecv\r\n",
			       &res),
			 0);
	assert_string_equal(res.codec, "PCMU");
	has(res.sdp, "a=recvonly");
	lacks(res.sdp, "sendrecv");
}

static void reads_failures(void **state)
{
	char gone[] = "d6:result5:error12:error-reason15:Unknown call-ide";
	char bad[] = "d6:result5:error12:error-reason19:Failed to parse SDPe";
	char junk[] = "d6:resulti1ee", none[] = "d6:result2:oke";
	struct ng_result res = {0};

	(void)state;
	assert_int_equal(ng_read(&negotiate, 0, gone, sizeof(gone) - 1, &res),
			 EREMOTEIO);
	assert_int_equal(res.cause, NG_UNKNOWN);
	assert_int_equal(ng_read(&negotiate, 0, bad, sizeof(bad) - 1, &res),
			 EREMOTEIO);
	assert_int_equal(res.cause, NG_REFUSED);
	assert_string_equal(res.reason, "Failed to parse SDP");
	assert_int_equal(ng_read(&negotiate, 0, junk, sizeof(junk) - 1, &res),
			 EPROTO);
	assert_int_equal(res.cause, NG_BROKEN);
	assert_int_equal(ng_read(&negotiate, 0, none, sizeof(none) - 1, &res),
			 EPROTO);
}

static void splits_datagrams(void **state)
{
	struct str cookie, body;

	(void)state;
	assert_int_equal(ng_datagram(STR_LIT("7_1 d1:ai1ee"), &cookie, &body),
			 0);
	assert_true(str_eq(cookie, STR_LIT("7_1")));
	assert_true(str_eq(body, STR_LIT("d1:ai1ee")));
	assert_int_equal(ng_datagram(STR_LIT("7_1"), &cookie, &body), EPROTO);
	assert_int_equal(ng_datagram(STR_LIT(" d"), &cookie, &body), EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(negotiates),
		cmocka_unit_test(no_telephone_event_unless_offered),
		cmocka_unit_test(other_lines_are_rejected),
		cmocka_unit_test(hold_changes_the_session),
		cmocka_unit_test(proposes_and_accepts),
		cmocka_unit_test(refuses_before_sending),
		cmocka_unit_test(reads_replies),
		cmocka_unit_test(reads_failures),
		cmocka_unit_test(splits_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
