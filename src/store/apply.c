/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups of transactions. A group is one BEGIN ... COMMIT and so one fsync;
 * each transaction in it is a savepoint.
 *
 * After an error of the disk the group is rolled back and the connection
 * stays: SQLite has not moved its idea of the log's end, and the next group
 * writes again over the frames that may or may not have reached the disk.
 * Opening anew would read the log instead, and could find a group whole that
 * was reported as failed.
 */
#include <assert.h>
#include <errno.h>

#include "db_priv.h"

int db_run(struct db *db, enum stmt id)
{
	errno = 0;
	return db_end(db, db->st[id], sqlite3_step(db->st[id]));
}

void db_bind(sqlite3_stmt *st, const char *fields, struct reader *r)
{
	struct view v;
	int i, rc = SQLITE_OK;

	for (i = 0; fields[i] && !rc; i++) {
		if (fields[i] == 'i') {
			rc = sqlite3_bind_int64(st, i + 1,
						(int64_t)reader_u64(r));
			continue;
		}
		v = reader_bytes(r, reader_u32(r));
		if (fields[i] == 'n' && view_empty(v)) {
			rc = sqlite3_bind_null(st, i + 1);
			continue;
		}
		rc = sqlite3_bind_text64(st, i + 1, v.p ? v.p : "", v.n,
					 SQLITE_STATIC, SQLITE_UTF8);
	}
	assert(!rc && !r->bad);
	(void)rc;
}

static int step(struct db *db, struct reader *r)
{
	enum stmt id = reader_u8(r);
	const struct sql *sql = &sql_table[id];
	int err;

	assert(id < (enum stmt)STEP_COUNT);
	if (id == (enum stmt)STEP_DEDUPE)
		return db_key_take(db, r);
	db_bind(db->st[id], sql->fields, r);
	err = db_run(db, id);
	if (!err && sql->none && !sqlite3_changes(db->h))
		err = sql->none;
	return err;
}

int db_begin(struct db *db)
{
	return db_run(db, STMT_BEGIN);
}

int db_apply(struct db *db, struct view steps)
{
	struct reader r = { .v = steps };
	int err, end = 0;

	err = db_run(db, STMT_SAVE);
	while (!err && !view_empty(r.v))
		err = step(db, &r);
	if (err && err != EEXIST && err != ENOENT)
		return err;
	if (err)
		end = db_run(db, STMT_UNDO);
	if (!end)
		end = db_run(db, STMT_KEEP);
	return end ? end : err;
}

int db_commit(struct db *db)
{
	int err = db_run(db, STMT_COMMIT);

	db->in_doubt = err;
	return err;
}

/* SQLite may have done so on its own. */
void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->h))
		db_run(db, STMT_ROLLBACK);
}
