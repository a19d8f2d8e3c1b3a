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

/* A hundred sources are of one network. */
static struct throttle_source source_of(uint64_t n)
{
	return (struct throttle_source){ n, n / 100 };
}

static bool refuses(uint64_t source, const char *user)
{
	const struct throttle_source s = source_of(source);

	return throttle_refuses(t, &s, view_str(user));
}

static bool fail_once(uint64_t source, const char *user)
{
	const struct throttle_source s = source_of(source);

	return throttle_failed(t, &s, view_str(user));
}

static void pass(uint64_t source, const char *user)
{
	const struct throttle_source s = source_of(source);

	throttle_passed(t, &s, view_str(user));
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
	pass(HOME, "bob");
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
	pass(HOME, "alice");
	for (i = 0; i < 100; i++)
		heard += guesses(1000 + i, "alice", 10);
	assert_int_equal(heard, THROTTLE_USER);
	/* a new place of hers is slow, not closed */
	assert_false(refuses(PHONE, "alice"));
	assert_int_equal(guesses(PHONE, "alice", 10), 1);
	assert_true(refuses(PHONE + 1, "alice"));
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
	pass(HOME, "alice");
	clock_advance(THROTTLE_KNOWN_MS);
	for (i = 0; i < 100; i++)
		guesses(1000 + i, "alice", 10);
	fail_once(EVIL, "alice"); /* of the same network */
	assert_true(refuses(HOME, "alice"));
}

/* One guess of each network a minute. */
static void test_many_networks(void **state)
{
	uint64_t i;
	int heard;

	(void)state;
	guesses(1000, "alice", 5);
	for (i = 0; i < 3; i++)
		guesses(1001 + i, "alice", 5);
	for (i = 0, heard = 0; i < 20 * 100; i++)
		heard += guesses(2000 + i, "alice", 5);
	assert_int_equal(heard, 20);
	clock_advance(THROTTLE_MS);
	assert_int_equal(guesses(2000, "alice", 10), THROTTLE_PAIR);
}

/* With as many addresses as one likes nobody's home is forgotten. */
static void test_homes_stay(void **state)
{
	uint64_t i;

	(void)state;
	pass(HOME, "alice");
	for (i = 0; i < 10 * SIZE; i++)
		fail_once(100 * i, "alice");
	assert_int_equal(throttle_count(t), SIZE);
	assert_false(refuses(HOME, "alice"));
	for (i = 0; i < 10 * SIZE; i++)
		pass(100 * i, "bob");
	assert_int_equal(throttle_count(t), SIZE);
}

static void test_success_clears(void **state)
{
	(void)state;
	guesses(HOME, "alice", THROTTLE_PAIR - 1);
	pass(HOME, "alice");
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
		TEST(test_many_networks),   TEST(test_homes_stay),
		TEST(test_success_clears),  TEST(test_bounded),
		TEST(test_amp),		    TEST(test_amp_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
