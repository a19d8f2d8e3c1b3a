/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of accounts by libpurple, as the operator writes them. */
#include <errno.h>

#include "mem.h"
#include "purple_words.h"
#include "test.h"

#define PIN "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static void take(struct buf *settings, const char *word, const char *want)
{
	enum account_policy policy = ACCOUNT_DEFAULT;
	struct buf why = { 0 };

	assert_int_equal(purple_word(&policy, settings, view_str(word), &why),
			 0);
	assert_string_equal(buf_str(settings), want);
	buf_free(&why);
}

static void settings_are_put_together(void **state)
{
	struct buf s = { 0 }, value = { 0 };
	struct view rest, key;

	(void)state;
	take(&s, "auth=known", "auth=known");
	take(&s, "opt.port=5222", "auth=known opt.port=5222");
	take(&s, "opt.name=two words=%", "auth=known opt.port=5222 "
					 "opt.name=two%20words%3D%25");
	take(&s, "opt.port=1", "auth=known opt.name=two%20words%3D%25 "
			       "opt.port=1");
	take(&s, "auth=", "opt.name=two%20words%3D%25 opt.port=1");
	take(&s, "opt.none=", "opt.name=two%20words%3D%25 opt.port=1");
	rest = buf_view(&s);
	assert_true(purple_setting(&rest, &key, &value));
	assert_true(view_eqs(key, "opt.name"));
	assert_string_equal(buf_str(&value), "two words=%");
	assert_true(purple_setting(&rest, &key, &value));
	assert_string_equal(buf_str(&value), "1");
	assert_false(purple_setting(&rest, &key, &value));
	take(&s, "pin=" PIN, "opt.name=two%20words%3D%25 opt.port=1 pin=" PIN);
	buf_free(&s);
	buf_free(&value);
}

static void nonsense_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"", "auth", "auth=maybe", "login=sometimes", "opt.=x",
		"opt.a b=c", "pin=12", "pin=" PIN "0", "opt.a=b\nc",
		"opt.a=\xff", "password=x",
	};
	enum account_policy policy = ACCOUNT_ALWAYS;
	struct buf s = { 0 };

	(void)state;
	buf_adds(&s, "auth=ask");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf why = { 0 };

		assert_int_equal(purple_word(&policy, &s, view_str(bad[i]),
					     &why), EINVAL);
		assert_true(why.n > 0);
		buf_free(&why);
	}
	assert_string_equal(buf_str(&s), "auth=ask");
	assert_int_equal(policy, ACCOUNT_ALWAYS);
	buf_free(&s);
}

static void policies_have_words(void **state)
{
	static const struct {
		const char *word;
		enum account_policy policy;
	} words[] = {
		{ "login=presence", ACCOUNT_PUBLISHED },
		{ "login=always", ACCOUNT_ALWAYS },
		{ "login=manual", ACCOUNT_MANUAL },
		{ "login=default", ACCOUNT_DEFAULT },
	};
	struct buf s = { 0 }, why = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		enum account_policy policy = ACCOUNT_POLICIES;

		assert_int_equal(purple_word(&policy, &s,
					     view_str(words[i].word), &why),
				 0);
		assert_int_equal(policy, words[i].policy);
	}
	assert_int_equal(s.n, 0);
	buf_free(&s);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(settings_are_put_together),
		TEST(nonsense_changes_nothing),
		TEST(policies_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
