/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/header.h"
#include "lib/base/line.h"
#include "tests/unit/base/unit.h"

static void replaces(void **state)
{
	static const char *const bad[] = {
		"", "a", "a;to-tag=1", "a;from-tag=1", ";to-tag=1;from-tag=2",
		"a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2",
		"a;to-tag=;from-tag=2"};
	struct header_replaces r;

	(void)state;
	assert_int_equal(header_replaces(STR_LIT("98732@sip.example.com ; "
		"From-Tag = r33th4x0r\r\n ;to-tag=ff87ff;early-only"), &r), 0);
	assert_str(r.call_id, "98732@sip.example.com");
	assert_str(r.from_tag, "r33th4x0r");
	assert_str(r.to_tag, "ff87ff");
	assert_true(r.early_only);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(header_replaces(str_c(bad[i]), &r), EINVAL);
}

static void session(void **state)
{
	static const char *const bad[] = {"", "0", "x", ";refresher=uac", "-1",
					  "4294967296", "90 s"};
	struct header_session h;

	(void)state;
	assert_int_equal(header_session(STR_LIT("4000;refresher=UAC"), &h), 0);
	assert_int_equal(h.s, 4000);
	assert_int_equal(h.refresher, REFRESHER_UAC);
	assert_int_equal(header_session(STR_LIT(" 90;x;refresher=uas"), &h), 0);
	assert_int_equal(h.refresher, REFRESHER_UAS);
	assert_int_equal(header_session(STR_LIT("90;refresher=both"), &h), 0);
	assert_int_equal(h.refresher, REFRESHER_NONE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(header_session(str_c(bad[i]), &h), EINVAL);
}

static void rack(void **state)
{
	static const char *const bad[] = {"", "1", "1 2", "1 2 INVITE x",
					  "-1 2 INVITE", "1 x INVITE",
					  "99999999999 2 INVITE"};
	struct header_rack r;

	(void)state;
	assert_int_equal(header_rack(STR_LIT("776656\t1  INVITE "), &r), 0);
	assert_int_equal(r.rseq, 776656);
	assert_int_equal(r.cseq, 1);
	assert_str(r.method, "INVITE");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(header_rack(str_c(bad[i]), &r), EINVAL);
}

static void reasons(void **state)
{
	(void)state;
	assert_int_equal(header_q850(STR_LIT("Q.850;cause=16;text=\"x\"")), 16);
	assert_int_equal(header_q850(STR_LIT("SIP ;cause=200 ;text=\"no, Q.850"
		";cause=3\", q.850 ; cause = 17")), 17);
	assert_int_equal(header_q850(STR_LIT("Q.850;cause=128")), 0);
	assert_int_equal(header_q850(STR_LIT("SIP;cause=600")), 0);
	assert_int_equal(header_q850(STR_NONE), 0);
}

static void lists(void **state)
{
	(void)state;
	assert_true(header_lists(STR_LIT("100rel, Timer"), STR_LIT("timer")));
	assert_false(header_lists(STR_LIT("timers"), STR_LIT("timer")));
	assert_false(header_lists(STR_NONE, STR_LIT("timer")));
}

static void entries(void **state)
{
	struct str rest = STR_LIT("\"a, b\" <sip:x@h?Reason=SIP%3Bcause%3D302>"
				  ";index=1,<sip:y,z@h>,<sip:open");
	struct str entry;

	(void)state;
	assert_true(header_entry(&rest, &entry));
	assert_str(header_uri(entry), "sip:x@h");
	assert_true(header_entry(&rest, &entry));
	assert_str(header_uri(entry), "sip:y,z@h");
	assert_true(header_entry(&rest, &entry));
	assert_str(header_uri(entry), "");
	assert_false(header_entry(&rest, &entry));
	assert_str(header_uri(STR_LIT("<>")), "");
	assert_str(header_uri(STR_NONE), "");
}

static void lines(void **state)
{
	struct str line = STR_LIT("a=1 b=x%20y c=%zz d"), name, value;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_str(line_get(line, "b", &a), "x y");
	assert_str(line_get(line, "c", &a), "");
	assert_str(line_get(line, "e", &a), "");
	assert_true(line_num(line, "a") == 1 && line_num(line, "b") == 0);
	assert_true(line_cut(&line, &name, &value));
	assert_str(name, "a");
	assert_str(value, "1");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaces), cmocka_unit_test(session),
		cmocka_unit_test(rack),	    cmocka_unit_test(reasons),
		cmocka_unit_test(lists),    cmocka_unit_test(entries),
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
