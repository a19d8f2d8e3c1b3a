/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates of users and rooms, with a clock of our own. */
#include "test.h"

#include "hash.h"
#include "quota.h"

static const struct quota_conf conf = {
	.user_rate = 5, .user_burst = 20, .room_rate = 20, .room_burst = 100,
	.create_rate = 10, .join_rate = 4, .invite_rate = 7,
	.invited_rate = 3,
};

static const uint64_t alice = 1, bob = 2;

/* How many at once. */
static unsigned at_once(struct quotas *qs, enum quota what, uint64_t key,
			uint64_t now)
{
	struct quota_over by;
	unsigned n = 0;

	while (n < 1000 && quota_take(qs, what, key, key, now, &by))
		n++;
	return n;
}

static void each_limit_is_its_own(void **state)
{
	static const unsigned expected[QUOTAS] = {
		[QUOTA_USER] = 20, [QUOTA_ROOM] = 100, [QUOTA_CREATE] = 10,
		[QUOTA_JOIN] = 4, [QUOTA_INVITE] = 7, [QUOTA_INVITED] = 3,
	};
	struct quotas *qs = quota_new(&conf, 100);

	(void)state;
	for (int what = 0; what < QUOTAS; what++) {
		assert_int_equal(at_once(qs, (enum quota)what, alice, 5),
				 expected[what]);
		assert_int_equal(at_once(qs, (enum quota)what, bob, 5),
				 expected[what]);
		assert_int_equal(at_once(qs, (enum quota)what, alice, 5), 0);
	}
	assert_int_equal(quota_count(qs), 4 * QUOTAS);
	quota_free(qs);
}

static void the_periods(void **state)
{
	static const struct {
		enum quota what;
		unsigned ms, count;
	} after[] = {
		{ QUOTA_USER, 1000, 5 },      { QUOTA_ROOM, 1000, 20 },
		{ QUOTA_CREATE, 60000, 10 },  { QUOTA_JOIN, 15000, 1 },
		{ QUOTA_INVITE, 60000, 7 },   { QUOTA_INVITED, 1200000, 1 },
	};
	struct quotas *qs = quota_new(&conf, 100);

	(void)state;
	for (size_t n = 0; n < sizeof(after) / sizeof(after[0]); n++) {
		at_once(qs, after[n].what, alice, 1000);
		assert_int_equal(at_once(qs, after[n].what, alice,
					 1000 + after[n].ms),
				 after[n].count);
	}
	quota_free(qs);
}

static void what_is_refused_says_how_long(void **state)
{
	struct quotas *qs = quota_new(&conf, 100);
	struct quota_over by;

	(void)state;
	at_once(qs, QUOTA_CREATE, alice, 1000);
	assert_false(quota_take(qs, QUOTA_CREATE, alice, alice, 2000, &by));
	assert_int_equal(by.wait_ms, 5000);
	assert_true(quota_take(qs, QUOTA_CREATE, alice, alice, 7000, &by));
	quota_free(qs);
}

static void each_is_told_once_a_minute(void **state)
{
	static const uint64_t room = 77;
	struct quotas *qs = quota_new(&conf, 100);
	struct quota_over by;

	(void)state;
	for (int n = 0; n < 100; n++)
		assert_true(quota_take(qs, QUOTA_ROOM, room, alice, 1000,
				       &by));
	assert_false(quota_take(qs, QUOTA_ROOM, room, alice, 1000, &by));
	assert_true(by.tell);
	assert_false(quota_take(qs, QUOTA_ROOM, room, alice, 1010, &by));
	assert_false(by.tell);
	/* the others as well, and of each limit */
	assert_false(quota_take(qs, QUOTA_ROOM, room, bob, 1020, &by));
	assert_true(by.tell);
	at_once(qs, QUOTA_JOIN, bob, 1030);
	assert_false(quota_take(qs, QUOTA_JOIN, bob, alice, 1030, &by));
	assert_true(by.tell);
	while (quota_take(qs, QUOTA_ROOM, room, alice, 61000, &by))
		;
	assert_true(by.tell);
	quota_free(qs);
}

static void none_is_no_limit_and_no_memory(void **state)
{
	static const struct quota_conf none;
	struct quotas *qs = quota_new(&none, 100);

	(void)state;
	for (int what = 0; what < QUOTAS; what++)
		assert_int_equal(at_once(qs, (enum quota)what, alice, 5),
				 1000);
	assert_int_equal(quota_count(qs), 0);
	quota_free(qs);
}

static void the_table_is_bounded(void **state)
{
	struct quotas *qs = quota_new(&conf, 100);
	struct quota_over by;

	(void)state;
	for (uint64_t key = 0; key < 1000; key++) {
		assert_int_equal(at_once(qs, QUOTA_JOIN, key, 5), 4);
		assert_true(quota_count(qs) <= 100);
	}
	/* those used last are still known, and that they were told */
	for (uint64_t key = 999; key > 960; key--)
		assert_false(quota_take(qs, QUOTA_JOIN, key, key, 5, &by));
	quota_free(qs);
}

static void who_was_quiet_is_forgotten(void **state)
{
	struct quotas *qs = quota_new(&conf, 1000);
	struct quota_over by;

	(void)state;
	for (uint64_t key = 0; key < 500; key++)
		assert_true(quota_take(qs, QUOTA_USER, key, key, 5, &by));
	assert_int_equal(quota_count(qs), 500);
	for (uint64_t key = 1000; key < 1200; key++)
		assert_true(quota_take(qs, QUOTA_USER, key, key, 5000, &by));
	assert_int_equal(quota_count(qs), 200);
	quota_free(qs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_limit_is_its_own),
		TEST(the_periods),
		TEST(what_is_refused_says_how_long),
		TEST(each_is_told_once_a_minute),
		TEST(none_is_no_limit_and_no_memory),
		TEST(the_table_is_bounded),
		TEST(who_was_quiet_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
