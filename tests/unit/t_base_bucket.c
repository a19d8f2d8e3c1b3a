/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Token buckets, with a clock of our own. */
#include "test.h"

#include "bucket.h"

static const struct bucket_rate five = { 5, 1000, 20 };

static unsigned take_all(struct bucket *b, const struct bucket_rate *rate,
			 uint64_t now)
{
	unsigned n = 0;

	while (n < 100000 && bucket_take(b, rate, now))
		n++;
	return n;
}

static void a_burst_then_the_rate(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	assert_int_equal(take_all(&b, &five, 1000), 20);
	assert_int_equal(take_all(&b, &five, 1199), 0);
	assert_int_equal(take_all(&b, &five, 1200), 1);
	assert_int_equal(take_all(&b, &five, 2200), 5);
	/* it never holds more than the burst */
	assert_int_equal(take_all(&b, &five, 1000000), 20);
}

static void a_new_one_is_full_at_any_time(void **state)
{
	struct bucket a = { 0 }, b = { 0 };

	(void)state;
	assert_true(bucket_full(&a, 0));
	assert_int_equal(take_all(&a, &five, 0), 20);
	assert_int_equal(take_all(&b, &five, UINT64_C(1) << 50), 20);
}

static void the_wait_is_exact(void **state)
{
	struct bucket b = { 0 };
	uint64_t wait;

	(void)state;
	assert_int_equal(bucket_wait_ms(&b, &five, 500), 0);
	take_all(&b, &five, 500);
	wait = bucket_wait_ms(&b, &five, 500);
	assert_int_equal(wait, 200);
	assert_int_equal(bucket_wait_ms(&b, &five, 550), 150);
	assert_false(bucket_take(&b, &five, 500 + wait - 1));
	assert_int_equal(bucket_wait_ms(&b, &five, 500 + wait), 0);
	assert_true(bucket_take(&b, &five, 500 + wait));
}

static void the_wait_is_rounded_up(void **state)
{
	const struct bucket_rate third = { 3, 1000, 1 };
	struct bucket b = { 0 };
	uint64_t wait;

	(void)state;
	assert_true(bucket_take(&b, &third, 7));
	wait = bucket_wait_ms(&b, &third, 7);
	assert_int_equal(wait, 334);
	assert_true(bucket_take(&b, &third, 7 + wait));
}

static void refusals_cost_nothing(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	take_all(&b, &five, 1000);
	for (int n = 0; n < 1000; n++)
		assert_false(bucket_take(&b, &five, 1100));
	assert_true(bucket_take(&b, &five, 1200));
}

static void full_when_all_came_back(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	assert_true(bucket_take(&b, &five, 1000));
	assert_false(bucket_full(&b, 1199));
	assert_true(bucket_full(&b, 1200));
	take_all(&b, &five, 1200);
	assert_false(bucket_full(&b, 5199));
	assert_true(bucket_full(&b, 5200));
}

static void none_is_no_limit(void **state)
{
	const struct bucket_rate rates[] = { { 0, 1000, 5 }, { 5, 0, 5 } };
	struct bucket b = { 0 };

	(void)state;
	for (size_t n = 0; n < 2; n++) {
		assert_int_equal(take_all(&b, &rates[n], 1), 100000);
		assert_int_equal(bucket_wait_ms(&b, &rates[n], 1), 0);
		assert_true(bucket_full(&b, 1));
	}
}

static void a_burst_is_one_at_least(void **state)
{
	const struct bucket_rate rate = { 1, 60000, 0 };
	struct bucket b = { 0 };

	(void)state;
	assert_int_equal(take_all(&b, &rate, 100), 1);
	assert_int_equal(bucket_wait_ms(&b, &rate, 100), 60000);
}

static void extremes_do_not_wrap(void **state)
{
	const struct bucket_rate most = { UINT32_MAX, 1, UINT32_MAX };
	const struct bucket_rate least = { 1, UINT32_MAX, UINT32_MAX };
	struct bucket a = { 0 }, b = { 0 };
	unsigned n;

	(void)state;
	assert_int_equal(take_all(&a, &most, 1), 100000);
	for (n = 0; n < 1000; n++)
		assert_true(bucket_take(&b, &least, 1));
	assert_false(bucket_full(&b, UINT64_C(999) * UINT32_MAX));
}

/* A clock that stands still or goes back gives nothing away. */
static void time_that_goes_back(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	take_all(&b, &five, 100000);
	assert_false(bucket_take(&b, &five, 50000));
	assert_int_equal(bucket_wait_ms(&b, &five, 50000), 50200);
	assert_true(bucket_take(&b, &five, 100200));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_burst_then_the_rate),
		TEST(a_new_one_is_full_at_any_time),
		TEST(the_wait_is_exact),
		TEST(the_wait_is_rounded_up),
		TEST(refusals_cost_nothing),
		TEST(full_when_all_came_back),
		TEST(none_is_no_limit),
		TEST(a_burst_is_one_at_least),
		TEST(extremes_do_not_wrap),
		TEST(time_that_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
