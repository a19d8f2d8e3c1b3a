/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema and its migrations. Number n of the list brings a file of
 * version n to n + 1 and says so itself, all in one transaction: after a
 * crash the file is of the one version or of the other. What was released
 * once is never edited; new versions are added at the end.
 *
 * imc_rooms and imc_members have the columns of Kamailio's and OpenSIPS's
 * tables, so that their tools can read them; ours stand behind those. What
 * has no order of its own is WITHOUT ROWID: one tree instead of two.
 */
#include <errno.h>
#include <stdio.h>

#include "db_priv.h"
#include "mem.h"

static const char *const migrations[] = {
	"CREATE TABLE imc_rooms ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" name VARCHAR(64) NOT NULL COLLATE NOCASE,"
	" domain VARCHAR(64) NOT NULL COLLATE NOCASE,"
	" flag INTEGER NOT NULL,"
	" subject TEXT NOT NULL DEFAULT '',"
	" created_ms INTEGER NOT NULL DEFAULT 0,"
	" head INTEGER NOT NULL DEFAULT 0,"
	" CONSTRAINT imc_rooms_name_domain_idx UNIQUE (name, domain));"
	"CREATE TABLE imc_members ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" username VARCHAR(64) NOT NULL,"
	" domain VARCHAR(64) NOT NULL,"
	" room VARCHAR(64) NOT NULL," /* "sip:name@domain" */
	" flag INTEGER NOT NULL,"
	" room_id INTEGER NOT NULL,"
	" addr TEXT NOT NULL,"
	" nick TEXT NOT NULL,"
	" role INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" acked INTEGER NOT NULL,"
	" joined_ms INTEGER NOT NULL,"
	" CONSTRAINT imc_members_room_addr_idx UNIQUE (room_id, addr));"
	"CREATE TABLE links ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" room INTEGER NOT NULL,"
	" label TEXT NOT NULL COLLATE NOCASE UNIQUE,"
	" target TEXT NOT NULL,"
	" via TEXT NOT NULL,"
	" nick TEXT NOT NULL,"
	" configured INTEGER NOT NULL,"
	" acked INTEGER NOT NULL);"
	"CREATE INDEX links_room_idx ON links (room);"
	"CREATE TABLE messages ("
	" room INTEGER NOT NULL,"
	" seq INTEGER NOT NULL,"
	" id INTEGER NOT NULL,"
	" kind INTEGER NOT NULL,"
	" time_ms INTEGER NOT NULL,"
	" origin INTEGER NOT NULL,"
	" reply_to INTEGER NOT NULL,"
	" audience INTEGER NOT NULL,"
	" sender TEXT NOT NULL,"
	" name TEXT NOT NULL,"
	" text TEXT NOT NULL," /* last: pruning by age need not read it */
	" PRIMARY KEY (room, seq)) WITHOUT ROWID;"
	"CREATE TABLE dedupe ("
	" key TEXT PRIMARY KEY NOT NULL,"
	" until_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX dedupe_until_idx ON dedupe (until_ms);"
	"CREATE TABLE contacts ("
	" aor TEXT PRIMARY KEY NOT NULL,"
	" flow TEXT NOT NULL,"
	" seen_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"PRAGMA user_version = 1;",

	/* A nick is kept where it was chosen: the others follow from the
	 * address, and version 1 knew those only. */
	"ALTER TABLE imc_rooms ADD COLUMN notices INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE imc_members"
	" ADD COLUMN muted_until_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE imc_members ADD COLUMN inviter TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE imc_members ADD COLUMN away TEXT NOT NULL DEFAULT '';"
	"UPDATE imc_members SET nick = '';"
	"PRAGMA user_version = 2;",

	"CREATE TABLE blocks ("
	" user TEXT NOT NULL,"
	" other TEXT NOT NULL,"
	" PRIMARY KEY (user, other)) WITHOUT ROWID;"
	"PRAGMA user_version = 3;",

	"CREATE TABLE users ("
	" name TEXT PRIMARY KEY NOT NULL,"
	" realm TEXT NOT NULL,"
	" md5 TEXT NOT NULL," /* HA1 of the bare name */
	" sha256 TEXT NOT NULL,"
	" md5_full TEXT NOT NULL," /* of name@domain */
	" sha256_full TEXT NOT NULL,"
	" disabled INTEGER NOT NULL,"
	" created_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"PRAGMA user_version = 4;",

	/* Where users are: devices that registered beside what was learned
	 * from requests (id 0), which is all that version 4 knew. */
	"CREATE TABLE bindings ("
	" aor TEXT NOT NULL,"
	" id INTEGER NOT NULL,"
	" contact TEXT NOT NULL DEFAULT '',"
	" path TEXT NOT NULL DEFAULT '',"
	" instance TEXT NOT NULL DEFAULT '',"
	" reg_id INTEGER NOT NULL DEFAULT 0,"
	" call_id TEXT NOT NULL DEFAULT '',"
	" cseq INTEGER NOT NULL DEFAULT 0,"
	" flow TEXT NOT NULL,"
	" listener INTEGER NOT NULL DEFAULT 0,"
	" agent TEXT NOT NULL DEFAULT '',"
	" expires_ms INTEGER NOT NULL DEFAULT 0,"
	" seen_ms INTEGER NOT NULL,"
	" body_max INTEGER NOT NULL DEFAULT 0,"
	" traits INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (aor, id)) WITHOUT ROWID;"
	"INSERT INTO bindings (aor, id, flow, seen_ms)"
	" SELECT aor, 0, flow, seen_ms FROM contacts;"
	"DROP TABLE contacts;"
	"PRAGMA user_version = 5;",

	"CREATE TABLE inboxes ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" addr TEXT NOT NULL,"
	" head INTEGER NOT NULL,"
	" acked INTEGER NOT NULL);"
	"PRAGMA user_version = 6;",

	/* Few messages have a meta: the others do not pay for it. Of what
	 * users have elsewhere, an account that can't log in keeps its row. */
	"ALTER TABLE messages ADD COLUMN meta TEXT;"
	"CREATE TABLE accounts ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" network TEXT NOT NULL,"
	" owner TEXT NOT NULL,"
	" login TEXT NOT NULL,"
	" secret TEXT NOT NULL,"
	" host TEXT NOT NULL,"
	" port INTEGER NOT NULL,"
	" resource TEXT NOT NULL,"
	" policy INTEGER NOT NULL,"
	" type INTEGER NOT NULL," /* the seeds': 0 enabled, 1 disabled */
	" error TEXT NOT NULL,"
	" used_ms INTEGER NOT NULL,"
	" settings TEXT NOT NULL,"
	" created_ms INTEGER NOT NULL,"
	" UNIQUE (network, owner, login));"
	"CREATE TABLE visits ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" network TEXT NOT NULL,"
	" owner TEXT NOT NULL,"
	" room TEXT NOT NULL,"
	" nick TEXT NOT NULL,"
	" secret TEXT NOT NULL,"
	" wanted INTEGER NOT NULL,"
	" last_id TEXT NOT NULL,"
	" last_ms INTEGER NOT NULL,"
	" settings TEXT NOT NULL,"
	" UNIQUE (network, owner, room));"
	"CREATE TABLE watches ("
	" network TEXT NOT NULL,"
	" user TEXT NOT NULL,"
	" other TEXT NOT NULL,"
	" direction INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" number INTEGER NOT NULL,"
	" asked_ms INTEGER NOT NULL,"
	" PRIMARY KEY (network, user, other, direction)) WITHOUT ROWID;"
	"CREATE TABLE kept ("
	" network TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" value TEXT NOT NULL,"
	" PRIMARY KEY (network, key)) WITHOUT ROWID;"
	"PRAGMA user_version = 7;",

	/* spool.h: the one row says which groups in that file count. */
	"CREATE TABLE spool ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" key BLOB NOT NULL);"
	"INSERT INTO spool (id, key) VALUES (1, randomblob(16));"
	"PRAGMA user_version = 8;",

	/* Dialogs of those who watch, and what devices have published. */
	"CREATE TABLE subscriptions ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" package TEXT NOT NULL,"
	" resource TEXT NOT NULL,"
	" watcher TEXT NOT NULL,"
	" call_id TEXT NOT NULL,"
	" tag TEXT NOT NULL,"
	" own_tag TEXT NOT NULL,"
	" own_uri TEXT NOT NULL,"
	" event TEXT NOT NULL,"
	" event_id TEXT NOT NULL,"
	" peer TEXT NOT NULL,"
	" target TEXT NOT NULL,"
	" route TEXT NOT NULL,"
	" flow TEXT NOT NULL,"
	" listener INTEGER NOT NULL,"
	" cseq_in INTEGER NOT NULL,"
	" cseq_out INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" stranger INTEGER NOT NULL,"
	" expires_ms INTEGER NOT NULL,"
	" list TEXT NOT NULL);"
	"CREATE TABLE publications ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" package TEXT NOT NULL,"
	" resource TEXT NOT NULL,"
	" etag TEXT NOT NULL,"
	" body TEXT NOT NULL,"
	" said INTEGER NOT NULL,"
	" heard INTEGER NOT NULL,"
	" expires_ms INTEGER NOT NULL);"
	"PRAGMA user_version = 9;",

	/* Keys as in keys.h: once in the table instead of twice, and those of
	 * one time side by side. */
	"CREATE TABLE dedupe_secret ("
	" id INTEGER PRIMARY KEY NOT NULL,"
	" key BLOB NOT NULL);"
	"INSERT INTO dedupe_secret (id, key) VALUES (1, randomblob(16));"
	"ALTER TABLE dedupe RENAME TO dedupe_texts;"
	"CREATE TABLE dedupe ("
	" slot INTEGER NOT NULL,"
	" hash INTEGER NOT NULL,"
	" PRIMARY KEY (slot, hash)) WITHOUT ROWID;"
	"INSERT OR IGNORE INTO dedupe (slot, hash)"
	" SELECT (until_ms / 60000 + 1) * 60000,"
	" dedupe_hash((SELECT key FROM dedupe_secret), key)"
	" FROM dedupe_texts;"
	"DROP TABLE dedupe_texts;"
	"PRAGMA user_version = 10;",
};

enum { SCHEMA_VERSION = sizeof(migrations) / sizeof(migrations[0]) };

static int version(struct db *db, int *out)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db->h, "PRAGMA user_version", -1, &st, NULL))
		return db_fail(db);
	if (sqlite3_step(st) == SQLITE_ROW)
		*out = sqlite3_column_int(st, 0);
	return sqlite3_finalize(st) ? db_fail(db) : 0;
}

/* dedupe_hash(SECRET, TEXT): keys.h. */
static void dedupe_hash(sqlite3_context *ctx, int argc, sqlite3_value **arg)
{
	const void *text = sqlite3_value_text(arg[1]);
	const void *secret = sqlite3_value_blob(arg[0]);
	struct view key = view_mem(text, (size_t)sqlite3_value_bytes(arg[1]));

	if (argc == 2 && sqlite3_value_bytes(arg[0]) == KEYS_SECRET)
		sqlite3_result_int64(ctx, (sqlite3_int64)keys_hash(secret,
								   key));
	else
		sqlite3_result_error(ctx, "no secret", -1);
}

/* When it fails, closing the connection rolls back. */
static int migrate(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->h, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	char *named = db_sql(db, sql);

	if (!rc)
		rc = sqlite3_exec(db->h, named, NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_exec(db->h, "COMMIT", NULL, NULL, NULL);
	mem_free(named);
	return rc ? db_fail(db) : 0;
}

int schema_check(struct db *db)
{
	int v = 0, err = version(db, &v);

	if (err || v <= SCHEMA_VERSION)
		return err;
	snprintf(db->why, sizeof(db->why),
		 "made by a newer confab: it has schema %d, and this confabd "
		 "knows up to %d", v, SCHEMA_VERSION);
	return ENOTSUP;
}

int schema_migrate(struct db *db)
{
	int v = 0, err = version(db, &v);

	if (!err && v < SCHEMA_VERSION &&
	    sqlite3_create_function(db->h, "dedupe_hash", 2, SQLITE_UTF8, NULL,
				    dedupe_hash, NULL, NULL))
		return db_fail(db);
	for (; !err && v < SCHEMA_VERSION; v++)
		err = migrate(db, migrations[v]);
	return err;
}
