/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cursors: by hand, and against a plain model with random steps. */
#include "clock.h"
#include "cursor.h"
#include "test.h"

static void in_order(void **state)
{
	struct cursor c = { 0 };

	(void)state;
	cursor_set(&c, 41);
	assert_int_equal(cursor_next(&c), 42);
	assert_true(cursor_idle(&c));
	cursor_sent(&c, 42);
	assert_false(cursor_idle(&c));
	assert_int_equal(cursor_next(&c), 43);
	assert_true(cursor_done(&c, 42));
	assert_int_equal(c.acked, 42);
	assert_true(cursor_idle(&c));
}

static void window_fills(void **state)
{
	struct cursor c = { 0 };
	uint64_t seq;

	(void)state;
	for (seq = 1; seq <= CURSOR_WINDOW; seq++) {
		assert_int_equal(cursor_next(&c), seq);
		cursor_sent(&c, seq);
	}
	assert_int_equal(cursor_next(&c), 0);
	for (seq = CURSOR_WINDOW; seq > 1; seq--)
		assert_false(cursor_done(&c, seq));
	assert_int_equal(cursor_next(&c), 0);
	assert_true(cursor_done(&c, 1));
	assert_int_equal(c.acked, CURSOR_WINDOW);
	assert_int_equal(cursor_next(&c), CURSOR_WINDOW + 1);
	assert_true(cursor_idle(&c));
}

static void failed_is_sent_again(void **state)
{
	struct cursor c = { 0 };

	(void)state;
	cursor_sent(&c, 1);
	cursor_sent(&c, 2);
	cursor_undo(&c, 1);
	assert_false(cursor_has(&c, 1));
	assert_true(cursor_has(&c, 2));
	assert_int_equal(cursor_next(&c), 1);
	assert_false(cursor_done(&c, 2));
	cursor_undo(&c, 2);
	assert_true(cursor_has(&c, 2));
	cursor_sent(&c, 1);
	cursor_reset(&c);
	assert_int_equal(cursor_next(&c), 1);
	assert_true(cursor_done(&c, 1));
	assert_int_equal(c.acked, 2);
}

static void outside_is_ignored(void **state)
{
	struct cursor c = { 0 };

	(void)state;
	cursor_set(&c, 100);
	assert_false(cursor_done(&c, 100));
	assert_false(cursor_done(&c, 0));
	assert_false(cursor_done(&c, 100 + CURSOR_WINDOW + 1));
	assert_false(cursor_done(&c, UINT64_MAX));
	cursor_sent(&c, 100 + CURSOR_WINDOW + 1);
	cursor_undo(&c, 7);
	assert_int_equal(c.acked, 100);
	assert_int_equal(c.done | c.sent, 0);
}

/* The model: one state for each number. */
enum { OPEN, SENT, DONE, STEPS = 20000 };

static uint8_t model[STEPS + 2 * CURSOR_WINDOW];

static void check(const struct cursor *c)
{
	uint64_t acked = 0, next = 0, seq;
	bool idle = true;

	while (model[acked + 1] == DONE)
		acked++;
	for (seq = acked + CURSOR_WINDOW; seq > acked; seq--) {
		if (model[seq] == OPEN)
			next = seq;
		if (model[seq] == SENT)
			idle = false;
		assert_int_equal(cursor_has(c, seq), model[seq] != OPEN);
	}
	assert_int_equal(c->acked, acked);
	assert_int_equal(cursor_next(c), next);
	assert_int_equal(cursor_idle(c), idle);
	assert_int_equal(c->done & ~c->sent, 0);
}

static void step(struct cursor *c)
{
	uint64_t r = rand_u64(), acked = c->acked;
	uint64_t seq = acked + 1 + r % CURSOR_WINDOW, i;

	switch (r >> 32 & 7) {
	case 0:
		if (model[seq] == SENT)
			model[seq] = OPEN;
		cursor_undo(c, seq);
		break;
	case 1:
		for (i = acked; r >> 40 & 1 && i <= acked + CURSOR_WINDOW; i++)
			model[i] = model[i] == SENT ? OPEN : model[i];
		if (r >> 40 & 1)
			cursor_reset(c);
		break;
	case 2:
	case 3:
	case 4:
		model[seq] = DONE;
		assert_int_equal(cursor_done(c, seq), seq == acked + 1);
		break;
	default:
		seq = cursor_next(c);
		if (seq) {
			model[seq] = SENT;
			cursor_sent(c, seq);
		}
	}
}

static void agrees_with_the_model(void **state)
{
	struct cursor c = { 0 };
	int i;

	(void)state;
	memset(model, OPEN, sizeof(model));
	model[0] = DONE;
	for (i = 0; i < STEPS; i++) {
		step(&c);
		check(&c);
	}
	assert_true(c.acked > STEPS / 10);
}

static void what_is_done_ahead_stays_done(void **state)
{
	struct cursor c = { .acked = 10 };

	(void)state;
	cursor_sent(&c, 11);
	cursor_done(&c, 13);
	cursor_done(&c, 15);
	cursor_undo(&c, 11);
	cursor_upto(&c, 11);
	assert_int_equal(c.acked, 11);
	assert_int_equal(cursor_next(&c), 12);
	assert_true(cursor_settled(&c, 13));
	cursor_upto(&c, 12); /* and 13 follows */
	assert_int_equal(c.acked, 13);
	assert_int_equal(cursor_next(&c), 14);
	assert_true(cursor_settled(&c, 15));
	cursor_upto(&c, 5);
	assert_int_equal(c.acked, 13);
	cursor_upto(&c, 1000);
	assert_int_equal(c.acked, 1000);
	assert_int_equal(cursor_next(&c), 1001);
	assert_true(cursor_idle(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_order),
		TEST(window_fills),
		TEST(failed_is_sent_again),
		TEST(outside_is_ignored),
		TEST(what_is_done_ahead_stays_done),
		TEST(agrees_with_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
