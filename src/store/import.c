/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the tables of somebody else's SQLite file. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include "import.h"

enum { BUSY_MS = 5000, VALUE_MAX = 1024 * 1024 };

/* The columns of each, in the order of enum import_field. */
static const struct {
	enum import_table table;
	const char *sql;
	int columns;
} queries[] = {
	{ IMPORT_ROOMS, "SELECT name, domain, flag FROM imc_rooms ORDER BY id",
	  3 },
	{ IMPORT_MEMBERS,
	  "SELECT username, domain, flag, room FROM imc_members ORDER BY id",
	  4 },
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

static int read_table(sqlite3_stmt *st, size_t at, import_row_h *h, void *arg)
{
	int err = 0;

	while (!err && sqlite3_step(st) == SQLITE_ROW) {
		struct import_row row = { .table = queries[at].table };

		for (int i = 0; i < queries[at].columns; i++) {
			const void *p = sqlite3_column_text(st, i);
			int n = sqlite3_column_bytes(st, i);

			row.field[i] = view_mem(p, (size_t)n);
		}
		err = h(&row, arg);
	}
	return err;
}

int store_import_sqlite(const char *path, import_row_h *h, void *arg,
			char *why, size_t whysize)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	int err = 0;

	if (sqlite3_open_v2(path, &db,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL))
		err = fail(db, why, whysize);
	if (!err) {
		sqlite3_busy_timeout(db, BUSY_MS);
		sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	}
	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries) && !err;
	     i++) {
		if (sqlite3_prepare_v2(db, queries[i].sql, -1, &st, NULL)) {
			err = fail(db, why, whysize);
			break;
		}
		err = read_table(st, i, h, arg);
		if (sqlite3_finalize(st) && !err)
			err = fail(db, why, whysize);
	}
	sqlite3_close(db);
	return err;
}
