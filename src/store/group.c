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

/* ---- the short way ---- */

static bool can_be_spooled(struct list *batch)
{
	struct lnode *n, *nx;
	size_t count = 0;

	LIST_EACH(batch, n, nx) {
		struct job *job = job_of(n);
		const struct store_txn *t = job_txn(job);

		if (job->err)
			continue;
		if (job->is_page || t->others || !(t->texts || t->cursors))
			return false;
		count++;
	}
	return count > 0;
}

static bool spool_all(struct db *db, struct list *batch)
{
	struct lnode *n, *nx;

	LIST_EACH(batch, n, nx) {
		struct job *job = job_of(n);

		if (!job->err && !db_spool(db, buf_view(&job_txn(job)->steps)))
			return false;
	}
	return true;
}

/* 0: all are on the disk. EAGAIN: not this way; else the disk's error. */
static int run_short(struct db *db, struct list *batch)
{
	int err;

	if (!can_be_spooled(batch))
		return EAGAIN;
	err = spool_all(db, batch) ? db_spool_write(db) : EAGAIN;
	if (err)
		db_spool_forget(db);
	return err;
}

/* ---- the long way ---- */

/* What is in the spool was asked for earlier. */
static int begin(struct db *db, bool *begun)
{
	int err;

	if (*begun)
		return 0;
	err = db_begin(db);
	if (err)
		return err;
	*begun = true;
	return db_move(db);
}

static int run_job(struct db *db, struct job *job, bool *begun)
{
	int err = 0;

	if (!job->is_page || db_has_spooled(db))
		err = begin(db, begun);
	if (err)
		return err;
	return job->is_page ? db_read(db, &job_page(job)->rows)
			    : db_apply(db, buf_view(&job_txn(job)->steps));
}

static int run_all(struct db *db, struct list *batch)
{
	struct lnode *n, *nx;
	bool begun = false;
	int err;

	LIST_EACH(batch, n, nx) {
		struct job *job = job_of(n);

		if (job->err)
			continue;
		job->err = run_job(db, job, &begun);
		if (is_fatal(job->err))
			return job->err;
	}
	err = begun ? db_commit(db) : 0;
	if (begun && !err)
		db_moved(db);
	return err;
}

/* With what was spooled before the group: moved in memory only, since the disk
 * is in trouble. */
static int read_anew(struct db *db, struct page *page)
{
	int err = 0;
	bool begun = false;

	if (db_has_spooled(db))
		err = begin(db, &begun);
	if (!err)
		err = db_read(db, &page->rows);
	if (begun)
		db_rollback(db);
	return err;
}

static void lose(struct db *db, struct list *batch, int err)
{
	struct lnode *n, *nx;

	LIST_EACH(batch, n, nx) {
		struct job *job = job_of(n);

		if (job->is_page)
			job->err = told(read_anew(db, job_page(job)));
		else
			job->err = told(err);
	}
}

/* Cursors are in no journal. */
static bool changes_journals(struct list *batch)
{
	struct lnode *n, *nx;

	LIST_EACH(batch, n, nx) {
		struct job *job = job_of(n);

		if (!job->is_page && (job_txn(job)->texts ||
				      job_txn(job)->others))
			return true;
	}
	return false;
}

static int run_long(struct db *db, struct list *batch)
{
	int err = run_all(db, batch);

	if (err) {
		db_rollback(db);
		lose(db, batch, err);
	}
	if (err || changes_journals(batch))
		db_forget_heads(db);
	return err;
}

bool group_run(struct db *db, struct list *batch)
{
	int err = run_short(db, batch);

	if (!err)
		return false;
	return run_long(db, batch) || err != EAGAIN;
}
