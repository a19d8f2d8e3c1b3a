/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the tables of somebody else's SQLite file. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "import.h"

enum { BUSY_MS = 5000, VALUE_MAX = 1024 * 1024 };

static const char *const names[IMPORT_TABLES] = {
	[IMPORT_ROOMS] = "imc_rooms",
	[IMPORT_MEMBERS] = "imc_members",
	[IMPORT_USERS] = "subscriber",
	[IMPORT_JUSERS] = "jusers",
	[IMPORT_PURPLEMAP] = "purplemap",
	[IMPORT_BUDDIES] = "buddies",
};

static int fail(sqlite3 *db, char *why, size_t size)
{
	int code = sqlite3_errcode(db);

	if (size)
		snprintf(why, size, "%s", sqlite3_errmsg(db));
	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return EBUSY;
	if (code == SQLITE_CANTOPEN || code == SQLITE_PERM ||
	    code == SQLITE_READONLY)
		return EACCES;
	return code == SQLITE_IOERR ? EIO : EBADMSG;
}

enum { COLUMNS_MAX = 64 };

/* What each column is; false: one that is needed is missing. */
static bool find_columns(enum import_field of[COLUMNS_MAX], sqlite3_stmt *st,
			 enum import_table table)
{
	int n = sqlite3_column_count(st);
	unsigned seen = 0;

	if (n > COLUMNS_MAX)
		return false;
	for (int i = 0; i < n; i++) {
		of[i] = import_field_of(table,
					view_str(sqlite3_column_name(st, i)));
		seen |= 1u << of[i];
	}
	return import_fields_do(table, seen);
}

static int read_rows(sqlite3_stmt *st, enum import_table table,
		     const enum import_field *of, import_row_h *h, void *arg)
{
	int err = 0, n = sqlite3_column_count(st);

	while (!err && sqlite3_step(st) == SQLITE_ROW) {
		struct import_row row = { .table = table };

		for (int i = 0; i < n; i++) {
			const void *p = sqlite3_column_text(st, i);
			int size = sqlite3_column_bytes(st, i);

			if (of[i] != IMPORT_OTHER)
				row.field[of[i]] = view_mem(p, (size_t)size);
		}
		err = h(&row, arg);
	}
	return err;
}

static bool is_name(const char *name)
{
	size_t n = strlen(name);

	return n && n <= 64 &&
	       n == strspn(name, "abcdefghijklmnopqrstuvwxyz_"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}

/* A name can't be bound; it has been checked. */
static void put_query(struct buf *b, const char *name)
{
	static const char all[] = "SELECT * FROM \"";

	buf_adds(b, all);
	buf_adds(b, name);
	buf_adds(b, "\" ORDER BY rowid");
}

static int read_table(sqlite3 *db, enum import_table table, const char *name,
		      import_row_h *h, void *arg, char *why, size_t whysize)
{
	enum import_field of[COLUMNS_MAX];
	struct buf query = { 0 };
	sqlite3_stmt *st;
	int err;

	if (!is_name(name)) {
		snprintf(why, whysize, "that can be no table's name");
		return EINVAL;
	}
	put_query(&query, name);
	err = sqlite3_prepare_v2(db, buf_str(&query), -1, &st, NULL);
	buf_free(&query);
	if (err)
		return fail(db, why, whysize);
	if (find_columns(of, st, table)) {
		err = read_rows(st, table, of, h, arg);
	} else {
		snprintf(why, whysize, "a table has other columns");
		err = EBADMSG;
	}
	if (sqlite3_finalize(st) && !err)
		err = fail(db, why, whysize);
	return err;
}

int store_import_sqlite(const char *path, enum import_table table,
			const char *name, import_row_h *h, void *arg,
			char *why, size_t whysize)
{
	sqlite3 *db;
	int err = 0;

	if (sqlite3_open_v2(path, &db,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL))
		err = fail(db, why, whysize);
	if (!err) {
		sqlite3_busy_timeout(db, BUSY_MS);
		sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		err = read_table(db, table, name ? name : names[table], h,
				 arg, why, whysize);
	}
	sqlite3_close(db);
	return err;
}
