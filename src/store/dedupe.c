/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dedupe keys in the data base; keys.h says how they stand there. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "db_priv.h"

/* Nobody may aim at another's key. Each data base has a secret of its own. */
int db_open_keys(struct db *db)
{
	sqlite3_stmt *st = db->st[STMT_DEDUPE_SECRET];
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW && sqlite3_column_bytes(st, 0) == KEYS_SECRET)
		memcpy(db->key_secret, sqlite3_column_blob(st, 0),
		       KEYS_SECRET);
	return db_end(db, st, rc);
}

int db_load_keys(struct db *db)
{
	sqlite3_stmt *st = db->st[STMT_KEYS];
	int rc;

	sqlite3_bind_int64(st, 1, (sqlite3_int64)wall_ms());
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		keys_load(db->keys, (uint64_t)sqlite3_column_int64(st, 0),
			  (uint64_t)sqlite3_column_int64(st, 1));
	return db_end(db, st, rc);
}

/* ---- one key: its text, until when it lives, the time then ---- */

struct key {
	uint64_t hash, until;
};

static struct key key_read(struct db *db, struct reader *r)
{
	struct view text = reader_bytes(r, reader_u32(r));
	struct key key = { keys_hash(db->key_secret, text), reader_u64(r) };

	db->key_ms = reader_u64(r);
	return key;
}

static int find(struct db *db, const struct key *key,
		const struct keys_span *in)
{
	sqlite3_stmt *st = db->st[STMT_KEY_FIND];
	uint64_t from = in->from > db->key_ms ? in->from : db->key_ms + 1;
	int rc, err;

	errno = 0;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)from);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)in->to);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)key->hash);
	rc = sqlite3_step(st);
	err = db_end(db, st, rc);
	return !err && rc == SQLITE_ROW ? EEXIST : err;
}

/* 0: no live key is the same; EEXIST: one is. */
static int look_for(struct db *db, const struct key *key)
{
	struct keys_span at = { 0 };
	int err = 0;

	while (!err && keys_maybe(db->keys, key->hash, &at))
		err = find(db, key, &at);
	return err;
}

static int put(struct db *db, const struct key *key)
{
	sqlite3_stmt *st = db->st[STEP_DEDUPE];

	sqlite3_bind_int64(st, 1,
			   (sqlite3_int64)keys_slot(db->keys, key->until));
	sqlite3_bind_int64(st, 2, (sqlite3_int64)key->hash);
	return db_run(db, (enum stmt)STEP_DEDUPE);
}

bool db_key_is_new(struct db *db, struct reader r)
{
	struct key key = key_read(db, &r);

	return !look_for(db, &key) && keys_spooled(db->keys, key.hash);
}

int db_key_move(struct db *db, struct reader *r)
{
	struct key key = key_read(db, r);

	return put(db, &key);
}

int db_key_take(struct db *db, struct reader *r)
{
	struct key key = key_read(db, r);
	int err = look_for(db, &key);

	if (err)
		return err;
	keys_add(db->keys, key.hash);
	return put(db, &key);
}
