/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of rooms elsewhere, on their way into the inbox of a user. */
#include "gate_lines.h"

#include <errno.h>

#include "clock.h"
#include "loop.h"
#include "test.h"

enum { BURST = 50 }; /* messages that go at once */

static struct {
	struct loop *loop;
	struct gate_lines lines;
	struct addr *room, *person;
	int err;           /* of keep */
	struct buf kept;   /* "<- text [ids]", a line each */
	size_t marked;     /* lines that kept() saw with a time */
	size_t lasts;
} rig;

static int keep(void *arg, struct addr *from, struct view text,
		struct view ids)
{
	assert_ptr_equal(arg, &rig);
	if (rig.err)
		return rig.err;
	buf_addv(&rig.kept, from->user);
	buf_adds(&rig.kept, ": ");
	buf_addv(&rig.kept, text);
	buf_adds(&rig.kept, " [");
	buf_addv(&rig.kept, ids);
	buf_adds(&rig.kept, "]\n");
	return 0;
}

static void kept(void *arg, const struct gate_line *l, bool last)
{
	assert_ptr_equal(arg, &rig);
	rig.marked += l->time_ms != 0;
	rig.lasts += last;
}

static const struct gate_lines_ops ops = { keep, kept };

static void start(void)
{
	memset(&rig, 0, sizeof(rig));
	clock_freeze(1000000, 1800000000000);
	assert_int_equal(loop_new(&rig.loop), 0);
	assert_int_equal(addr_parse(&rig.room, VIEW("sip:room@gw.org")), 0);
	assert_int_equal(addr_parse(&rig.person, VIEW("sip:bob@gw.org")), 0);
	gate_lines_init(&rig.lines, &ops, &rig, loop_wheel(rig.loop));
}

static void stop(void)
{
	gate_lines_free(&rig.lines);
	mem_deref(rig.room);
	mem_deref(rig.person);
	buf_free(&rig.kept);
	loop_free(rig.loop);
	clock_thaw();
}

static void advance(uint64_t ms)
{
	clock_advance(ms);
	loop_turn(rig.loop, 0);
}

static void add_as(const char *words, const struct gate_line *l)
{
	struct buf text = { 0 };
	struct view id = view_str(words);

	buf_adds(&text, words);
	gate_lines_add(&rig.lines, l, &text, id);
	assert_null(text.p);
}

static void add(const char *words)
{
	const struct gate_line l = { .from = rig.room, .time_ms = 5 };

	add_as(words, &l);
}

static void fill(size_t count)
{
	char word[24];

	for (size_t i = 0; i < count; i++) {
		snprintf(word, sizeof(word), "%zu", i);
		add(word);
	}
}

static void assert_kept(const char *lines)
{
	assert_string_equal(buf_str(&rig.kept), lines);
	buf_clear(&rig.kept);
}

static void each_goes_by_itself_while_there_is_time(void **state)
{
	(void)state;
	start();
	add("one");
	add("two");
	assert_kept("room: one [one]\nroom: two [two]\n");
	assert_int_equal(rig.marked, 2);
	assert_int_equal(rig.lasts, 0);
	stop();
}

static void lines_that_wait_are_joined(void **state)
{
	struct gate_line l = { .time_ms = 0 };

	(void)state;
	start();
	fill(BURST);
	buf_clear(&rig.kept);
	rig.marked = 0;
	add("a");
	add("b");
	l.from = rig.person;
	add_as("c", &l);
	l.alone = true;
	add_as("d", &l);
	l.alone = false;
	add_as("e", &l);
	assert_kept("");
	advance(100);
	assert_kept("room: a\nb [ab]\n");
	assert_int_equal(rig.marked, 2);
	assert_int_equal(rig.lasts, 1);
	advance(100);
	assert_kept("bob: c [c]\n");
	advance(100);
	assert_kept("bob: d [d]\n");
	advance(100);
	assert_kept("bob: e [e]\n");
	stop();
}

static void one_message_has_a_bound(void **state)
{
	char big[800];

	(void)state;
	start();
	fill(BURST);
	buf_clear(&rig.kept);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	add(big);
	add(big);
	advance(100);
	assert_int_equal(rig.lines.list.count, 1);
	advance(100);
	assert_int_equal(rig.lines.list.count, 0);
	stop();
}

static void what_is_too_much_is_counted(void **state)
{
	(void)state;
	start();
	rig.lines.held = true;
	fill(503);
	assert_kept("");
	assert_int_equal(rig.lines.list.count, 500);
	rig.lines.held = false;
	gate_lines_pump(&rig.lines);
	assert_true(view_starts(buf_view(&rig.kept),
				VIEW("room: * 3 lines were left out here\n"
				     "3\n4\n5\n")));
	assert_int_equal(rig.lines.missed, 0);
	stop();
}

static void a_full_inbox_is_tried_again(void **state)
{
	(void)state;
	start();
	rig.err = EAGAIN;
	add("one");
	add("two");
	rig.err = 0;
	advance(29000);
	assert_kept("");
	advance(1000);
	assert_kept("room: one\ntwo [onetwo]\n");
	stop();
}

static void all_go_at_the_end(void **state)
{
	(void)state;
	start();
	fill(BURST);
	add("last");
	buf_clear(&rig.kept);
	gate_lines_flush(&rig.lines);
	assert_kept("room: last [last]\n");
	rig.err = EAGAIN;
	add("never");
	gate_lines_flush(&rig.lines);
	assert_int_equal(rig.lines.list.count, 1);
	stop();
}

static void words_can_not_pass_for_another_line(void **state)
{
	struct buf b = { 0 };

	(void)state;
	gate_line_when(&b, 45000000);
	assert_string_equal(buf_str(&b), "12:30");
	buf_clear(&b);
	gate_line_words(&b, VIEW("hi\n[carl] no\x01"));
	assert_true(view_starts(buf_view(&b), VIEW("hi\n  [carl] no")));
	assert_false(view_has(buf_view(&b), '\x01'));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_goes_by_itself_while_there_is_time),
		TEST(lines_that_wait_are_joined),
		TEST(one_message_has_a_bound),
		TEST(what_is_too_much_is_counted),
		TEST(a_full_inbox_is_tried_again),
		TEST(all_go_at_the_end),
		TEST(words_can_not_pass_for_another_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
