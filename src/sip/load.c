/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a new request would wait follows from how many wait already and
 * how many are answered in a second (Little's law). One that hangs, for
 * whatever reason, does not count that way.
 */
#include "load_priv.h"

#include "clock.h"

void load_answered(struct load *l)
{
	l->answered++;
}

/* An average over some windows, of those only in which nobody was idle. */
static void window_end(struct load *l, size_t waiting, uint64_t now)
{
	uint64_t ms = now - l->window_at_ms, seen;

	if (l->was_busy && waiting >= LOAD_FEW && ms < 10 * LOAD_WINDOW_MS) {
		seen = l->answered * 1000 / ms;
		if (!l->rate)
			l->rate = LOAD_RATE;
		l->rate = (3 * l->rate + seen) / 4 + 1;
	}
	l->was_busy = waiting >= LOAD_FEW;
	l->answered = 0;
	l->window_at_ms = now;
}

static uint64_t wait_ms(struct load *l, size_t waiting)
{
	uint64_t now = now_ms();

	if (now >= l->window_at_ms + LOAD_WINDOW_MS)
		window_end(l, waiting, now);
	if (waiting < LOAD_FEW) {
		l->was_busy = false;
		return 0;
	}
	return waiting * 1000 / (l->rate ? l->rate : LOAD_RATE);
}

bool load_memory_full(struct load *l)
{
	uint64_t now = now_ms();

	if (!l->memory_max)
		return false;
	if (!l->memory_at_ms || now >= l->memory_at_ms + LOAD_MEMORY_MS) {
		l->memory_at_ms = now;
		l->memory = l->memoryh();
	}
	return l->memory > l->memory_max;
}

enum sip_load load_level(struct load *l, size_t waiting)
{
	uint64_t wait = wait_ms(l, waiting);

	if (wait >= LOAD_FULL_MS || load_memory_full(l))
		return SIP_FULL;
	if (wait >= LOAD_BUSY_MS)
		return SIP_BUSY;
	return wait >= LOAD_LATE_MS ? SIP_LATE : SIP_CALM;
}
