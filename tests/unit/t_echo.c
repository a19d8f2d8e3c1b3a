/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bridges/echo: the laws of core/face.h at the smallest face. */
#include <errno.h>

#include "hub_stub.h"
#include "bridges/echo/echo.h"

static struct loop *loop;
static struct echo *echo;
static struct leg leg = { .id = 7, .target = "echo:a", .via = "" };
static struct leg other = { .id = 8, .target = "echo:b", .via = "" };

static int setup(void **state)
{
	int err =
		test_setup(state) || loop_new(&loop) || echo_new(&echo, loop);

	buf_init(&told, 0);
	return err ? err : echo_ops.start(echo, HUB);
}

static int teardown(void **state)
{
	echo_free(echo);
	loop_free(loop);
	buf_free(&told);
	return test_teardown(state);
}

static void attach(struct leg *l)
{
	int err;

	OP(err = echo_ops.attach(echo, l));
	assert_int_equal(err, 0);
}

static void deliver(struct leg *l, enum msg_kind kind, const char *from,
		    uint64_t seq)
{
	struct msg_conf conf = {
		.kind = kind,
		.name = VIEW("alice"),
		.text = VIEW("hi"),
		.seq = seq,
	};
	struct msg *msg;
	int err;

	assert_int_equal(addr_parse(&conf.from, view_str(from)), 0);
	assert_int_equal(msg_new(&msg, &conf), 0);
	OP(err = echo_ops.deliver(echo, l, msg));
	assert_int_equal(err, 0);
	mem_deref(msg);
	mem_deref(conf.from);
}

static void what_is_said_comes_back(void **state)
{
	(void)state;
	attach(&leg);
	assert_told("");
	loop_turn(loop, 0);
	assert_told("attached 7 echo\n");
	deliver(&leg, MSG_TEXT, "sip:alice@confab.example", 41);
	assert_told("");
	loop_turn(loop, 0);
	assert_told("heard 7 0 echo: you said: hi\ndelivered 7 41\n");
}

static void only_text_of_others_comes_back(void **state)
{
	(void)state;
	attach(&leg);
	deliver(&leg, MSG_EMOTE, "sip:alice@confab.example", 1);
	deliver(&leg, MSG_NOTICE, "sip:lobby@confab.example", 2);
	deliver(&leg, MSG_SUBJECT, "sip:alice@confab.example", 3);
	deliver(&leg, MSG_TEXT, "echo:b/echo", 4);
	loop_turn(loop, 0);
	assert_told("attached 7 echo\ndelivered 7 1\ndelivered 7 2\n"
		    "delivered 7 3\ndelivered 7 4\n");
}

static void nothing_comes_after_detach(void **state)
{
	(void)state;
	attach(&leg);
	attach(&other);
	deliver(&leg, MSG_TEXT, "sip:alice@confab.example", 1);
	deliver(&other, MSG_EMOTE, "sip:alice@confab.example", 1);
	OP(echo_ops.detach(echo, &leg));
	loop_turn(loop, 0);
	assert_told("attached 8 echo\ndelivered 8 1\n");
}

static void nothing_comes_after_stop(void **state)
{
	(void)state;
	attach(&leg);
	deliver(&leg, MSG_TEXT, "sip:alice@confab.example", 1);
	OP(echo_ops.stop(echo));
	loop_turn(loop, 0);
	assert_told("");
}

static void targets_are_checked(void **state)
{
	static const char *const bad[] = { "", "echo", "echo:", "irc:a/#b" };
	struct buf via = { 0 }, why = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(
		echo_ops.check(echo, VIEW("echo:a"), VIEW_NONE, &via, &why),
		0);
	assert_int_equal(why.n, 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&why);
		assert_int_equal(echo_ops.check(echo, view_str(bad[i]),
						VIEW_NONE, &via, &why),
				 EINVAL);
		assert_int_not_equal(why.n, 0);
	}
	assert_int_equal(
		echo_ops.check(echo, VIEW("echo:a"), VIEW("home"), &via, &why),
		EINVAL);
	buf_free(&via);
	buf_free(&why);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_said_comes_back),
		CASE(only_text_of_others_comes_back),
		CASE(nothing_comes_after_detach),
		CASE(nothing_comes_after_stop),
		CASE(targets_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
