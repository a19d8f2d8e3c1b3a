/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One-time codes: once, for one, not for long. */
#include "codes.h"

#include <errno.h>

#include "test.h"

#define ALICE VIEW("sip:alice@x.org")
#define BOB VIEW("sip:bob@x.org")

static struct code_use use_of(struct view user, struct view login)
{
	return (struct code_use){ .user = user, .network = VIEW("xmpp"),
				  .login = login };
}

static void make(struct codes *cs, char out[CODE_TEXT + 1],
		 struct view user, struct view login, uint64_t now)
{
	const struct code_use use = use_of(user, login);

	assert_int_equal(codes_make(cs, out, &use, now), 0);
	assert_int_equal(strlen(out), CODE_TEXT);
	assert_true(codes_looks(view_str(out)));
}

static void a_code_is_good_once(void **state)
{
	struct codes *cs = codes_new();
	char code[CODE_TEXT + 1];
	struct code_use use = use_of(ALICE, VIEW("a@y.org"));

	(void)state;
	use.passwd = true;
	assert_int_equal(codes_make(cs, code, &use, 1000), 0);
	use = (struct code_use){ 0 };
	assert_true(codes_take(cs, &use, ALICE, view_str(code), 2000));
	assert_true(view_eqs(use.login, "a@y.org"));
	assert_true(view_eqs(use.network, "xmpp"));
	assert_true(use.passwd);
	assert_false(codes_take(cs, &use, ALICE, view_str(code), 2000));
	assert_int_equal(codes_count(cs), 0);
	codes_free(cs);
}

static void case_does_not_matter(void **state)
{
	struct codes *cs = codes_new();
	char code[CODE_TEXT + 1];
	struct code_use use;

	(void)state;
	make(cs, code, ALICE, VIEW("a@y.org"), 0);
	for (char *p = code; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 0x20);
	assert_true(codes_looks(view_str(code)));
	assert_true(codes_take(cs, &use, ALICE, view_str(code), 0));
	codes_free(cs);
}

static void a_code_of_another_ends(void **state)
{
	struct codes *cs = codes_new();
	char code[CODE_TEXT + 1];
	struct code_use use;

	(void)state;
	make(cs, code, ALICE, VIEW("a@y.org"), 0);
	assert_false(codes_take(cs, &use, BOB, view_str(code), 0));
	assert_false(codes_take(cs, &use, ALICE, view_str(code), 0));
	codes_free(cs);
}

static void a_code_does_not_live_long(void **state)
{
	struct codes *cs = codes_new();
	char a[CODE_TEXT + 1], b[CODE_TEXT + 1];
	struct code_use use;

	(void)state;
	make(cs, a, ALICE, VIEW("a@y.org"), 1000);
	make(cs, b, BOB, VIEW("b@y.org"), 1001);
	assert_false(codes_take(cs, &use, ALICE, view_str(a),
				1000 + CODE_LIFE_MS));
	assert_int_equal(codes_count(cs), 1);
	assert_true(codes_take(cs, &use, BOB, view_str(b),
			       1000 + CODE_LIFE_MS));
	codes_free(cs);
}

static void a_new_code_takes_the_old_ones_place(void **state)
{
	struct codes *cs = codes_new();
	char a[CODE_TEXT + 1], b[CODE_TEXT + 1];
	struct code_use use;

	(void)state;
	make(cs, a, ALICE, VIEW("a@y.org"), 0);
	make(cs, b, ALICE, VIEW("a@y.org"), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(codes_count(cs), 1);
	assert_false(codes_take(cs, &use, ALICE, view_str(a), 0));
	codes_drop(cs, BOB, VIEW("xmpp"), VIEW("a@y.org"));
	assert_int_equal(codes_count(cs), 1);
	codes_drop(cs, ALICE, VIEW("xmpp"), VIEW("a@y.org"));
	assert_false(codes_take(cs, &use, ALICE, view_str(b), 0));
	codes_free(cs);
}

static void there_are_never_many(void **state)
{
	struct codes *cs = codes_new();
	char code[CODE_TEXT + 1], first[CODE_TEXT + 1], name[32];
	struct code_use use;
	int err = 0;

	(void)state;
	make(cs, first, ALICE, VIEW("0@y.org"), 0);
	for (int i = 1; i <= CODE_USER_MAX; i++) {
		snprintf(name, sizeof(name), "%d@y.org", i);
		make(cs, code, ALICE, view_str(name), 0);
	}
	assert_int_equal(codes_count(cs), CODE_USER_MAX);
	assert_false(codes_take(cs, &use, ALICE, view_str(first), 0));
	for (int i = 0; i < CODES_MAX && !err; i++) {
		snprintf(name, sizeof(name), "sip:u%d@x.org", i);
		use = use_of(view_str(name), VIEW("a@y.org"));
		err = codes_make(cs, code, &use, 0);
	}
	assert_int_equal(err, ENOSPC);
	assert_int_equal(codes_count(cs), CODES_MAX);
	codes_free(cs);
}

static void words_are_no_codes(void **state)
{
	(void)state;
	assert_false(codes_looks(VIEW("")));
	assert_false(codes_looks(VIEW("pw-")));
	assert_false(codes_looks(VIEW("abcdefghijklmnopqrstuvwxyz234")));
	assert_false(codes_looks(VIEW("pw-abcdefghijklmnopqrstuvwx")));
	assert_true(codes_looks(VIEW("pw-abcdefghijklmnopqrstuvwxy")));
	assert_true(codes_looks(VIEW("pw-abcdefghijklmnopqrstuvwxyz")));
	assert_true(codes_looks(VIEW("pw-abcdefghijklmnopqrstuvwxyz2")));
	assert_false(codes_looks(VIEW("pw-abcdefghijklmnopqrstuvwxyz23")));
	assert_false(codes_looks(VIEW("pw-abcdefghijklmnopqrstuvwx 7")));
	assert_false(codes_looks(VIEW("pw-abcdefghijklmnopqrstuvwx17")));
	assert_true(codes_looks(VIEW("PW-ABCDEFGHIJKLMNOPQRSTUVWX27")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_code_is_good_once),
		TEST(case_does_not_matter),
		TEST(a_code_of_another_ends),
		TEST(a_code_does_not_live_long),
		TEST(a_new_code_takes_the_old_ones_place),
		TEST(there_are_never_many),
		TEST(words_are_no_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
