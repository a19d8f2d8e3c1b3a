/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nonces: their life, whom they are for, and counts that are used once. */
#include "test.h"

#include "clock.h"
#include "nonce_priv.h"

enum { HERE = 1, THERE = 2 };

static struct nonces *ns;
static char nonce[NONCE_TEXT + 1];

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	clock_freeze(1000000, 1700000000000);
	ns = nonces_new(100);
	nonce_make(ns, nonce, HERE);
	return 0;
}

static int teardown(void **state)
{
	nonces_free(ns);
	clock_thaw();
	return test_teardown(state);
}

static bool good(void)
{
	return nonce_good(ns, view_str(nonce), HERE);
}

static bool use(uint32_t nc)
{
	return nonce_use(ns, view_str(nonce), nc);
}

static void test_life(void **state)
{
	(void)state;
	assert_int_equal(strlen(nonce), NONCE_TEXT);
	assert_true(good());
	clock_advance(NONCE_LIFE_MS);
	assert_true(good());
	clock_advance(1);
	assert_false(good());
}

static void test_whose(void **state)
{
	struct nonces *other = nonces_new(100);

	(void)state;
	assert_false(nonce_good(ns, view_str(nonce), THERE));
	assert_false(nonce_good(other, view_str(nonce), HERE));
	nonces_free(other);
}

/* Not one digit can be another. */
static void test_forged(void **state)
{
	size_t i;
	char was;

	(void)state;
	for (i = 0; i < NONCE_TEXT; i++) {
		was = nonce[i];
		nonce[i] = was == '0' ? '1' : '0';
		assert_false(good());
		nonce[i] = was >= 'a' ? was - 32 : 'g';
		assert_false(good());
		nonce[i] = was;
	}
	assert_true(good());
	assert_false(nonce_good(ns, VIEW_NONE, HERE));
	assert_false(nonce_good(ns, view_head(view_str(nonce), 39), HERE));
}

/* More than fit into one millisecond's numbers are still all different. */
static void test_fresh(void **state)
{
	char next[NONCE_TEXT + 1];
	int i;

	(void)state;
	for (i = 0; i < 70000; i++) {
		nonce_make(ns, next, HERE);
		assert_true(strcmp(next, nonce) > 0);
		memcpy(nonce, next, sizeof(next));
	}
	assert_true(good());
}

static void test_count(void **state)
{
	(void)state;
	assert_false(use(0));
	assert_true(use(1));
	assert_false(use(1));
	assert_true(use(2));
	assert_false(use(1));
	assert_true(use(5));
	assert_true(use(3));
	assert_false(use(3));
	assert_true(use(4));
	assert_false(use(5));
	assert_int_equal(nonces_count(ns), 1);
}

static void test_window(void **state)
{
	(void)state;
	assert_true(use(100));
	assert_true(use(100 - NONCE_WINDOW + 1));
	assert_false(use(100 - NONCE_WINDOW));
	assert_true(use(UINT32_MAX));
	assert_false(use(101));
	assert_true(use(UINT32_MAX - 1));
	assert_false(use(UINT32_MAX));
}

/* When the table is full the oldest go, and can't be used again. */
static void test_full(void **state)
{
	char other[NONCE_TEXT + 1], unused[NONCE_TEXT + 1];
	int i;

	(void)state;
	nonce_make(ns, unused, HERE);
	assert_true(use(1));
	for (i = 0; i < 100; i++) {
		clock_advance(1);
		nonce_make(ns, other, HERE);
		assert_true(nonce_use(ns, view_str(other), 1));
	}
	assert_int_equal(nonces_count(ns), 100);
	assert_false(good());
	assert_false(use(2));
	assert_true(nonce_good(ns, view_str(other), HERE));
	assert_true(nonce_good(ns, view_str(unused), HERE));
}

static void test_old_go(void **state)
{
	char other[NONCE_TEXT + 1];

	(void)state;
	assert_true(use(1));
	clock_advance(NONCE_LIFE_MS + 1);
	nonce_make(ns, other, HERE);
	assert_true(nonce_use(ns, view_str(other), 1));
	assert_int_equal(nonces_count(ns), 1);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life),  TEST(test_whose),  TEST(test_forged),
		TEST(test_fresh), TEST(test_count),  TEST(test_window),
		TEST(test_full),  TEST(test_old_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
