/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the SQLite backend share. */
#ifndef CONFAB_DB_PRIV_H
#define CONFAB_DB_PRIV_H

#include <sqlite3.h>

#include "db.h"
#include "heads.h"
#include "keys.h"
#include "spool.h"

enum stmt {
	/* 0 to STEP_COUNT - 1: the steps */
	STMT_BEGIN = STEP_COUNT,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_SAVE,
	STMT_KEEP,
	STMT_UNDO,
	STMT_READ,
	STMT_HISTORY, STMT_ARCHIVE,
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
	STMT_LOAD_SUBS,
	STMT_LOAD_PUBS,
	STMT_SPOOL,
	STMT_SPOOL_KEY,
	STMT_KEYS,
	STMT_DEDUPE_SECRET,
	STMT_KEY_FIND,
	STMT_ROOM_HEAD,
	STMT_INBOX_HEAD,
	STMT_MOVE_MSG,
	STMT_MOVE_OLD,
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
	struct spool *spool;          /* ref; or NULL: there is none */
	struct keys *keys;            /* ref */
	uint8_t key_secret[KEYS_SECRET];
	uint64_t key_ms;              /* wall time of the last key */
	struct heads heads;
	uint8_t next_key[SPOOL_KEY];  /* once what is moved is committed */
	bool in_doubt; /* a commit failed: a crash may yet bring it, with its
			  key of the spool */
	char why[200];
};

/* Keeps the words of the connection's newest failure; returns its errno. Clear
 * errno before the call that may fail: it can tell more than SQLite. */
int db_fail(struct db *db);
/* The same for an error of a file beside the data base. */
int db_fail_file(struct db *db, int rc);
/* SQL with the names of the two tables put in; free with mem_free(). */
char *db_sql(const struct db *db, const char *sql);
/* Resets a statement whose last step said rc: 0 or the errno. */
int db_end(struct db *db, sqlite3_stmt *st, int rc);

/* Runs a statement with its values bound; 0 or the errno. */
int db_run(struct db *db, enum stmt id);
/* Binds fields, as in struct sql, off the steps. The text stays where it is:
 * the steps outlive their statement. */
void db_bind(sqlite3_stmt *st, const char *fields, struct reader *r);

/* Before the first key; then, once all is in the table: what it holds. Both
 * while the store has no thread yet. */
int db_open_keys(struct db *db);
int db_load_keys(struct db *db);
/* The fields of a STEP_DEDUPE. True: no live key is the same, and it is going
 * to be spooled. */
bool db_key_is_new(struct db *db, struct reader r);
int db_key_move(struct db *db, struct reader *r); /* out of the spool */
/* EEXIST: a live key is the same. */
int db_key_take(struct db *db, struct reader *r);

/* Moves what a crash left in the spool, starts a new one. */
int db_open_spool(struct db *db);
/* Moves what is there; the file goes, too, if that went well. */
void db_close_spool(struct db *db);

/* ENOTSUP when the file is of a newer confab; it is not touched. */
int schema_check(struct db *db);
/* Brings the schema up to date, each migration in one transaction. */
int schema_migrate(struct db *db);

#endif
