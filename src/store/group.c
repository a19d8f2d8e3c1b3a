/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One batch of jobs as one group. Pages are read where they stand in the
 * order, and so see what was asked for before them and nothing after; if the
 * group is lost, they are read once more without it.
 */
#include <errno.h>

#include "hash.h"
#include "job.h"

struct store_txn *job_txn(struct job *job)
{
	return CONTAINER(job, struct store_txn, job);
}

struct page *job_page(struct job *job)
{
	return CONTAINER(job, struct page, job);
}

struct job *job_of(struct lnode *n)
{
	return CONTAINER(n, struct job, node);
}

/* The others concern one job only and leave the group as it was. */
static bool is_fatal(int err)
{
	return err && err != EEXIST && err != ENOENT && err != EMSGSIZE;
}

/* What callers are promised to hear. */
static int told(int err)
{
	return is_fatal(err) && err != ENOSPC ? EIO : err;
}

static int run_txn(struct db *db, struct store_txn *t, bool *begun)
{
	if (!*begun) {
		int err = db_begin(db);

		if (err)
			return err;
		*begun = true;
	}
	return db_apply(db, buf_view(&t->steps));
}

static int run_all(struct db *db, struct list *batch)
{
	struct lnode *n, *nx;
	bool begun = false;

	LIST_EACH(batch, n, nx) {
		struct job *job = job_of(n);

		if (job->err)
			continue;
		if (job->is_page)
			job->err = db_read(db, &job_page(job)->rows);
		else
			job->err = run_txn(db, job_txn(job), &begun);
		if (is_fatal(job->err))
			return job->err;
	}
	return begun ? db_commit(db) : 0;
}

static void lose(struct db *db, struct list *batch, int err)
{
	struct lnode *n, *nx;

	LIST_EACH(batch, n, nx) {
		struct job *job = job_of(n);

		if (job->is_page)
			job->err = told(db_read(db, &job_page(job)->rows));
		else
			job->err = told(err);
	}
}

bool group_run(struct db *db, struct list *batch)
{
	int err = run_all(db, batch);

	if (!err)
		return false;
	db_rollback(db);
	lose(db, batch, err);
	return true;
}
