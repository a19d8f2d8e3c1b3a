/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guard is SIGALRM: nothing else gets through to a thread that sits in
 * somebody else's select(). The handler may call shutdown(), which
 * signal-safety(7) lists, and only statics reach it.
 */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

static volatile sig_atomic_t guarded[GUARD_FDS_MAX], guarded_count, fired;

static void on_alarm(int signum)
{
	int before = errno;

	(void)signum;
	fired = 1;
	for (sig_atomic_t i = 0; i < guarded_count; i++)
		shutdown(guarded[i], SHUT_RDWR);
	errno = before;
}

static void set_timer(unsigned ms)
{
	const struct itimerval t = {
		.it_value = { ms / 1000, (long)(ms % 1000) * 1000 },
	};

	setitimer(ITIMER_REAL, &t, NULL);
}

void guard_begin(const int *fds, size_t count)
{
	struct sigaction sa = { .sa_handler = on_alarm };

	fired = 0;
	guarded_count = 0;
	if (!count)
		return;
	for (size_t i = 0; i < count && i < GUARD_FDS_MAX; i++)
		guarded[guarded_count++] = fds[i];
	sigaction(SIGALRM, &sa, NULL);
	set_timer(GUARD_MS);
}

bool guard_end(void)
{
	if (guarded_count)
		set_timer(0);
	guarded_count = 0;
	return fired;
}
