/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The short way of texts and cursors: those that cannot fail are put into the
 * spool, and are moved into the tables many at a time. What a text needs for
 * that (the room is there, the number is new, so is the dedupe key) is known
 * in memory; where it is not sure, all goes the long way, and SQL says.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db_priv.h"
#include "mem.h"

enum { OLD_KEYS = 4 /* that go for each that comes */ };

static uint64_t column(struct db *db, enum stmt id, uint64_t arg, int *found)
{
	sqlite3_stmt *st = db->st[id];
	uint64_t n = 0;

	sqlite3_bind_int64(st, 1, (sqlite3_int64)arg);
	*found = sqlite3_step(st) == SQLITE_ROW;
	if (*found)
		n = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return n;
}

/* NULL: there is no such journal, or that could not be read. */
static struct head *head_of(struct db *db, uint64_t id, bool inbox)
{
	struct head *head = heads_find(&db->heads, id, inbox);
	uint64_t seq;
	int found;

	if (head)
		return head;
	seq = column(db, inbox ? STMT_INBOX_HEAD : STMT_ROOM_HEAD, id, &found);
	if (!found)
		return NULL;
	head = heads_get(&db->heads, id, inbox);
	head->seq = seq;
	return head;
}

static bool is_next(struct db *db, uint64_t id, uint64_t seq, bool inbox)
{
	struct head *head = head_of(db, id, inbox);

	if (!head || seq <= head->seq)
		return false;
	head->seq = seq;
	return true;
}

static void skip(struct reader *r, const char *fields)
{
	for (; *fields; fields++) {
		if (*fields == 'i')
			reader_u64(r);
		else
			reader_bytes(r, reader_u32(r));
	}
}

/* Nothing about this step can go wrong later. */
static bool is_safe(struct db *db, struct reader *r)
{
	enum step step = reader_u8(r);
	struct reader fields = *r;
	uint64_t id;

	skip(r, sql_table[step].fields);
	switch (step) {
	case STEP_DEDUPE_OLD:
	case STEP_MSG:
	case STEP_MEMBER_ACKED:
	case STEP_LINK_ACKED:
	case STEP_INBOX_ACKED:
		return true;
	case STEP_DEDUPE:
		return db_key_is_new(db, fields);
	case STEP_HEAD:
	case STEP_INBOX_HEAD:
		id = reader_u64(&fields);
		return is_next(db, id, reader_u64(&fields),
			       step == STEP_INBOX_HEAD);
	default:
		return false;
	}
}

bool db_spool(struct db *db, struct view steps)
{
	struct reader r = { .v = steps };

	if (!db->spool || db->in_doubt)
		return false;
	while (!view_empty(r.v)) {
		if (!is_safe(db, &r))
			return false;
	}
	return spool_put(db->spool, steps);
}

void db_spool_forget(struct db *db)
{
	if (db->spool)
		spool_forget(db->spool);
	heads_clear(&db->heads);
}

int db_spool_write(struct db *db)
{
	int rc;

	errno = 0;
	rc = spool_write(db->spool);
	return rc ? db_fail_file(db, rc) : 0;
}

/* ---- into the tables ---- */

struct cursor_row {
	struct hnode node;
	enum step step; /* whose: a member's, a link's, an inbox's */
	uint64_t id, acked;
};

struct moving {
	struct db *db;
	struct htable cursors; /* owned, with the rows */
	uint64_t keys, now; /* how many came, and when the last one did */
};

static int move_head(struct moving *m, struct reader *r, bool inbox)
{
	struct head *head = heads_get(&m->db->heads, reader_u64(r), inbox);
	uint64_t seq = reader_u64(r);

	if (seq > head->seq)
		head->seq = seq;
	head->moved = true;
	return 0;
}

static struct cursor_row *cursor_of(struct moving *m, enum step step,
				    uint64_t id)
{
	struct hnode *n = htable_find(&m->cursors, hash_u64(id));
	struct cursor_row *row;

	for (; n; n = htable_more(n)) {
		row = CONTAINER(n, struct cursor_row, node);
		if (row->id == id && row->step == step)
			return row;
	}
	row = mem_zalloc(sizeof(*row));
	row->step = step;
	row->id = id;
	htable_add(&m->cursors, &row->node, hash_u64(id));
	return row;
}

/* They come again and again: only the last one counts. */
static int move_cursor(struct moving *m, struct reader *r, enum step step)
{
	struct cursor_row *row = cursor_of(m, step, reader_u64(r));

	row->acked = reader_u64(r);
	return 0;
}

static int put_number(struct db *db, enum step step, uint64_t id, uint64_t n)
{
	sqlite3_stmt *st = db->st[step];

	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)n);
	return db_run(db, (enum stmt)step);
}

/* The rows go, whatever happens. */
static int put_cursors(struct moving *m, int err)
{
	struct hnode *n;

	while ((n = htable_pop(&m->cursors)) != NULL) {
		struct cursor_row *row = CONTAINER(n, struct cursor_row, node);

		if (!err)
			err = put_number(m->db, row->step, row->id,
					 row->acked);
		mem_free(row);
	}
	htable_free(&m->cursors);
	return err;
}

static int move_step(struct moving *m, struct reader *r)
{
	enum step step = reader_u8(r);

	switch (step) {
	case STEP_DEDUPE_OLD:
		m->now = reader_u64(r);
		return 0;
	case STEP_DEDUPE:
		m->keys++;
		return db_key_move(m->db, r);
	case STEP_HEAD:
	case STEP_INBOX_HEAD:
		return move_head(m, r, step == STEP_INBOX_HEAD);
	case STEP_MSG:
		db_bind(m->db->st[STMT_MOVE_MSG], sql_table[step].fields, r);
		return db_run(m->db, STMT_MOVE_MSG);
	case STEP_MEMBER_ACKED:
	case STEP_LINK_ACKED:
	case STEP_INBOX_ACKED:
		return move_cursor(m, r, step);
	default:
		snprintf(m->db->why, sizeof(m->db->why),
			 "the spool is of a newer confab");
		return EBADMSG;
	}
}

static int put_head(struct db *db, struct head *head)
{
	if (!head->moved)
		return 0;
	head->moved = false;
	return put_number(db, head->inbox ? STEP_INBOX_HEAD : STEP_HEAD,
			  head->id, head->seq);
}

static int put_heads(struct db *db)
{
	struct hnode *n = NULL;
	size_t pos = 0;
	int err = 0;

	while (!err && (n = htable_each(&db->heads.table, &pos, n)) != NULL)
		err = put_head(db, CONTAINER(n, struct head, node));
	return err;
}

static int drop_old_keys(const struct moving *m)
{
	sqlite3_stmt *st = m->db->st[STMT_MOVE_OLD];

	if (!m->keys)
		return 0;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)m->now);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)m->keys * OLD_KEYS);
	return db_run(m->db, STMT_MOVE_OLD);
}

static int move_groups(struct moving *m)
{
	struct view group;
	size_t at = 0;
	int err = 0;

	while (!err && spool_next(m->db->spool, &at, &group)) {
		struct reader r = { .v = group };

		while (!err && !view_empty(r.v))
			err = move_step(m, &r);
	}
	return err;
}

static int new_key(struct db *db)
{
	sqlite3_stmt *st = db->st[STMT_SPOOL_KEY];

	sqlite3_randomness(SPOOL_KEY, db->next_key);
	sqlite3_bind_blob(st, 1, db->next_key, SPOOL_KEY, SQLITE_STATIC);
	return db_run(db, STMT_SPOOL_KEY);
}

bool db_has_spooled(const struct db *db)
{
	return db->spool && !spool_empty(db->spool);
}

int db_move(struct db *db)
{
	struct moving m = { .db = db };
	int err;

	if (!db_has_spooled(db))
		return 0;
	err = put_cursors(&m, move_groups(&m));
	if (!err)
		err = put_heads(db);
	if (!err)
		err = drop_old_keys(&m);
	if (!err)
		err = new_key(db);
	return err;
}

void db_moved(struct db *db)
{
	keys_moved(db->keys, db->key_ms);
	if (db_has_spooled(db))
		spool_start(db->spool, db->next_key);
}

int db_move_alone(struct db *db)
{
	int err;

	if (!db_has_spooled(db))
		return 0;
	err = db_begin(db);
	if (!err)
		err = db_move(db);
	if (!err)
		err = db_commit(db);
	if (err)
		db_rollback(db);
	else
		db_moved(db);
	return err;
}

void db_forget_heads(struct db *db)
{
	heads_clear(&db->heads);
}

/* ---- at the start and the end ---- */

static int read_key(struct db *db, uint8_t key[SPOOL_KEY])
{
	sqlite3_stmt *st = db->st[STMT_SPOOL];
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW && sqlite3_column_bytes(st, 0) == SPOOL_KEY)
		memcpy(key, sqlite3_column_blob(st, 0), SPOOL_KEY);
	return db_end(db, st, rc);
}

/* What a crash left there; and none of it counts from now on. */
static int take_over(struct db *db)
{
	uint8_t key[SPOOL_KEY] = { 0 };
	int err = read_key(db, key);

	if (err)
		return err;
	spool_find(db->spool, key);
	err = db_begin(db);
	if (!err)
		err = db_has_spooled(db) ? db_move(db) : new_key(db);
	if (!err)
		err = db_commit(db);
	if (err)
		db_rollback(db);
	else
		spool_start(db->spool, db->next_key);
	return err;
}

/* A disk without the room for it can do without it. */
int db_open_spool(struct db *db)
{
	int rc = spool_open(&db->spool, db->path);
	int err = rc ? db_fail_file(db, rc) : db_open_keys(db);

	if (!err)
		err = take_over(db);
	if (!err)
		err = db_load_keys(db);
	if (!err && spool_extend(db->spool))
		spool_remove(db->spool);
	else if (!err)
		return 0;
	db->spool = mem_deref(db->spool); /* its file stays if there was err */
	return err;
}

void db_close_spool(struct db *db)
{
	if (db->spool && !db_move_alone(db))
		spool_remove(db->spool);
	db->spool = mem_deref(db->spool);
	heads_clear(&db->heads);
	db->keys = mem_deref(db->keys);
}
