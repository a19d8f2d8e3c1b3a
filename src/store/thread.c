/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's thread takes what has gathered while it was busy with the commit
 * before, so groups grow with the load by themselves and a lone message never
 * waits for company: the 5 ms that the contract allows are not used.
 */
#include <errno.h>
#include <signal.h>

#include "store_priv.h"

enum {
	GROUP_MAX = 256,
	IDLE_MS = 100, /* of quiet, before the log is tidied up */
	MOVE_S = 2,    /* nothing lies in the spool for longer */
	AGAIN_MS = 250, /* after a failure, and twice that after the next */
	AGAIN_MAX_MS = 60 * 1000,
};

/* Not the loop's: that one is not for two threads. */
static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool has_to_move(const struct store *s)
{
	return db_has_spooled(s->db) && clock_ms() >= s->again_at_ms;
}

/* When to tidy up if nothing comes; 0: there is nothing to tidy up. */
static uint64_t idle_until(const struct store *s)
{
	if (db_wal_due(s->db, false) || has_to_move(s))
		return clock_ms() + IDLE_MS;
	return db_has_spooled(s->db) ? s->again_at_ms : 0;
}

/* Call with the lock. True: nothing came for a while, so tidy up. */
static bool wait_for_work(struct store *s)
{
	uint64_t at = idle_until(s);
	struct timespec until = { .tv_sec = (time_t)(at / 1000),
				  .tv_nsec = (long)(at % 1000) * 1000000L };

	if (!at) {
		pthread_cond_wait(&s->more, &s->lock);
		return false;
	}
	return pthread_cond_timedwait(&s->more, &s->lock, &until) ==
	       ETIMEDOUT;
}

static void try_again_later(struct store *s, bool later)
{
	uint64_t ms = s->again_ms ? 2 * s->again_ms : AGAIN_MS;

	s->again_ms = !later ? 0 : ms < AGAIN_MAX_MS ? ms : AGAIN_MAX_MS;
	s->again_at_ms = later ? clock_ms() + s->again_ms : 0;
}

/* Nothing is owed to anybody here, so trouble is only told. */
static void tidy(struct store *s, bool idle)
{
	bool move = idle && has_to_move(s);
	int err = move ? db_move_alone(s->db) : 0;

	if (move)
		try_again_later(s, err);
	if (!err && db_wal_due(s->db, !idle))
		err = db_checkpoint(s->db);
	if (!err)
		return;
	pthread_mutex_lock(&s->lock);
	view_copy(s->note, sizeof(s->note), view_str(db_why(s->db)));
	pthread_mutex_unlock(&s->lock);
	s->wakeh(s->arg);
}

/* False when the store is closing and all is done. */
static bool take(struct store *s, struct list *batch)
{
	bool idle = false;

	list_init(batch);
	pthread_mutex_lock(&s->lock);
	while (list_empty(&s->queue) && !s->stop && !idle)
		idle = wait_for_work(s);
	while (!list_empty(&s->queue) && batch->count < GROUP_MAX)
		list_append(batch, list_shift(&s->queue));
	pthread_mutex_unlock(&s->lock);
	return idle || !list_empty(batch);
}

static void give_back(struct store *s, struct list *batch, bool failed)
{
	bool wake;

	pthread_mutex_lock(&s->lock);
	wake = list_empty(&s->done);
	while (!list_empty(batch))
		list_append(&s->done, list_shift(batch));
	if (failed)
		view_copy(s->note, sizeof(s->note), view_str(db_why(s->db)));
	pthread_mutex_unlock(&s->lock);
	if (wake)
		s->wakeh(s->arg);
}

/* Others who look into the data base shall not see yesterday's. */
static void move_in_time(struct store *s)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (has_to_move(s) && now.tv_sec - s->moved_s < MOVE_S)
		return;
	s->moved_s = now.tv_sec;
	if (has_to_move(s))
		tidy(s, true);
}

static void *run(void *arg)
{
	struct store *s = arg;
	struct list batch;
	bool failed;

	while (take(s, &batch)) {
		if (list_empty(&batch)) {
			tidy(s, true);
			continue;
		}
		failed = group_run(s->db, &batch);
		s->commits++;
		if (!db_has_spooled(s->db))
			try_again_later(s, false);
		give_back(s, &batch, failed);
		move_in_time(s);
		if (db_wal_due(s->db, true))
			tidy(s, false);
	}
	return NULL;
}

/* Signals are the loop's; only faults stay open, they hit who made them. */
int store_thread_start(struct store *s)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err ? EIO : 0;
}
