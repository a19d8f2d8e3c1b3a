/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hierarchical timer wheel (10 ms ticks): start, stop and fire in O(1), for
 * the SIP transactions and everything else. It knows no loop: whoever owns
 * it calls wheel_advance().
 */
#ifndef CONFAB_WHEEL_H
#define CONFAB_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

struct wheel;
struct wtimer;

typedef void (wtimer_h)(struct wtimer *t);

enum { WHEEL_TICK_MS = 10 };

/* Embedded in the object; zeroed = not running. 32 bytes. */
struct wtimer {
	struct wtimer *next, **pprev; /* private */
	wtimer_h *h;                  /* CONTAINER() leads to the object */
	uint32_t due;                 /* private: tick */
	uint32_t slot;                /* private */
};

/* Starts at the given time (ms, monotonic). */
struct wheel *wheel_new(uint64_t now);
void wheel_free(struct wheel *w); /* running timers are just forgotten */

/* (Re)start t: h runs once, no sooner than after_ms from the wheel's time
 * and at most one tick late; times over 49 days are taken as 49 days. h may
 * start and stop any timer, and free its own object. */
void wheel_start(struct wheel *w, struct wtimer *t, uint64_t after_ms,
		 wtimer_h *h);
/* Nothing happens when t is not running. */
void wheel_stop(struct wheel *w, struct wtimer *t);
bool wtimer_running(const struct wtimer *t);

/* Tells the time without firing anything: what is started next counts from
 * now. A time before the wheel's is ignored, here and below. */
void wheel_touch(struct wheel *w, uint64_t now);
/* Moves the time on and fires what is due, in order of ticks. */
void wheel_advance(struct wheel *w, uint64_t now);
/* ms until something may be due, counted from now: a lower bound; UINT64_MAX
 * when nothing runs. */
uint64_t wheel_next(const struct wheel *w, uint64_t now);
uint64_t wheel_count(const struct wheel *w);

#endif
