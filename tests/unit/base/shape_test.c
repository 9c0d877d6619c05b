/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/shape.h"
#include "tests/unit/base/unit.h"

#define HEAD "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c\r\nFrom: d\r\n" \
	"To: e\r\nCall-ID: f\r\nCSeq: 1 INVITE\r\n"
#define SDP "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nt=0 0\r\n"

static void is(const char *text, const char *wanted)
{
	const char *bad = shape_message(str_c(text));

	if (!wanted != !bad || (bad && strcmp(bad, wanted)))
		fail_msg("%s, not %s: %s", bad ? bad : "fine",
			 wanted ? wanted : "fine", text);
}

static void what_phones_send(void **state)
{
	(void)state;
	is(HEAD "\r\n", NULL);
	is(HEAD "Content-Length: 0\r\n\r\n", NULL);
	is(HEAD "Content-Type: application/sdp\r\nContent-Length: 35\r\n\r\n"
	   SDP, NULL);
	is(HEAD "c : application/sdp\r\nl:\r\n 35\r\n\r\n" SDP "more", NULL);
	is(HEAD "c: application/sdp\r\n\r\nv=0\no=- 1 1 IN IP4 x", NULL);
	is(HEAD "c: application/sdp\r\n\r\n" SDP "\r\n", NULL);
	is(HEAD "Subject:\r\n a\r\n\tb\r\n\r\n", NULL);
	is(HEAD "Authorization: Digest username=\"a\\\"b\", realm=\"c, d\","
	   " response=\"0123456789abcdef0123456789abcdef\", nc=00000001\r\n"
	   "\r\n", NULL);
	is(HEAD "Authorization: Unheard of=\"\r\n\r\n", NULL);
	is(HEAD "Content-Type: multipart/mixed;boundary=x\r\n\r\n--x\r\n\r\na"
	   "\r\n--x--\r\n", NULL);
	is(HEAD "c: multipart/signed ; micalg=a; boundary=\"x y\"\r\n\r\n"
	   "--x y\r\n\r\na\r\n--x y--", NULL);
}

static void what_nobody_sends(void **state)
{
	(void)state;
	is("", "first line");
	is("\r\n", "first line");
	is(HEAD "From: d\r\n\r\n", "from");
	is(HEAD "i: d\r\n\r\n", "call-id");
	is(HEAD "no colon\r\n\r\n", "header");
	is(HEAD "Content-Length: -1\r\n\r\n", "content-length");
	is(HEAD "Content-Length: 5\r\n\r\nabc", "content-length");
	is(HEAD "Content-Length: 99999999999999999999\r\n\r\n",
	   "content-length");
	is(HEAD "Content-Length: 1\r\nl: 2\r\n\r\nabc", "content-length");
	is(HEAD "c: application/sdp\r\n\r\nno sdp", "sdp line");
	is(HEAD "c: application/sdp\r\n\r\no=-\r\n", "sdp version");
	is(HEAD "c: application/sdp\r\n\r\nv=0\r\n\r\ns=-\r\n", "sdp line");
}

static void credentials(void **state)
{
	static const struct {
		const char *value, *wanted;
	} all[] = {
		{"Digest username=\"a", "digest parameters"},
		{"Digest username", "digest parameters"},
		{"Digest a=\"b\" c=d", "digest parameters"},
		{"Digest response=\"xyz\"", "digest response"},
		{"Digest response=\"\"", "digest response"},
		{"Digest response=0123456789abcdef0123456789abcdef", NULL},
		{"Digest nc=1", "digest nc"},
		{"Digest nc=0000000g", "digest nc"},
		{"Digest nonce=\"\"", "digest nonce"},
		{"Digest nonce=\"a b\"", "digest nonce"},
		{"Digest", NULL},
		{"Digester a=\"", NULL},
		{"digest a=\"\\", "digest parameters"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *bad = shape_digest(str_c(all[i].value));

		if (!bad != !all[i].wanted ||
		    (bad && strcmp(bad, all[i].wanted)))
			fail_msg("%s: %s", all[i].value, bad ? bad : "fine");
	}
}

static void parts(void **state)
{
	struct str ok = STR_LIT("--b\r\n\r\n--b--");

	(void)state;
	assert_null(shape_multipart(STR_LIT("multipart/mixed; boundary=b"),
				    ok));
	assert_non_null(shape_multipart(STR_LIT("multipart/mixed"), ok));
	assert_non_null(shape_multipart(STR_LIT("multipart/mixed;boundary="),
					ok));
	assert_non_null(shape_multipart(STR_LIT("multipart/mixed;boundary=c"),
					ok));
	assert_non_null(shape_multipart(STR_LIT("multipart/mixed;boundary=b"),
					STR_LIT("--b--")));
	assert_non_null(shape_multipart(STR_LIT("multipart/mixed;boundary=b"),
					STR_LIT("--b\r\nx")));
}

/* One more than the limit, and the limit itself. */
static void repeated(const char *head, const char *line, int most,
		     const char *wanted)
{
	size_t size = strlen(head) + strlen(line) * ((size_t)most + 1) + 3;
	char *text = malloc(size);
	int used;

	assert_non_null(text);
	used = snprintf(text, size, "%s", head);
	for (int i = 0; i < most; i++)
		used += snprintf(text + used, size - (size_t)used, "%s", line);
	snprintf(text + used, size - (size_t)used, "\r\n");
	is(text, NULL);
	snprintf(text + used, size - (size_t)used, "%s\r\n", line);
	is(text, wanted);
	free(text);
}

static void limits(void **state)
{
	(void)state;
	repeated(HEAD, "X: y\r\n", SHAPE_HEADERS_MAX - 5, "number of headers");
	repeated(HEAD, "Authorization: Digest a=b\r\n", SHAPE_DIGESTS_MAX,
		 "number of credentials");
	repeated(HEAD "c: application/sdp\r\n\r\nv=0\r\n", "a=b\r\n",
		 SHAPE_SDP_LINES_MAX - 2, "sdp lines");
	repeated(HEAD "c: application/sdp\r\n\r\nv=0\r\n", "m=audio\r\n",
		 SHAPE_SDP_MEDIA_MAX, "sdp media");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_phones_send),
		cmocka_unit_test(what_nobody_sends),
		cmocka_unit_test(credentials),
		cmocka_unit_test(parts),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
