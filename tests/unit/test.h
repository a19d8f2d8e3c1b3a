/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What unit tests share: cmocka, a check that no object outlives a test, and
 * errors in the log that fail it unless announced.
 */
#ifndef CONFAB_TEST_H
#define CONFAB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "log.h"
#include "mem.h"

static int test_log_errors, test_log_expected;

static inline void test_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level != LOG_ERROR)
		return;
	test_log_errors++;
	if (test_log_errors > test_log_expected)
		print_error("unexpected error in the log: %s\n", line);
}

/* n errors are meant to be logged by this test. */
static inline void expect_log(int n)
{
	test_log_expected = n;
}

static inline int test_setup(void **state)
{
	(void)state;
	test_log_errors = test_log_expected = 0;
	log_set_handler(test_log, NULL);
	return mem_live() != 0;
}

static inline int test_teardown(void **state)
{
	(void)state;
	if (mem_live()) {
		print_error("%zu objects are still alive\n", mem_live());
		return 1;
	}
	if (test_log_errors != test_log_expected) {
		print_error("%d errors logged, %d expected\n", test_log_errors,
			    test_log_expected);
		return 1;
	}
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, test_setup, test_teardown)
#define assert_view(v, lit)                                                   \
	do {                                                                  \
		struct view view_got = (v);                                   \
		assert_int_equal(view_got.n, strlen(lit));                    \
		assert_memory_equal(view_got.p ? view_got.p : "", lit,        \
				    view_got.n);                              \
	} while (0)

#endif
