/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A clock that runs ten times as fast (LD_PRELOAD), for a server that does
 * some of its work, such as logins, only where a second begins.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

enum { FASTER = 10, BEAT_MS = 50 };
static const int64_t SECOND = 1000000000;

int clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*real)(clockid_t, struct timespec *);
	static int64_t start;
	int64_t now;
	int err;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	err = real(id, ts);
	if (err || id != CLOCK_REALTIME)
		return err;
	now = ts->tv_sec * SECOND + ts->tv_nsec;
	if (!start)
		start = now;
	now = start + (now - start) * FASTER;
	ts->tv_sec = now / SECOND;
	ts->tv_nsec = now % SECOND;
	return 0;
}

/* Who waits for the next second wakes in time for it. */
int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	static int (*real)(int, struct epoll_event *, int, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
	if (timeout < 0 || timeout > BEAT_MS)
		timeout = BEAT_MS;
	return real(fd, events, max, timeout);
}
