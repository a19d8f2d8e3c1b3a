/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmdtab: splitting a command line and finding its row. */
#include <errno.h>

#include "cmdtab.h"
#include "test.h"

static const struct cmd table[] = {
	{ .name = "join", .usage = "[room]", .max = 1 },
	{ .name = "leave", .aliases = "exit part", .max = 1 },
	{ .name = "members", .aliases = "list", .max = 1 },
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

static void lines_are_split_at_blanks(void **state)
{
	struct cmdline c;

	(void)state;
	assert_int_equal(cmdline_parse(&c, VIEW("  create\troom  private ")),
			 0);
	assert_view(c.name, "create");
	assert_int_equal(c.argc, 2);
	assert_view(c.argv[0], "room");
	assert_view(c.argv[1], "private");
	assert_view(c.rest, "room  private");
	assert_int_equal(cmdline_parse(&c, VIEW("help\r\nsecond line")), 0);
	assert_view(c.name, "help");
	assert_int_equal(c.argc, 0);
	assert_view(c.rest, "");
	assert_int_equal(cmdline_parse(&c, VIEW("")), EBADMSG);
	assert_int_equal(cmdline_parse(&c, VIEW("  \t ")), EBADMSG);
	assert_int_equal(cmdline_parse(&c, VIEW("\nx")), EBADMSG);
	assert_int_equal(cmdline_parse(&c, view_mem("a\0b c", 5)), 0);
	assert_view(c.name, "a");
	assert_int_equal(c.argc, 0);
}

static void too_many_words_are_counted_not_stored(void **state)
{
	struct cmdline c;

	(void)state;
	assert_int_equal(cmdline_parse(&c, VIEW("x 1 2 3 4 5 6 7 8 9 10")), 0);
	assert_int_equal(c.argc, 10);
	assert_view(c.argv[CMD_ARGS_MAX - 1], "8");
}

static void rows_are_found_by_name_and_alias(void **state)
{
	(void)state;
	assert_ptr_equal(cmd_find(table, COUNT, VIEW("JOIN")), &table[0]);
	assert_ptr_equal(cmd_find(table, COUNT, VIEW("exit")), &table[1]);
	assert_ptr_equal(cmd_find(table, COUNT, VIEW("Part")), &table[1]);
	assert_null(cmd_find(table, COUNT, VIEW("exi")));
	assert_null(cmd_find(table, COUNT, VIEW("")));
}

static void a_slip_finds_its_neighbour(void **state)
{
	(void)state;
	assert_ptr_equal(cmd_nearest(table, COUNT, VIEW("jion")), &table[0]);
	assert_ptr_equal(cmd_nearest(table, COUNT, VIEW("member")), &table[2]);
	assert_null(cmd_nearest(table, COUNT, VIEW("frobnicate")));
	assert_null(cmd_nearest(table, COUNT, VIEW("x")));
	assert_int_equal(text_distance(VIEW("kitten"), VIEW("sitting")), 3);
	assert_int_equal(text_distance(VIEW(""), VIEW("abc")), 3);
	assert_int_equal(text_distance(VIEW("ABC"), VIEW("abc")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_split_at_blanks),
		TEST(too_many_words_are_counted_not_stored),
		TEST(rows_are_found_by_name_and_alias),
		TEST(a_slip_finds_its_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
