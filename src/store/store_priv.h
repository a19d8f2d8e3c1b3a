/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both ends of the mailbox share: store.c is the loop's, thread.c the
 * store's own thread. */
#ifndef CONFAB_STORE_PRIV_H
#define CONFAB_STORE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "job.h"

enum { STORE_WHY_MAX = 240 };

struct store {
	struct db *db;  /* owned; the thread's as long as that runs */
	int lockfd, filefd;
	store_wake_h *wakeh;
	void *arg;
	pthread_t thread;
	time_t moved_s; /* the thread's: of the last move */
	/* The thread's. What is spooled could not be moved: the pause before
	 * the next try, and when that is; 0: it could. */
	uint64_t again_ms, again_at_ms;
	_Atomic uint64_t commits;

	pthread_mutex_t lock; /* for the next five */
	pthread_cond_t more;
	struct list queue, done;
	bool stop;
	char note[STORE_WHY_MAX];   /* trouble that the log has not heard of */

	/* the loop's thread only */
	bool dispatching, closing;
	struct list gathered;
	store_wake_h *soonh;
	uint64_t submitted, answered, transactions, failed;
};

/* Begins to take what is in the queue. */
int store_thread_start(struct store *s);

#endif
