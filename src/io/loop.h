/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop: libuv underneath, and nobody above src/io sees it. Everything
 * runs on the thread that made the loop, but loop_wake().
 */
#ifndef CONFAB_LOOP_H
#define CONFAB_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "wheel.h"

struct loop;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* events: what the descriptor is ready for (LOOP_READ | LOOP_WRITE). */
typedef void (loop_fd_h)(int events, void *arg);
typedef void (loop_h)(void *arg);
typedef void (loop_signal_h)(int signum, void *arg);

/* EMFILE, ENOMEM... as errno values. Also ignores SIGPIPE. */
int loop_new(struct loop **lp);
/* Everything registered must have been taken down before. */
void loop_free(struct loop *l);
/* Runs until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* One turn: waits at most max_ms (0: not at all) for something, handles it.
 * For tests and for workers with a foreign loop. */
void loop_turn(struct loop *l, uint64_t max_ms);
/* A descriptor that is readable when loop_turn(l, 0) has work, and how long
 * a foreign loop may sleep (-1: for ever). */
int loop_backend_fd(const struct loop *l);
int loop_backend_timeout(const struct loop *l);

/* The libuv loop, as void so that no header of it is needed; for src/io. */
void *loop_uv(struct loop *l);

/* Watch a descriptor (not owned). *wp is freed with loop_unwatch(). */
struct loop_watch;
int loop_watch(struct loop_watch **wp, struct loop *l, int fd, int events,
	       loop_fd_h *h, void *arg);
int loop_rewatch(struct loop_watch *w, int events); /* 0: paused */
/* After this returns h does not run again, and fd may be closed. NULL is
 * allowed. Safe inside h. */
void loop_unwatch(struct loop_watch *w);

/* Signals, delivered on the loop. */
int loop_signal(struct loop *l, int signum, loop_signal_h *h, void *arg);

/* A wake-up for other threads: after loop_wake() h runs on the loop, at
 * least once. */
struct loop_waker;
int loop_waker(struct loop_waker **wp, struct loop *l, loop_h *h, void *arg);
void loop_wake(struct loop_waker *w); /* any thread */
void loop_waker_free(struct loop_waker *w);

/* Runs h once, at the end of this turn (before sleeping): for batching, e.g.
 * flushing what a burst of packets made. */
struct loop_idle {
	struct loop_idle *next; /* private */
	loop_h *h;
	void *arg;
	bool armed; /* private */
};
void loop_defer(struct loop *l, struct loop_idle *job);
void loop_undefer(struct loop *l, struct loop_idle *job);

/* The loop's timer wheel, ticking every 10 ms. */
struct wheel *loop_wheel(struct loop *l);

#endif
