/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listening sockets: TCP, and Unix ones with their path. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "stream.h"

enum { FAR = 10000 };

static struct loop *l;
static struct listener *li;
static char dir[64], path[96];

static struct {
	unsigned count;
	bool close_inside;
	struct netaddr peer;
} got;

static void on_accept(int fd, const struct netaddr *peer, void *arg)
{
	assert_ptr_equal(arg, &got);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	got.count++;
	got.peer = *peer;
	close(fd);
	if (got.close_inside) {
		listener_close(li);
		li = NULL;
	}
}


static int setup(void **state)
{
	int err = test_setup(state);

	if (err || loop_new(&l))
		return -1;
	memset(&got, 0, sizeof(got));
	li = NULL;
	snprintf(dir, sizeof(dir), "/tmp/confab-t-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	return 0;
}


static int teardown(void **state)
{
	listener_close(li);
	loop_free(l);
	unlink(path);
	if (rmdir(dir))
		return -1;
	clock_thaw();
	return test_teardown(state);
}


static int connect_ip(const struct netaddr *to)
{
	int fd = socket(netaddr_family(to), SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, &to->u.sa, netaddr_len(to)), 0);
	return fd;
}


static int connect_unix(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	view_copy(un.sun_path, sizeof(un.sun_path), view_str(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}


static void listen_ip(const char *at)
{
	struct netaddr a;

	netaddr_parse(&a, view_str(at));
	assert_int_equal(listener_open(&li, l, &a, on_accept, &got), 0);
}


static void await(unsigned count)
{
	while (got.count < count)
		loop_turn(l, FAR);
	assert_int_equal(got.count, count);
}


static void accepts_over_tcp(void **state)
{
	struct netaddr mine;
	socklen_t len = sizeof(mine);
	int fd;

	(void)state;
	listen_ip("127.0.0.1:0");
	fd = connect_ip(listener_local(li));
	await(1);
	memset(&mine, 0, sizeof(mine));
	assert_int_equal(getsockname(fd, &mine.u.sa, &len), 0);
	assert_true(netaddr_eq(&mine, &got.peer));
	close(fd);
}


static void a_taken_port_is_refused(void **state)
{
	struct listener *two = NULL;

	(void)state;
	listen_ip("127.0.0.1:0");
	assert_int_equal(listener_open(&two, l, listener_local(li), on_accept,
				       &got), EADDRINUSE);
	assert_null(two);
}


static void closes_inside_the_handler(void **state)
{
	int one, two;

	(void)state;
	listen_ip("127.0.0.1:0");
	got.close_inside = true;
	one = connect_ip(listener_local(li));
	two = connect_ip(listener_local(li));
	await(1);
	loop_turn(l, 0);
	assert_int_equal(got.count, 1);
	close(one);
	close(two);
}


static void a_unix_socket_is_ours_alone(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(
		listener_open_unix(&li, l, path, on_accept, &got), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(netaddr_family(listener_local(li)), AF_UNSPEC);
	fd = connect_unix();
	await(1);
	assert_int_equal(netaddr_family(&got.peer), AF_UNSPEC);
	close(fd);
	listener_close(li);
	li = NULL;
	assert_int_equal(stat(path, &st), -1);
}


static void a_live_unix_socket_is_left_alone(void **state)
{
	struct listener *two = NULL;
	int fd;

	(void)state;
	listener_open_unix(&li, l, path, on_accept, &got);
	assert_int_equal(listener_open_unix(&two, l, path, on_accept, &got),
			 EADDRINUSE);
	assert_null(two);
	got.count = 0;
	fd = connect_unix();
	/* The probe's own connection comes first. */
	await(2);
	close(fd);
}


static void make_stale(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	view_copy(un.sun_path, sizeof(un.sun_path), view_str(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
}


static void a_stale_unix_socket_is_replaced(void **state)
{
	int fd;

	(void)state;
	make_stale();
	assert_int_equal(
		listener_open_unix(&li, l, path, on_accept, &got), 0);
	fd = connect_unix();
	await(1);
	close(fd);
}


static void other_files_are_not_touched(void **state)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	(void)state;
	assert_int_equal(write(fd, "data", 4), 4);
	close(fd);
	assert_int_equal(listener_open_unix(&li, l, path, on_accept, &got),
			 ENOTSOCK);
	assert_null(li);
	assert_int_equal(access(path, R_OK), 0);
}


static void bad_paths_are_refused(void **state)
{
	char longer[200];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(listener_open_unix(&li, l, longer, on_accept, &got),
			 ENAMETOOLONG);
	assert_int_equal(listener_open_unix(&li, l, "", on_accept, &got),
			 ENAMETOOLONG);
	assert_int_equal(listener_open_unix(&li, l, "/nowhere/at/all/sock",
					    on_accept, &got), ENOENT);
	assert_null(li);
}


static void somebody_elses_path_stays(void **state)
{
	(void)state;
	listener_open_unix(&li, l, path, on_accept, &got);
	unlink(path);
	make_stale();
	listener_close(li);
	li = NULL;
	assert_int_equal(access(path, F_OK), 0);
}


static void a_pause_leaves_them_waiting(void **state)
{
	int fd;

	(void)state;
	clock_freeze(now_ms(), 0);
	listen_ip("127.0.0.1:0");
	listener_pause(li, 200);
	fd = connect_ip(listener_local(li));
	loop_turn(l, 0);
	loop_turn(l, 0);
	assert_int_equal(got.count, 0);
	clock_advance(220);
	await(1);
	close(fd);
}


static unsigned warnings;

static void on_log(enum log_level level, const char *line, void *arg)
{
	(void)line;
	(void)arg;
	warnings += level == LOG_WARNING;
}


static void on_full(void *arg)
{
	(*(unsigned *)arg)++;
}


static void lacking_descriptors_it_pauses_and_goes_on(void **state)
{
	struct rlimit was, none;
	unsigned full = 0, i;
	int fd, probe;

	(void)state;
	clock_freeze(now_ms(), 0);
	listen_ip("127.0.0.1:0");
	listener_on_full(li, on_full, &full);
	log_set_handler(on_log, NULL);
	warnings = 0;
	fd = connect_ip(listener_local(li));
	loop_turn(l, 0); /* the epoll set is complete now */
	got.count = 0;
	close(fd);
	fd = connect_ip(listener_local(li));
	probe = dup(fd);
	close(probe);
	getrlimit(RLIMIT_NOFILE, &was);
	none = (struct rlimit){ (rlim_t)probe, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (i = 1; i <= 9; i++) {
		loop_turn(l, 0);
		loop_turn(l, 0);
		assert_int_equal(full, i);
		clock_advance(1020);
	}
	assert_int_equal(warnings, 1); /* one in 10 s */
	assert_int_equal(got.count, 0);
	setrlimit(RLIMIT_NOFILE, &was);
	await(1);
	close(fd);
}


#define LT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LT(accepts_over_tcp),
		LT(a_taken_port_is_refused),
		LT(closes_inside_the_handler),
		LT(a_unix_socket_is_ours_alone),
		LT(a_live_unix_socket_is_left_alone),
		LT(a_stale_unix_socket_is_replaced),
		LT(other_files_are_not_touched),
		LT(bad_paths_are_refused),
		LT(somebody_elses_path_stays),
		LT(a_pause_leaves_them_waiting),
		LT(lacking_descriptors_it_pauses_and_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
