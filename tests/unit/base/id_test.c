/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/id.h"
#include "tests/unit/base/unit.h"

static void round_trip(void **state)
{
	static const uint64_t v[] = {0, 1, UINT64_MAX, ID_NODE_BIT | 5,
				     (uint64_t)3 << 48 | 77};
	char buf[ID_LEN + 1];
	uint64_t id;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		assert_ptr_equal(id_format(buf, 'l', v[i]), buf);
		assert_int_equal(strlen(buf), ID_LEN);
		assert_int_equal(id_parse(str_c(buf), 'l', &id), 0);
		assert_true(id == v[i]);
	}
	assert_string_equal(id_format(buf, 'c', 0xab), "c00000000000000ab");
}

static void refused(void **state)
{
	uint64_t id;

	(void)state;
	assert_int_equal(id_parse(STR_LIT("c00000000000000ab"), 'l', &id),
			 EINVAL);
	assert_int_equal(id_parse(STR_LIT("l0000000000000ab"), 'l', &id),
			 EINVAL);
	assert_int_equal(id_parse(STR_LIT("l000000000000000ab"), 'l', &id),
			 EINVAL);
	assert_int_equal(id_parse(STR_LIT("l00000000000000ax"), 'l', &id),
			 EINVAL);
	assert_int_equal(id_parse(STR_NONE, 'l', &id), EINVAL);
}

static void partitions(void **state)
{
	(void)state;
	assert_int_equal(id_partition((uint64_t)15 << 48 | 1), 15);
	assert_int_equal(id_partition(ID_NODE_BIT | (uint64_t)7 << 48), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(refused),
		cmocka_unit_test(partitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
