/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data base behind the store: what a backend has to offer. SQLite is in
 * db.c, sql.c, rows.c and schema.c; nothing outside these sees its header.
 *
 * A transaction arrives as a list of steps, encoded one after the other: the
 * number of the step (u8), then its fields as sql.c lists them: i is a u64,
 * s a u32 length and the bytes, n the same but NULL when it is empty.
 */
#ifndef CONFAB_DB_H
#define CONFAB_DB_H

#include "buf.h"
#include "store.h"

enum step {
	/* These are in the spool, on the disk, when confabd is exchanged for
	 * a newer one: what needs other fields gets a number of its own. */
	STEP_DEDUPE_OLD = 0,
	STEP_DEDUPE = 1,
	STEP_HEAD = 2,
	STEP_INBOX_HEAD = 3,
	STEP_MSG = 4,
	STEP_MEMBER_ACKED = 5,
	STEP_LINK_ACKED = 6,
	STEP_INBOX_ACKED = 7,

	/* These are not. */
	STEP_ROOM,
	STEP_ROOM_RENAMED,
	STEP_ROOM_DEL,
	STEP_ROOM_DEL_MEMBERS,
	STEP_ROOM_DEL_LINKS,
	STEP_ROOM_DEL_MSGS,
	STEP_MEMBER,
	STEP_MEMBER_DEL,
	STEP_LINK,
	STEP_LINK_DEL,
	STEP_BINDING,
	STEP_BINDING_DEL,
	STEP_INBOX,
	STEP_INBOX_DEL,
	STEP_BLOCK,
	STEP_BLOCK_DEL,
	STEP_USER,
	STEP_USER_DEL,
	STEP_ACCOUNT,
	STEP_ACCOUNT_DEL,
	STEP_ACCOUNT_USED,
	STEP_VISIT,
	STEP_VISIT_DEL,
	STEP_VISIT_MARK,
	STEP_WATCH,
	STEP_WATCH_DEL,
	STEP_KEPT,
	STEP_KEPT_DEL,
	STEP_SUB,
	STEP_SUB_DEL,
	STEP_PUB,
	STEP_PUB_DEL,
	STEP_PRUNE,
	STEP_COUNT,
};

/* A page of a room's journal: asked for with the first five. */
struct db_page {
	uint64_t room, after;
	size_t max;
	bool history;           /* texts only: the newest, */
	bool oldest;            /* or the oldest, */
	uint64_t upto;          /* of those up to here, */
	uint64_t since_ms, until_ms; /* said in this time */
	struct store_msg *msgs; /* owned: mem_free(); views into bytes */
	size_t count;
	struct buf bytes;       /* owned */
};

struct db;

/* Checks and migrates; one line in why. The errors of store_open(). */
struct db_conf {
	const char *path;
	const char *rooms, *members; /* names of the two tables */
};
int db_open(struct db **dp, const struct db_conf *conf, struct buf *why);
int db_load(struct db *db, const struct store_load *load);

/* One group: begin, apply each transaction, commit. After any error but
 * EEXIST and ENOENT of db_apply() the group is lost: call db_rollback(). */
int db_begin(struct db *db);
/* EEXIST, ENOENT: nothing of this transaction was taken. */
int db_apply(struct db *db, struct view steps);
int db_commit(struct db *db);
void db_rollback(struct db *db);

/* The short way for texts and cursors. db_spool() for each transaction of a
 * group, then db_spool_write(): 0 means that all are on the disk. False:
 * something about it has to be asked of the data base; then, or after an
 * error, all of the group goes the long way. */
bool db_spool(struct db *db, struct view steps);
void db_spool_forget(struct db *db); /* and what was believed meanwhile */
int db_spool_write(struct db *db);
bool db_has_spooled(const struct db *db);
/* In a group: moves into the tables what was spooled, before anything that
 * was asked for later; call db_moved() once the group is committed. */
int db_move(struct db *db);
void db_moved(struct db *db);
/* As a group of its own. */
int db_move_alone(struct db *db);
/* A group may have changed journals the long way. */
void db_forget_heads(struct db *db);

int db_read(struct db *db, struct db_page *page);
void db_page_free(struct db_page *page);

/* The log has grown enough to be worth moving into the file: when there is
 * nothing else to do, or even though there is (busy). */
bool db_wal_due(const struct db *db, bool busy);
int db_checkpoint(struct db *db);

/* The newest failure in words. */
const char *db_why(const struct db *db);

#endif
