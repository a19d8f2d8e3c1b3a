/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: transactions in order, pruning, pages, closing. */
#include <errno.h>

#include "store_rig.h"

static void answers_come_in_the_order_of_asking(void **state)
{
	struct rig *rig = rig_new();
	struct store_stats st;
	size_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 1; i <= 1000; i++)
		rig_commit(rig, rig_say(rig, 1, i, NULL));
	store_stats(rig->s, &st);
	assert_int_equal(st.queued, 1000); /* nothing before the dispatch */
	rig_wait(rig);
	for (i = 0; i < rig->asked; i++) {
		assert_int_equal(rig->order[i], i);
		assert_int_equal(rig->errs[i], 0);
	}
	store_stats(rig->s, &st);
	assert_int_equal(st.transactions, 1001);
	assert_int_equal(st.failed, 0);
	assert_int_equal(st.queued, 0);
	assert_true(st.commits >= 1001 / 256);
	rig_free(rig);
}

/* What a page has to show at each place of the queue. */
struct expected {
	struct rig_ask *ask;
	size_t count;
};

static void on_expected(int err, const struct store_msg *msgs, size_t count,
			void *arg)
{
	struct expected *e = arg;
	size_t i;

	assert_int_equal(err, 0);
	assert_int_equal(count, e->count);
	for (i = 0; i < count; i++)
		assert_int_equal(msgs[i].seq, i + 1);
	rig_note(e->ask, err);
}

static void page_sees_what_was_before_it(void **state)
{
	struct expected want[200];
	struct rig *rig = rig_new();
	size_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 0; i < 200; i++) {
		want[i] = (struct expected){ rig_ask(rig), i };
		store_read(rig->s, 1, 0, 256, on_expected, &want[i]);
		rig_commit(rig, rig_say(rig, 1, i + 1, NULL));
	}
	rig_wait(rig);
	for (i = 0; i < rig->asked; i++)
		assert_int_equal(rig->order[i], i);
	rig_free(rig);
}

static void one_failure_leaves_its_group_alone(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256];
	struct store_txn *t;
	struct store_msg m = rig_msg(1, 50, "with the bad one");
	size_t i, bad;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 1; i <= 20; i++)
		rig_commit(rig, rig_say(rig, 1, i, NULL));
	t = store_begin(rig->s);
	store_put_msg(t, &m);
	m.seq = 7; /* taken */
	store_put_msg(t, &m);
	m.seq = 51;
	store_put_msg(t, &m);
	bad = rig_commit(rig, t);
	for (i = 21; i <= 40; i++)
		rig_commit(rig, rig_say(rig, 1, i, NULL));
	rig_wait(rig);
	for (i = 0; i < rig->asked; i++)
		assert_int_equal(rig->errs[i], i == bad ? EEXIST : 0);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 40);
	assert_int_equal(seqs[39], 40);
	assert_int_equal(rig_reload_head(rig), 40); /* not 51 */
	rig_free(rig);
}

static int prune(struct rig *rig, uint64_t below, uint64_t before_ms)
{
	struct store_txn *t = store_begin(rig->s);

	store_prune(t, 1, below, before_ms);
	return rig_run(rig, t);
}

static void prune_keeps_the_head(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256];
	size_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 1; i <= 10; i++)
		rig_commit(rig, rig_say(rig, 1, i, NULL)); /* at 1000 + i */
	rig_wait(rig);
	assert_int_equal(prune(rig, 4, 0), 0);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 7);
	assert_int_equal(seqs[0], 4);
	assert_int_equal(prune(rig, 0, 1008), 0);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 3);
	assert_int_equal(seqs[0], 8);
	assert_int_equal(prune(rig, UINT64_MAX, 0), 0);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 0);
	assert_int_equal(rig_reload_head(rig), 10);
	/* a late one does not pull it back either */
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 3, NULL)), 0);
	assert_int_equal(rig_reload_head(rig), 10);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 11, NULL)), 0);
	assert_int_equal(rig_reload_head(rig), 11);
	rig_free(rig);
}

/* Clocks step back; age counts for each message by itself. */
static void prune_by_age_finds_the_old_behind_the_new(void **state)
{
	struct store_msg m = rig_msg(1, 1, "from the future");
	struct rig *rig = rig_new();
	uint64_t seqs[256];
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	m.time_ms = UINT64_MAX; /* nonsense is cut, not refused */
	t = store_begin(rig->s);
	store_put_msg(t, &m);
	m.seq = 2;
	m.time_ms = 5;
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), 0);
	assert_int_equal(prune(rig, 0, 6), 0);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 1);
	assert_int_equal(seqs[0], 1);
	rig_free(rig);
}

static void pages_follow_each_other(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256], after = 0, next = 1;
	size_t i, n;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	rig_room(rig, 2, "hall");
	for (i = 1; i <= 600; i++)
		rig_commit(rig, rig_say(rig, 1 + i % 2, i, NULL));
	rig_wait(rig);
	while ((n = rig_seqs(rig, 1, after, 256, seqs))) {
		for (i = 0; i < n; i++)
			assert_int_equal(seqs[i], 2 * next++);
		after = seqs[n - 1];
	}
	assert_int_equal(next, 301);
	assert_int_equal(rig_seqs(rig, 1, 590, 3, seqs), 3);
	assert_int_equal(seqs[2], 596);
	assert_int_equal(rig_seqs(rig, 1, UINT64_MAX, 1, seqs), 0);
	assert_int_equal(rig_seqs(rig, 77, 0, 256, seqs), 0);
	rig_free(rig);
}

static void empty_and_aborted_transactions(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256];
	struct store_stats st;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	assert_int_equal(rig_run(rig, store_begin(rig->s)), 0);
	store_abort(rig_say(rig, 1, 1, NULL));
	store_abort(NULL);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 0);
	store_stats(rig->s, &st);
	assert_int_equal(st.transactions, 2);
	rig_free(rig);
}

static void too_big_a_transaction_is_refused_whole(void **state)
{
	struct rig *rig = rig_new();
	size_t i, n = 17 * 1024 * 1024;
	char *big = mem_alloc(n);
	struct store_txn *t;
	struct store_msg m = rig_msg(1, 1, "first");
	uint64_t seqs[256];

	(void)state;
	memset(big, 'x', n);
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	t = store_begin(rig->s);
	store_put_msg(t, &m);
	m.seq = 2;
	m.text = view_mem(big, n);
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), EMSGSIZE);
	t = store_begin(rig->s);
	m.text.n = (size_t)UINT32_MAX + 1; /* not looked at */
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), EMSGSIZE);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 0);
	/* each fits, one page of all does not */
	for (i = 1; i <= 3; i++) {
		t = store_begin(rig->s);
		m.seq = i;
		m.text = view_mem(big, n / 2);
		store_put_msg(t, &m);
		assert_int_equal(rig_run(rig, t), 0);
	}
	store_read(rig->s, 1, 0, 3, rig_on_seqs,
		   &(struct rig_seqs){ rig, rig_ask(rig), seqs, 0 });
	rig_wait(rig);
	assert_int_equal(rig->errs[rig->asked - 1], EMSGSIZE);
	assert_int_equal(rig_seqs(rig, 1, 0, 1, seqs), 1);
	mem_free(big);
	rig_free(rig);
}

/* ---- handlers that go on ---- */

static void on_chain(int err, void *arg)
{
	struct rig_ask *ask = arg;
	struct rig *rig = ask->rig;

	rig_note(ask, err);
	store_dispatch(rig->s); /* nothing: a round is under way */
	if (rig->asked < 20)
		store_commit(rig_say(rig, 1, rig->asked, NULL), on_chain,
			     rig_ask(rig));
}

static void handler_may_ask_again(void **state)
{
	struct rig *rig = rig_new();
	size_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	store_commit(rig_say(rig, 1, 1, NULL), on_chain, rig_ask(rig));
	rig_wait(rig);
	assert_int_equal(rig->asked, 20);
	for (i = 0; i < 20; i++)
		assert_int_equal(rig->errs[i], 0);
	rig_free(rig);
}

static void on_page_late(int err, const struct store_msg *msgs, size_t count,
			 void *arg)
{
	assert_null(msgs);
	assert_int_equal(count, 0);
	rig_note(arg, err);
}

static void on_late(int err, void *arg)
{
	struct rig_ask *ask = arg;
	struct rig *rig = ask->rig;

	rig_note(ask, err);
	store_commit(rig_say(rig, 1, 9, NULL), rig_done, rig_ask(rig));
	store_read(rig->s, 1, 0, 1, on_page_late, rig_ask(rig));
}

static void close_drains_and_then_refuses(void **state)
{
	struct rig *rig = rig_new();
	size_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 1; i <= 300; i++)
		rig_commit(rig, rig_say(rig, 1, i, NULL));
	store_commit(rig_say(rig, 1, 301, NULL), on_late, rig_ask(rig));
	store_commit(rig_say(rig, 1, 302, NULL), NULL, NULL);
	rig_shut(rig);
	assert_int_equal(rig->asked, 304);
	assert_int_equal(rig->heard, 304);
	for (i = 0; i < 302; i++)
		assert_int_equal(rig->errs[i], 0);
	assert_int_equal(rig->errs[302], ESHUTDOWN);
	assert_int_equal(rig->errs[303], ESHUTDOWN);
	rig_open(rig);
	assert_int_equal(rig_reload_head(rig), 302);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_come_in_the_order_of_asking),
		TEST(page_sees_what_was_before_it),
		TEST(one_failure_leaves_its_group_alone),
		TEST(prune_keeps_the_head),
		TEST(prune_by_age_finds_the_old_behind_the_new),
		TEST(pages_follow_each_other),
		TEST(empty_and_aborted_transactions),
		TEST(too_big_a_transaction_is_refused_whole),
		TEST(handler_may_ask_again),
		TEST(close_drains_and_then_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
