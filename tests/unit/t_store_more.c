/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What version 2 of the schema added, and files of version 1. */
#include <sqlite3.h>
#include <sys/stat.h>

#include "buf.h"
#include "store_rig.h"

struct got {
	struct store_room room;
	struct store_member member[3];
	struct store_binding binding;
	size_t members, bindings;
	char flow[64];
	char text[9][64];
	size_t texts;
};

static struct view keep(struct got *g, struct view v)
{
	char *p = g->text[g->texts++];

	assert_true(g->texts <= 9);
	assert_int_equal(view_copy(p, 64, v), 0);
	return view_mem(p, v.n);
}

static void on_room(const struct store_room *r, void *arg)
{
	struct got *g = arg;

	g->room = *r;
	g->room.name = g->room.domain = g->room.subject = VIEW_NONE;
}

static void on_member(const struct store_member *m, void *arg)
{
	struct got *g = arg;
	struct store_member *out = &g->member[g->members++];

	assert_true(g->members <= 3);
	*out = *m;
	out->addr = keep(g, m->addr);
	out->nick = keep(g, m->nick);
	out->inviter = keep(g, m->inviter);
	out->away = keep(g, m->away);
}

static void on_binding(const struct store_binding *b, void *arg)
{
	struct got *g = arg;

	g->bindings++;
	g->binding = *b;
	assert_int_equal(view_copy(g->flow, sizeof(g->flow), b->flow), 0);
}

static void load(struct rig *rig, struct got *g)
{
	const struct store_load handlers = {
		.room = on_room, .member = on_member, .binding = on_binding,
		.arg = g,
	};

	memset(g, 0, sizeof(*g));
	assert_int_equal(store_load(rig->s, &handlers), 0);
}

static void what_is_new_comes_back(void **state)
{
	struct store_member m = { .id = 1, .room = 1, .role = 1, .state = 0,
				  .muted_until_ms = UINT64_MAX };
	struct store_room r = { .id = 1, .notices = 2 };
	struct rig *rig = rig_new();
	struct store_txn *t;
	struct got g;

	(void)state;
	rig_open(rig);
	r.name = VIEW("lobby");
	r.domain = VIEW("confab.example");
	m.addr = VIEW("sip:bob@h");
	m.inviter = VIEW("sip:alice@h");
	m.away = VIEW("at lunch");
	t = store_begin(rig->s);
	store_put_room(t, &r);
	store_put_member(t, &m);
	m.id = 2;
	m.addr = VIEW("sip:carol@h");
	m.away = m.inviter = VIEW_NONE;
	m.muted_until_ms = 77;
	store_put_member(t, &m);
	m.muted_until_ms = 78;
	m.away = VIEW("gone");
	store_put_member(t, &m); /* a change */
	assert_int_equal(rig_run(rig, t), 0);
	rig_shut(rig);
	rig_open(rig);
	load(rig, &g);
	assert_int_equal(g.room.notices, 2);
	assert_int_equal(g.members, 2);
	assert_true(g.member[0].muted_until_ms == UINT64_MAX);
	assert_view(g.member[0].inviter, "sip:alice@h");
	assert_view(g.member[0].away, "at lunch");
	assert_int_equal(g.member[1].muted_until_ms, 78);
	assert_int_equal(g.member[1].inviter.n, 0);
	assert_view(g.member[1].away, "gone");
	rig_free(rig);
}

/* ---- history ---- */

static void put(struct rig *rig, uint64_t seq, uint32_t kind,
		uint64_t audience)
{
	struct store_txn *t = store_begin(rig->s);
	struct store_msg m = rig_msg(1, seq, "x");

	m.kind = kind;
	m.audience = audience;
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), 0);
}

static size_t history_of(struct rig *rig, uint64_t room,
			 struct store_span span, size_t max,
			 uint64_t seqs[256])
{
	struct rig_seqs out = { rig, rig_ask(rig), seqs, 0 };
	size_t n = out.ask->n;

	store_history(rig->s, room, span, max, rig_on_seqs, &out);
	rig_wait(rig);
	assert_int_equal(rig->errs[n], 0);
	return out.count;
}

static size_t history(struct rig *rig, uint64_t room, size_t max,
		      uint64_t seqs[256])
{
	const struct store_span all = { 0, UINT64_MAX };

	return history_of(rig, room, all, max, seqs);
}

static void history_is_the_newest_for_all(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256];

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	rig_room(rig, 2, "other");
	put(rig, 1, 0, 0);
	put(rig, 2, 0, 0);
	put(rig, 3, 2, 0);  /* a notice */
	put(rig, 4, 1, 0);
	put(rig, 5, 0, 10); /* for one only */
	put(rig, 7, 0, 0);
	assert_int_equal(history(rig, 1, 3, seqs), 3);
	assert_int_equal(seqs[0], 2);
	assert_int_equal(seqs[1], 4);
	assert_int_equal(seqs[2], 7);
	assert_int_equal(history(rig, 1, 200, seqs), 4);
	assert_int_equal(seqs[0], 1);
	assert_int_equal(history(rig, 2, 200, seqs), 0);
	assert_int_equal(history_of(rig, 1, (struct store_span){ 1, 4 }, 200,
				    seqs), 2);
	assert_int_equal(seqs[0], 2);
	assert_int_equal(seqs[1], 4);
	assert_int_equal(history_of(rig, 1, (struct store_span){ 1, 4 }, 1,
				    seqs), 1);
	assert_int_equal(seqs[0], 4);
	assert_int_equal(history_of(rig, 1, (struct store_span){ 4, 6 }, 200,
				    seqs), 0);
	rig_free(rig);
}

static void put_at(struct rig *rig, uint64_t seq, uint64_t time_ms)
{
	struct store_txn *t = store_begin(rig->s);
	struct store_msg m = rig_msg(1, seq, "x");

	m.time_ms = time_ms;
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), 0);
}

static size_t archive(struct rig *rig, const struct store_archive *a,
		      uint64_t seqs[256])
{
	struct rig_seqs out = { rig, rig_ask(rig), seqs, 0 };
	size_t n = out.ask->n;

	store_archive(rig->s, 1, a, rig_on_seqs, &out);
	rig_wait(rig);
	assert_int_equal(rig->errs[n], 0);
	return out.count;
}

static void an_archive_has_both_ends(void **state)
{
	struct store_archive a = { .span = { 0, UINT64_MAX }, .max = 2 };
	struct rig *rig = rig_new();
	uint64_t seqs[256];

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	for (uint64_t i = 1; i <= 5; i++)
		put_at(rig, i, i * 100);
	assert_int_equal(archive(rig, &a, seqs), 2);
	assert_int_equal(seqs[0], 4);
	a.oldest = true;
	assert_int_equal(archive(rig, &a, seqs), 2);
	assert_int_equal(seqs[0], 1);
	a.span.after = 2;
	assert_int_equal(archive(rig, &a, seqs), 2);
	assert_int_equal(seqs[0], 3);
	a = (struct store_archive){ .span = { 0, UINT64_MAX }, .max = 9,
				    .since_ms = 200, .until_ms = 300,
				    .oldest = true };
	assert_int_equal(archive(rig, &a, seqs), 2);
	assert_int_equal(seqs[0], 2);
	assert_int_equal(seqs[1], 3);
	rig_free(rig);
}

static void on_audience(int err, const struct store_msg *msgs, size_t count,
			void *arg)
{
	rig_note(arg, err);
	assert_int_equal(count, 1);
	assert_true(msgs[0].audience == (UINT64_C(1) << 63 | 5));
}

static void audience_keeps_its_top_bit(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	put(rig, 1, 2, UINT64_C(1) << 63 | 5);
	store_read(rig->s, 1, 0, 1, on_audience, rig_ask(rig));
	rig_wait(rig);
	rig_free(rig);
}

/* ---- files of version 1 ---- */

/* As it was made then, with one of each. */
static const char version_1[] =
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
	" room VARCHAR(64) NOT NULL,"
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
	" text TEXT NOT NULL,"
	" PRIMARY KEY (room, seq)) WITHOUT ROWID;"
	"CREATE TABLE dedupe ("
	" key TEXT PRIMARY KEY NOT NULL,"
	" until_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX dedupe_until_idx ON dedupe (until_ms);"
	"CREATE TABLE contacts ("
	" aor TEXT PRIMARY KEY NOT NULL,"
	" flow TEXT NOT NULL,"
	" seen_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"INSERT INTO imc_rooms VALUES (5, 'Lobby', 'h', 1, 'hi', 123, 9);"
	"INSERT INTO imc_members VALUES (6, 'alice', 'h', 'sip:Lobby@h', 1, 5,"
	" 'sip:alice@h', 'alice', 3, 1, 8, 44);"
	"INSERT INTO messages VALUES (5, 9, 1, 0, 2, 0, 0, 0, 'sip:alice@h',"
	" 'alice', 'hello');"
	"INSERT INTO contacts VALUES ('sip:alice@h', 'udp:192.0.2.1:5060',"
	" 77);"
	"PRAGMA user_version = 1;";

static void make_version_1(const struct rig *rig)
{
	char path[256];
	sqlite3 *h;

	assert_int_equal(mkdir(rig->dir, 0700), 0);
	rig_path(rig, "confab.db", path);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, version_1, NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(h);
}

static void version_1_keeps_its_data(void **state)
{
	struct rig *rig = rig_new();
	uint64_t seqs[256];
	struct got g;

	(void)state;
	make_version_1(rig);
	rig_open(rig);
	load(rig, &g);
	assert_int_equal(g.room.id, 5);
	assert_int_equal(g.room.flags, 1);
	assert_int_equal(g.room.created_ms, 123);
	assert_int_equal(g.room.head, 9);
	assert_int_equal(g.room.notices, 0);
	assert_int_equal(g.members, 1);
	assert_view(g.member[0].addr, "sip:alice@h");
	assert_int_equal(g.member[0].nick.n, 0); /* followed the address */
	assert_int_equal(g.member[0].role, 3);
	assert_int_equal(g.member[0].acked, 8);
	assert_int_equal(g.member[0].joined_ms, 44);
	assert_int_equal(g.member[0].muted_until_ms, 0);
	assert_int_equal(g.member[0].inviter.n, 0);
	assert_int_equal(g.member[0].away.n, 0);
	assert_int_equal(g.bindings, 1);
	assert_int_equal(g.binding.id, 0);
	assert_int_equal(g.binding.seen_ms, 77);
	assert_int_equal(g.binding.expires_ms, 0);
	assert_string_equal(g.flow, "udp:192.0.2.1:5060");
	assert_int_equal(history(rig, 5, 10, seqs), 1);
	assert_int_equal(seqs[0], 9);
	rig_free(rig);
}

static void add_block(const struct store_block *b, void *arg)
{
	struct buf *out = arg;

	buf_addv(out, b->user);
	buf_addc(out, '>');
	buf_addv(out, b->other);
	buf_addc(out, ' ');
}

static void assert_blocks(struct rig *rig, const char *expected)
{
	struct buf b = { 0 };
	const struct store_load load = { .block = add_block, .arg = &b };

	rig_shut(rig);
	rig_open(rig);
	assert_int_equal(store_load(rig->s, &load), 0);
	assert_string_equal(buf_str(&b), expected);
	buf_free(&b);
}

static void change_block(struct rig *rig,
			 void (*change)(struct store_txn *t,
					const struct store_block *b),
			 const char *user, const char *other)
{
	const struct store_block b = { view_str(user), view_str(other) };
	struct store_txn *t = store_begin(rig->s);
	size_t n;

	change(t, &b);
	n = rig_commit(rig, t);
	rig_wait(rig);
	assert_int_equal(rig->errs[n], 0);
}

static void blocks_come_back(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	change_block(rig, store_put_block, "sip:b@h", "sip:a@h");
	change_block(rig, store_put_block, "sip:a@h", "sip:z@h");
	change_block(rig, store_put_block, "sip:a@h", "sip:b@h");
	change_block(rig, store_put_block, "sip:a@h", "sip:b@h"); /* twice */
	assert_blocks(rig, "sip:a@h>sip:b@h sip:a@h>sip:z@h sip:b@h>sip:a@h ");
	change_block(rig, store_del_block, "sip:a@h", "sip:b@h");
	change_block(rig, store_del_block, "sip:a@h", "sip:b@h");
	assert_blocks(rig, "sip:a@h>sip:z@h sip:b@h>sip:a@h ");
	rig_free(rig);
}

/* ---- users ---- */

static void add_user(const struct store_user *u, void *arg)
{
	struct buf *out = arg;
	size_t i;

	buf_addv(out, u->name);
	buf_addc(out, '/');
	buf_addv(out, u->realm);
	for (i = 0; i < STORE_HA1S; i++) {
		buf_addc(out, ':');
		buf_addv(out, u->ha1[i]);
	}
	buf_addf(out, ":%d:%d ", u->disabled, (int)u->created_ms);
}

static void assert_users(struct rig *rig, const char *expected)
{
	struct buf b = { 0 };
	const struct store_load load = { .user = add_user, .arg = &b };

	rig_shut(rig);
	rig_open(rig);
	assert_int_equal(store_load(rig->s, &load), 0);
	assert_string_equal(buf_str(&b), expected);
	buf_free(&b);
}

static void put_user(struct rig *rig, const char *name, const char *md5,
		     bool disabled)
{
	const struct store_user u = {
		.name = view_str(name),
		.realm = VIEW("r"),
		.ha1 = { [STORE_MD5] = view_str(md5),
			 [STORE_SHA256_FULL] = VIEW("full") },
		.disabled = disabled,
		.created_ms = 7,
	};
	struct store_txn *t = store_begin(rig->s);
	size_t n;

	store_put_user(t, &u);
	n = rig_commit(rig, t);
	rig_wait(rig);
	assert_int_equal(rig->errs[n], 0);
}

static void users_come_back(void **state)
{
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	put_user(rig, "bob", "b", false);
	put_user(rig, "alice", "a", false);
	put_user(rig, "bob", "", true);
	put_user(rig, "Bob", "B", false);
	assert_users(rig, "Bob/r:B:::full:0:7 alice/r:a:::full:0:7 "
			  "bob/r::::full:1:7 ");
	t = store_begin(rig->s);
	store_del_user(t, VIEW("bob"));
	store_del_user(t, VIEW("nobody"));
	rig_commit(rig, t);
	rig_wait(rig);
	assert_users(rig, "Bob/r:B:::full:0:7 alice/r:a:::full:0:7 ");
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_new_comes_back),
		TEST(history_is_the_newest_for_all),
		TEST(an_archive_has_both_ends),
		TEST(audience_keeps_its_top_bit),
		TEST(version_1_keeps_its_data),
		TEST(blocks_come_back),
		TEST(users_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
