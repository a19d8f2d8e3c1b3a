/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bytes are in ASCII. */
#include "ascii.h"

#include "test.h"

static void digits_are_read_and_written(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(ascii_hex(ascii_hex_digit(i)), i);
	assert_int_equal(ascii_hex('f'), 15);
	assert_int_equal(ascii_hex_byte("fF"), 255);
	assert_int_equal(ascii_hex_byte("7e~"), 0x7e);
	assert_int_equal(ascii_hex_byte("g0"), -1);
	assert_int_equal(ascii_hex_byte("0g"), -1);
	assert_int_equal(ascii_hex_byte(""), -1);
	assert_int_equal(ascii_hex_byte("1"), -1);
}

/* Each byte, against what makes each: also those that are negative chars. */
static void no_other_byte_is_anything(void **state)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	static const char rest[] = "ghijklmnopqrstuvwxyz"
				   "GHIJKLMNOPQRSTUVWXYZ";

	(void)state;
	for (int i = 1; i < 256; i++) {
		char c = (char)i;
		bool is_hex = strchr(hex, c), is_rest = strchr(rest, c);

		assert_int_equal(ascii_is_hex(c), is_hex);
		assert_int_equal(ascii_is_alnum(c), is_hex || is_rest);
	}
	assert_false(ascii_is_hex('\0'));
	assert_false(ascii_is_alnum('\0'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(digits_are_read_and_written),
		TEST(no_other_byte_is_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
