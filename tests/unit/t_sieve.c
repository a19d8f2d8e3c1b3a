/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of whom the kernel drops how much: the steering, window by window. */
#include "test.h"

#include "sieve_priv.h"

#define ALL (UINT64_C(1) << 32)

static struct udp_rule rules[UDP_FILTER_RULES];

static struct netaddr at(unsigned n)
{
	struct netaddr a;
	char text[32];

	snprintf(text, sizeof(text), "10.0.%u.%u", n / 250, n % 250);
	assert_int_equal(netaddr_set(&a, view_str(text), 5060), 0);
	return a;
}

/* n requests, of which so many are dropped. */
static void hear(struct sieve *sv, unsigned who, unsigned n, unsigned dropped)
{
	struct netaddr src = at(who);
	unsigned i;

	for (i = 0; i < n; i++) {
		sieve_heard(sv, who);
		if (i < dropped)
			sieve_dropped(sv, who, &src);
	}
}

static const struct udp_rule *rule_of(unsigned who, size_t n)
{
	struct netaddr src = at(who);
	size_t i;

	for (i = 0; i < n; i++)
		if (netaddr_eq(&rules[i].src, &src))
			return &rules[i];
	return NULL;
}

static void test_only_the_heavy_have_rules(void **state)
{
	struct sieve *sv = sieve_new();
	size_t n;

	(void)state;
	assert_false(sieve_busy(sv));
	hear(sv, 1, 1000, 900);
	hear(sv, 2, 1000, SIEVE_HEAVY - 1);
	hear(sv, 3, 1000, 0);
	assert_true(sieve_busy(sv));
	n = sieve_turn(sv, rules);
	assert_int_equal(n, 1);
	assert_non_null(rule_of(1, n));
	assert_false(rules[0].answers);
	sieve_free(sv);
}

/* What is served of 100 in a window is 20. */
static unsigned offered(struct sieve *sv, unsigned who, unsigned n, size_t had)
{
	const struct udp_rule *r = rule_of(who, had);
	unsigned come = r ? (unsigned)((uint64_t)n * r->pass >> 32) : n;

	hear(sv, who, come, come > 20 ? come - 20 : 0);
	return come;
}

static void test_a_little_more_than_is_served_comes(void **state)
{
	struct sieve *sv = sieve_new();
	unsigned come = 0, i;
	size_t n = 0;

	(void)state;
	for (i = 0; i < 20; i++) {
		come = offered(sv, 7, 5000, n);
		n = sieve_turn(sv, rules);
		assert_int_equal(n, 1);
		if (i)
			assert_in_range(come, 20, 20 + 2 * SIEVE_HEAVY);
	}
	sieve_free(sv);
}

/* The spare is of all: a hundred sources have a hundredth each. */
static void test_many_share_the_spare(void **state)
{
	struct sieve *sv = sieve_new();
	unsigned sum = 0, who, i;
	size_t n = 0;

	(void)state;
	for (i = 0; i < 10; i++) {
		sum = 0;
		for (who = 1; who <= 100; who++)
			sum += offered(sv, who, 1000, n);
		n = sieve_turn(sv, rules);
	}
	assert_int_equal(n, 100);
	assert_in_range(sum, 100 * 20, 100 * 20 + 2 * SIEVE_SPARE);
	sieve_free(sv);
}

static void test_the_heaviest_come_first(void **state)
{
	struct sieve *sv = sieve_new();
	struct netaddr first = at(2);

	(void)state;
	hear(sv, 1, 200, 180);
	hear(sv, 2, 9000, 8980);
	hear(sv, 3, 900, 880);
	assert_int_equal(sieve_turn(sv, rules), 3);
	assert_true(netaddr_eq(&rules[0].src, &first));
	assert_true(rules[1].pass < rules[2].pass);
	sieve_free(sv);
}

static void test_who_is_quiet_again_has_none_soon(void **state)
{
	struct sieve *sv = sieve_new();
	unsigned turns = 0;

	(void)state;
	hear(sv, 1, 100000, 100000);
	assert_int_equal(sieve_turn(sv, rules), 1);
	while (sieve_turn(sv, rules))
		assert_in_range(++turns, 1, 16);
	assert_int_equal(turns, 10);
	assert_false(sieve_busy(sv));
	sieve_free(sv);
}

/* However much it is, some of it is heard. */
static void test_nobody_is_shut_out(void **state)
{
	struct sieve *sv = sieve_new();
	int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		hear(sv, 1, 4000, 4000);
		assert_int_equal(sieve_turn(sv, rules), 1);
	}
	assert_true(rules[0].pass >= 1 << 16);
	sieve_free(sv);
}

static void test_answers_count_when_they_are_the_flood(void **state)
{
	struct sieve *sv = sieve_new();
	struct netaddr src = at(1);
	unsigned i;

	(void)state;
	for (i = 0; i < 2 * SIEVE_HEAVY; i++)
		sieve_stray(sv, 1, &src);
	assert_int_equal(sieve_turn(sv, rules), 1);
	assert_true(rules[0].answers);
	while (sieve_turn(sv, rules))
		;
	/* Forgotten with the rule. */
	hear(sv, 1, 1000, 1000);
	assert_int_equal(sieve_turn(sv, rules), 1);
	assert_false(rules[0].answers);
	sieve_free(sv);
}

static void test_a_few_strays_do_not(void **state)
{
	struct sieve *sv = sieve_new();
	struct netaddr src = at(1);
	unsigned i;

	(void)state;
	hear(sv, 1, 1000, 900);
	for (i = 0; i < SIEVE_HEAVY; i++)
		sieve_stray(sv, 1, &src);
	assert_int_equal(sieve_turn(sv, rules), 1);
	assert_false(rules[0].answers);
	sieve_free(sv);
}

/* From a million addresses: no rule for any, and the one source that is heavy
 * is found among them, whose place others want as well. */
static void test_a_flood_from_everywhere(void **state)
{
	struct sieve *sv = sieve_new();
	unsigned i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		hear(sv, 1000 + i, 1, 1);
		if (i % 10 == 0)
			hear(sv, 5, 3, 3);
	}
	assert_int_equal(sieve_turn(sv, rules), 1);
	assert_non_null(rule_of(5, 1));
	while (sieve_turn(sv, rules))
		;
	sieve_turn(sv, rules);
	assert_false(sieve_busy(sv));
	sieve_free(sv);
}

static void test_no_more_rules_than_there_may_be(void **state)
{
	struct sieve *sv = sieve_new();
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++)
		hear(sv, i, 100, 100);
	assert_int_equal(sieve_turn(sv, rules), UDP_FILTER_RULES);
	for (i = 0; i < 40; i++)
		sieve_turn(sv, rules);
	assert_false(sieve_busy(sv));
	sieve_free(sv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_only_the_heavy_have_rules),
		TEST(test_a_little_more_than_is_served_comes),
		TEST(test_many_share_the_spare),
		TEST(test_the_heaviest_come_first),
		TEST(test_who_is_quiet_again_has_none_soon),
		TEST(test_nobody_is_shut_out),
		TEST(test_answers_count_when_they_are_the_flood),
		TEST(test_a_few_strays_do_not),
		TEST(test_a_flood_from_everywhere),
		TEST(test_no_more_rules_than_there_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
