/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Child processes. This program is its own child: called with a word, it does
 * what the word says.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "stream.h"

enum { FAR = 10000, THEIR_FD = 3 };

/* As the child */

static int open_fds(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 4096; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}


static bool null_is_stdin(void)
{
	struct stat in, null;

	return !fstat(0, &in) && !stat("/dev/null", &null) &&
	       in.st_rdev == null.st_rdev;
}


static int oom_score(void)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "r");
	int n = 0;

	if (!f || fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}


/* What it was given, as text for the parent. */
static int report(void)
{
	struct sigaction usr1, pipe;
	sigset_t mask;
	struct rlimit files;
	int death = 0;

	getrlimit(RLIMIT_NOFILE, &files);
	sigaction(SIGUSR1, NULL, &usr1);
	sigaction(SIGPIPE, NULL, &pipe);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	prctl(PR_GET_PDEATHSIG, &death);
	dprintf(THEIR_FD, "fds=%d null=%d death=%d usr1=%d pipe=%d mask=%d "
		"few=%d oom=%d",
		open_fds(), null_is_stdin(), death == SIGKILL,
		usr1.sa_handler == SIG_DFL, pipe.sa_handler == SIG_DFL,
		sigismember(&mask, SIGUSR1) || sigismember(&mask, SIGCHLD),
		files.rlim_cur <= 1024, oom_score());
	return 0;
}


static int echo(void)
{
	char p[100];
	ssize_t n;

	while ((n = read(THEIR_FD, p, sizeof(p))) > 0)
		if (write(THEIR_FD, p, (size_t)n) != n)
			return 1;
	return 7;
}


static int be_child(const char *what)
{
	if (!strcmp(what, "report"))
		return report();
	if (!strcmp(what, "echo"))
		return echo();
	if (!strcmp(what, "crash"))
		raise(SIGKILL);
	return 99;
}


/* As the test */

static struct loop *l;
static struct child *c;
static struct stream *st;

static struct {
	unsigned exits;
	int status;
	struct buf heard;
	bool free_inside, over;
} got;

static void on_exit_of(int status, void *arg)
{
	assert_ptr_equal(arg, &got);
	got.exits++;
	got.status = status;
	if (got.free_inside) {
		child_free(c);
		c = NULL;
	}
}


static void on_data(struct buf *in, void *arg)
{
	(void)arg;
	buf_addv(&got.heard, buf_view(in));
	buf_clear(in);
}


static void on_close(int err, const char *text, void *arg)
{
	(void)err;
	(void)text;
	(void)arg;
	got.over = true;
}


static int setup(void **state)
{
	int err = test_setup(state);

	if (err || loop_new(&l))
		return -1;
	memset(&got, 0, sizeof(got));
	return 0;
}


static int teardown(void **state)
{
	st = stream_close(st);
	child_free(c);
	c = NULL;
	buf_free(&got.heard);
	loop_free(l);
	if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD)
		return -1; /* one was not reaped */
	return test_teardown(state);
}


static void start(const char *what)
{
	static const struct stream_ops ops = {
		.on_data = on_data,
		.on_close = on_close,
	};
	static const struct stream_conf conf;
	char *argv[] = { "t_child", (char *)what, NULL };
	int fd;

	assert_int_equal(child_start(&c, l, "/proc/self/exe", argv, &fd,
				     on_exit_of, &got), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(stream_adopt(&st, l, fd, &conf, &ops, NULL), 0);
}


#define AWAIT(cond) \
	do { \
		while (!(cond)) \
			loop_turn(l, FAR); \
	} while (0)

static void speaks_and_ends(void **state)
{
	(void)state;
	start("echo");
	assert_true(child_pid(c) > 0);
	stream_write(st, "hello", 5);
	AWAIT(got.heard.n == 5);
	assert_view(buf_view(&got.heard), "hello");
	assert_int_equal(got.exits, 0);
	st = stream_close(st);
	AWAIT(got.exits);
	assert_true(WIFEXITED(got.status));
	assert_int_equal(WEXITSTATUS(got.status), 7);
	child_kill(c, SIGTERM); /* nobody is there any more */
	assert_true(child_pid(c) > 0);
}


static void nothing(int signum)
{
	(void)signum;
}


/* Leaky descriptors, a handler, a blocked signal: none of it gets through. */
static void it_starts_clean(void **state)
{
	struct sigaction sa = { .sa_handler = nothing }, was;
	int leaks[3], i;

	(void)state;
	for (i = 0; i < 3; i++)
		leaks[i] = open("/dev/null", O_RDONLY);
	leaks[2] = dup2(leaks[2], 1000);
	sigaction(SIGUSR1, &sa, &was);
	start("report");
	AWAIT(got.over);
	sigaction(SIGUSR1, &was, NULL);
	assert_view(buf_view(&got.heard),
		    "fds=4 null=1 death=1 usr1=1 pipe=1 mask=0 few=1 oom=500");
	for (i = 0; i < 3; i++)
		close(leaks[i]);
	AWAIT(got.exits);
}


/* The socketpair and the pipe come to lie on 3 and 4 themselves, where the
 * child wants others of them. */
static void with_low_numbers_free(int count)
{
	int i, low[8];

	loop_free(l);
	for (i = 0; i < count; i++)
		low[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(loop_new(&l), 0);
	for (i = 0; i < count; i++)
		close(low[i]);
	memset(&got, 0, sizeof(got));
	start("echo");
	stream_write(st, "low", 3);
	AWAIT(got.heard.n == 3);
	st = stream_close(st);
	AWAIT(got.exits);
	assert_int_equal(WEXITSTATUS(got.status), 7);
	buf_free(&got.heard);
	child_free(c);
	c = NULL;
}


static void low_descriptors_do_not_confuse_it(void **state)
{
	int count;

	(void)state;
	for (count = 1; count <= 8; count++)
		with_low_numbers_free(count);
}


static void a_missing_program_is_told(void **state)
{
	char *argv[] = { "x", NULL };
	int fd = -1;

	(void)state;
	assert_int_equal(child_start(&c, l, "/nowhere/at/all", argv, &fd,
				     on_exit_of, &got), ENOENT);
	assert_int_equal(child_start(&c, l, "/etc/passwd", argv, &fd,
				     on_exit_of, &got), EACCES);
	assert_null(c);
	assert_int_equal(fd, -1);
	loop_turn(l, 0);
	assert_int_equal(got.exits, 0);
}


static void a_crash_is_told(void **state)
{
	char text[64];

	(void)state;
	start("crash");
	AWAIT(got.exits);
	assert_string_equal(child_status_text(text, got.status),
			    "killed by SIGKILL");
}


static void kills(void **state)
{
	(void)state;
	start("echo");
	child_kill(c, SIGTERM);
	AWAIT(got.exits);
	assert_true(WIFSIGNALED(got.status));
	assert_int_equal(WTERMSIG(got.status), SIGTERM);
}


static void a_freed_one_dies_unheard(void **state)
{
	(void)state;
	start("echo");
	child_free(c);
	c = NULL;
	AWAIT(got.over);
	loop_turn(l, 0);
	assert_int_equal(got.exits, 0);
	child_free(NULL);
}


static void frees_inside_the_handler(void **state)
{
	(void)state;
	got.free_inside = true;
	start("crash");
	AWAIT(got.exits);
	assert_null(c);
}


static void other_peoples_children_are_left_alone(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid)
		_exit(5);
	start("crash");
	AWAIT(got.exits);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 5);
}


static unsigned many_exits;

static void on_one_of_many(int status, void *arg)
{
	*(int *)arg = status;
	many_exits++;
}


static void several_at_a_time(void **state)
{
	enum { MANY = 8 };
	char *argv[] = { "t_child", "echo", NULL };
	struct child *v[MANY];
	int fds[MANY], statuses[MANY], i;

	(void)state;
	many_exits = 0;
	for (i = 0; i < MANY; i++)
		assert_int_equal(child_start(&v[i], l, "/proc/self/exe", argv,
					     &fds[i], on_one_of_many,
					     &statuses[i]), 0);
	for (i = 0; i < MANY; i++) /* no copy of our end is elsewhere */
		close(fds[i]);
	AWAIT(many_exits == MANY);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(WEXITSTATUS(statuses[i]), 7);
		child_free(v[i]);
	}
}


static void words_for_statuses(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(child_status_text(text, 3 << 8), "exited with 3");
	assert_string_equal(child_status_text(text, SIGSEGV),
			    "killed by SIGSEGV");
	assert_string_equal(child_status_text(text, 0x7f),
			    "ended with status 127");
}


#define CT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CT(speaks_and_ends),
		CT(it_starts_clean),
		CT(low_descriptors_do_not_confuse_it),
		CT(a_missing_program_is_told),
		CT(a_crash_is_told),
		CT(kills),
		CT(a_freed_one_dies_unheard),
		CT(frees_inside_the_handler),
		CT(other_peoples_children_are_left_alone),
		CT(several_at_a_time),
		CT(words_for_statuses),
	};

	if (argc == 2)
		return be_child(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
