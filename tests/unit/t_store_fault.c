/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store on a disk that fails: the Nth call of some kind fails, for each
 * N. Whatever happens, what was acknowledged is there, what was refused is
 * not, and when the disk is well again so is the store.
 */
#include <errno.h>
#include <sys/stat.h>

#include "store_disk.h"
#include "store_rig.h"

/* ---- what must hold ---- */

enum { TALK = 12, GROUPS = 3 };

/* As many errors were logged as there were to tell. */
static void quiet(void)
{
	test_log_expected = test_log_errors;
}

static size_t count_rows(struct rig *rig)
{
	uint64_t seqs[256];

	return rig_seqs(rig, 1, 0, 256, seqs);
}

/* Texts by themselves take the short way, into the spool. */
static bool long_way;

static struct store_txn *say(struct rig *rig, uint64_t seq)
{
	struct store_txn *t = rig_say(rig, 1, seq, NULL);

	if (long_way)
		store_del_member(t, seq); /* nobody */
	return t;
}

/* A few groups; how many of their messages were acknowledged. */
static size_t talk(struct rig *rig, size_t from, int failure)
{
	size_t i, first = rig->asked, acked = 0;

	for (i = 0; i < TALK; i++) {
		rig_commit(rig, say(rig, from + i));
		if (i % (TALK / GROUPS) == TALK / GROUPS - 1)
			rig_wait(rig);
	}
	for (i = first; i < rig->asked; i++) {
		acked += rig->errs[i] == 0;
		if (rig->errs[i])
			assert_int_equal(rig->errs[i], failure);
	}
	return acked;
}

/* False when the Nth call never came. */
static bool survive(unsigned mask, int n, int failure, bool for_ever)
{
	struct rig *rig = rig_new();
	size_t acked;
	bool failed;

	rig_open(rig);
	rig_room(rig, 1, "lobby");
	fail_call(mask, n, for_ever);
	acked = talk(rig, 1, failure);
	failed = fault.hits;
	heal();
	/* one failure on the short way leaves the long one */
	if (long_way)
		assert_int_equal(acked < TALK, failed);
	assert_true(acked == TALK || failed);
	assert_true(test_log_errors > 0 || acked == TALK);
	assert_int_equal(count_rows(rig), acked);
	assert_int_equal(talk(rig, 100, 0), TALK);
	rig_shut(rig);
	rig_open(rig);
	assert_int_equal(count_rows(rig), acked + TALK);
	rig_free(rig);
	quiet();
	return failed;
}

static void sweep(unsigned mask, int failure, bool for_ever, int least)
{
	int n = 1;

	while (survive(mask, n, failure, for_ever))
		n++;
	assert_true(n > least); /* the layer was in the way */
}

static void sweep_both(unsigned mask, int failure, int least)
{
	for (int i = 0; i < 4; i++) {
		long_way = i & 1;
		sweep(mask, failure, i & 2, long_way ? least : GROUPS);
	}
	long_way = false;
}

static void each_write_may_hit_a_full_disk(void **state)
{
	(void)state;
	sweep_both(DOOR_WRITES, ENOSPC, 10);
}

static void each_write_may_hit_a_broken_disk(void **state)
{
	(void)state;
	sweep_both(DOOR_ALL & ~DOOR_READ, EIO, 10);
}

static void each_sync_may_fail(void **state)
{
	(void)state;
	sweep_both(DOOR_SYNC, EIO, GROUPS);
}

static void each_lock_may_fail(void **state)
{
	(void)state;
	long_way = true; /* the other needs none */
	sweep(DOOR_LOCK, EIO, false, GROUPS);
	sweep(DOOR_LOCK, EIO, true, GROUPS);
	long_way = false;
}

/* ---- opening and closing ---- */

static bool survive_opening(struct rig *rig, int n, bool for_ever)
{
	bool failed;
	int err;

	rig->why[0] = '\0';
	fail_call(DOOR_ALL, n, for_ever);
	err = rig_try_open(rig);
	failed = fault.hits;
	heal();
	assert_true(err == 0 || failed);
	if (err) {
		/* a page that can't be read counts as damaged */
		assert_true(err == EIO || err == EBADMSG);
		assert_memory_equal(rig->why, rig->dir, strlen(rig->dir));
		assert_null(strchr(rig->why, '\n'));
		rig_open(rig);
	}
	assert_true(count_rows(rig) >= TALK);
	return failed;
}

static void each_call_of_opening_may_fail(void **state)
{
	struct rig *rig = rig_new();
	int n = 1;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	talk(rig, 1, 0);
	rig_shut(rig);
	while (survive_opening(rig, n, n % 2)) {
		rig_run(rig, rig_say(rig, 1, 100 + (uint64_t)n, NULL));
		/* closing may fail as well, and leave the log behind */
		fail_call(DOOR_DB_WRITE | DOOR_SYNC, 1, true);
		rig_shut(rig);
		heal();
		n++;
	}
	assert_true(n > 5);
	assert_int_equal(count_rows(rig), TALK + (size_t)n - 1);
	rig_free(rig);
}

/* Of a new file: the schema is there as a whole or not at all. */
static void each_call_of_migrating_may_fail(void **state)
{
	bool failed = true;
	int n;

	(void)state;
	for (n = 1; failed; n++) {
		struct rig *rig = rig_new();
		int err;

		fail_call(DOOR_ALL, n, n % 2);
		err = rig_try_open(rig);
		failed = fault.hits;
		heal();
		if (err)
			rig_open(rig);
		rig_room(rig, 1, "lobby");
		assert_int_equal(talk(rig, 1, 0), TALK);
		rig_free(rig);
	}
	assert_true(n > 20);
}

/* ---- reading ---- */

static void say_big(struct rig *rig, uint64_t room, uint64_t seq, size_t n)
{
	struct store_txn *t = store_begin(rig->s);
	struct store_msg m = rig_msg(room, seq, "");
	char *big = mem_alloc(n);

	memset(big, 'x', n);
	m.text = view_mem(big, n);
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), 0);
	mem_free(big);
}

/* More than SQLite keeps in memory: after the check at the opening, the rest
 * has to be read from the disk. */
static void fill_memory(struct rig *rig)
{
	struct store_msg m = rig_msg(2, 1, "");
	struct store_txn *t;
	char text[900];

	memset(text, 'x', sizeof(text));
	m.text = view_mem(text, sizeof(text));
	rig_room(rig, 2, "big");
	while (m.seq < 24000) {
		t = store_begin(rig->s);
		do
			store_put_msg(t, &m);
		while (m.seq++ % 1000);
		assert_int_equal(rig_run(rig, t), 0);
	}
}

static bool survive_reading(struct rig *rig, int n)
{
	struct rig_seqs out = { .rig = rig };
	uint64_t seqs[256];
	size_t page, say, before;
	bool failed;

	rig_shut(rig);
	rig_open(rig); /* nothing is in memory */
	fail_call(DOOR_READ, n, false);
	rig_commit(rig, rig_say(rig, 1, 1000 + (uint64_t)n, NULL));
	page = rig->asked;
	out.ask = rig_ask(rig);
	out.seqs = seqs;
	store_read(rig->s, 1, 0, 256, rig_on_seqs, &out);
	say = rig_commit(rig, rig_say(rig, 1, 2000 + (uint64_t)n, NULL));
	rig_wait(rig);
	failed = fault.hits;
	heal();
	before = out.count;
	assert_true(rig->errs[page] == 0 || rig->errs[page] == EIO);
	if (!rig->errs[page] && !rig->errs[say])
		assert_int_equal(count_rows(rig), before + 1);
	/* refused means not there: the same can be said now */
	if (rig->errs[page - 1])
		assert_int_equal(rig_run(rig, rig_say(rig, 1,
				1000 + (uint64_t)n, NULL)), 0);
	if (rig->errs[say])
		assert_int_equal(rig_run(rig, rig_say(rig, 1,
				2000 + (uint64_t)n, NULL)), 0);
	return failed;
}

static void each_read_may_fail(void **state)
{
	struct rig *rig = rig_new();
	int n = 1;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	assert_int_equal(talk(rig, 1, 0), TALK);
	fill_memory(rig);
	while (survive_reading(rig, n))
		n++;
	assert_true(n > 3);
	assert_int_equal(count_rows(rig), TALK + 2 * (size_t)n);
	quiet();
	rig_free(rig);
}

/* SQLite does not end a transaction by itself for that. What is damaged in
 * its memory stays so, but another table works. */
static bool works_elsewhere(struct rig *rig)
{
	const struct store_binding b = { .aor = VIEW("sip:a@h") };
	struct store_txn *t = store_begin(rig->s);

	store_put_binding(t, &b);
	return rig_run(rig, t) == 0;
}

static bool survive_nonsense(struct rig *rig, int n, size_t *there,
			     size_t *recovered)
{
	size_t first = rig->asked, i;
	bool failed;

	rig_shut(rig);
	rig_open(rig);
	fail_call(DOOR_GARBLE, n, false);
	for (i = 0; i < 4; i++)
		rig_commit(rig, say(rig, 100 + 4 * (uint64_t)n + i));
	rig_wait(rig);
	failed = fault.hits;
	heal();
	for (i = first; i < rig->asked; i++) {
		*there += rig->errs[i] == 0;
		if (rig->errs[i])
			assert_int_equal(rig->errs[i], EIO);
	}
	if (rig->errs[first + 3] && works_elsewhere(rig))
		++*recovered;
	rig_shut(rig);
	rig_open(rig);
	assert_int_equal(count_rows(rig), *there);
	return failed;
}

static void each_read_may_find_nonsense(void **state)
{
	struct rig *rig = rig_new();
	size_t there = TALK, recovered = 0;
	int n = 1;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	assert_int_equal(talk(rig, 1, 0), TALK);
	fill_memory(rig);
	long_way = true; /* the other reads next to nothing */
	while (survive_nonsense(rig, n, &there, &recovered))
		n++;
	long_way = false;
	assert_true(n > 3);
	assert_true(recovered > 0);
	quiet();
	rig_free(rig);
}

static void no_room(const struct store_room *r, void *arg)
{
	(void)r;
	(void)arg;
}

/* More than the data base's memory holds, in whatever order that was read
 * while the file was checked. */
static void put_large_rooms(struct rig *rig)
{
	enum { ROOMS = 200, SUBJECT = 100 * 1000 };
	struct store_room room = { .domain = VIEW("h") };
	char *subject = mem_zalloc(SUBJECT), name[16];
	struct store_txn *t;

	memset(subject, 'x', SUBJECT);
	room.subject = view_mem(subject, SUBJECT);
	for (room.id = 1; room.id <= ROOMS; room.id++) {
		snprintf(name, sizeof(name), "room%d", (int)room.id);
		room.name = view_str(name);
		t = store_begin(rig->s);
		store_put_room(t, &room);
		rig_commit(rig, t);
	}
	rig_wait(rig);
	mem_free(subject);
}

static void loading_may_fail(void **state)
{
	const struct store_load load = { .room = no_room };
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	put_large_rooms(rig);
	rig_shut(rig);
	rig_open(rig);
	fail_call(DOOR_READ, 1, true);
	assert_int_equal(store_load(rig->s, &load), EIO);
	assert_non_null(strstr(store_why(rig->s), "I/O"));
	heal();
	assert_int_equal(store_load(rig->s, &load), 0);
	rig_free(rig);
}

/* ---- the log's way into the file ---- */

static void failed_checkpoint_is_logged_only(void **state)
{
	struct rig *rig = rig_new();
	struct pollfd p = { .fd = rig->fd, .events = POLLIN };

	(void)state;
	expect_log(1);
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	/* commits do not write there */
	fail_call(DOOR_DB_WRITE, 1, true);
	say_big(rig, 1, 1, 5 * 1024 * 1024);
	/* no answer is due: what wakes us is the trouble */
	assert_int_equal(poll(&p, 1, RIG_PATIENCE_MS), 1);
	store_dispatch(rig->s);
	assert_int_equal(test_log_errors, 1);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 2, NULL)), 0);
	heal();
	assert_int_equal(rig_reload_head(rig), 2);
	assert_int_equal(count_rows(rig), 2);
	rig_free(rig);
}

/* ---- the spool's way into the tables ---- */

static void what_could_not_be_moved_is_tried_again(void **state)
{
	struct rig *rig = rig_new();
	struct pollfd p = { .fd = rig->fd, .events = POLLIN };
	uint64_t n;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	gate_shut();
	rig_commit(rig, rig_say(rig, 1, 1, NULL));
	gate_await(); /* it is written, and about to be synced */
	fail_call(DOOR_LOG_WRITE, 1, true);
	gate_open();
	while (!test_log_errors) {
		assert_int_equal(poll(&p, 1, RIG_PATIENCE_MS), 1);
		assert_int_equal(read(rig->fd, &n, sizeof(n)), sizeof(n));
		store_dispatch(rig->s);
	}
	assert_int_equal(rig->heard, rig->asked);
	assert_int_equal(rig->errs[rig->asked - 1], 0);
	gate_shut();
	heal();
	gate_await(); /* nobody asked for anything */
	gate_open();
	assert_int_equal(count_rows(rig), 1);
	rig_free(rig);
	quiet();
}

static void log_stays_short_under_load(void **state)
{
	struct rig *rig = rig_new();
	char path[256];
	struct stat st;
	uint64_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	rig_path(rig, "confab.db-wal", path);
	for (i = 1; i <= 12; i++) {
		say_big(rig, 1, i, 8 * 1024 * 1024);
		assert_int_equal(stat(path, &st), 0);
		assert_true(st.st_size <= 64 * 1024 * 1024);
	}
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_write_may_hit_a_full_disk),
		TEST(each_write_may_hit_a_broken_disk),
		TEST(each_sync_may_fail),
		TEST(each_lock_may_fail),
		TEST(each_call_of_opening_may_fail),
		TEST(each_call_of_migrating_may_fail),
		TEST(each_read_may_fail),
		TEST(each_read_may_find_nonsense),
		TEST(loading_may_fail),
		TEST(failed_checkpoint_is_logged_only),
		TEST(what_could_not_be_moved_is_tried_again),
		TEST(log_stays_short_under_load),
	};

	return cmocka_run_group_tests(tests, disk_install, NULL);
}
