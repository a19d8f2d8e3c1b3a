/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of users. */
#include "test.h"

#include <errno.h>

#include "users.h"

#define MD5 "0123456789abcdef0123456789abcdef"
#define SHA MD5 MD5

static struct users *us;

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	us = users_new(VIEW("confab.example"), VIEW("realm"));
	return 0;
}

static int teardown(void **state)
{
	users_free(us);
	return test_teardown(state);
}

static int put(const char *name, const char *md5, const char *sha)
{
	const struct user u = {
		.name = view_str(name),
		.realm = VIEW("realm"),
		.ha1 = { [USER_MD5] = view_str(md5),
			 [USER_SHA256_FULL] = view_str(sha) },
		.created_ms = 5,
	};

	return users_put(us, &u);
}

static void test_put_find_del(void **state)
{
	const struct user *u;
	struct user copy;

	(void)state;
	assert_null(users_find(us, VIEW("alice")));
	assert_int_equal(put("alice", MD5, SHA), 0);
	u = users_find(us, VIEW("alice"));
	assert_view(u->ha1[USER_MD5], MD5);
	assert_view(u->ha1[USER_SHA256_FULL], SHA);
	assert_int_equal(u->ha1[USER_SHA256].n, 0);
	assert_null(users_find(us, VIEW("Alice")));

	copy = *u; /* its views are of the entry that is replaced */
	copy.disabled = true;
	assert_int_equal(users_put(us, &copy), 0);
	assert_int_equal(users_count(us), 1);
	u = users_find(us, VIEW("alice"));
	assert_true(u->disabled);
	assert_view(u->ha1[USER_MD5], MD5);
	assert_view(u->realm, "realm");

	assert_int_equal(users_del(us, VIEW("alice")), 0);
	assert_int_equal(users_del(us, VIEW("alice")), ENOENT);
	assert_int_equal(users_count(us), 0);
}

static void test_bad(void **state)
{
	char longest[USER_NAME_MAX + 2];

	(void)state;
	assert_int_equal(put("", MD5, SHA), EBADMSG);
	assert_int_equal(put("a b", MD5, SHA), EBADMSG);
	assert_int_equal(put("a@b", MD5, SHA), EBADMSG);
	assert_int_equal(put("a%41", MD5, SHA), EBADMSG);
	assert_int_equal(put("a\"", MD5, SHA), EBADMSG);
	assert_int_equal(put("a", SHA, SHA), EBADMSG);
	assert_int_equal(put("a", MD5, MD5), EBADMSG);
	assert_int_equal(put("a", "0123456789ABCDEF0123456789abcdef", ""),
			 EBADMSG);
	memset(longest, 'a', sizeof(longest));
	longest[USER_NAME_MAX + 1] = '\0';
	assert_int_equal(put(longest, MD5, SHA), EBADMSG);
	longest[USER_NAME_MAX] = '\0';
	assert_int_equal(put(longest, "", ""), 0);
	assert_int_equal(put("a-_.!~*'+9Z", MD5, SHA), 0);
	assert_int_equal(users_count(us), 2);
}

static void test_each(void **state)
{
	const struct user *u = NULL;
	char name[20];
	size_t pos = 0, n = 0;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		assert_int_equal(put(name, MD5, ""), 0);
	}
	while ((u = users_each(us, &pos, u)))
		n++;
	assert_int_equal(n, 1000);
}

static void test_like(void **state)
{
	struct users *other = users_new(VIEW("h"), VIEW("r"));
	char longest[USER_NAME_MAX + 20];

	(void)state;
	assert_null(users_like(us, VIEW("alice")));
	put("Alice", MD5, "");
	assert_null(users_like(us, VIEW("Alice")));
	assert_view(users_like(us, VIEW("aLICE"))->name, "Alice");
	assert_null(users_like(us, VIEW("Alic")));
	/* as an older version may have left them */
	put("alice", MD5, "");
	assert_view(users_like(us, VIEW("alice"))->name, "Alice");
	assert_view(users_like(us, VIEW("Alice"))->name, "alice");
	put("alice", SHA, ""); /* refused */
	put("alice", MD5, SHA);
	assert_view(users_like(us, VIEW("Alice"))->name, "alice");
	users_del(us, VIEW("alice"));
	assert_null(users_like(us, VIEW("Alice")));
	memset(longest, 'a', sizeof(longest));
	assert_null(users_like(us, view_mem(longest, sizeof(longest))));
	users_swap(us, other);
	assert_null(users_like(us, VIEW("alice")));
	assert_non_null(users_like(other, VIEW("alice")));
	users_free(other);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_put_find_del),
		TEST(test_bad),
		TEST(test_each),
		TEST(test_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
