/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: what goes in comes out again, byte for byte. */
#include <errno.h>
#include <sqlite3.h>

#include "store_rig.h"

/* Quotes, emoji, a letter with a combining mark, a NUL, broken UTF-8. */
static const char odd[] = "a'b\"c;-- \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a"
			  "\x80 e\xcc\x81\n\t%s\0after \xff\xfe\xc3";
#define ODD VIEW(odd)

struct loaded {
	size_t rooms, members, links, bindings;
	struct store_room room[4];
	struct store_member member[4];
	struct store_link link[4];
	struct store_binding binding[4];
	struct store_inbox inbox[4];
	size_t inboxes;
	char *text[32];
	size_t texts;
};

static struct view keep(struct loaded *l, struct view v)
{
	char *p = view_dup(v);

	assert_true(l->texts < 32);
	l->text[l->texts++] = p;
	return view_mem(p, v.n);
}

static void on_room(const struct store_room *r, void *arg)
{
	struct loaded *l = arg;
	struct store_room *out = &l->room[l->rooms++];

	assert_int_equal(l->members + l->links, 0); /* rooms come first */
	*out = *r;
	out->name = keep(l, r->name);
	out->domain = keep(l, r->domain);
	out->subject = keep(l, r->subject);
}

static void on_member(const struct store_member *m, void *arg)
{
	struct loaded *l = arg;
	struct store_member *out = &l->member[l->members++];

	*out = *m;
	out->addr = keep(l, m->addr);
	out->nick = keep(l, m->nick);
}

static void on_link(const struct store_link *k, void *arg)
{
	struct loaded *l = arg;
	struct store_link *out = &l->link[l->links++];

	*out = *k;
	out->label = keep(l, k->label);
	out->target = keep(l, k->target);
	out->via = keep(l, k->via);
	out->nick = keep(l, k->nick);
}

static void on_binding(const struct store_binding *b, void *arg)
{
	struct loaded *l = arg;
	struct store_binding *out = &l->binding[l->bindings++];

	*out = *b;
	out->aor = keep(l, b->aor);
	out->contact = keep(l, b->contact);
	out->path = keep(l, b->path);
	out->instance = keep(l, b->instance);
	out->call_id = keep(l, b->call_id);
	out->flow = keep(l, b->flow);
	out->agent = keep(l, b->agent);
}

static void on_inbox(const struct store_inbox *i, void *arg)
{
	struct loaded *l = arg;
	struct store_inbox *out = &l->inbox[l->inboxes++];

	*out = *i;
	out->addr = keep(l, i->addr);
}

static void reload(struct rig *rig, struct loaded *l)
{
	const struct store_load load = { .room = on_room,
					 .member = on_member,
					 .link = on_link,
					 .inbox = on_inbox,
					 .binding = on_binding,
					 .arg = l };

	memset(l, 0, sizeof(*l));
	rig_shut(rig);
	rig_open(rig);
	assert_int_equal(store_load(rig->s, &load), 0);
}

static void forget(struct loaded *l)
{
	while (l->texts)
		mem_free(l->text[--l->texts]);
}

#define assert_same(a, b) assert_true(view_eq(a, b))

static const struct store_room lobby = {
	.id = 1,
	.name = { "Lobby", 5 },
	.domain = { "confab.example", 14 },
	.flags = 1,
	.subject = { odd, sizeof(odd) - 1 },
	.created_ms = 1700000000123,
};

static void room_comes_back(void **state)
{
	struct rig *rig = rig_new();
	struct store_room big = lobby;
	struct store_txn *t;
	struct loaded l;

	(void)state;
	rig_open(rig);
	big.id = INT64_MAX;
	big.name = VIEW("other");
	big.subject = VIEW_NONE;
	t = store_begin(rig->s);
	store_put_room(t, &big);
	store_put_room(t, &lobby);
	assert_int_equal(rig_run(rig, t), 0);
	reload(rig, &l);
	assert_int_equal(l.rooms, 2);
	assert_int_equal(l.room[0].id, 1);
	assert_view(l.room[0].name, "Lobby");
	assert_view(l.room[0].domain, "confab.example");
	assert_int_equal(l.room[0].flags, 1);
	assert_same(l.room[0].subject, ODD);
	assert_int_equal(l.room[0].created_ms, 1700000000123);
	assert_int_equal(l.room[0].head, 0);
	assert_int_equal(l.room[1].id, INT64_MAX);
	assert_int_equal(l.room[1].subject.n, 0);
	forget(&l);
	rig_free(rig);
}

static void room_changes_keep_its_journal(void **state)
{
	struct rig *rig = rig_new();
	struct store_room r = lobby;
	struct store_txn *t;
	struct loaded l;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 7, NULL)), 0);
	r.subject = VIEW("new");
	t = store_begin(rig->s);
	store_put_room(t, &r);
	assert_int_equal(rig_run(rig, t), 0);
	reload(rig, &l);
	assert_int_equal(l.rooms, 1);
	assert_view(l.room[0].name, "Lobby");
	assert_view(l.room[0].subject, "new");
	assert_int_equal(l.room[0].head, 7);
	forget(&l);
	rig_free(rig);
}

static const struct store_member alice = {
	.id = 10,
	.room = 1,
	.addr = { "sip:Alice@example.org", 21 },
	.nick = { odd, sizeof(odd) - 1 },
	.role = 3,
	.state = 1,
	.acked = 41,
	.joined_ms = 5,
};

static void member_comes_back(void **state)
{
	struct rig *rig = rig_new();
	struct store_member again = alice;
	struct store_txn *t;
	struct loaded l;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	t = store_begin(rig->s);
	again.nick = VIEW("before");
	store_put_member(t, &again);
	store_put_member(t, &alice);
	again = alice;
	again.id = 11;
	again.addr = VIEW("sip:bob@example.org");
	store_put_member(t, &again);
	store_member_cursor(t, 11, 99);
	store_member_cursor(t, 12345, 99); /* nobody */
	again.id = 12;
	again.addr = VIEW("sip:carol@example.org");
	store_put_member(t, &again);
	store_del_member(t, 12);
	assert_int_equal(rig_run(rig, t), 0);
	reload(rig, &l);
	assert_int_equal(l.members, 2);
	assert_int_equal(l.member[0].id, 10);
	assert_int_equal(l.member[0].room, 1);
	assert_view(l.member[0].addr, "sip:Alice@example.org");
	assert_same(l.member[0].nick, ODD);
	assert_int_equal(l.member[0].role, 3);
	assert_int_equal(l.member[0].state, 1);
	assert_int_equal(l.member[0].acked, 41);
	assert_int_equal(l.member[0].joined_ms, 5);
	assert_int_equal(l.member[1].id, 11);
	assert_int_equal(l.member[1].acked, 99);
	forget(&l);
	rig_free(rig);
}

static const struct store_link link_lib = {
	.id = 20,
	.room = 1,
	.label = { "libera", 6 },
	.target = { "irc:libera/#lobby", 17 },
	.via = { "libera", 6 },
	.nick = { odd, sizeof(odd) - 1 },
	.configured = true,
	.acked = 3,
};

static void link_comes_back(void **state)
{
	struct rig *rig = rig_new();
	struct store_link other = link_lib;
	struct store_txn *t;
	struct loaded l;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	t = store_begin(rig->s);
	store_put_link(t, &link_lib);
	store_put_link(t, &link_lib); /* the same again is a change */
	other.id = 21;
	other.label = VIEW("home");
	other.via = VIEW_NONE;
	other.configured = false;
	store_put_link(t, &other);
	store_link_cursor(t, 21, 8);
	other.id = 22;
	other.label = VIEW("gone");
	store_put_link(t, &other);
	store_del_link(t, 22);
	assert_int_equal(rig_run(rig, t), 0);
	reload(rig, &l);
	assert_int_equal(l.links, 2);
	assert_int_equal(l.link[0].id, 20);
	assert_int_equal(l.link[0].room, 1);
	assert_view(l.link[0].label, "libera");
	assert_view(l.link[0].target, "irc:libera/#lobby");
	assert_view(l.link[0].via, "libera");
	assert_same(l.link[0].nick, ODD);
	assert_true(l.link[0].configured);
	assert_int_equal(l.link[0].acked, 3);
	assert_int_equal(l.link[1].via.n, 0);
	assert_false(l.link[1].configured);
	assert_int_equal(l.link[1].acked, 8);
	forget(&l);
	rig_free(rig);
}

static void inbox_comes_back(void **state)
{
	const struct store_inbox a = { .id = 5, .addr = VIEW("sip:a@h"),
				       .acked = 2 };
	const struct store_inbox b = { .id = 6, .addr = ODD };
	struct store_msg m = { .room = 5, .seq = 3, .inbox = true, .id = 9,
			       .from = VIEW("sip:b@h"), .text = ODD };
	struct rig *rig = rig_new();
	struct store_txn *t;
	struct loaded l;

	(void)state;
	rig_open(rig);
	t = store_begin(rig->s);
	store_put_inbox(t, &a);
	store_put_msg(t, &m);
	store_put_inbox(t, &a); /* changes nothing */
	store_put_inbox(t, &b);
	store_inbox_cursor(t, 6, 4);
	assert_int_equal(rig_run(rig, t), 0);
	/* no row: no message either, and a room is no inbox */
	t = store_begin(rig->s);
	m.room = 7;
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), ENOENT);
	t = store_begin(rig->s);
	m.room = 5;
	m.seq = 4;
	m.inbox = false;
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), ENOENT);
	reload(rig, &l);
	assert_int_equal(l.inboxes, 2);
	assert_int_equal(l.inbox[0].id, 5);
	assert_view(l.inbox[0].addr, "sip:a@h");
	assert_int_equal(l.inbox[0].head, 3);
	assert_int_equal(l.inbox[0].acked, 2);
	assert_true(view_eq(l.inbox[1].addr, ODD));
	assert_int_equal(l.inbox[1].acked, 4);
	forget(&l);
	t = store_begin(rig->s);
	store_del_inbox(t, 5);
	store_del_inbox(t, 77);
	assert_int_equal(rig_run(rig, t), 0);
	reload(rig, &l);
	assert_int_equal(l.inboxes, 1);
	assert_int_equal(l.inbox[0].id, 6);
	forget(&l);
	rig_free(rig);
}

static void assert_binding(const struct store_binding *b,
			   const struct store_binding *as)
{
	assert_true(view_eq(b->aor, as->aor));
	assert_int_equal(b->id, as->id);
	assert_true(view_eq(b->contact, as->contact));
	assert_true(view_eq(b->path, as->path));
	assert_true(view_eq(b->instance, as->instance));
	assert_int_equal(b->reg_id, as->reg_id);
	assert_true(view_eq(b->call_id, as->call_id));
	assert_int_equal(b->cseq, as->cseq);
	assert_true(view_eq(b->flow, as->flow));
	assert_int_equal(b->listener, as->listener);
	assert_true(view_eq(b->agent, as->agent));
	assert_int_equal(b->expires_ms, as->expires_ms);
	assert_int_equal(b->seen_ms, as->seen_ms);
	assert_int_equal(b->body_max, as->body_max);
	assert_int_equal(b->traits, as->traits);
}

static void bindings_come_back(void **state)
{
	const struct store_binding learned = {
		.aor = VIEW("sip:a@h"),
		.flow = VIEW("udp:192.0.2.1:5060"),
		.seen_ms = 7,
	};
	struct store_binding b = {
		.aor = VIEW("sip:a@h"),
		.id = INT64_MAX,
		.contact = VIEW("sip:a-1@192.0.2.1;x=y"),
		.path = VIEW("<sip:p;lr>"),
		.instance = VIEW("urn:uuid:1"),
		.reg_id = 2,
		.call_id = ODD,
		.cseq = UINT32_MAX,
		.flow = VIEW("tcp:[2001:db8::1]:5060"),
		.listener = 3,
		.agent = ODD,
		.expires_ms = 9,
		.seen_ms = 8,
		.body_max = 500,
		.traits = 6,
	};
	struct rig *rig = rig_new();
	struct store_txn *t;
	struct loaded l;

	(void)state;
	rig_open(rig);
	t = store_begin(rig->s);
	store_put_binding(t, &learned);
	store_put_binding(t, &b);
	b.cseq = 1;
	store_put_binding(t, &b);
	b.id = 4;
	store_put_binding(t, &b);
	store_del_binding(t, b.aor, 4);
	store_del_binding(t, VIEW("sip:nobody@h"), 0);
	assert_int_equal(rig_run(rig, t), 0);
	reload(rig, &l);
	assert_int_equal(l.bindings, 2);
	assert_binding(&l.binding[0], &learned);
	b.id = INT64_MAX;
	assert_binding(&l.binding[1], &b);
	forget(&l);
	rig_free(rig);
}

static const struct store_msg full = {
	.room = 1,
	.seq = 5,
	.id = INT64_MAX,
	.kind = 2,
	.from = { "sip:alice@example.org", 21 },
	.name = { "alice", 5 },
	.text = { odd, sizeof(odd) - 1 },
	.time_ms = 1700000000456,
	.origin = 20,
	.reply_to = 4,
	.audience = 10,
};

static void check_full(int err, const struct store_msg *msgs, size_t count,
		       void *arg)
{
	rig_note(arg, err);
	assert_int_equal(count, 2);
	assert_int_equal(msgs[0].room, 1);
	assert_int_equal(msgs[0].seq, 5);
	assert_int_equal(msgs[0].id, INT64_MAX);
	assert_int_equal(msgs[0].kind, 2);
	assert_view(msgs[0].from, "sip:alice@example.org");
	assert_view(msgs[0].name, "alice");
	assert_same(msgs[0].text, ODD);
	assert_int_equal(msgs[0].time_ms, 1700000000456);
	assert_int_equal(msgs[0].origin, 20);
	assert_int_equal(msgs[0].reply_to, 4);
	assert_int_equal(msgs[0].audience, 10);
	assert_int_equal(msgs[0].dedupe.n, 0);
	assert_int_equal(msgs[1].seq, 6);
	assert_int_equal(msgs[1].from.n, 0);
	assert_int_equal(msgs[1].text.n, 0);
}

static void message_comes_back(void **state)
{
	const struct store_msg bare = { .room = 1, .seq = 6, .id = 1 };
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	t = store_begin(rig->s);
	store_put_msg(t, &full);
	store_put_msg(t, &bare);
	assert_int_equal(rig_run(rig, t), 0);
	rig_shut(rig);
	rig_open(rig);
	store_read(rig->s, 1, 0, 256, check_full, rig_ask(rig));
	rig_wait(rig);
	assert_int_equal(rig->errs[rig->asked - 1], 0);
	rig_free(rig);
}

static void load_handlers_may_be_missing(void **state)
{
	const struct store_load none = { .arg = NULL };
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	t = store_begin(rig->s);
	store_put_member(t, &alice);
	store_put_link(t, &link_lib);
	assert_int_equal(rig_run(rig, t), 0);
	rig_shut(rig);
	rig_open(rig);
	assert_int_equal(store_load(rig->s, &none), 0);
	rig_free(rig);
}

static void deleted_room_takes_its_own_along(void **state)
{
	struct store_member bob = alice;
	struct rig *rig = rig_new();
	uint64_t seqs[256];
	struct store_txn *t;
	struct loaded l;

	(void)state;
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	rig_room(rig, 2, "other");
	t = store_begin(rig->s);
	store_put_member(t, &alice);
	bob.id = 11;
	bob.room = 2;
	store_put_member(t, &bob);
	store_put_link(t, &link_lib);
	assert_int_equal(rig_run(rig, t), 0);
	assert_int_equal(rig_run(rig, rig_say(rig, 1, 1, NULL)), 0);
	assert_int_equal(rig_run(rig, rig_say(rig, 2, 1, NULL)), 0);
	t = store_begin(rig->s);
	store_del_room(t, 1);
	assert_int_equal(rig_run(rig, t), 0);
	assert_int_equal(rig_seqs(rig, 1, 0, 256, seqs), 0);
	assert_int_equal(rig_seqs(rig, 2, 0, 256, seqs), 1);
	reload(rig, &l);
	assert_int_equal(l.rooms, 1);
	assert_int_equal(l.room[0].id, 2);
	assert_int_equal(l.members, 1);
	assert_int_equal(l.member[0].id, 11);
	assert_int_equal(l.links, 0);
	forget(&l);
	rig_free(rig);
}

/* ---- the seeds' tables, as another program sees them ---- */

static void look(const struct rig *rig, const char *sql, char out[512])
{
	sqlite3_stmt *st;
	char path[256];
	sqlite3 *h;
	int i;

	rig_path(rig, "confab.db", path);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &st, NULL), SQLITE_OK);
	out[0] = '\0';
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (i = 0; i < sqlite3_column_count(st); i++)
			snprintf(out + strlen(out), 512 - strlen(out), "%s%s",
				 i ? "|" : "",
				 (const char *)sqlite3_column_text(st, i));
		snprintf(out + strlen(out), 512 - strlen(out), "\n");
	}
	sqlite3_finalize(st);
	sqlite3_close(h);
}

static const struct {
	const char *addr;
	uint32_t role, state;
} people[] = {
	{ "sip:o@h.example", 3, 1 },    { "sip:a@h.example", 2, 1 },
	{ "sip:m@h.example", 1, 1 },    { "sip:i@h.example", 1, 0 },
	{ "sip:b@h.example", 0, 2 },    { "xmpp:x@h.example", 1, 1 },
	{ "irc:net.example/z", 77, 1 },
};

static void seeds_tables_are_readable(void **state)
{
	struct rig *rig = rig_new();
	struct store_room r = lobby;
	char out[512];
	struct store_txn *t;
	size_t i;

	(void)state;
	rig_open(rig);
	t = store_begin(rig->s);
	store_put_room(t, &r);
	for (i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		const struct store_member m = {
			.id = i + 1,
			.room = 1,
			.addr = view_str(people[i].addr),
			.role = people[i].role,
			.state = people[i].state,
		};

		store_put_member(t, &m);
	}
	assert_int_equal(rig_run(rig, t), 0);
	look(rig, "SELECT id, name, domain, flag FROM imc_rooms", out);
	assert_string_equal(out, "1|Lobby|confab.example|1\n");
	look(rig, "SELECT id, username, domain, flag FROM imc_members", out);
	assert_string_equal(out, "1|o|h.example|1\n2|a|h.example|2\n"
				 "3|m|h.example|0\n4|i|h.example|4\n"
				 "5|b|h.example|8\n6|xmpp:x|h.example|0\n"
				 "7|irc:net.example/z||0\n");
	look(rig, "SELECT DISTINCT room FROM imc_members", out);
	assert_string_equal(out, "sip:Lobby@confab.example\n");
	r.name = VIEW("hall");
	t = store_begin(rig->s);
	store_put_room(t, &r);
	assert_int_equal(rig_run(rig, t), 0);
	look(rig, "SELECT DISTINCT room FROM imc_members", out);
	assert_string_equal(out, "sip:hall@confab.example\n");
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(room_comes_back),
		TEST(room_changes_keep_its_journal),
		TEST(member_comes_back),
		TEST(link_comes_back),
		TEST(bindings_come_back),
		TEST(inbox_comes_back),
		TEST(message_comes_back),
		TEST(load_handlers_may_be_missing),
		TEST(deleted_room_takes_its_own_along),
		TEST(seeds_tables_are_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
