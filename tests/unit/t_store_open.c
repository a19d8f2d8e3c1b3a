/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: opening it, or being refused with one clear line. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store_rig.h"

static mode_t mode_of(const struct rig *rig, const char *name)
{
	struct stat st;
	char path[256];

	rig_path(rig, name, path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void sql(const struct rig *rig, const char *text)
{
	char path[256];
	sqlite3 *h;

	rig_path(rig, "confab.db", path);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(h);
}

static int ask(const struct rig *rig, const char *text)
{
	sqlite3_stmt *st;
	char path[256];
	sqlite3 *h;
	int n;

	rig_path(rig, "confab.db", path);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(h, text, -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(h);
	return n;
}

/* Refused, and in one line. */
static void assert_refused(struct rig *rig, int err, const char *word)
{
	assert_int_equal(rig_try_open(rig), err);
	assert_null(rig->s);
	assert_null(strchr(rig->why, '\n'));
	if (!strstr(rig->why, word))
		fail_msg("\"%s\" is not in: %s", word, rig->why);
}

static void nobody_else_can_read_it(void **state)
{
	struct rig *rig = rig_new();
	mode_t old = umask(0);

	(void)state;
	rig_open(rig);
	umask(old);
	rig_room(rig, 1, "lobby");
	assert_int_equal(mode_of(rig, ""), 0700);
	assert_int_equal(mode_of(rig, "confab.db"), 0600);
	assert_int_equal(mode_of(rig, "confab.db-wal"), 0600);
	assert_int_equal(mode_of(rig, "confab.db-shm"), 0600);
	assert_int_equal(mode_of(rig, "confab.lock"), 0600);
	rig_free(rig);
}

static void log_and_sync_are_as_promised(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	assert_int_equal(ask(rig, "SELECT journal_mode = 'wal' FROM"
				  " pragma_journal_mode"), 1);
	assert_int_equal(ask(rig, "PRAGMA user_version"), 10);
	rig_free(rig);
}

/* With the signal open in the thread, the default action ends this test. */
static void signals_stay_on_our_thread(void **state)
{
	const struct timespec none = { 0, 0 };
	struct rig *rig = rig_new();
	sigset_t set;

	(void)state;
	rig_open(rig);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	rig_room(rig, 1, "lobby");
	assert_int_equal(sigtimedwait(&set, NULL, &none), SIGTERM);
	assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
	rig_free(rig);
}

static void second_one_is_refused(void **state)
{
	struct rig *rig = rig_new();
	struct store *first;
	char pid[32], path[256];

	(void)state;
	rig_open(rig);
	first = rig->s;
	rig->s = NULL;
	snprintf(pid, sizeof(pid), "(process %d)", (int)getpid());
	assert_refused(rig, EBUSY, pid);
	rig_path(rig, "confab.lock", path);
	assert_int_equal(truncate(path, 0), 0); /* not written yet */
	assert_refused(rig, EBUSY, "in use by another confabd");
	assert_null(strstr(rig->why, "process"));
	rig->s = first;
	rig_room(rig, 1, "lobby"); /* the first does not care */
	rig_shut(rig);
	rig_open(rig); /* and leaves nothing behind */
	rig_free(rig);
}

static int try_shared(struct rig *rig, bool shared, struct store_holder *out)
{
	const struct store_conf conf = {
		.dir = rig->dir,
		.shared = shared,
		.holder = out,
	};

	*out = (struct store_holder){ .pid = -1 };
	return store_open_conf(&rig->s, &conf, rig_wake, rig, rig->why,
			       sizeof(rig->why));
}

static void a_holder_says_whether_he_shares(void **state)
{
	struct rig *rig = rig_new();
	struct store *first;
	struct store_holder by;
	char path[256];

	(void)state;
	assert_int_equal(try_shared(rig, true, &by), 0);
	first = rig->s;
	assert_int_equal(try_shared(rig, true, &by), EBUSY);
	assert_int_equal(by.pid, getpid());
	assert_true(by.shared);
	assert_null(strstr(rig->why, "db_mode"));
	assert_int_equal(try_shared(rig, false, &by), EBUSY);
	assert_non_null(strstr(rig->why, "db_mode = 2"));
	rig_path(rig, "confab.lock", path);
	assert_int_equal(truncate(path, 0), 0); /* not written yet */
	assert_int_equal(try_shared(rig, true, &by), EBUSY);
	assert_int_equal(by.pid, 0);
	store_close(first);
	assert_int_equal(try_shared(rig, false, &by), 0);
	first = rig->s;
	assert_int_equal(try_shared(rig, true, &by), EBUSY);
	assert_int_equal(by.pid, getpid());
	assert_false(by.shared);
	rig->s = first;
	rig_free(rig);
}

static void lock_goes_with_its_process(void **state)
{
	struct rig *rig = rig_new();
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		rig_open(rig);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	rig_open(rig);
	rig_free(rig);
}

static void newer_schema_is_left_alone(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	rig_shut(rig);
	sql(rig, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
	assert_refused(rig, ENOTSUP, "schema 99");
	assert_int_equal(ask(rig, "PRAGMA user_version"), 99);
	assert_int_equal(ask(rig, "SELECT journal_mode = 'delete' FROM"
				  " pragma_journal_mode"), 1);
	rig_free(rig);
}

/* The third table of the migration is in its way: none of it may stay. */
static void migration_is_all_or_nothing(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	assert_int_equal(mkdir(rig->dir, 0700), 0);
	sql(rig, "CREATE TABLE links (x)");
	assert_refused(rig, EIO, "links");
	assert_int_equal(ask(rig, "SELECT count(*) FROM sqlite_schema"), 1);
	assert_int_equal(ask(rig, "PRAGMA user_version"), 0);
	sql(rig, "DROP TABLE links");
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	rig_free(rig);
}

static void file_without_our_tables_is_refused(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	assert_int_equal(mkdir(rig->dir, 0700), 0);
	sql(rig, "CREATE TABLE imc_rooms (id); PRAGMA user_version = 9");
	assert_refused(rig, EIO, "no such table");
	rig_free(rig);
}

static void fill(struct rig *rig)
{
	size_t i;

	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (i = 1; i <= 500; i++)
		rig_commit(rig, rig_say(rig, 1, i, NULL));
	rig_wait(rig);
	rig_shut(rig);
}

static void overwrite(const struct rig *rig, off_t from, size_t n)
{
	char path[256], junk[4096];
	int fd;

	memset(junk, 0xa5, sizeof(junk));
	rig_path(rig, "confab.db", path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (; n; n -= sizeof(junk), from += sizeof(junk))
		assert_int_equal(pwrite(fd, junk, sizeof(junk), from),
				 sizeof(junk));
	close(fd);
}

static void damaged_pages_are_found(void **state)
{
	struct rig *rig = rig_new();
	struct stat st;
	char path[256];

	(void)state;
	fill(rig);
	rig_path(rig, "confab.db", path);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 12 * 4096);
	overwrite(rig, st.st_size - 6 * 4096, 6 * (size_t)4096);
	assert_refused(rig, EBADMSG, "is damaged: ");
	rig_free(rig);
}

static void damaged_head_is_found(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	fill(rig);
	overwrite(rig, 0, 4096);
	assert_refused(rig, EBADMSG, "is damaged: ");
	rig_free(rig);
}

static void cut_file_is_found(void **state)
{
	struct rig *rig = rig_new();
	char path[256];

	(void)state;
	fill(rig);
	rig_path(rig, "confab.db", path);
	assert_int_equal(truncate(path, 5 * 4096), 0);
	assert_refused(rig, EBADMSG, "is damaged: ");
	rig_free(rig);
}

static void bad_places_are_named(void **state)
{
	struct rig *rig = rig_new();
	char path[256];

	(void)state;
	snprintf(rig->dir + strlen(rig->dir), 8, "/a/b");
	assert_refused(rig, EIO, rig->dir);
	rig->dir[strlen(rig->dir) - 4] = '\0';
	close(open(rig->dir, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_refused(rig, EIO, "Not a directory");
	unlink(rig->dir);
	assert_int_equal(mkdir(rig->dir, 0700), 0);
	rig_path(rig, "confab.db", path);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_refused(rig, EIO, "/confab.db: ");
	unlink(path);
	rig_path(rig, "confab.lock", path);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(rig, EIO, "/confab.lock: ");
	rig_free(rig);
}

static void closed_places_are_named(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(mkdir(rig->dir, 0500), 0);
	assert_refused(rig, EACCES, "Permission denied");
	assert_int_equal(chmod(rig->dir, 0700), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	rig_free(rig);
}

static void a_file_of_another_user_is_refused(void **state)
{
	struct rig *rig = rig_new();
	char path[256];

	(void)state;
	if (geteuid() != 0) {
		rig_free(rig);
		skip();
	}
	rig_open(rig);
	rig_shut(rig);
	rig_path(rig, "confab.db", path);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_refused(rig, EACCES, "belongs to another user (uid 65534)");
	assert_int_equal(chown(path, 0, 0), 0);
	rig_open(rig);
	rig_free(rig);
}

static void why_may_be_short_or_missing(void **state)
{
	struct rig *rig = rig_new();
	char why[8] = "untouch";

	(void)state;
	assert_int_equal(mkdir(rig->dir, 0700), 0);
	sql(rig, "PRAGMA user_version = 90");
	assert_int_equal(store_open(&rig->s, rig->dir, rig_wake, rig, why,
				    sizeof(why)), ENOTSUP);
	assert_int_equal(strlen(why), 7);
	assert_memory_equal(why, rig->dir, 7);
	assert_int_equal(store_open(&rig->s, rig->dir, rig_wake, rig, NULL,
				    0), ENOTSUP);
	rig_free(rig);
}

static void names_of_tables_are_checked(void **state)
{
	struct rig *rig = rig_new();
	struct store_conf conf = { .dir = rig->dir, .rooms_table = "a;b" };
	char why[200] = "";

	(void)state;
	assert_int_equal(store_open_conf(&rig->s, &conf, rig_wake, rig, why,
					 sizeof(why)), EINVAL);
	assert_non_null(strstr(why, "letters, digits and _"));
	conf.rooms_table = "IMC_members"; /* the same without case */
	assert_int_equal(store_open_conf(&rig->s, &conf, rig_wake, rig, why,
					 sizeof(why)), EINVAL);
	assert_true(store_table_ok(VIEW("order")));
	assert_false(store_table_ok(VIEW("Messages")));
	assert_false(store_table_ok(VIEW("blocks")));
	assert_false(store_table_ok(VIEW("Users")));
	assert_false(store_table_ok(VIEW("sqlite_x")));
	assert_false(store_table_ok(VIEW("1x")));
	assert_false(store_table_ok(VIEW_NONE));
	rig_free(rig);
}

static void closing_none_is_allowed(void **state)
{
	(void)state;
	store_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_else_can_read_it),
		TEST(log_and_sync_are_as_promised),
		TEST(signals_stay_on_our_thread),
		TEST(second_one_is_refused),
		TEST(a_holder_says_whether_he_shares),
		TEST(lock_goes_with_its_process),
		TEST(newer_schema_is_left_alone),
		TEST(migration_is_all_or_nothing),
		TEST(file_without_our_tables_is_refused),
		TEST(damaged_pages_are_found),
		TEST(damaged_head_is_found),
		TEST(cut_file_is_found),
		TEST(bad_places_are_named),
		TEST(closed_places_are_named),
		TEST(a_file_of_another_user_is_refused),
		TEST(why_may_be_short_or_missing),
		TEST(names_of_tables_are_checked),
		TEST(closing_none_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
