/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The IRC queue: rate, order, barriers; and how often strangers are told. */
#include <errno.h>

#include "test.h"
#include "out.h"
#include "reply.h"

enum { BURST = 5, GAP = 2000 };

struct told {
	uint64_t leg[32], seq[32];
	size_t count;
};

static void tell(uint64_t leg, uint64_t seq, void *arg)
{
	struct told *t = arg;

	assert_true(t->count < 32);
	t->leg[t->count] = leg;
	t->seq[t->count++] = seq;
}

static void assert_next(struct ircb_out *o, uint64_t now, const char *line)
{
	struct buf b = { 0 };
	uint64_t wait;

	assert_true(ircb_out_next(o, now, &b, &wait));
	assert_view(buf_view(&b), line);
	buf_free(&b);
}

static void assert_wait(struct ircb_out *o, uint64_t now, uint64_t expected)
{
	struct buf b = { 0 };
	uint64_t wait;

	assert_false(ircb_out_next(o, now, &b, &wait));
	assert_int_equal(wait, expected);
	assert_int_equal(b.n, 0);
}

static void burst_then_one_every_gap(void **state)
{
	struct ircb_out *o = ircb_out_new(BURST, GAP);
	uint64_t now = 1000000;

	(void)state;
	assert_wait(o, now, UINT64_MAX);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ircb_out_say(o, 1, 1, VIEW("a\r\n"), 1), 0);
	for (int i = 0; i < BURST; i++)
		assert_next(o, now, "a\r\n");
	assert_wait(o, now, GAP);
	assert_wait(o, now + GAP - 1, 1);
	assert_next(o, now + GAP, "a\r\n");
	assert_wait(o, now + GAP, GAP);
	/* a long silence fills the bucket, and not more */
	now += 100 * GAP;
	for (int i = 0; i < 4; i++)
		assert_next(o, now, "a\r\n");
	assert_wait(o, now, UINT64_MAX);
	o = mem_deref(o);
}

/* The server can't refuse what it has not seen. */
static void a_refusal_means_what_was_sent_before(void **state)
{
	struct ircb_out *o = ircb_out_new(BURST, GAP);
	struct told t = { .count = 0 };
	uint64_t number;

	(void)state;
	ircb_out_say(o, 1, 1, VIEW("a\r\n"), 1);
	ircb_out_say(o, 2, 2, VIEW("b\r\n"), 1);
	assert_next(o, 1, "a\r\n");
	assert_next(o, 1, "b\r\n");
	assert_true(ircb_out_barrier(o, 1, &number));
	ircb_out_say(o, 1, 3, VIEW("c\r\n"), 1);
	ircb_out_say(o, 1, 4, VIEW("d\r\n"), 1);
	assert_next(o, 1, "c\r\n");
	ircb_out_refused(o, 1, tell, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.seq[0], 1);
	/* Once it has come to the barrier, what was behind that is meant:
	 * before another one is out as well. */
	ircb_out_pong(o, number, tell, &t);
	assert_int_equal(t.seq[1], 2);
	ircb_out_refused(o, 1, tell, &t);
	assert_int_equal(t.count, 3);
	assert_int_equal(t.seq[2], 3);
	assert_next(o, 1, "d\r\n");
	o = mem_deref(o);
}

static void a_mark_waits_for_commands(void **state)
{
	struct ircb_out *o = ircb_out_new(1, GAP);
	struct told t = { .count = 0 };
	uint64_t number;

	(void)state;
	ircb_out_control(o, VIEW("JOIN #x\r\n"));
	ircb_out_control(o, VIEW("PART #x\r\n"));
	ircb_out_mark(o, 7, 9);
	assert_next(o, 1, "JOIN #x\r\n");
	assert_false(ircb_out_barrier(o, 1, &number));
	assert_next(o, 1 + GAP, "PART #x\r\n");
	assert_true(ircb_out_barrier(o, 1 + GAP, &number));
	ircb_out_refused(o, 7, tell, &t);
	assert_int_equal(t.count, 0);
	ircb_out_pong(o, number, tell, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.leg[0], 7);
	assert_int_equal(t.seq[0], 9);
	o = mem_deref(o);
}

static void commands_go_first(void **state)
{
	struct ircb_out *o = ircb_out_new(BURST, GAP);

	(void)state;
	ircb_out_say(o, 1, 1, VIEW("a\r\nb\r\n"), 2);
	assert_next(o, 1, "a\r\n");
	ircb_out_control(o, VIEW("JOIN #x\r\n"));
	ircb_out_control(o, VIEW("JOIN #y\r\n"));
	assert_int_equal(ircb_out_waiting(o), 3);
	assert_next(o, 1, "JOIN #x\r\n");
	assert_next(o, 1, "JOIN #y\r\n");
	assert_next(o, 1, "b\r\n");
	o = mem_deref(o);
}

static void queue_is_bounded(void **state)
{
	struct ircb_out *o = ircb_out_new(BURST, GAP);

	(void)state;
	assert_int_equal(ircb_out_say(o, 1, 1, VIEW("x\n"), 499), 0);
	assert_int_equal(ircb_out_say(o, 1, 2, VIEW("x\nx\n"), 2), EBUSY);
	assert_int_equal(ircb_out_say(o, 1, 2, VIEW("x\n"), 1), 0);
	assert_int_equal(ircb_out_say(o, 1, 3, VIEW("x\n"), 1), EBUSY);
	for (int i = 0; i < IRCB_CONTROL_MAX; i++)
		assert_int_equal(ircb_out_control(o, VIEW("x\n")), 0);
	assert_int_equal(ircb_out_control(o, VIEW("x\n")), EBUSY);
	o = mem_deref(o);
}

static void barrier_confirms_what_was_before_it(void **state)
{
	struct ircb_out *o = ircb_out_new(100, 1);
	struct told t = { .count = 0 };
	uint64_t n = 0;

	(void)state;
	ircb_out_say(o, 1, 1, VIEW("a\r\nb\r\n"), 2);
	ircb_out_say(o, 2, 7, VIEW("c\r\n"), 1);
	assert_next(o, 1, "a\r\n");
	assert_false(ircb_out_barrier(o, 1, &n)); /* not all of it is sent */
	assert_next(o, 1, "b\r\n");
	assert_true(ircb_out_barrier(o, 1, &n));
	assert_int_equal(n, 1);
	assert_next(o, 1, "c\r\n");
	assert_false(ircb_out_barrier(o, 1, &n)); /* one at a time */
	assert_int_equal(ircb_out_unanswered(o, 51), 50);
	ircb_out_pong(o, 9, tell, &t);
	assert_int_equal(t.count, 0);
	ircb_out_pong(o, 1, tell, &t);
	ircb_out_pong(o, 1, tell, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.leg[0], 1);
	assert_int_equal(t.seq[0], 1);
	assert_int_equal(ircb_out_unanswered(o, 99), 0);
	assert_true(ircb_out_barrier(o, 2, &n));
	ircb_out_pong(o, n, tell, &t);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.seq[1], 7);
	assert_false(ircb_out_barrier(o, 3, &n));
	o = mem_deref(o);
}

static void one_barrier_covers_many(void **state)
{
	struct ircb_out *o = ircb_out_new(100, 1);
	struct told t = { .count = 0 };
	uint64_t n = 0;

	(void)state;
	for (uint64_t i = 1; i <= 3; i++) {
		ircb_out_say(o, 1, i, VIEW("x\r\n"), 1);
		assert_next(o, 1, "x\r\n");
	}
	assert_true(ircb_out_barrier(o, 1, &n));
	ircb_out_pong(o, n, tell, &t);
	assert_int_equal(t.count, 3);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(t.seq[i], i + 1);
	o = mem_deref(o);
}

static void refusal_hits_what_it_can_mean(void **state)
{
	struct ircb_out *o = ircb_out_new(100, 1);
	struct told t = { .count = 0 };
	uint64_t n = 0;

	(void)state;
	ircb_out_say(o, 1, 1, VIEW("x\r\n"), 1);
	ircb_out_say(o, 2, 2, VIEW("y\r\n"), 1);
	assert_next(o, 1, "x\r\n");
	assert_next(o, 1, "y\r\n");
	assert_true(ircb_out_barrier(o, 1, &n));
	ircb_out_say(o, 1, 3, VIEW("after\r\n"), 1);
	assert_next(o, 1, "after\r\n");
	ircb_out_say(o, 1, 4, VIEW("p\r\nq\r\n"), 2);
	assert_next(o, 1, "p\r\n");
	ircb_out_say(o, 1, 5, VIEW("later\r\n"), 1);
	/* What stands behind the barrier is answered behind its PONG. */
	ircb_out_refused(o, 1, tell, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.seq[0], 1);
	t.count = 0;
	ircb_out_pong(o, n, tell, &t);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.leg[0], 2);
	t.count = 0;
	ircb_out_refused(o, 1, tell, &t);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.seq[0], 3);
	assert_int_equal(t.seq[1], 4);
	assert_next(o, 1, "later\r\n"); /* "q" went with its message */
	o = mem_deref(o);
}

static void forgotten_legs_say_nothing(void **state)
{
	struct ircb_out *o = ircb_out_new(100, 1);
	struct told t = { .count = 0 };
	uint64_t n = 0;

	(void)state;
	ircb_out_say(o, 1, 1, VIEW("x\r\n"), 1);
	ircb_out_say(o, 2, 2, VIEW("y\r\nz\r\n"), 2);
	assert_next(o, 1, "x\r\n");
	assert_true(ircb_out_barrier(o, 1, &n));
	ircb_out_forget(o, 1);
	ircb_out_forget(o, 2);
	assert_int_equal(ircb_out_waiting(o), 0);
	ircb_out_pong(o, n, tell, &t);
	assert_int_equal(t.count, 0);
	o = mem_deref(o);
}

static void strangers_are_told_seldom(void **state)
{
	struct ircb_reply r = { 0 };
	uint64_t now = 5000;
	char nick[8] = "n00";

	(void)state;
	assert_true(ircb_reply_ctcp(&r, now));
	assert_false(ircb_reply_ctcp(&r, now + IRCB_REPLY_CTCP_MS - 1));
	assert_true(ircb_reply_ctcp(&r, now + IRCB_REPLY_CTCP_MS));
	assert_true(ircb_reply_nick(&r, IRCB_RFC1459, VIEW("a[]"), now));
	assert_false(ircb_reply_nick(&r, IRCB_RFC1459, VIEW("A{}"), now));
	assert_true(ircb_reply_nick(&r, IRCB_RFC1459, VIEW("b"), now));
	for (int i = 2; i < IRCB_REPLY_NICKS; i++) {
		nick[1] = (char)('0' + i / 10);
		nick[2] = (char)('0' + i % 10);
		assert_true(ircb_reply_nick(&r, IRCB_RFC1459, view_str(nick),
					    now));
	}
	assert_false(ircb_reply_nick(&r, IRCB_RFC1459, VIEW("one-more"), now));
	now += IRCB_REPLY_NICK_MS;
	assert_true(ircb_reply_nick(&r, IRCB_RFC1459, VIEW("a[]"), now));
	assert_true(ircb_reply_nick(&r, IRCB_RFC1459, VIEW("one-more"), now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(burst_then_one_every_gap),
		TEST(a_refusal_means_what_was_sent_before),
		TEST(a_mark_waits_for_commands),
		TEST(commands_go_first),
		TEST(queue_is_bounded),
		TEST(barrier_confirms_what_was_before_it),
		TEST(one_barrier_covers_many),
		TEST(refusal_hits_what_it_can_mean),
		TEST(forgotten_legs_say_nothing),
		TEST(strangers_are_told_seldom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
