/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts: the table, its rows, and their secrets over restarts. */
#include "accounts.h"

#include <errno.h>
#include <sqlite3.h>

#include "store_rig.h"

static const uint8_t key_a[SEAL_KEY] = "the first key of the two, abcde";
static const uint8_t key_b[SEAL_KEY] = "and the other one, 123456789012";

#define XMPP VIEW("xmpp")
#define ALICE VIEW("sip:alice@x.org")
#define BOB VIEW("sip:bob@x.org")

struct world {
	struct rig *rig;
	struct accounts *as;
	struct account_watch watch;
	enum account_change told[80];
	size_t tells;
	char login[64]; /* of whom it was told last */
};

static void on_change(const struct account *a, enum account_change what,
		      void *arg)
{
	struct world *w = arg;

	assert_true(w->tells < 80);
	w->told[w->tells++] = what;
	assert_int_equal(view_copy(w->login, sizeof(w->login), a->login), 0);
}

static void start(struct world *w, const uint8_t *key)
{
	struct seal *seal = key ? seal_of(key) : NULL;
	struct store_load load = { .account = accounts_load,
				   .kept = accounts_load_kept };

	rig_open(w->rig);
	w->as = accounts_new(w->rig->s, seal, "seal.key: no such file");
	load.arg = w->as;
	assert_int_equal(store_load(w->rig->s, &load), 0);
	accounts_check(w->as);
	w->watch = (struct account_watch){ .network = "xmpp",
					   .h = on_change, .arg = w };
	accounts_watch(w->as, &w->watch);
	w->tells = 0;
	mem_deref(seal);
}

static void stop(struct world *w)
{
	rig_shut(w->rig);
	accounts_unwatch(w->as, &w->watch);
	accounts_free(w->as);
	w->as = NULL;
}

static void restart(struct world *w, const uint8_t *key)
{
	stop(w);
	start(w, key);
}

static void begin(struct world *w)
{
	*w = (struct world){ .rig = rig_new() };
	start(w, key_a);
}

static void end(struct world *w)
{
	stop(w);
	rig_free(w->rig);
}

/* The change's outcome: at once, or of the disk. */
static struct rig_ask *asked;

static int settle(struct world *w, int err)
{
	size_t n = asked->n;

	if (err) {
		rig_note(asked, err);
		return err;
	}
	rig_wait(w->rig);
	return w->rig->errs[n];
}

static struct account_new alice_new(const char *login, const char *secret)
{
	return (struct account_new){
		.network = XMPP,
		.owner = ALICE,
		.login = view_str(login),
		.host = VIEW("127.0.0.1"),
		.port = 5223,
		.resource = VIEW("phone"),
		.policy = ACCOUNT_REGISTERED,
		.settings = VIEW("a=b"),
		.secret = view_str(secret),
	};
}

static int add(struct world *w, const struct account_new *n)
{
	asked = rig_ask(w->rig);
	return settle(w, accounts_add(w->as, n, rig_done, asked));
}

static int passwd(struct world *w, uint64_t id, const char *secret)
{
	asked = rig_ask(w->rig);
	return settle(w, accounts_passwd(w->as, id, view_str(secret),
					 rig_done, asked));
}

static int enable(struct world *w, uint64_t id, bool on)
{
	asked = rig_ask(w->rig);
	return settle(w, accounts_enable(w->as, id, on, rig_done, asked));
}

static int del(struct world *w, uint64_t id)
{
	asked = rig_ask(w->rig);
	return settle(w, accounts_del(w->as, id, rig_done, asked));
}

static uint64_t add_alice(struct world *w, const char *login,
			  const char *secret)
{
	struct account_new n = alice_new(login, secret);

	assert_int_equal(add(w, &n), 0);
	return accounts_find(w->as, XMPP, ALICE, view_str(login))->id;
}

static void assert_secret(struct world *w, uint64_t id, const char *secret)
{
	struct buf out = { 0 }, why = { 0 };

	if (accounts_secret(w->as, id, &out, &why))
		fail_msg("%s", buf_str(&why));
	assert_string_equal(buf_str(&out), secret);
	seal_wipe(&out);
	buf_free(&why);
}

static void assert_no_secret(struct world *w, uint64_t id, int err,
			     const char *says)
{
	struct buf out = { 0 }, why = { 0 };

	assert_int_equal(accounts_secret(w->as, id, &out, &why), err);
	assert_int_equal(out.n, 0);
	if (!strstr(buf_str(&why), says))
		fail_msg("%s", buf_str(&why));
	if (err != ESRCH)
		assert_true(view_eq(accounts_by_id(w->as, id)->error,
				    buf_view(&why)));
	buf_free(&out);
	buf_free(&why);
}

static void sql(struct world *w, const char *text)
{
	char path[256];
	sqlite3 *db;

	rig_path(w->rig, "confab.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void what_is_added_is_there_after_a_restart(void **state)
{
	const struct account *a;
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "alice@y.org", "secret");
	assert_int_equal(w.tells, 1);
	assert_int_equal(w.told[0], ACCOUNT_ADDED);
	assert_string_equal(w.login, "alice@y.org");
	restart(&w, key_a);
	a = accounts_find(w.as, XMPP, ALICE, VIEW("alice@y.org"));
	assert_non_null(a);
	assert_int_equal(a->id, id);
	assert_true(view_eqs(a->host, "127.0.0.1"));
	assert_true(view_eqs(a->resource, "phone"));
	assert_true(view_eqs(a->settings, "a=b"));
	assert_int_equal(a->port, 5223);
	assert_int_equal(a->policy, ACCOUNT_REGISTERED);
	assert_true(a->enabled && a->has_secret && a->created_ms);
	assert_true(view_empty(a->error));
	assert_secret(&w, id, "secret");
	assert_ptr_equal(accounts_by_id(w.as, id), a);
	assert_int_equal(accounts_count(w.as, XMPP), 1);
	assert_int_equal(accounts_count(w.as, VIEW("irc")), 0);
	end(&w);
}

static void a_number_is_never_given_again(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "alice@y.org", "secret");
	asked = rig_ask(w.rig);
	assert_int_equal(settle(&w, accounts_del(w.as, id, rig_done, asked)),
			 0);
	restart(&w, key_a);
	assert_null(accounts_by_id(w.as, id));
	assert_int_equal(add_alice(&w, "other@y.org", "secret"), id + 1);
	end(&w);
}

static void first_enabled_one_is_the_default(void **state)
{
	struct world w;
	uint64_t one, two;

	(void)state;
	begin(&w);
	one = add_alice(&w, "one@y.org", ""); /* cannot log in yet */
	two = add_alice(&w, "two@y.org", "b");
	assert_int_equal(accounts_default(w.as, XMPP, ALICE)->id, two);
	assert_int_equal(passwd(&w, one, "a"), 0);
	assert_int_equal(accounts_default(w.as, XMPP, ALICE)->id, one);
	assert_int_equal(enable(&w, one, false), 0);
	assert_int_equal(accounts_default(w.as, XMPP, ALICE)->id, two);
	restart(&w, key_a);
	assert_int_equal(accounts_default(w.as, XMPP, ALICE)->id, two);
	assert_int_equal(enable(&w, one, true), 0);
	assert_int_equal(accounts_default(w.as, XMPP, ALICE)->id, one);
	assert_null(accounts_default(w.as, XMPP, BOB));
	assert_null(accounts_default(w.as, VIEW("irc"), ALICE));
	assert_int_equal(del(&w, one), 0);
	assert_int_equal(del(&w, two), 0);
	assert_null(accounts_default(w.as, XMPP, ALICE));
	restart(&w, key_a);
	assert_int_equal(accounts_count(w.as, VIEW_NONE), 0);
	end(&w);
}

static void changes_are_told(void **state)
{
	struct account_new n = { .host = VIEW("h.org"),
				 .policy = ACCOUNT_ALWAYS };
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "alice@y.org", "a");
	assert_int_equal(enable(&w, id, false), 0);
	assert_int_equal(enable(&w, id, true), 0);
	assert_int_equal(passwd(&w, id, "new"), 0);
	asked = rig_ask(w.rig);
	assert_int_equal(settle(&w, accounts_set(w.as, id, &n, rig_done,
						 asked)), 0);
	assert_true(view_eqs(accounts_by_id(w.as, id)->host, "h.org"));
	assert_secret(&w, id, "new");
	assert_int_equal(del(&w, id), 0);
	n = alice_new("alice", "a");
	n.network = VIEW("irc"); /* which this watch does not ask for */
	assert_int_equal(add(&w, &n), 0);
	assert_int_equal(w.tells, 6);
	assert_int_equal(w.told[1], ACCOUNT_DISABLED);
	assert_int_equal(w.told[2], ACCOUNT_ENABLED);
	assert_int_equal(w.told[3], ACCOUNT_NEW_SECRET);
	assert_int_equal(w.told[4], ACCOUNT_MOVED);
	assert_int_equal(w.told[5], ACCOUNT_REMOVED);
	end(&w);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *owner, *login, *host, *secret;
		int err;
	} bad[] = {
		{ "", "a@y", "", "x", EBADMSG },
		{ "alice@x.org", "a@y", "", "x", EBADMSG },
		{ "sip:a\n@x", "a@y", "", "x", EBADMSG },
		{ "sip:a@x", "", "", "x", EBADMSG },
		{ "sip:a@x", "a b@y", "", "x", EBADMSG },
		{ "sip:a@x", "a\r@y", "", "x", EBADMSG },
		{ "sip:a@x", "a\xff@y", "", "x", EBADMSG },
		{ "sip:a@x", "a@y", "h h", "x", EBADMSG },
		{ "sip:a@x", "a@y", "", "x\ny", EINVAL },
		{ "sip:a@x", "a@y", "", "x\xff", EINVAL },
		{ "sip:alice@x.org", "there@y.org", "", "x", EEXIST },
	};
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "there@y.org", "a");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct account_new n = {
			.network = XMPP,
			.owner = view_str(bad[i].owner),
			.login = view_str(bad[i].login),
			.host = view_str(bad[i].host),
			.secret = view_str(bad[i].secret),
		};

		assert_int_equal(add(&w, &n), bad[i].err);
		assert_true(strlen(account_why(bad[i].err)) > 5);
	}
	assert_int_equal(passwd(&w, id, ""), EINVAL);
	assert_int_equal(passwd(&w, 999, "x"), ESRCH);
	assert_int_equal(del(&w, 999), ESRCH);
	assert_int_equal(accounts_count(w.as, VIEW_NONE), 1);
	end(&w);
}

/* Two at once: the disk has the last word, and nothing is half done. */
static void same_account_twice_at_once_is_one(void **state)
{
	const struct account_new n = alice_new("alice@y.org", "a");
	struct rig_ask *first, *second;
	struct world w;
	size_t a, b;

	(void)state;
	begin(&w);
	first = rig_ask(w.rig);
	a = first->n;
	assert_int_equal(accounts_add(w.as, &n, rig_done, first), 0);
	second = rig_ask(w.rig);
	b = second->n;
	assert_int_equal(accounts_add(w.as, &n, rig_done, second), 0);
	assert_null(accounts_find(w.as, XMPP, ALICE, n.login));
	rig_wait(w.rig);
	assert_int_equal(w.rig->errs[a], 0);
	assert_int_equal(w.rig->errs[b], EEXIST);
	assert_int_equal(accounts_count(w.as, VIEW_NONE), 1);
	assert_int_equal(w.tells, 1);
	end(&w);
}

static void one_change_at_a_time(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "alice@y.org", "a");
	asked = rig_ask(w.rig);
	assert_int_equal(accounts_del(w.as, id, rig_done, asked), 0);
	assert_int_equal(accounts_enable(w.as, id, false, NULL, NULL),
			 EALREADY);
	assert_int_equal(accounts_passwd(w.as, id, VIEW("x"), NULL, NULL),
			 EALREADY);
	accounts_note(w.as, id, VIEW("noted meanwhile"));
	rig_wait(w.rig);
	assert_null(accounts_by_id(w.as, id));
	restart(&w, key_a);
	assert_null(accounts_by_id(w.as, id));
	end(&w);
}

static void nobody_has_too_many(void **state)
{
	struct world w;
	char login[32];

	(void)state;
	begin(&w);
	for (int i = 0; i < ACCOUNT_OWNER_ACCOUNTS; i++) {
		struct account_new n;

		snprintf(login, sizeof(login), "%d@y.org", i);
		n = alice_new(login, "");
		assert_int_equal(accounts_add(w.as, &n, NULL, NULL), 0);
	}
	/* they count before they are there */
	assert_int_equal(accounts_taken(w.as, XMPP, ALICE),
			 ACCOUNT_OWNER_ACCOUNTS);
	assert_int_equal(accounts_owned(w.as, XMPP, ALICE), 0);
	assert_int_equal(accounts_taken(w.as, XMPP, BOB), 0);
	{
		struct account_new n = alice_new("more@y.org", "");

		assert_int_equal(add(&w, &n), ENOSPC);
		n.owner = BOB;
		assert_int_equal(add(&w, &n), 0);
	}
	assert_int_equal(accounts_owned(w.as, XMPP, ALICE),
			 ACCOUNT_OWNER_ACCOUNTS);
	assert_int_equal(accounts_owned(w.as, XMPP, BOB), 1);
	end(&w);
}

static void another_key_loses_nothing(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "alice@y.org", "secret");
	expect_log(2);
	restart(&w, key_b);
	assert_no_secret(&w, id, ENOKEY, "another key");
	restart(&w, NULL);
	assert_no_secret(&w, id, ENOKEY, "seal.key: no such file");
	assert_int_equal(passwd(&w, id, "new"), ENOKEY);
	/* a change keeps what can't be read, and the words about it */
	assert_int_equal(enable(&w, id, false), 0);
	assert_true(accounts_by_id(w.as, id)->has_secret);
	restart(&w, key_a);
	assert_secret(&w, id, "secret");
	assert_true(view_empty(accounts_by_id(w.as, id)->error));
	assert_false(accounts_by_id(w.as, id)->enabled);
	end(&w);
}

static void new_password_mends_it(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "alice@y.org", "secret");
	expect_log(1);
	restart(&w, key_b);
	assert_false(view_empty(accounts_by_id(w.as, id)->error));
	assert_int_equal(passwd(&w, id, "new"), 0);
	assert_true(view_empty(accounts_by_id(w.as, id)->error));
	assert_secret(&w, id, "new");
	end(&w);
}

/* Who can write to the data base cannot log in as another. */
static void moved_row_stays_shut(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "alice@y.org", "secret");
	stop(&w);
	sql(&w, "UPDATE accounts SET owner = 'sip:bob@x.org'");
	expect_log(1);
	start(&w, key_a);
	assert_non_null(accounts_find(w.as, XMPP, BOB, VIEW("alice@y.org")));
	assert_no_secret(&w, id, EBADMSG, "sealed for something else");
	end(&w);
}

static void strange_rows_do_no_harm(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	stop(&w);
	sql(&w, "INSERT INTO accounts VALUES (7, '', '', '', 'x', '', 99999,"
		" '', 99, 5, '', -1, '', 0), (9, 'xmpp', 'sip:a@b', 'c', '',"
		" '', 0, '', 0, 0, '', 0, '', 0)");
	expect_log(1);
	start(&w, key_a);
	assert_int_equal(accounts_by_id(w.as, 7)->policy, ACCOUNT_DEFAULT);
	assert_false(accounts_by_id(w.as, 7)->enabled);
	assert_no_secret(&w, 9, ENODATA, "no password");
	assert_no_secret(&w, 8, ESRCH, "no such account");
	assert_true(add_alice(&w, "alice@y.org", "a") == 10);
	end(&w);
}

static void use_is_noted(void **state)
{
	char long_error[600];
	const struct account *a;
	struct world w;
	uint64_t id;

	(void)state;
	memset(long_error, 'x', sizeof(long_error) - 1);
	long_error[sizeof(long_error) - 1] = '\0';
	begin(&w);
	id = add_alice(&w, "alice@y.org", "a");
	assert_int_equal(accounts_by_id(w.as, id)->used_ms, 0);
	accounts_note(w.as, id, view_str(long_error));
	accounts_note(w.as, 999, VIEW("nobody's"));
	assert_int_equal(passwd(&w, id, "b"), 0); /* comes after it */
	assert_true(view_empty(accounts_by_id(w.as, id)->error));
	accounts_note(w.as, id, VIEW("not\r\nautho\x1brized\xff "));
	assert_true(view_eqs(accounts_by_id(w.as, id)->error,
			     "not authorized\xef\xbf\xbd"));
	accounts_note(w.as, id, VIEW("not authorized"));
	assert_int_equal(enable(&w, id, false), 0);
	restart(&w, key_a);
	a = accounts_by_id(w.as, id);
	assert_true(view_eqs(a->error, "not authorized"));
	assert_true(a->used_ms > 0);
	accounts_note(w.as, id, view_str(long_error));
	assert_int_equal(accounts_by_id(w.as, id)->error.n,
			 ACCOUNT_ERROR_MAX);
	end(&w);
}

/* A reference keeps what was; the table has what is. */
static void snapshots_stay_as_they_were(void **state)
{
	const struct account *old;
	struct world w;
	uint64_t id;

	(void)state;
	begin(&w);
	id = add_alice(&w, "alice@y.org", "a");
	old = mem_ref(accounts_by_id(w.as, id));
	assert_int_equal(enable(&w, id, false), 0);
	assert_int_equal(del(&w, id), 0);
	assert_true(old->enabled);
	assert_true(view_eqs(old->login, "alice@y.org"));
	mem_deref(old);
	end(&w);
}

static void all_are_walked_in_order(void **state)
{
	const struct account *a = NULL;
	struct account_new n;
	uint64_t last = 0;
	struct world w;
	size_t count = 0;

	(void)state;
	begin(&w);
	add_alice(&w, "one@y.org", "a");
	n = alice_new("two@y.org", "b");
	n.owner = BOB;
	assert_int_equal(add(&w, &n), 0);
	add_alice(&w, "three@y.org", "c");
	while ((a = accounts_each(w.as, VIEW_NONE, VIEW_NONE, a))) {
		assert_true(a->id > last);
		last = a->id;
		count++;
	}
	assert_int_equal(count, 3);
	a = accounts_each(w.as, XMPP, ALICE, NULL);
	assert_true(view_eqs(a->login, "one@y.org"));
	a = accounts_each(w.as, XMPP, ALICE, a);
	assert_true(view_eqs(a->login, "three@y.org"));
	assert_null(accounts_each(w.as, XMPP, ALICE, a));
	assert_null(accounts_each(w.as, VIEW("irc"), VIEW_NONE, NULL));
	end(&w);
}

/* Once for what faces keep beside the accounts. */
static void other_secrets_have_the_same_seal(void **state)
{
	const struct view room[] = { XMPP, ALICE, VIEW("room@y.org") };
	const struct view other[] = { XMPP, BOB, VIEW("room@y.org") };
	struct buf sealed = { 0 }, out = { 0 };
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(accounts_shut(w.as, &sealed, room, VIEW("pw")), 0);
	assert_int_equal(accounts_open(w.as, &out, other, buf_view(&sealed)),
			 EBADMSG);
	assert_int_equal(accounts_open(w.as, &out, room, buf_view(&sealed)),
			 0);
	assert_string_equal(buf_str(&out), "pw");
	seal_wipe(&out);
	restart(&w, NULL);
	assert_int_equal(accounts_open(w.as, &out, room, buf_view(&sealed)),
			 ENOKEY);
	assert_int_equal(accounts_shut(w.as, &out, room, VIEW("pw")), ENOKEY);
	buf_free(&sealed);
	end(&w);
}

/* A room may have the name of an account. */
static void one_kind_of_secret_is_not_the_other(void **state)
{
	const struct view parts[] = { XMPP, ALICE, VIEW("alice@y.org") };
	struct buf sealed = { 0 }, out = { 0 };
	struct seal *seal = seal_of(key_a);
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(seal_shut(&sealed, seal, parts, 3, VIEW("pw")), 0);
	assert_int_equal(accounts_open(w.as, &out, parts, buf_view(&sealed)),
			 EBADMSG);
	buf_clear(&sealed);
	assert_int_equal(accounts_shut(w.as, &sealed, parts, VIEW("pw")), 0);
	assert_int_equal(seal_open(&out, seal, parts, 3, buf_view(&sealed)),
			 EBADMSG);
	assert_int_equal(out.n, 0);
	mem_deref(seal);
	buf_free(&sealed);
	end(&w);
}

/* Nothing in clear anywhere in the data base. */
static void nothing_is_stored_in_clear(void **state)
{
	static const char secret[] = "Xyzzy-Plugh-Secret";
	char path[256];
	struct world w;
	FILE *f;
	char *all;
	size_t n;

	(void)state;
	begin(&w);
	add_alice(&w, "alice@y.org", secret);
	stop(&w);
	rig_path(w.rig, "confab.db", path);
	f = fopen(path, "rb");
	assert_non_null(f);
	all = mem_alloc(4 * 1024 * 1024);
	n = fread(all, 1, 4 * 1024 * 1024, f);
	fclose(f);
	assert_non_null(memmem(all, n, "alice@y.org", 11));
	assert_null(memmem(all, n, secret, strlen(secret)));
	mem_free(all);
	start(&w, key_a);
	end(&w);
}

static void owners_have_one_form(void **state)
{
	static const struct {
		const char *text, *owner;
	} rows[] = {
		{ "sip:Alice@EXAMPLE.org:5060;x=y",
		  "sip:Alice@example.org" },
		{ "alice@Example.Org", "sip:alice@example.org" },
		{ " alice ", "sip:alice@our.org" },
		{ "sips:alice@example.org", "sip:alice@example.org" },
		{ "sip:example.org", NULL },
		{ "", NULL },
		{ "a b@example.org", NULL },
		{ "sip:a@", NULL },
		{ "sip:a@b@c", NULL },
		{ "mailto:a@b", NULL },
		{ "a\n@b", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		int err = account_owner(&out, view_str(rows[i].text),
					VIEW("our.org"));

		if (rows[i].owner) {
			assert_int_equal(err, 0);
			assert_string_equal(buf_str(&out), rows[i].owner);
		} else if (!err) {
			fail_msg("\"%s\" gave %s", rows[i].text,
				 buf_str(&out));
		}
		buf_free(&out);
	}
}

static void policies_have_names(void **state)
{
	enum account_policy p;

	(void)state;
	for (int i = 0; i < ACCOUNT_POLICIES; i++) {
		const char *name = account_policy_name((enum account_policy)i);

		assert_int_equal(account_policy_parse(&p, view_str(name)), 0);
		assert_int_equal(p, i);
	}
	assert_int_equal(account_policy_parse(&p, VIEW("never")), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_added_is_there_after_a_restart),
		TEST(a_number_is_never_given_again),
		TEST(first_enabled_one_is_the_default),
		TEST(changes_are_told),
		TEST(what_makes_no_sense_is_refused),
		TEST(same_account_twice_at_once_is_one),
		TEST(one_change_at_a_time),
		TEST(nobody_has_too_many),
		TEST(another_key_loses_nothing),
		TEST(new_password_mends_it),
		TEST(moved_row_stays_shut),
		TEST(strange_rows_do_no_harm),
		TEST(use_is_noted),
		TEST(snapshots_stay_as_they_were),
		TEST(all_are_walked_in_order),
		TEST(other_secrets_have_the_same_seal),
		TEST(one_kind_of_secret_is_not_the_other),
		TEST(nothing_is_stored_in_clear),
		TEST(owners_have_one_form),
		TEST(policies_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
