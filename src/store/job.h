/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes to the store's thread and comes back: a transaction or a page to
 * be read. Made and freed on the loop's thread; the mailbox hands it over.
 */
#ifndef CONFAB_JOB_H
#define CONFAB_JOB_H

#include "db.h"
#include "list.h"
#include "store.h"

struct job {
	struct lnode node;
	bool is_page;
	int err;   /* the answer; set beforehand: not to be run */
	void *arg; /* the caller's */
};

struct store_txn {
	struct job job;
	struct store *store; /* borrowed */
	store_done_h *doneh;
	struct buf steps;    /* owned; db.h says how they look */
	bool texts, cursors, others; /* what is among them */
};

struct page {
	struct job job;
	store_msgs_h *h;
	struct db_page rows; /* owned */
};

struct store_txn *job_txn(struct job *job);
struct page *job_page(struct job *job);
struct job *job_of(struct lnode *n);

/* Runs the jobs in order as one group and sets each one's err. True when the
 * disk failed: db_why() has the words. */
bool group_run(struct db *db, struct list *batch);

#endif
