/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop: descriptors, timers, signals, wake-ups, deferred jobs. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"
#include "loop.h"

enum { FAR = 10000 }; /* ms: the limit of a wait that ends before */

static struct loop *l;
static int sp[2];

static int setup(void **state)
{
	int err = test_setup(state);

	if (err)
		return err;
	if (loop_new(&l))
		return -1;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  0, sp);
}


static int teardown(void **state)
{
	loop_free(l);
	close(sp[0]);
	close(sp[1]);
	clock_thaw();
	return test_teardown(state);
}


struct seen {
	struct loop_watch *w;
	int events, calls;
};

static void on_fd(int events, void *arg)
{
	struct seen *s = arg;

	s->events = events;
	s->calls++;
}


static void on_fd_once(int events, void *arg)
{
	struct seen *s = arg;

	on_fd(events, arg);
	loop_unwatch(s->w);
	s->w = NULL;
}


static void say(int fd)
{
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
}


static void watches_a_descriptor(void **state)
{
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(
		loop_watch(&s.w, l, sp[0], LOOP_READ, on_fd, &s), 0);
	loop_turn(l, 0);
	assert_int_equal(s.calls, 0);
	say(sp[1]);
	loop_turn(l, FAR);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.events, LOOP_READ);
	loop_rewatch(s.w, LOOP_READ | LOOP_WRITE);
	loop_turn(l, FAR);
	assert_int_equal(s.events, LOOP_READ | LOOP_WRITE);
	loop_rewatch(s.w, 0);
	loop_turn(l, 0);
	assert_int_equal(s.calls, 2);
	loop_rewatch(s.w, LOOP_WRITE);
	loop_turn(l, FAR);
	assert_int_equal(s.events, LOOP_WRITE);
	loop_unwatch(s.w);
	loop_turn(l, 0);
	assert_int_equal(s.calls, 3);
	loop_unwatch(NULL);
}


static void unwatches_inside_the_handler(void **state)
{
	struct seen s = { 0 };

	(void)state;
	loop_watch(&s.w, l, sp[0], LOOP_READ, on_fd_once, &s);
	say(sp[1]);
	loop_turn(l, FAR);
	loop_turn(l, 0);
	assert_int_equal(s.calls, 1);
	/* At once again, as when the number of a closed one is reused. */
	loop_watch(&s.w, l, sp[0], LOOP_READ, on_fd_once, &s);
	loop_turn(l, FAR);
	assert_int_equal(s.calls, 2);
}


static void on_fd_kill_other(int events, void *arg)
{
	struct seen *s = arg;

	on_fd(events, s);
	s = s->w ? s : s + 1;
	loop_unwatch(s[0].w);
	loop_unwatch(s[1].w);
	s[0].w = s[1].w = NULL;
}


static void an_unwatched_one_of_the_same_turn_stays_silent(void **state)
{
	struct seen s[2] = { { 0 }, { 0 } };

	(void)state;
	/* Both are ready; whichever runs first takes both down. */
	loop_watch(&s[0].w, l, sp[0], LOOP_READ, on_fd_kill_other, &s[0]);
	loop_watch(&s[1].w, l, sp[1], LOOP_READ, on_fd_kill_other, &s[0]);
	say(sp[0]);
	say(sp[1]);
	loop_turn(l, FAR);
	loop_turn(l, 0);
	assert_int_equal(s[0].calls, 1);
}


static void tells_of_a_broken_peer(void **state)
{
	struct seen s = { 0 };

	(void)state;
	loop_watch(&s.w, l, sp[0], LOOP_READ, on_fd, &s);
	/* Unread bytes at the peer's close: EPOLLERR with ECONNRESET. */
	say(sp[0]);
	close(sp[1]);
	loop_turn(l, FAR);
	assert_int_equal(s.events, LOOP_READ);
	loop_turn(l, FAR);
	assert_int_equal(s.calls, 2);
	loop_unwatch(s.w);
	sp[1] = dup(sp[0]);
}


static void bad_descriptors_are_refused(void **state)
{
	struct loop_watch *w = NULL;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(loop_watch(&w, l, fd, LOOP_READ, on_fd, NULL), EPERM);
	close(fd);
	assert_int_equal(loop_watch(&w, l, fd, LOOP_READ, on_fd, NULL), EBADF);
	assert_null(w);
}


static void ignores_sigpipe(void **state)
{
	(void)state;
	close(sp[1]);
	assert_int_equal(write(sp[0], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	sp[1] = dup(sp[0]);
}


/* Timers */

struct tick {
	struct wtimer t;
	int calls;
};

static void on_tick(struct wtimer *t)
{
	CONTAINER(t, struct tick, t)->calls++;
}


static void timers_follow_the_clock(void **state)
{
	struct tick t = { 0 };

	(void)state;
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	wheel_start(loop_wheel(l), &t.t, 500, on_tick);
	clock_advance(499);
	loop_turn(l, 0);
	assert_int_equal(t.calls, 0);
	clock_advance(11);
	loop_turn(l, 0);
	assert_int_equal(t.calls, 1);
}


static void the_sleep_ends_with_the_timer(void **state)
{
	struct tick t = { 0 };
	uint64_t start = now_ms();

	(void)state;
	wheel_start(loop_wheel(l), &t.t, 20, on_tick);
	while (!t.calls)
		loop_turn(l, UINT64_MAX);
	assert_true(now_ms() >= start + 20);
}


static void on_fd_timer(int events, void *arg)
{
	struct tick *t = arg;

	(void)events;
	wheel_start(loop_wheel(l), &t->t, 100, on_tick);
	loop_stop(l);
}


static void timers_of_a_handler_count_from_its_time(void **state)
{
	struct loop_watch *w;
	struct tick t = { 0 };

	(void)state;
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	loop_watch(&w, l, sp[0], LOOP_READ, on_fd_timer, &t);
	say(sp[1]);
	clock_advance(60000);
	loop_run(l);
	loop_unwatch(w);
	clock_advance(99);
	loop_turn(l, 0);
	assert_int_equal(t.calls, 0);
	clock_advance(11);
	loop_turn(l, 0);
	assert_int_equal(t.calls, 1);
}


/* Deferred jobs */

struct job {
	struct loop_idle idle;
	struct job *then;
	int calls, again;
	int order;
};

static int order;

static void on_job(void *arg)
{
	struct job *j = arg;

	j->calls++;
	j->order = ++order;
	if (j->then)
		loop_defer(l, &j->then->idle);
	if (j->again && j->again--)
		loop_defer(l, &j->idle);
}


static struct job job(void)
{
	return (struct job){ .idle = { .h = on_job } };
}


static void runs_jobs_once_in_order(void **state)
{
	struct job a = job(), b = job(), c = job();

	(void)state;
	a.idle.arg = &a;
	b.idle.arg = &b;
	c.idle.arg = &c;
	order = 0;
	loop_defer(l, &a.idle);
	loop_defer(l, &b.idle);
	loop_defer(l, &c.idle);
	loop_defer(l, &a.idle);
	loop_undefer(l, &c.idle);
	loop_undefer(l, &c.idle);
	loop_turn(l, FAR);
	loop_turn(l, 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	assert_int_equal(c.calls, 0);
	assert_true(a.order < b.order);
	/* The last one taken out, then another one added. */
	loop_defer(l, &a.idle);
	loop_defer(l, &b.idle);
	loop_undefer(l, &b.idle);
	loop_defer(l, &c.idle);
	loop_turn(l, 0);
	assert_int_equal(a.calls, 2);
	assert_int_equal(b.calls, 1);
	assert_int_equal(c.calls, 1);
}


static void jobs_of_jobs_run_in_the_same_turn(void **state)
{
	struct job a = job(), b = job();

	(void)state;
	a.idle.arg = &a;
	b.idle.arg = &b;
	a.then = &b;
	loop_defer(l, &a.idle);
	loop_turn(l, 0);
	assert_int_equal(b.calls, 1);
}


static void an_endless_job_lets_others_run(void **state)
{
	struct job a = job();
	struct seen s = { 0 };

	(void)state;
	a.idle.arg = &a;
	a.again = 1000000;
	loop_defer(l, &a.idle);
	loop_watch(&s.w, l, sp[0], LOOP_READ, on_fd, &s);
	say(sp[1]);
	loop_turn(l, FAR);
	assert_int_equal(s.calls, 1);
	assert_true(a.calls > 0 && a.calls < 100);
	loop_undefer(l, &a.idle);
	loop_unwatch(s.w);
}


static void on_tick_defer(struct wtimer *t)
{
	static struct job j;

	(void)t;
	j = job();
	j.idle.arg = &j;
	order = 0;
	loop_defer(l, &j.idle);
}


static void a_timers_job_runs_in_its_turn(void **state)
{
	struct wtimer t = { 0 };

	(void)state;
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	order = 7;
	wheel_start(loop_wheel(l), &t, 10, on_tick_defer);
	clock_advance(20);
	loop_turn(l, 0);
	assert_int_equal(order, 1);
}


/* Signals and other threads */

static int got_signal;

static void on_signal(int signum, void *arg)
{
	*(int *)arg += 1;
	got_signal = signum;
}


static void hears_signals(void **state)
{
	int calls = 0;

	(void)state;
	assert_int_equal(loop_signal(l, SIGUSR1, on_signal, &calls), 0);
	assert_int_equal(loop_signal(l, SIGKILL, on_signal, &calls), EINVAL);
	raise(SIGUSR1);
	assert_int_equal(calls, 0);
	while (!calls)
		loop_turn(l, FAR);
	assert_int_equal(got_signal, SIGUSR1);
	assert_int_equal(calls, 1);
}


static void on_wake(void *arg)
{
	*(int *)arg += 1;
	loop_stop(l);
}


static void *wake(void *arg)
{
	loop_wake(arg);
	return NULL;
}


static void another_thread_wakes_it(void **state)
{
	struct loop_waker *w;
	pthread_t thread;
	int calls = 0;

	(void)state;
	assert_int_equal(loop_waker(&w, l, on_wake, &calls), 0);
	assert_int_equal(pthread_create(&thread, NULL, wake, w), 0);
	loop_run(l);
	pthread_join(thread, NULL);
	assert_int_equal(calls, 1);
	loop_waker_free(w);
	loop_waker_free(NULL);
}


/* Under a foreign loop: poll() stands for it. */

static bool work_waits(void)
{
	struct pollfd p = { .fd = loop_backend_fd(l), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}


static void runs_under_a_foreign_loop(void **state)
{
	struct seen s = { 0 };
	struct tick t = { 0 };
	struct job j = job();

	(void)state;
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	assert_int_equal(loop_backend_timeout(l), -1);
	loop_watch(&s.w, l, sp[0], LOOP_READ, on_fd, &s);
	/* The descriptor is not in the epoll set yet. */
	assert_int_equal(loop_backend_timeout(l), 0);
	loop_turn(l, 0);
	assert_int_equal(loop_backend_timeout(l), -1);
	assert_false(work_waits());
	say(sp[1]);
	assert_true(work_waits());
	loop_turn(l, 0);
	assert_int_equal(s.calls, 1);
	wheel_start(loop_wheel(l), &t.t, 100, on_tick);
	/* The wheel may want to look in between. */
	assert_in_range(loop_backend_timeout(l), 1, 110);
	j.idle.arg = &j;
	loop_defer(l, &j.idle);
	assert_int_equal(loop_backend_timeout(l), 0);
	loop_turn(l, 0);
	assert_int_equal(j.calls, 1);
	wheel_stop(loop_wheel(l), &t.t);
	loop_unwatch(s.w);
}


static void stop_ends_a_run_and_only_one(void **state)
{
	struct loop_waker *w;
	int calls = 0;

	(void)state;
	loop_waker(&w, l, on_wake, &calls);
	loop_wake(w);
	loop_run(l);
	loop_wake(w);
	loop_run(l);
	assert_int_equal(calls, 2);
	loop_waker_free(w);
}


static void a_forgotten_watch_is_reported(void **state)
{
	struct seen s = { 0 };

	(void)state;
	expect_log(1);
	loop_watch(&s.w, l, sp[0], LOOP_READ, on_fd, &s);
	loop_free(l);
	mem_deref(s.w);
	loop_new(&l);
}


#define LT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LT(watches_a_descriptor),
		LT(unwatches_inside_the_handler),
		LT(an_unwatched_one_of_the_same_turn_stays_silent),
		LT(tells_of_a_broken_peer),
		LT(bad_descriptors_are_refused),
		LT(ignores_sigpipe),
		LT(timers_follow_the_clock),
		LT(the_sleep_ends_with_the_timer),
		LT(timers_of_a_handler_count_from_its_time),
		LT(runs_jobs_once_in_order),
		LT(jobs_of_jobs_run_in_the_same_turn),
		LT(an_endless_job_lets_others_run),
		LT(a_timers_job_runs_in_its_turn),
		LT(hears_signals),
		LT(another_thread_wakes_it),
		LT(runs_under_a_foreign_loop),
		LT(stop_ends_a_run_and_only_one),
		LT(a_forgotten_watch_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
