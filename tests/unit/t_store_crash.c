/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store: what was acknowledged survives kill -9, and a disk that is full
 * is told, loses nothing, and works again when there is room.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store_rig.h"

/* ---- kill -9 ---- */

struct ack {
	int fd;
	uint64_t seq;
};

static void on_ack(int err, void *arg)
{
	struct ack *ack = arg;

	if (!err && write(ack->fd, &ack->seq, sizeof(ack->seq)) < 0)
		_exit(2);
	free(ack);
}

/* Never ends: says which numbers are safe until it is killed. */
static void child_talks(struct rig *rig, int fd)
{
	struct pollfd p = { .fd = rig->fd, .events = POLLIN };
	struct store_stats st;
	uint64_t seq = 0, n;

	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (;;) {
		struct ack *ack = malloc(sizeof(*ack));

		*ack = (struct ack){ fd, ++seq };
		store_commit(rig_say(rig, 1, seq, NULL), on_ack, ack);
		store_stats(rig->s, &st);
		if (st.queued < 100)
			continue;
		poll(&p, 1, -1);
		if (read(rig->fd, &n, sizeof(n)) < 0)
			_exit(3);
		store_dispatch(rig->s);
	}
}

/* The highest number that was acknowledged before the child died; it is
 * killed after "count" of them. */
static uint64_t kill_after(pid_t pid, int fd, size_t count)
{
	uint64_t seq, last = 0;
	size_t got = 0;
	int status;

	while (read(fd, &seq, sizeof(seq)) == sizeof(seq)) {
		assert_int_equal(seq, last + 1);
		last = seq;
		if (++got == count)
			kill(pid, SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return last;
}

static uint64_t count_rows(struct rig *rig)
{
	uint64_t seqs[256], after = 0;
	size_t i, n;

	while ((n = rig_seqs(rig, 1, after, 256, seqs))) {
		for (i = 0; i < n; i++)
			assert_int_equal(seqs[i], ++after);
	}
	return after;
}

static void kill_and_look(size_t count)
{
	struct rig *rig = rig_new();
	int fds[2];
	uint64_t acked, there;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child_talks(rig, fds[1]);
	}
	close(fds[1]);
	acked = kill_after(pid, fds[0], count);
	close(fds[0]);
	assert_true(acked >= count);
	rig_open(rig);
	there = count_rows(rig);
	assert_true(there >= acked);
	assert_int_equal(rig_reload_head(rig), there);
	rig_free(rig);
}

static void acknowledged_survives_kill(void **state)
{
	static const size_t counts[] = { 1, 2, 63, 64, 500, 2000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		kill_and_look(counts[i]);
}

/* ---- a full disk, as a limit on the size of files ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit rl;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &rl), 0);
	rl.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &rl), 0);
}

/* One after the other until the limit; the number that came through. */
static uint64_t say_until_full(struct rig *rig)
{
	uint64_t seq;
	int err = 0;

	for (seq = 1; !err && seq < 2000; seq++)
		err = rig_run(rig, rig_say(rig, 1, seq, NULL));
	assert_int_equal(err, ENOSPC);
	return seq - 2;
}

static void full_disk_is_told_and_survived(void **state)
{
	struct rig *rig = rig_new();
	uint64_t ok, seqs[256];
	size_t i;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	limit_files(128 * 1024);
	ok = say_until_full(rig);
	assert_true(ok > 0);
	/* it stays so, for each of a group */
	assert_int_equal(rig_run(rig, rig_say(rig, 1, ok + 1, NULL)), ENOSPC);
	rig_commit(rig, rig_say(rig, 1, ok + 1, NULL));
	rig_wait(rig);
	/* reading goes on meanwhile */
	assert_int_equal(rig_seqs(rig, 1, ok - 1, 256, seqs), 1);
	limit_files(RLIM_INFINITY);
	for (i = 1; i <= 100; i++)
		rig_commit(rig, rig_say(rig, 1, ok + i, NULL));
	rig_wait(rig);
	for (i = rig->asked - 100; i < rig->asked; i++)
		assert_int_equal(rig->errs[i], 0);
	assert_int_equal(count_rows(rig), ok + 100);
	assert_int_equal(rig_reload_head(rig), ok + 100);
	rig_free(rig);
	/* moving the spool and reading may have said so as well */
	assert_true(test_log_errors >= 3);
	test_log_expected = test_log_errors;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(acknowledged_survives_kill),
		TEST(full_disk_is_told_and_survived),
	};

	/* the write shall fail instead, as on a full disk */
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
