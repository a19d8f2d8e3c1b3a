/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users have on other networks, and the meta of messages: stored,
 * changed, unique, and there after a restart. */
#include <errno.h>
#include <sqlite3.h>

#include "buf.h"
#include "store_rig.h"

/* All rows as one text: a line each. */
struct got {
	struct buf text;
};

static void line(struct got *g, const char *kind, const struct view *v,
		 size_t n)
{
	buf_adds(&g->text, kind);
	for (size_t i = 0; i < n; i++) {
		buf_addc(&g->text, ' ');
		buf_addv(&g->text, v[i]);
	}
}

static void on_account(const struct store_account *a, void *arg)
{
	const struct view v[] = { a->network, a->owner, a->login, a->secret,
				  a->host, a->resource, a->error,
				  a->settings };
	struct got *g = arg;

	line(g, "account", v, 8);
	buf_addf(&g->text, " %llu %u %u %d %llu %llu\n",
		 (unsigned long long)a->id, a->port, a->policy, a->enabled,
		 (unsigned long long)a->used_ms,
		 (unsigned long long)a->created_ms);
}

static void on_visit(const struct store_visit *v, void *arg)
{
	const struct view parts[] = { v->network, v->owner, v->room, v->nick,
				      v->secret, v->last_id, v->settings };
	struct got *g = arg;

	line(g, "visit", parts, 7);
	buf_addf(&g->text, " %llu %d %llu\n", (unsigned long long)v->id,
		 v->wanted, (unsigned long long)v->last_ms);
}

static void on_watch(const struct store_watch *w, void *arg)
{
	const struct view parts[] = { w->network, w->user, w->other };
	struct got *g = arg;

	line(g, "watch", parts, 3);
	buf_addf(&g->text, " %u %u %llu %llu\n", w->direction, w->state,
		 (unsigned long long)w->number,
		 (unsigned long long)w->asked_ms);
}

static void on_kept(const struct store_kept *k, void *arg)
{
	const struct view parts[] = { k->network, k->key, k->value };
	struct got *g = arg;

	line(g, "kept", parts, 3);
	buf_addc(&g->text, '\n');
}

static void on_sub(const struct store_sub *s, void *arg)
{
	const struct view parts[] = {
		s->package, s->resource, s->watcher, s->call_id, s->tag,
		s->own_tag, s->own_uri, s->event, s->event_id, s->peer,
		s->target, s->route, s->flow, s->list,
	};
	struct got *g = arg;

	line(g, "sub", parts, 14);
	buf_addf(&g->text, " %llu %u %u %u %u %d %llu\n",
		 (unsigned long long)s->id, s->listener, s->cseq_in,
		 s->cseq_out, s->state, s->stranger,
		 (unsigned long long)s->expires_ms);
}

static void on_pub(const struct store_pub *p, void *arg)
{
	const struct view parts[] = { p->package, p->resource, p->etag,
				      p->body };
	struct got *g = arg;

	line(g, "pub", parts, 4);
	buf_addf(&g->text, " %llu %llu %llu %llu\n",
		 (unsigned long long)p->id, (unsigned long long)p->said,
		 (unsigned long long)p->heard,
		 (unsigned long long)p->expires_ms);
}

/* After a restart. */
static void assert_rows(struct rig *rig, const char *want)
{
	struct got g = { { 0 } };
	const struct store_load load = { .account = on_account,
					 .visit = on_visit,
					 .watch = on_watch,
					 .kept = on_kept,
					 .sub = on_sub,
					 .pub = on_pub,
					 .arg = &g };
	const struct store_load none = { .arg = &g };

	rig_shut(rig);
	rig_open(rig);
	assert_int_equal(store_load(rig->s, &none), 0);
	assert_int_equal(g.text.n, 0);
	assert_int_equal(store_load(rig->s, &load), 0);
	assert_string_equal(buf_str(&g.text), want);
	buf_free(&g.text);
}

static struct store_account account_of(uint64_t id, const char *owner,
				       const char *login)
{
	return (struct store_account){
		.id = id,
		.network = VIEW("xmpp"),
		.owner = view_str(owner),
		.login = view_str(login),
		.secret = VIEW("s1:x"),
		.host = VIEW("h.org"),
		.port = 5222,
		.resource = VIEW("res"),
		.policy = 3,
		.enabled = true,
		.error = VIEW("err"),
		.used_ms = 4,
		.settings = VIEW("a=b"),
		.created_ms = 5,
	};
}

static int put_account(struct rig *rig, const struct store_account *a)
{
	struct store_txn *t = store_begin(rig->s);

	store_put_account(t, a);
	return rig_run(rig, t);
}

static void accounts_are_kept(void **state)
{
	struct store_account a = account_of(2, "sip:a@x", "a@y");
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	assert_int_equal(put_account(rig, &a), 0);
	a = account_of(1, "sip:b@x", "a@y");
	assert_int_equal(put_account(rig, &a), 0);
	assert_rows(rig,
		    "account xmpp sip:b@x a@y s1:x h.org res err a=b "
		    "1 5222 3 1 4 5\n"
		    "account xmpp sip:a@x a@y s1:x h.org res err a=b "
		    "2 5222 3 1 4 5\n");
	a.enabled = false;
	a.secret = VIEW_NONE;
	assert_int_equal(put_account(rig, &a), 0);
	t = store_begin(rig->s);
	store_account_used(t, 1, 77, VIEW("bad"));
	store_account_used(t, 99, 77, VIEW("nobody's"));
	store_del_account(t, 2);
	store_del_account(t, 98);
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "account xmpp sip:b@x a@y  h.org res bad a=b "
			 "1 5222 3 0 77 5\n");
	rig_free(rig);
}

static void account_is_unique(void **state)
{
	struct store_account a = account_of(1, "sip:a@x", "a@y");
	struct rig *rig = rig_new();

	(void)state;
	rig_open(rig);
	assert_int_equal(put_account(rig, &a), 0);
	a.id = 2;
	assert_int_equal(put_account(rig, &a), EEXIST);
	a.network = VIEW("irc");
	assert_int_equal(put_account(rig, &a), 0);
	rig_free(rig);
}

/* The seeds' column: 0 is enabled. */
static void type_is_as_in_the_seeds(void **state)
{
	struct store_account a = account_of(1, "sip:a@x", "a@y");
	struct rig *rig = rig_new();
	sqlite3_stmt *st;
	char path[256];
	sqlite3 *db;

	(void)state;
	rig_open(rig);
	assert_int_equal(put_account(rig, &a), 0);
	rig_shut(rig);
	rig_path(rig, "confab.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT type FROM accounts",
					    -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	rig_free(rig);
}

static void visits_are_kept(void **state)
{
	struct store_visit v = {
		.id = 1,
		.network = VIEW("xmpp"),
		.owner = VIEW("sip:a@x"),
		.room = VIEW("room@y"),
		.nick = VIEW("al"),
		.secret = VIEW("s1:y"),
		.wanted = true,
		.settings = VIEW("s"),
	};
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	t = store_begin(rig->s);
	store_put_visit(t, &v);
	store_visit_mark(t, 1, VIEW("id-9"), 900);
	store_visit_mark(t, 9, VIEW("nobody's"), 900);
	v.id = 2;
	v.room = VIEW("other@y");
	v.wanted = false;
	store_put_visit(t, &v);
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "visit xmpp sip:a@x room@y al s1:y id-9 s 1 1 900\n"
			 "visit xmpp sip:a@x other@y al s1:y  s 2 0 0\n");
	t = store_begin(rig->s);
	v.id = 3;
	store_put_visit(t, &v);
	assert_int_equal(rig_run(rig, t), EEXIST);
	t = store_begin(rig->s);
	store_del_visit(t, 1);
	v.id = 2;
	v.nick = VIEW("bo");
	store_put_visit(t, &v);
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "visit xmpp sip:a@x other@y bo s1:y  s 2 0 0\n");
	rig_free(rig);
}

static void watches_are_kept(void **state)
{
	struct store_watch w = {
		.network = VIEW("xmpp"),
		.user = VIEW("sip:a@x"),
		.other = VIEW("xmpp:b@y"),
		.state = 1,
		.number = 17,
		.asked_ms = 5,
	};
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	t = store_begin(rig->s);
	store_put_watch(t, &w);
	w.direction = 1;
	store_put_watch(t, &w);
	w.state = 2;
	store_put_watch(t, &w);
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "watch xmpp sip:a@x xmpp:b@y 0 1 17 5\n"
			 "watch xmpp sip:a@x xmpp:b@y 1 2 17 5\n");
	t = store_begin(rig->s);
	w.direction = 0;
	store_del_watch(t, &w);
	store_del_watch(t, &w);
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "watch xmpp sip:a@x xmpp:b@y 1 2 17 5\n");
	rig_free(rig);
}

static void values_are_kept(void **state)
{
	struct store_kept k = { VIEW("xmpp"), VIEW("mam:a"), VIEW("1") };
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	t = store_begin(rig->s);
	store_put_kept(t, &k);
	k.value = VIEW("2");
	store_put_kept(t, &k);
	k.network = VIEW("irc");
	store_put_kept(t, &k);
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "kept irc mam:a 2\nkept xmpp mam:a 2\n");
	t = store_begin(rig->s);
	store_del_kept(t, VIEW("xmpp"), VIEW("mam:a"));
	store_del_kept(t, VIEW("xmpp"), VIEW("none"));
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "kept irc mam:a 2\n");
	rig_free(rig);
}

static void subscriptions_are_kept(void **state)
{
	struct store_sub s = {
		.id = 7, .package = VIEW("p"), .resource = VIEW("r"),
		.watcher = VIEW("w"), .call_id = VIEW("c"), .tag = VIEW("t"),
		.own_tag = VIEW("o"), .own_uri = VIEW("u"),
		.event = VIEW("e"), .event_id = VIEW("i"),
		.peer = VIEW("x"), .target = VIEW("y"), .route = VIEW("z"),
		.flow = VIEW("f"), .listener = 1, .cseq_in = UINT32_MAX,
		.cseq_out = 3, .state = 1, .stranger = true,
		.expires_ms = 4, .list = VIEW("l"),
	};
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	t = store_begin(rig->s);
	store_put_sub(t, &s);
	s.id = 8;
	s.cseq_out = 99;
	store_put_sub(t, &s);
	s.cseq_out = 100;
	store_put_sub(t, &s);
	store_del_sub(t, 7);
	store_del_sub(t, 9);
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "sub p r w c t o u e i x y z f l"
			 " 8 1 4294967295 100 1 1 4\n");
	rig_free(rig);
}

static void publications_are_kept(void **state)
{
	struct store_pub p = { 3, VIEW("p"), VIEW("r"), VIEW("e"),
			       VIEW("<b/>"), 1, 2, 5 };
	struct rig *rig = rig_new();
	struct store_txn *t;

	(void)state;
	rig_open(rig);
	t = store_begin(rig->s);
	store_put_pub(t, &p);
	p.id = 4;
	store_put_pub(t, &p);
	p.etag = VIEW("f");
	store_put_pub(t, &p);
	store_del_pub(t, 3);
	assert_int_equal(rig_run(rig, t), 0);
	assert_rows(rig, "pub p r f <b/> 4 1 2 5\n");
	rig_free(rig);
}

/* ---- the meta of messages ---- */

static void on_page(int err, const struct store_msg *msgs, size_t count,
		    void *arg)
{
	struct rig_ask *ask = arg;

	assert_int_equal(err, 0);
	assert_int_equal(count, 3);
	assert_true(view_empty(msgs[0].meta));
	assert_int_equal(msgs[1].meta.n, STORE_META_MAX);
	assert_int_equal(msgs[1].meta.p[STORE_META_MAX - 1], 'm');
	assert_true(view_eqs(msgs[1].text, "two"));
	assert_true(view_eqs(msgs[2].meta, "lang=de"));
	assert_true(view_eqs(msgs[2].text, "three"));
	rig_note(ask, 0);
}

static void put_msg(struct rig *rig, uint64_t seq, const char *text,
		    struct view meta)
{
	struct store_txn *t = store_begin(rig->s);
	struct store_msg m = rig_msg(1, seq, text);

	m.meta = meta;
	store_put_msg(t, &m);
	assert_int_equal(rig_run(rig, t), 0);
}

static void meta_comes_back(void **state)
{
	struct rig *rig = rig_new();
	char big[STORE_META_MAX];

	(void)state;
	memset(big, 'm', sizeof(big));
	rig_open(rig);
	rig_room(rig, 1, "lobby");
	put_msg(rig, 1, "one", VIEW_NONE);
	put_msg(rig, 2, "two", view_mem(big, sizeof(big)));
	put_msg(rig, 3, "three", VIEW("lang=de"));
	store_read(rig->s, 1, 0, 10, on_page, rig_ask(rig));
	store_history(rig->s, 1, (struct store_span){ 0, UINT64_MAX }, 10,
		      on_page, rig_ask(rig));
	rig_wait(rig);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accounts_are_kept),
		TEST(account_is_unique),
		TEST(type_is_as_in_the_seeds),
		TEST(visits_are_kept),
		TEST(watches_are_kept),
		TEST(values_are_kept),
		TEST(subscriptions_are_kept),
		TEST(publications_are_kept),
		TEST(meta_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
