/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "look.h"
#include "test.h"

static bool same(const char *a, const char *b)
{
	bool is = look_same(view_str(a), view_str(b));

	assert_int_equal(is, look_same(view_str(b), view_str(a)));
	return is;
}

static void twins(void **state)
{
	static const char *const of_admin[] = {
		"admin", "ADMIN", "\u0410dmin", "\u0430dmin", "adm\u0456n",
		"\u0251dmin", "\uff41\uff44\uff4d\uff49\uff4e", "admi\u0578",
		"\U0001d41a\U0001d41d\U0001d426\U0001d422\U0001d427",
		"a\u0301dmin", "\u00e1dmin", "a\u0501min", "AdmI\u039d",
		"admin\ufe0f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of_admin) / sizeof(of_admin[0]); i++)
		if (!same("admin", of_admin[i]))
			fail_msg("%s is let be", of_admin[i]);
	assert_true(same("alice", "aIice"));
	assert_true(same("alice", "a1ice"));
	assert_true(same("Ian", "lan"));
	assert_true(same("ian", "\u0406an"));
	assert_true(same("Ian", "\u0406an"));
	assert_true(same("bob", "b0b"));
	assert_true(same("jos\u00e9", "jose\u0301"));
	assert_true(same("\u0420\u043e\u043c\u0430", "Poma"));
	assert_true(same("", ""));
}

static void others(void **state)
{
	static const char *const of_admin[] = {
		"", "admi", "admins", "admim", "admin-2", "admin_", "a dmin",
		"\u0434dmin", "bdmin", "\u4e2d\u6587", "adm\xff", "\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of_admin) / sizeof(of_admin[0]); i++)
		if (same("admin", of_admin[i]))
			fail_msg("%s is taken for admin", of_admin[i]);
	assert_false(same("tom", "torn"));
	assert_false(same("ian", "lan"));
	assert_false(same("\u4e2d", "\u6587"));
	assert_false(same("o", "\u00f0"));
}

/* A search that misses a row is a table out of order. */
static void each_row_is_found(void **state)
{
	static const struct {
		const char *odd, *plain;
	} rows[] = {
		{ "\u01c0", "l" }, { "\u0391\u0392\u0395", "ABE" },
		{ "\u03ce", "w" }, { "\u0475", "v" }, { "\u0585", "o" },
		{ "\u2019", "'" }, { "\u212a\u212b", "KA" },
		{ "\u217f", "m" }, { "\u2212", "-" }, { "\ua731", "s" },
		{ "\u017f", "f" }, { "\u00c0", "A" },
		{ "\U0001d7cf\U0001d7ff", "19" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!same(rows[i].odd, rows[i].plain))
			fail_msg("%s", rows[i].plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(twins),
		TEST(others),
		TEST(each_row_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
