/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the SQLite backend share. */
#ifndef CONFAB_DB_PRIV_H
#define CONFAB_DB_PRIV_H

#include <sqlite3.h>

#include "db.h"

enum stmt {
	/* 0 to STEP_COUNT - 1: the steps */
	STMT_BEGIN = STEP_COUNT,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_SAVE,
	STMT_KEEP,
	STMT_UNDO,
	STMT_READ,
	STMT_HISTORY,
	STMT_LOAD_ROOMS,
	STMT_LOAD_MEMBERS,
	STMT_LOAD_LINKS,
	STMT_LOAD_BINDINGS,
	STMT_LOAD_INBOXES,
	STMT_LOAD_BLOCKS,
	STMT_LOAD_USERS,
	STMT_LOAD_ACCOUNTS,
	STMT_LOAD_VISITS,
	STMT_LOAD_WATCHES,
	STMT_LOAD_KEPT,
	STMT_COUNT,
};

struct sql {
	const char *text;
	const char *fields; /* of a step: 'i' number, 's' text,
			       'n' text or NULL, in order */
	int none;           /* of a step: the error when no row was changed */
};

extern const struct sql sql_table[STMT_COUNT];

struct db {
	char *path;                   /* owned */
	char *rooms, *members;        /* owned; names of tables */
	sqlite3 *h;                   /* owned */
	sqlite3_stmt *st[STMT_COUNT]; /* owned */
	int wal_pages;                /* in the log, as of the last commit */
	int wal_floor;                /* as of the last checkpoint */
	char why[200];
};

/* Keeps the words of the connection's newest failure; returns its errno. Clear
 * errno before the call that may fail: it can tell more than SQLite. */
int db_fail(struct db *db);
/* SQL with the names of the two tables put in; free with mem_free(). */
char *db_sql(const struct db *db, const char *sql);
/* Resets a statement whose last step said rc: 0 or the errno. */
int db_end(struct db *db, sqlite3_stmt *st, int rc);

/* ENOTSUP when the file is of a newer confab; it is not touched. */
int schema_check(struct db *db);
/* Brings the schema up to date, each migration in one transaction. */
int schema_migrate(struct db *db);

#endif
