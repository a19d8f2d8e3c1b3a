/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SQLite connection: opening, checking, errors, checkpoints. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db_priv.h"
#include "mem.h"

enum {
	BUSY_MS = 5000,        /* somebody looks at the file with a tool */
	WAL_IDLE_PAGES = 1000, /* 4 MiB */
	WAL_BUSY_PAGES = 8192, /* 32 MiB: half of journal_size_limit */
};

static const char pragmas[] =
	"PRAGMA synchronous = FULL;"
	"PRAGMA journal_size_limit = 67108864;"
	"PRAGMA cache_size = -16384;"
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA cell_size_check = ON;"
	"PRAGMA trusted_schema = OFF;";

static const struct {
	int code;
	int err;
} errors[] = {
	{ SQLITE_CONSTRAINT_UNIQUE, EEXIST },
	{ SQLITE_CONSTRAINT_PRIMARYKEY, EEXIST },
	{ SQLITE_FULL, ENOSPC },
	{ SQLITE_CORRUPT, EBADMSG },
	{ SQLITE_NOTADB, EBADMSG },
	{ SQLITE_READONLY, EACCES },
	{ SQLITE_PERM, EACCES },
	{ SQLITE_BUSY, EBUSY },
};

static bool is_full(int sysno)
{
	return sysno == ENOSPC || sysno == EDQUOT || sysno == EFBIG;
}

static int to_errno(int code, int sysno)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].code == code || errors[i].code == (code & 0xff))
			return errors[i].err;
	}
	return is_full(sysno) ? ENOSPC : EIO;
}

/* SQLite knows one way only for a disk to be full; quotas and limits are in
 * errno. */
int db_fail(struct db *db)
{
	int sysno = errno, code = sqlite3_extended_errcode(db->h);
	bool full = (code & 0xff) == SQLITE_IOERR && is_full(sysno);

	snprintf(db->why, sizeof(db->why), "%s%s (SQLite error %d)",
		 full ? "there is no room left: " : "",
		 sqlite3_errmsg(db->h), code);
	return to_errno(code, sysno);
}

int db_fail_file(struct db *db, int rc)
{
	snprintf(db->why, sizeof(db->why), "the spool: %s (SQLite error %d)",
		 sqlite3_errstr(rc), rc);
	return to_errno(rc, errno);
}

int db_end(struct db *db, sqlite3_stmt *st, int rc)
{
	int err = 0;

	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		err = db_fail(db);
	sqlite3_reset(st);
	return err;
}

const char *db_why(const struct db *db)
{
	return db->why;
}

/* The first row's first column of a pragma, as text. */
static int ask(struct db *db, const char *sql, char *out, size_t size)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db->h, sql, -1, &st, NULL))
		return db_fail(db);
	if (sqlite3_step(st) == SQLITE_ROW)
		snprintf(out, size, "%s",
			 (const char *)sqlite3_column_text(st, 0));
	return sqlite3_finalize(st) ? db_fail(db) : 0;
}

static int check(struct db *db)
{
	char said[sizeof(db->why)] = "";
	int err = ask(db, "PRAGMA quick_check(1)", said, sizeof(said));

	if (err || strcmp(said, "ok") == 0)
		return err;
	memcpy(db->why, said, sizeof(db->why));
	return EBADMSG;
}

static int use_wal(struct db *db)
{
	char mode[16] = "";
	int err = ask(db, "PRAGMA journal_mode = WAL", mode, sizeof(mode));

	if (err || strcmp(mode, "wal") == 0)
		return err;
	snprintf(db->why, sizeof(db->why),
		 "its file system cannot hold a write-ahead log");
	return EIO;
}

static int configure(struct db *db)
{
	return sqlite3_exec(db->h, pragmas, NULL, NULL, NULL) ? db_fail(db)
							       : 0;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool begins(const char *p, const char *name)
{
	size_t n = strlen(name);

	return strncmp(p, name, n) == 0 && !is_name(p[n]);
}

/* Whole names only: those of constraints have ours in them. */
char *db_sql(const struct db *db, const char *sql)
{
	struct buf b = { 0 };

	for (const char *p = sql; *p; p++) {
		bool start = p == sql || !is_name(p[-1]);

		if (start && begins(p, "imc_rooms")) {
			buf_addf(&b, "\"%s\"", db->rooms);
			p += strlen("imc_rooms") - 1;
		} else if (start && begins(p, "imc_members")) {
			buf_addf(&b, "\"%s\"", db->members);
			p += strlen("imc_members") - 1;
		} else {
			buf_addc(&b, *p);
		}
	}
	return buf_take(&b);
}

static int prepare(struct db *db)
{
	int rc = 0;

	for (size_t i = 0; i < STMT_COUNT && !rc; i++) {
		char *sql = db_sql(db, sql_table[i].text);

		rc = sqlite3_prepare_v3(db->h, sql, -1,
					SQLITE_PREPARE_PERSISTENT, &db->st[i],
					NULL);
		mem_free(sql);
	}
	return rc ? db_fail(db) : 0;
}

static int connect_file(struct db *db)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_EXRESCODE;

	if (sqlite3_open_v2(db->path, &db->h, flags, NULL))
		return db_fail(db);
	sqlite3_busy_timeout(db->h, BUSY_MS);
	return 0;
}

/* In this order: a newer file must not even be switched to WAL, a damaged one
 * not be written to. */
static int (*const stages[])(struct db *db) = {
	connect_file, schema_check, check, use_wal, configure, schema_migrate,
	prepare, db_open_spool,
};

static int on_wal(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct db *db = arg;

	(void)h;
	(void)name;
	if (pages < db->wal_floor)
		db->wal_floor = 0; /* it began anew */
	db->wal_pages = pages;
	return SQLITE_OK;
}

static void db_destroy(void *obj)
{
	struct db *db = obj;
	size_t i;

	db_close_spool(db);
	for (i = 0; i < STMT_COUNT; i++)
		sqlite3_finalize(db->st[i]);
	sqlite3_close(db->h);
	mem_free(db->path);
	mem_free(db->rooms);
	mem_free(db->members);
}

/* SQLite's findings may have several lines. */
static void explain(struct db *db, int err, struct buf *why)
{
	char *p;

	for (p = db->why; *p; p++) {
		if (*p == '\n')
			*p = ' ';
	}
	buf_addf(why, err == EBADMSG ? "%s is damaged: %s" : "%s: %s",
		 db->path, db->why);
}

int db_open(struct db **dp, const struct db_conf *conf, struct buf *why)
{
	struct db *db = mem_new(sizeof(*db), db_destroy);
	size_t i;
	int err = 0;

	db->keys = keys_new();
	hash_u64(0); /* makes its key, which is not for two threads */
	db->path = mem_strdup(conf->path);
	db->rooms = mem_strdup(conf->rooms);
	db->members = mem_strdup(conf->members);
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]) && !err; i++) {
		errno = 0;
		err = stages[i](db);
	}
	if (err) {
		explain(db, err, why);
		mem_deref(db);
		return err;
	}
	/* What a crash left in the log; if that fails, it will again and be
	 * told then. The hook replaces SQLite's own checkpoints. */
	sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				  NULL, NULL);
	sqlite3_wal_hook(db->h, on_wal, db);
	*dp = db;
	return 0;
}

bool db_wal_due(const struct db *db, bool busy)
{
	return db->wal_pages - db->wal_floor >=
	       (busy ? WAL_BUSY_PAGES : WAL_IDLE_PAGES);
}

/* PASSIVE waits for nobody. When all of the log could be moved, the next
 * commit starts it from the beginning; when not (a reader, an error), the
 * next try is due after as many pages more. */
int db_checkpoint(struct db *db)
{
	db->wal_floor = db->wal_pages;
	if (sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_PASSIVE,
				      NULL, NULL))
		return db_fail(db);
	return 0;
}
