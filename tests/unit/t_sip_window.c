/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many may be under way: with answers, with late ones, with few late. */
#include "test.h"

#include "window_priv.h"

/* A window of answers, of which so many are late. */
static void hear(struct window *w, size_t late)
{
	size_t n = w->size;

	while (n--)
		window_answer(w, n < late);
}

static void it_doubles_up_to_its_bound(void **state)
{
	struct window w;

	(void)state;
	window_init(&w, 1000);
	assert_int_equal(w.size, WINDOW_START);
	for (size_t n = 1; n < WINDOW_START; n++)
		window_answer(&w, false);
	assert_int_equal(w.size, WINDOW_START);
	window_answer(&w, false);
	assert_int_equal(w.size, 2 * WINDOW_START);
	hear(&w, 0);
	assert_int_equal(w.size, 1000);
	hear(&w, 0);
	assert_int_equal(w.size, 1000);
}

static void late_ones_halve_it(void **state)
{
	struct window w;

	(void)state;
	window_init(&w, 4096);
	hear(&w, 0);
	hear(&w, 0);
	assert_int_equal(w.size, 1024);
	hear(&w, 100);
	assert_int_equal(w.size, 512);
	hear(&w, 0); /* slowly from here on */
	assert_int_equal(w.size, 576);
	for (int n = 0; n < 10; n++)
		hear(&w, w.size);
	assert_int_equal(w.size, WINDOW_MIN);
	for (int n = 0; n < 100; n++)
		hear(&w, 0);
	assert_int_equal(w.size, 4096);
}

static void a_few_late_ones_do_not(void **state)
{
	struct window w;

	(void)state;
	window_init(&w, 4096);
	hear(&w, w.size / WINDOW_LATE);
	assert_int_equal(w.size, 2 * WINDOW_START);
	hear(&w, w.size / WINDOW_LATE + 1);
	assert_int_equal(w.size, WINDOW_START);
}

static void it_has_a_least_size(void **state)
{
	struct window w;

	(void)state;
	window_init(&w, 0);
	assert_int_equal(w.size, WINDOW_MIN);
	hear(&w, 0);
	assert_int_equal(w.size, WINDOW_MIN);
	hear(&w, w.size);
	assert_int_equal(w.size, WINDOW_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_doubles_up_to_its_bound),
		TEST(late_ones_halve_it),
		TEST(a_few_late_ones_do_not),
		TEST(it_has_a_least_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
