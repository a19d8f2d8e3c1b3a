/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What somebody can do who has taken over confab-purple: each attempt is made
 * by a child that has locked itself in.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "pw_jail.h"

/* Its own helpers look at files, and are started as programs. */
#ifdef CONFAB_SANITIZE
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

/* The daemon's, as far as a worker is concerned. */
static struct {
	char path[64];
	pid_t pid;
} daemon_of;

typedef bool attempt_h(void);

static bool locked_in(attempt_h *h)
{
	int status = -1;
	pid_t pid;

	daemon_of.pid = getpid();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		pw_jail_early();
		pw_jail_close();
		_exit(h() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool refused(long rc, int err)
{
	return rc < 0 && errno == err;
}

static int open_daemons(void **state)
{
	int fd;

	if (test_setup(state))
		return 1;
	snprintf(daemon_of.path, sizeof(daemon_of.path),
		 "/tmp/t_pw_jail.XXXXXX");
	fd = mkstemp(daemon_of.path);
	if (fd < 0 || write(fd, "secret", 6) != 6)
		return 1;
	return close(fd);
}

static int close_daemons(void **state)
{
	unlink(daemon_of.path);
	return test_teardown(state);
}

/* ---- files ---- */

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static bool reads_and_writes(void)
{
	return refused(open(daemon_of.path, O_RDONLY), EACCES) &&
	       refused(open(daemon_of.path, O_WRONLY), EACCES) &&
	       refused(unlink(daemon_of.path), EACCES) &&
	       (SANITIZED || refused(open("/usr/local", O_RDONLY), EACCES)) &&
	       open("/dev/null", O_WRONLY) >= 0 &&
	       open("/proc/self/statm", O_RDONLY) >= 0;
}

static void nobody_elses_files_are_read(void **state)
{
	(void)state;
	if (!has_landlock())
		skip();
	assert_true(locked_in(reads_and_writes));
}

static bool changes(void)
{
	const struct timespec t[2] = { { 0, 0 }, { 0, 0 } };

	return refused(truncate(daemon_of.path, 0), EPERM) &&
	       refused(chmod(daemon_of.path, 0666), EPERM) &&
	       refused(fchmodat(AT_FDCWD, daemon_of.path, 0666, 0), EPERM) &&
	       refused(chown(daemon_of.path, getuid(), getgid()), EPERM) &&
	       refused(utimensat(AT_FDCWD, daemon_of.path, t, 0), EPERM) &&
	       refused(syscall(SYS_setxattr, daemon_of.path, "user.x", "", 0,
			       0),
		       EPERM);
}

static void nobody_elses_files_are_changed(void **state)
{
	struct stat st;

	(void)state;
	assert_true(locked_in(changes));
	assert_int_equal(stat(daemon_of.path, &st), 0);
	assert_int_equal(st.st_size, 6);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* ---- sockets ---- */

/* By the control socket confabd does what its own user says. */
static bool unix_sockets(void)
{
	return refused(socket(AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT) &&
	       refused(socket(AF_UNIX, SOCK_DGRAM, 0), EAFNOSUPPORT) &&
	       refused(socket(AF_NETLINK, SOCK_RAW, 0), EAFNOSUPPORT) &&
	       refused(socket(AF_PACKET, SOCK_DGRAM, 0), EAFNOSUPPORT) &&
	       socket(AF_INET, SOCK_STREAM, 0) >= 0 &&
	       socket(AF_INET, SOCK_DGRAM, 0) >= 0;
}

static void only_the_internet_can_be_spoken_to(void **state)
{
	(void)state;
	assert_true(locked_in(unix_sockets));
}

/* ---- other processes ---- */

static bool others(void)
{
	struct rlimit r;
	pid_t daemon = daemon_of.pid;

	return refused(kill(daemon, 0), EPERM) &&
	       refused(kill(0, 0), EPERM) && refused(kill(-1, 0), EPERM) &&
	       refused(syscall(SYS_tgkill, daemon, daemon, 0), EPERM) &&
	       refused(syscall(SYS_tkill, daemon, 0), EPERM) &&
	       refused(prlimit(daemon, RLIMIT_NOFILE, NULL, &r), EPERM) &&
	       refused(setpriority(PRIO_PROCESS, (id_t)daemon, 19), EPERM) &&
	       refused(syscall(SYS_pidfd_open, daemon, 0), EPERM) &&
	       !kill(getpid(), 0) && !getrlimit(RLIMIT_NOFILE, &r) &&
	       !raise(0);
}

static void other_processes_are_left_alone(void **state)
{
	(void)state;
	assert_true(locked_in(others));
}

static bool ways_round(void)
{
	return refused(syscall(SYS_io_uring_setup, 1, NULL), ENOSYS) &&
	       (SANITIZED ||
		refused(syscall(SYS_clone3, NULL, 0), ENOSYS)) &&
	       refused(ioctl(0, TIOCSTI, "x"), EPERM);
}

static void there_is_no_way_round(void **state)
{
	(void)state;
	assert_true(locked_in(ways_round));
}

static bool programs(void)
{
	char *none[] = { (char *)"true", NULL };

	return refused(execv("/bin/true", none), EPERM) &&
	       refused(fork(), EPERM);
}

static void no_program_is_run(void **state)
{
	(void)state;
	if (SANITIZED)
		skip();
	assert_true(locked_in(programs));
}

/* Some of what is asked for costs more than an answer. */
static bool deadly(void)
{
	return syscall(SYS_bpf, 0, NULL, 0) && false;
}

static void who_tries_the_kernel_dies(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		pw_jail_early();
		pw_jail_close();
		_exit(deadly());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* ---- threads ---- */

static void *open_late(void *arg)
{
	int *pipes = arg;
	char c;

	if (read(pipes[0], &c, 1) != 1)
		return NULL;
	return refused(socket(AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT) ? arg :
									 NULL;
}

static bool has_thread(bool older)
{
	pthread_t late;
	int pipes[2];
	void *ok = NULL;

	if (pipe(pipes) || pthread_create(&late, NULL, open_late, pipes))
		return false;
	if (older) {
		pw_jail_early();
		pw_jail_close();
	}
	return write(pipes[1], "x", 1) == 1 && !pthread_join(late, &ok) && ok;
}

static bool new_thread(void)
{
	return has_thread(false);
}

static void threads_are_locked_in_as_well(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(has_thread(true) ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	assert_true(locked_in(new_thread)); /* they may be started */
}

int main(void)
{
#define JAIL_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, open_daemons, close_daemons)
	const struct CMUnitTest tests[] = {
		JAIL_TEST(nobody_elses_files_are_read),
		JAIL_TEST(nobody_elses_files_are_changed),
		JAIL_TEST(only_the_internet_can_be_spoken_to),
		JAIL_TEST(other_processes_are_left_alone),
		JAIL_TEST(there_is_no_way_round),
		JAIL_TEST(no_program_is_run),
		JAIL_TEST(who_tries_the_kernel_dies),
		JAIL_TEST(threads_are_locked_in_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
