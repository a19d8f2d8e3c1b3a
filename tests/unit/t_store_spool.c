/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spool: what was written counts, with its key, up to the first doubt; and
 * the filter in front of it never forgets a key. */
#include <errno.h>
#include <fcntl.h>

#include "store_disk.h"
#include "store_rig.h"

#include "buf.h"
#include "spool.h"

enum { HEAD = 12 };

static const uint8_t one[SPOOL_KEY] = { 1 }, other[SPOOL_KEY] = { 2 };

static int make_dir(void **state)
{
	struct rig *rig = rig_new();
	char path[256];

	mkdir(rig->dir, 0700);
	rig_path(rig, "base", path); /* whose mode it takes */
	close(open(path, O_WRONLY | O_CREAT, 0600));
	*state = rig;
	return 0;
}

static int drop_dir(void **state)
{
	rig_free(*state);
	return 0;
}

static struct spool *open_in(struct rig *rig)
{
	struct spool *s = NULL;
	char path[256];

	rig_path(rig, "base", path);
	assert_int_equal(spool_open(&s, path), SQLITE_OK);
	return s;
}

static int file_of(struct rig *rig)
{
	char path[256];
	int fd;

	rig_path(rig, "base-spool", path);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	return fd;
}

static void put(struct spool *s, const char *group)
{
	assert_true(spool_put(s, view_str(group)));
	assert_int_equal(spool_write(s), SQLITE_OK);
}

/* All groups of a key, in a spool opened anew, with a | behind each. */
static void assert_found(struct rig *rig, const uint8_t *key,
			 const char *groups)
{
	struct spool *s = open_in(rig);
	struct buf found = { 0 };
	struct view group;
	size_t at = 0;

	spool_find(s, key);
	while (spool_next(s, &at, &group)) {
		buf_addv(&found, group);
		buf_addc(&found, '|');
	}
	assert_string_equal(buf_str(&found), groups);
	assert_int_equal(spool_empty(s), !*groups);
	buf_free(&found);
	mem_deref(s);
}

static void fill(struct rig *rig)
{
	struct spool *s = open_in(rig);

	spool_start(s, one);
	assert_int_equal(spool_extend(s), SQLITE_OK);
	assert_true(spool_put(s, VIEW("first")));
	put(s, " of two");
	put(s, "second");
	put(s, "third");
	mem_deref(s);
}

static void groups_are_found_by_their_key(void **state)
{
	struct rig *rig = *state;
	struct spool *s;

	assert_found(rig, one, "");
	fill(rig);
	assert_found(rig, one, "first of two|second|third|");
	assert_found(rig, other, "");
	/* what is started anew hides what is behind it */
	s = open_in(rig);
	spool_start(s, other);
	put(s, "twelve bytes");
	mem_deref(s);
	assert_found(rig, other, "twelve bytes|");
	assert_found(rig, one, "");
}

static void first_damage_ends_it(void **state)
{
	const size_t second = HEAD + strlen("first of two");
	struct rig *rig = *state;
	size_t i, end = second + HEAD + strlen("second");
	int fd;
	char c;

	fill(rig);
	fd = file_of(rig);
	for (i = second; i < end; i++) {
		assert_int_equal(pread(fd, &c, 1, (off_t)i), 1);
		c ^= 0x41;
		assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
		assert_found(rig, one, "first of two|");
		c ^= 0x41;
		assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
	}
	assert_found(rig, one, "first of two|second|third|");
	for (i = end - 1; i > second; i--) {
		assert_int_equal(ftruncate(fd, (off_t)i), 0);
		assert_found(rig, one, "first of two|");
	}
	close(fd);
}

static void group_counts_in_its_place_only(void **state)
{
	const size_t size = HEAD + strlen("first of two");
	struct rig *rig = *state;
	char copy[64];
	int fd;

	fill(rig);
	fd = file_of(rig);
	assert_int_equal(pread(fd, copy, size, 0), size);
	assert_int_equal(pwrite(fd, copy, size, (off_t)size), size);
	close(fd);
	assert_found(rig, one, "first of two|");
}

static void what_does_not_fit_is_forgotten(void **state)
{
	static char big[200 * 1024];
	const struct view v = view_mem(big, sizeof(big));
	struct rig *rig = *state;
	struct spool *s = open_in(rig);
	size_t at = 0, count = 0;
	struct view group;

	memset(big, 'x', sizeof(big));
	spool_start(s, one);
	assert_true(spool_put(s, v));
	assert_int_equal(spool_write(s), SQLITE_OK);
	assert_true(spool_put(s, VIEW("small")));
	assert_true(spool_put(s, v));
	assert_false(spool_put(s, v));
	assert_int_equal(spool_write(s), SQLITE_OK); /* of nothing */
	put(s, "small");
	while (spool_next(s, &at, &group))
		count++;
	assert_int_equal(count, 2);
	mem_deref(s);
}

static void failed_group_leaves_its_place(void **state)
{
	struct rig *rig = *state;
	struct spool *s = open_in(rig);

	spool_start(s, one);
	put(s, "kept");
	fail_call(DOOR_LOG_WRITE, 1, false);
	assert_true(spool_put(s, VIEW("not written")));
	assert_int_not_equal(spool_write(s), SQLITE_OK);
	fail_call(DOOR_SYNC, 1, false);
	assert_true(spool_put(s, VIEW("not synced")));
	assert_int_not_equal(spool_write(s), SQLITE_OK);
	heal();
	put(s, "next");
	mem_deref(s);
	assert_found(rig, one, "kept|next|");
}

static void spool_of_a_clean_end_is_gone(void **state)
{
	struct rig *rig = rig_new();
	char path[256];

	(void)state;
	rig_path(rig, "confab.db-spool", path);
	rig_open(rig);
	assert_int_equal(access(path, F_OK), 0);
	rig_room(rig, 1, "lobby");
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, NULL)), 0);
	rig_shut(rig);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(rig_reload_head(rig), 1);
	rig_free(rig);
}

/* What came later in time finds what was spooled before it. */
static void spooled_text_is_there_for_everything_else(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256];
	struct store_txn *t;
	size_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 1; i <= 20; i++)
		assert_int_equal(rig_run(rig, rig_say(rig, 1, i, NULL)), 0);
	t = store_begin(rig->s);
	store_prune(t, 1, 11, 0);
	assert_int_equal(rig_run(rig, t), 0);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 10);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 21, NULL)), 0);
	t = store_begin(rig->s);
	store_del_room(t, 1);
	assert_int_equal(rig_run(rig, t), 0);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 0);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 22, NULL)), ENOENT);
	rig_free(rig);
}

/* ---- a crash after trouble ---- */

static struct store_txn *say_long(struct rig *rig, uint64_t seq)
{
	struct store_txn *t = rig_say(rig, 1, seq, NULL);

	store_del_member(t, 1000); /* nobody: that is not for the spool */
	return t;
}

/* The commit that failed is found in the log, with another key. */
static void failed_commit_takes_nothing_with_it(void **state)
{
	struct rig *rig = rig_new(), *next;
	uint64_t seqs[256];

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, NULL)), 0);
	fail_call(DOOR_SYNC, 1, false);
	assert_int_equal(rig_run(rig, say_long(rig, 2)), EIO);
	heal();
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 3, NULL)), 0);
	next = rig_killed(rig);
	assert_int_equal(rig_seqs(next, 1, 0, 256, seqs), 2);
	assert_int_equal(seqs[1], 3);
	rig_free(next);
	rig_free(rig);
	test_log_expected = test_log_errors;
}

/* Its group is whole in the file, and came the long way meanwhile. */
static void failed_group_is_not_found_later(void **state)
{
	struct rig *rig = rig_new(), *next;
	uint64_t seqs[256];
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	fail_call(DOOR_SYNC, 1, false);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, NULL)), 0);
	heal();
	t = store_begin(rig->s);
	store_prune(t, 1, 2, 0);
	assert_int_equal(rig_run(rig, t), 0);
	next = rig_killed(rig);
	assert_int_equal(rig_seqs(next, 1, 0, 256, seqs), 0);
	rig_free(next);
	rig_free(rig);
	test_log_expected = test_log_errors;
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(groups_are_found_by_their_key),
		IN_DIR(first_damage_ends_it),
		IN_DIR(group_counts_in_its_place_only),
		IN_DIR(what_does_not_fit_is_forgotten),
		IN_DIR(failed_group_leaves_its_place),
		TEST(spool_of_a_clean_end_is_gone),
		TEST(spooled_text_is_there_for_everything_else),
		TEST(failed_commit_takes_nothing_with_it),
		TEST(failed_group_is_not_found_later),
	};

	return cmocka_run_group_tests(tests, disk_install, NULL);
}
