/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guessing is slowed down, and nobody is locked out by somebody else. */
#include "test.h"

#include "amp_priv.h"
#include "clock.h"
#include "throttle_priv.h"

enum { HOME = 1, EVIL = 2, PHONE = 3, SIZE = 1000 };

static struct throttle *t;

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	clock_freeze(1000000, 1700000000000);
	t = throttle_new(SIZE);
	return 0;
}

static int teardown(void **state)
{
	throttle_free(t);
	clock_thaw();
	return test_teardown(state);
}

static bool refuses(uint64_t source, const char *user)
{
	return throttle_refuses(t, source, view_str(user));
}

static bool fail_once(uint64_t source, const char *user)
{
	return throttle_failed(t, source, view_str(user));
}

static int guesses(uint64_t source, const char *user, int n)
{
	int i, heard = 0;

	for (i = 0; i < n; i++) {
		if (refuses(source, user))
			continue;
		heard++;
		fail_once(source, user);
	}
	return heard;
}

static void test_one_user(void **state)
{
	int i;

	(void)state;
	for (i = 1; i < THROTTLE_PAIR; i++)
		assert_false(fail_once(EVIL, "alice"));
	assert_false(refuses(EVIL, "alice"));
	assert_true(fail_once(EVIL, "alice"));
	assert_true(refuses(EVIL, "alice"));
	assert_int_equal(guesses(EVIL, "alice", 1000), 0);
	assert_false(refuses(HOME, "alice"));

	clock_advance(THROTTLE_MS - 1);
	assert_true(refuses(EVIL, "alice"));
	clock_advance(1);
	assert_int_equal(guesses(EVIL, "alice", 1000), THROTTLE_PAIR);
}

/* Failures a minute apart never add up. */
static void test_slow(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		assert_false(refuses(EVIL, "alice"));
		fail_once(EVIL, "alice");
		clock_advance(THROTTLE_MS / 4);
	}
}

static void test_many_users(void **state)
{
	char name[20];
	int i, heard = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		heard += guesses(EVIL, name, 1);
	}
	assert_int_equal(heard, THROTTLE_SOURCE);
	assert_true(refuses(EVIL, "anybody"));
	assert_false(refuses(HOME, "user1"));
}

/* One phone with an old password does not count as many. */
static void test_bad_phone(void **state)
{
	int i;

	(void)state;
	throttle_passed(t, HOME, VIEW("bob"));
	for (i = 0; i < 10; i++) {
		guesses(HOME, "alice", 100);
		assert_false(refuses(HOME, "carol"));
		assert_false(refuses(HOME, "bob"));
		clock_advance(THROTTLE_MS);
	}
}

/* From many places at once: the user stays in where he is known. */
static void test_many_sources(void **state)
{
	uint64_t i;
	int heard = 0;

	(void)state;
	throttle_passed(t, HOME, VIEW("alice"));
	for (i = 0; i < 100; i++)
		heard += guesses(1000 + i, "alice", 10);
	assert_int_equal(heard, THROTTLE_USER);
	assert_true(refuses(PHONE, "alice"));
	assert_false(refuses(PHONE, "bob"));
	assert_false(refuses(HOME, "alice"));
	assert_int_equal(guesses(HOME, "alice", 10), THROTTLE_PAIR);
	clock_advance(THROTTLE_MS);
	assert_false(refuses(PHONE, "alice"));
}

static void test_known_for_a_day(void **state)
{
	uint64_t i;

	(void)state;
	throttle_passed(t, HOME, VIEW("alice"));
	clock_advance(THROTTLE_KNOWN_MS);
	for (i = 0; i < 100; i++)
		guesses(1000 + i, "alice", 10);
	assert_true(refuses(HOME, "alice"));
}

static void test_success_clears(void **state)
{
	(void)state;
	guesses(HOME, "alice", THROTTLE_PAIR - 1);
	throttle_passed(t, HOME, VIEW("alice"));
	assert_int_equal(guesses(HOME, "alice", 10), THROTTLE_PAIR);
}

static void test_bounded(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < 10 * SIZE; i++)
		fail_once(i, "alice");
	assert_int_equal(throttle_count(t), SIZE);
}

/* ---- what strangers get ---- */

static void test_amp(void **state)
{
	struct amp *a = amp_new(10);
	uint64_t i;

	(void)state;
	assert_true(amp_take(a, HOME, 0));
	assert_true(amp_take(a, HOME, AMP_BURST));
	assert_false(amp_take(a, HOME, 1));
	assert_true(amp_take(a, HOME, 0));
	assert_true(amp_take(a, EVIL, 100));
	assert_false(amp_take(a, EVIL, AMP_BURST));
	clock_advance(1000);
	assert_true(amp_take(a, HOME, AMP_PER_S));
	assert_false(amp_take(a, HOME, 1));
	clock_advance(1000000);
	assert_true(amp_take(a, HOME, AMP_BURST));
	assert_false(amp_take(a, HOME, 1));
	amp_forgive(a, HOME);
	assert_true(amp_take(a, HOME, AMP_BURST));
	amp_forgive(a, 12345);
	for (i = 100; i < 200; i++)
		assert_true(amp_take(a, i, AMP_BURST));
	amp_free(a);
}

/* Many small answers within a millisecond are not free. */
static void test_amp_small(void **state)
{
	struct amp *a = amp_new(10);
	int i, sent = 0;

	(void)state;
	for (i = 0; i < 100000; i++) {
		sent += amp_take(a, HOME, 1);
		if (i % 100 == 0)
			clock_advance(1);
	}
	assert_in_range(sent, AMP_BURST, AMP_BURST + AMP_PER_S + 1);
	amp_free(a);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_user),	    TEST(test_slow),
		TEST(test_many_users),	    TEST(test_bad_phone),
		TEST(test_many_sources),    TEST(test_known_for_a_day),
		TEST(test_success_clears),  TEST(test_bounded),
		TEST(test_amp),		    TEST(test_amp_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
