/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One worker process kept alive: started, greeted, watched, killed when it
 * hangs or babbles, and started again after a pause (0.2 s doubling to 30 s,
 * from the beginning after 60 s of life). One that is old, or says so itself,
 * retires: it gets nothing new to do, lets go what it has and ends; the next
 * one is started when it is wanted. Knows nothing of accounts and legs: that
 * is the bridge's.
 */
#ifndef CONFAB_SUPERVISOR_H
#define CONFAB_SUPERVISOR_H

#include "loop.h"
#include "sink.h"
#include "wire.h"

struct sup;

struct sup_conf {
	struct loop *loop;   /* borrowed */
	const char *program; /* borrowed while the supervisor lives */
	uint64_t ping_ms, pong_ms;
	uint64_t age_ms;     /* so old, or up to an eighth more, and it
				retires; 0: never */
	/* A new worker, knowing nothing, takes frames from now on. */
	void (*readyh)(struct sup *s, void *arg);
	/* A frame that the bridge has to deal with. Returns NULL, or what is
	 * wrong with it, which costs the worker its life. */
	const char *(*frameh)(struct sup *s, const struct wire_msg *m,
			      void *arg);
	/* The worker is dead, or could not be started; another one follows
	 * by itself. text says it in words. */
	void (*lossh)(struct sup *s, const char *text, void *arg);
	void *arg;
};

/* No handler runs before these functions have returned. Freed with
 * mem_deref(), which kills the worker; not from within a handler. */
struct sup *sup_new(const struct sup_conf *conf);
/* Nothing happens when it was started already. */
void sup_start(struct sup *s);
/* The worker sees the end of its pipe and leaves; no handler runs any
 * more. */
void sup_stop(struct sup *s);
bool sup_ready(const struct sup *s);
/* It is not to be given anything more to do. */
bool sup_retiring(const struct sup *s);
/* Nothing runs, and nothing will by itself. */
bool sup_off(const struct sup *s);
/* So much waits to be read by the worker that chat should wait as well. */
bool sup_full(const struct sup *s);
/* ENOTCONN when it is not ready. A worker that can't be sent something is
 * killed: lossh follows, later. */
int sup_send(struct sup *s, const struct wire_msg *m);
/* Of the process that runs, or 0. */
int sup_pid(const struct sup *s);
/* "confab-irc: pid 71, ready, 0 restarts, 5 s old, 2 MiB", without the end of
 * the line. */
int sup_print(struct sink *out, const struct sup *s);
const char *sup_error(const struct sup *s); /* the last one, or "" */

#endif
