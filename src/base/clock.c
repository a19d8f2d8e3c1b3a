/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time and random bits. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "clock.h"

static struct {
	bool on;
	uint64_t mono, wall;
} frozen;

static uint64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t now_ms(void)
{
	return frozen.on ? frozen.mono : clock_ms(CLOCK_MONOTONIC);
}

uint64_t wall_ms(void)
{
	return frozen.on ? frozen.wall : clock_ms(CLOCK_REALTIME);
}

void clock_freeze(uint64_t mono_ms, uint64_t wall)
{
	frozen.on = true;
	frozen.mono = mono_ms;
	frozen.wall = wall;
}

void clock_advance(uint64_t ms)
{
	frozen.mono += ms;
	frozen.wall += ms;
}

void clock_thaw(void)
{
	frozen.on = false;
}

void rand_bytes(void *p, size_t n)
{
	char *b = p;

	while (n) {
		ssize_t got = getrandom(b, n, 0);

		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			b += got;
			n -= (size_t)got;
		}
	}
}

uint64_t rand_u64(void)
{
	static uint64_t pool[32];
	static size_t left;

	if (!left) {
		rand_bytes(pool, sizeof(pool));
		left = sizeof(pool) / sizeof(pool[0]);
	}
	return pool[--left];
}
