/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much there is to do: requests that wait for the disk, and memory. It is
 * asked before a request is looked at, so it must cost next to nothing.
 */
#ifndef CONFAB_LOAD_PRIV_H
#define CONFAB_LOAD_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sip.h"

enum {
	/* What a request may have to wait. A disk needs some time for any
	 * number of them: with less under way than come in that time, it
	 * would do less than it can, and be taken for a slow one. */
	LOAD_LATE_MS = 100,
	LOAD_BUSY_MS = 150,
	LOAD_FULL_MS = 300,
	LOAD_FEW = 64,       /* so many that wait are no load at all */
	LOAD_RATE = 5000,    /* a second; until it was seen */
	LOAD_WINDOW_MS = 100,
	LOAD_MEMORY_MS = 200, /* how often memory is looked at */
};

struct load {
	size_t memory_max;  /* bytes; 0: no limit */
	size_t (*memoryh)(void);
	/* private: */
	size_t memory;
	uint64_t memory_at_ms, window_at_ms;
	size_t answered;    /* in this window */
	bool was_busy;      /* more than a few waited all the time */
	uint64_t rate;      /* answers a second, when there was enough to do */
};

/* Zeroed but for the first two is a valid one. */
/* A request was answered that had to wait. */
void load_answered(struct load *l);
/* waiting: requests without their answer. */
enum sip_load load_level(struct load *l, size_t waiting);
/* More memory is in use than may be: nothing new. */
bool load_memory_full(struct load *l);

#endif
