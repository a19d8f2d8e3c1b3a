/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's mailbox: which jobs make a group, and what they see of each
 * other. The thread is held in the commit before, so that groups are known.
 */
#include <errno.h>

#include "store_disk.h"
#include "store_rig.h"

static uint64_t commits(const struct rig *rig)
{
	struct store_stats st;

	store_stats(rig->s, &st);
	return st.commits;
}

/* The thread is in a commit now, and stays there until gate_open(). */
static void hold(struct rig *rig, uint64_t seq)
{
	gate_shut();
	rig_commit(rig, rig_say(rig, 1, seq, NULL));
	gate_await();
}

/* n jobs queued at once: the number of groups they were taken in. */
static uint64_t groups_of(struct rig *rig, size_t n)
{
	static uint64_t seq;
	uint64_t before = commits(rig);
	size_t i;

	hold(rig, ++seq);
	for (i = 0; i < n; i++)
		rig_commit(rig, rig_say(rig, 1, ++seq, NULL));
	gate_open();
	rig_wait(rig);
	return commits(rig) - before - 1;
}

static void what_gathers_is_one_group(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	assert_int_equal(groups_of(rig, 1), 1);
	assert_int_equal(groups_of(rig, 256), 1);
	assert_int_equal(groups_of(rig, 257), 2);
	assert_int_equal(groups_of(rig, 600), 3);
	rig_free(rig);
}

/* A page that stood among transactions that were lost does not show them. */
static void page_in_a_lost_group_is_read_again(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256];
	struct rig_seqs page = { .rig = rig, .seqs = seqs };

	(void)state;
	expect_log(1);
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	hold(rig, 1);
	rig_commit(rig, rig_say(rig, 1, 2, NULL)); /* no. 2 */
	page.ask = rig_ask(rig);                   /* no. 3 */
	store_read(rig->s, 1, 0, 256, rig_on_seqs, &page);
	rig_commit(rig, rig_say(rig, 1, 2, NULL)); /* no. 4: taken, but lost */
	fail_call(DOOR_LOG_WRITE | DOOR_DB_WRITE, 1, true);
	gate_open();
	rig_wait(rig);
	heal();
	assert_int_equal(rig->errs[1], 0);
	assert_int_equal(rig->errs[2], ENOSPC);
	assert_int_equal(rig->errs[3], 0);
	assert_int_equal(page.count, 1);
	assert_int_equal(seqs[0], 1);
	assert_int_equal(rig->errs[4], ENOSPC); /* not EEXIST */
	rig_free(rig);
}

/* The first of many waits inside its handler for a new one to be stored, and
 * asks for its answer: that must not overtake the others. */
static void on_impatient(int err, void *arg)
{
	struct rig_ask *ask = arg;
	struct rig *rig = ask->rig;
	struct pollfd p = { .fd = rig->fd, .events = POLLIN };
	uint64_t n;

	rig_note(ask, err);
	(void)!read(rig->fd, &n, sizeof(n)); /* what is left of the others */
	rig_commit(rig, rig_say(rig, 1, 99, NULL));
	assert_int_equal(poll(&p, 1, RIG_PATIENCE_MS), 1);
	store_dispatch(rig->s);
}

static void handler_cannot_overtake(void **state)
{
	struct rig *rig = rig_new();
	size_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	hold(rig, 1);
	store_commit(rig_say(rig, 1, 2, NULL), on_impatient, rig_ask(rig));
	for (i = 3; i <= 10; i++)
		rig_commit(rig, rig_say(rig, 1, i, NULL));
	gate_open();
	rig_wait(rig);
	assert_int_equal(rig->asked, 12);
	for (i = 0; i < rig->asked; i++) {
		assert_int_equal(rig->order[i], i);
		assert_int_equal(rig->errs[i], 0);
	}
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_gathers_is_one_group),
		TEST(page_in_a_lost_group_is_read_again),
		TEST(handler_cannot_overtake),
	};

	return cmocka_run_group_tests(tests, disk_install, NULL);
}
