/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A key stays; where it can't be kept there is still one. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "key.h"

static char dir[40], path[60];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/confab-key-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/k", dir);
}

static void test_stays(void **state)
{
	uint8_t a[16], b[16];
	struct stat st;

	(void)state;
	make_dir();
	assert_int_equal(key_load(a, 16, dir, "k"), 0);
	assert_int_equal(key_load(b, 16, dir, "k"), 0);
	assert_memory_equal(a, b, 16);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 16);
	/* A short one is no key. */
	assert_int_equal(truncate(path, 7), 0);
	assert_int_equal(key_load(b, 16, dir, "k"), 0);
	assert_memory_not_equal(a, b, 16);
	assert_int_equal(key_load(a, 16, dir, "k"), 0);
	assert_memory_equal(a, b, 16);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

static void test_not_kept(void **state)
{
	uint8_t a[16] = { 0 }, b[16] = { 0 };

	(void)state;
	make_dir();
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(key_load(a, 16, dir, "k"), ENOENT);
	assert_int_equal(key_load(b, 16, dir, "k"), ENOENT);
	assert_memory_not_equal(a, b, 16);
	/* Nobody's link is followed. */
	make_dir();
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_int_equal(key_load(a, 16, dir, "k"), ELOOP);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

/* Two processes make the same one. */
static void test_made_at_once(void **state)
{
	uint8_t a[16], b[16];
	int pipes[2], i;

	(void)state;
	make_dir();
	assert_int_equal(pipe(pipes), 0);
	for (i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid) {
			int err = key_load(b, 16, dir, "k");

			_exit(err || write(pipes[1], b, 16) != 16);
		}
		assert_int_equal(key_load(a, 16, dir, "k"), 0);
		assert_int_equal(read(pipes[0], b, 16), 16);
		assert_memory_equal(a, b, 16);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(unlink(path), 0);
	}
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_stays),
					    TEST(test_made_at_once),
					    TEST(test_not_kept) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
