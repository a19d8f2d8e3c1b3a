/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Users on IRC networks: when they log in, as whom, and when they go. */
#include "igate_rig.h"
#include "iseat_priv.h"

static struct buf heard; /* what handlers heard: "wait 0\n", "told 11 x\n" */

static void on_wait(int err, void *arg)
{
	buf_addf(&heard, "wait %s %d\n", (const char *)arg, err);
}

static void on_told(int err, struct view words, void *arg)
{
	buf_addf(&heard, "told %s %d ", (const char *)arg, err);
	buf_addv(&heard, words);
	buf_addc(&heard, '\n');
}

static void assert_heard(const char *lines)
{
	assert_string_equal(buf_str(&heard), lines);
	buf_clear(&heard);
}

static struct seat *seat_of(const char *user, const char *network)
{
	struct buf b = { 0 };
	struct addr *a;
	struct seat *s;

	buf_addf(&b, "sip:%s@example.org", user);
	a = gr_addr(buf_str(&b));
	assert_int_equal(seat_get(&s, ir.gate, a, view_str(network)), 0);
	mem_deref(a);
	buf_free(&b);
	return s;
}

static const struct ircp hi = { .verb = IRCP_SAY, .place = VIEW("bob"),
				.text = VIEW("hi") };

static void done(void)
{
	buf_free(&heard);
	igate_rig_close();
}

/* ---- in ---- */

static void who_waits_is_told_when_it_is_up(void **state)
{
	struct seat *s;

	(void)state;
	igate_rig_open();
	s = seat_of("alice", "LIBERA");
	assert_ptr_equal(s, seat_of("alice", "libera"));
	assert_true(view_eqs(s->network, "libera"));
	assert_int_equal(seat_send(s, &hi, NULL, NULL), ENOTCONN);
	assert_int_equal(seat_wake(s, false), 0);
	assert_int_equal(s->state, SEAT_STARTING);
	seat_wait(s, on_wait, "one");
	assert_heard("");
	seat_comes_up("alice libera", "alice");
	assert_heard("wait one 0\n");
	seat_wait(s, on_wait, "two");
	assert_heard("");
	gr_advance(20);
	assert_heard("wait two 0\n");
	assert_int_equal(seat_send(s, &hi, on_told, "hi"), 0);
	assert_wire("alice libera: SAY place=bob text=hi\n");
	stub_sent("alice libera", 0, "");
	assert_heard("told hi 0 \n");
	done();
}

static void nobody_logs_in_as_the_relay(void **state)
{
	(void)state;
	ir.conf.contact = "abuse@example.org";
	igate_rig_open();
	assert_int_equal(seat_wake(seat_of("alice", "libera"), false), 0);
	assert_string_equal(stub_setting("alice libera", "server"),
			    "irc.x.org");
	assert_string_equal(stub_setting("alice libera", "nick"), "alice");
	assert_string_equal(stub_setting("alice libera", "username"), "alice");
	assert_string_equal(stub_setting("alice libera", "realname"),
			    "alice via confab (abuse@example.org)");
	assert_string_equal(stub_setting("alice libera", "login"), "");
	assert_string_equal(stub_setting("alice libera", "login_password"),
			    "");
	assert_string_equal(stub_setting("alice libera", "cert_file"), "");
	/* it may be an account's */
	assert_string_equal(stub_setting("alice libera", "password"), "");
	assert_int_equal(seat_wake(seat_of("alice", "oftc"), false), 0);
	assert_string_equal(stub_setting("alice oftc", "password"),
			    "serverpw");
	done();
}

static bool is_off;
static char unwanted_by[64];

static bool off(struct view network, struct buf *why, void *arg)
{
	(void)arg;
	if (is_off && view_eqs(network, "libera"))
		buf_adds(why, "switched off by dave");
	return why->n > 0;
}

static void unwanted(struct view network, struct view who, void *arg)
{
	(void)arg;
	assert_view(network, "libera");
	view_copy(unwanted_by, sizeof(unwanted_by), who);
	is_off = true;
	igate_network_off(ir.gate, network, VIEW("sent away"));
}

static void a_network_can_be_off(void **state)
{
	const struct ircp p = { .verb = IRCP_UNWANTED,
				.text = VIEW("dave!d@staff.net") };
	struct seat *s, *other, *late;

	(void)state;
	ir.conf.is_off = off;
	ir.conf.unwanted = unwanted;
	igate_rig_open();
	s = seat_of("alice", "libera");
	other = seat_of("alice", "oftc");
	late = seat_of("bob", "libera");
	seat_hold(s);
	assert_int_equal(seat_wake(s, false), 0);
	assert_int_equal(seat_wake(other, false), 0);
	seat_comes_up("alice libera", "alice");
	seat_comes_up("alice oftc", "alice");
	assert_int_equal(seat_wake(late, false), 0);
	buf_clear(&wire);
	stub_in("alice libera", &p);
	assert_string_equal(unwanted_by, "dave!d@staff.net");
	assert_wire("alice libera: LEAVE text=sent away\n");
	assert_int_equal(s->state, SEAT_OFF);
	assert_int_equal(late->state, SEAT_OFF);
	assert_int_equal(other->state, SEAT_UP);
	/* neither he nor what holds it brings it back */
	assert_int_equal(seat_wake(s, true), EACCES);
	assert_view(seat_trouble(s), "switched off by dave");
	gr_advance(20 * 60 * 1000);
	assert_false(stub_is_wanted("alice libera"));
	is_off = false;
	igate_network_changed(ir.gate, VIEW("libera"));
	gr_advance(2000);
	assert_true(stub_is_wanted("alice libera"));
	assert_false(stub_is_wanted("bob libera"));
	seat_release(s);
	done();
}

static void who_asks_for_a_nick_is_not_told_of_another_login(void **state)
{
	struct seat *s;

	(void)state;
	igate_rig_open();
	s = seat_of("alice", "libera");
	seat_wake(s, false);
	seat_comes_up("alice libera", "alice");
	sip_says("alice", "libera", ":nick al");
	buf_clear(&gr.sip);
	stub_lost("alice libera", LOST_NET, "gone");
	assert_null(s->asked_nick);
	assert_int_equal(seat_wake(s, true), 0);
	gr_advance(8000);
	assert_string_equal(stub_setting("alice libera", "nick"), "al");
	assert_sip("");
	done();
}

static void an_account_is_his_who_has_it(void **state)
{
	(void)state;
	igate_rig_open();
	assert_int_equal(seat_wake(seat_of("bob", "libera"), false), 0);
	assert_int_equal(seat_wake(seat_of("bob", "oftc"), false), 0);
	assert_string_equal(stub_setting("bob libera", "nick"), "bobby");
	assert_string_equal(stub_setting("bob libera", "login"), "bobby");
	assert_string_equal(stub_setting("bob libera", "login_password"),
			    "tops3cret");
	assert_string_equal(stub_setting("bob oftc", "nick"), "bob");
	assert_string_equal(stub_setting("bob oftc", "login"), "");
	seat_comes_up("bob libera", "bobby");
	assert_string_equal(buf_str(&gr.notes), "7: \n");
	done();
}

static void an_account_that_cannot_be_opened_is_refused(void **state)
{
	struct seat *s;

	(void)state;
	ir.account_bad = true;
	igate_rig_open();
	s = seat_of("bob", "libera");
	assert_int_equal(seat_wake(s, true), EACCES);
	assert_true(view_eqs(seat_trouble(s), "the key is missing"));
	assert_null(stub_find("bob libera"));
	ir.account_bad = false;
	igate_account_changed(ir.gate, s->aor, VIEW("libera"));
	assert_int_equal(seat_wake(s, false), 0);
	assert_true(stub_is_wanted("bob libera"));
	done();
}

static void nicks_fit(void **state)
{
	static const struct { const char *name, *nick; } fit[] = {
		{ "alice", "alice" },	  { "4930123", "_4930123" },
		{ "al.ice", "al_ice" },	  { "-x", "_-x" },
		{ "\xc3\xbcnal", "__nal" }, { "", "_" },
		{ "a@b c\r\n", "a_b_c__" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	};
	char nick[IRCB_NICK_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(fit) / sizeof(fit[0]); i++) {
		login_nick(nick, view_str(fit[i].name));
		assert_string_equal(nick, fit[i].nick);
		assert_true(ircb_is_nick(view_str(nick)));
	}
}

static void a_suffix_is_always_there_when_it_is_to_be(void **state)
{
	(void)state;
	ir.conf.nick_suffix = "|sip";
	ir.conf.nick_always = true;
	igate_rig_open();
	assert_int_equal(seat_wake(seat_of("alice", "libera"), false), 0);
	assert_string_equal(stub_setting("alice libera", "nick"), "alice|sip");
	assert_string_equal(stub_setting("alice libera", "nick_suffix"),
			    "|sip");
	done();
}

/* ---- turns ---- */

static size_t wanted(const char *const users[], size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct buf b = { 0 };

		buf_addf(&b, "%s libera", users[i]);
		n += stub_is_wanted(buf_str(&b));
		buf_free(&b);
	}
	return n;
}

static void logins_have_a_rate(void **state)
{
	static const char *const users[] = { "a", "b", "c", "d", "e", "f" };

	(void)state;
	ir.conf.logins_rate = 10; /* one a second, three at once */
	igate_rig_open();
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(seat_wake(seat_of(users[i], "libera"),
					   false),
				 0);
	assert_int_equal(wanted(users, 6), 3);
	assert_int_equal(seat_of("d", "libera")->state, SEAT_WAITING);
	assert_int_equal(seat_wake(seat_of("a", "oftc"), false), 0);
	assert_true(stub_is_wanted("a oftc"));
	gr_advance(1020);
	assert_int_equal(wanted(users, 6), 4);
	gr_advance(1020);
	gr_advance(1020);
	assert_int_equal(wanted(users, 6), 6);
	done();
}

static void a_ban_is_for_all_of_us(void **state)
{
	struct seat *a, *b;

	(void)state;
	igate_rig_open();
	a = seat_of("alice", "libera");
	b = seat_of("carol", "libera");
	assert_int_equal(seat_wake(a, true), 0);
	seat_wait(a, on_wait, "a");
	stub_lost("alice libera", LOST_REFUSED, "K-lined: open proxy");
	gr_advance(20);
	assert_heard("wait a 13\n");
	assert_int_equal(seat_wake(a, true), EACCES);
	assert_true(view_eqs(seat_trouble(a), "K-lined: open proxy"));
	assert_int_equal(seat_wake(b, true), 0);
	assert_int_equal(b->state, SEAT_WAITING);
	gr_advance(14000);
	assert_null(stub_find("carol libera"));
	gr_advance(32000);
	assert_true(stub_is_wanted("carol libera"));
	stub_lost("carol libera", LOST_REFUSED, "K-lined: open proxy");
	gr_advance(10 * 60 * 1000);
	assert_int_equal(seat_wake(a, true), 0);
	assert_true(stub_is_wanted("alice libera"));
	done();
}

static void a_wrong_password_is_his_alone(void **state)
{
	struct seat *b;

	(void)state;
	igate_rig_open();
	b = seat_of("bob", "libera");
	seat_hold(b);
	assert_int_equal(seat_wake(b, false), 0);
	stub_lost("bob libera", LOST_AUTH, "SASL failed");
	assert_string_equal(buf_str(&gr.notes), "7: SASL failed\n");
	assert_int_equal(seat_wake(seat_of("alice", "libera"), false), 0);
	assert_true(stub_is_wanted("alice libera"));
	/* never by itself */
	gr_advance(20 * 60 * 1000);
	gr_advance(3600 * 1000);
	assert_false(stub_is_wanted("bob libera"));
	assert_int_equal(seat_wake(b, false), EACCES);
	assert_int_equal(seat_wake(b, true), 0);
	assert_true(stub_is_wanted("bob libera"));
	seat_release(b);
	done();
}

static void full_workers_are_asked_again(void **state)
{
	struct seat *s;

	(void)state;
	igate_rig_open();
	start_err = EBUSY;
	s = seat_of("alice", "libera");
	assert_int_equal(seat_wake(s, true), 0);
	assert_int_equal(s->state, SEAT_WAITING);
	start_err = 0;
	gr_advance(1050);
	assert_int_equal(s->state, SEAT_STARTING);
	done();
}

/* ---- out ---- */

static void what_was_on_its_way_is_told(void **state)
{
	struct seat *s;

	(void)state;
	igate_rig_open();
	s = seat_of("alice", "libera");
	seat_wake(s, false);
	seat_comes_up("alice libera", "alice");
	seat_send(s, &hi, on_told, "one");
	seat_send(s, &hi, on_told, "two");
	seat_send(s, &hi, on_told, "three");
	seat_untell(s, "nothing");
	stub_lost("alice libera", LOST_NET, "timed out");
	assert_heard("told one 11 the connection broke\n"
		     "told two 11 the connection broke\n"
		     "told three 11 the connection broke\n");
	/* nothing holds it: it stays away */
	gr_advance(60 * 1000);
	assert_int_equal(stub_session("alice libera")->starts, 1);
	done();
}

static void what_holds_it_brings_it_back(void **state)
{
	struct seat *s;

	(void)state;
	igate_rig_open();
	s = seat_of("alice", "libera");
	seat_hold(s);
	seat_wake(s, false);
	seat_comes_up("alice libera", "alice");
	stub_lost("alice libera", LOST_NET, "timed out");
	gr_advance(20);
	assert_int_equal(s->state, SEAT_WAITING);
	assert_int_equal(stub_session("alice libera")->starts, 1);
	gr_advance(2000);
	assert_int_equal(stub_session("alice libera")->starts, 1);
	gr_advance(6000);
	assert_int_equal(stub_session("alice libera")->starts, 2);
	seat_release(s);
	done();
}

static void who_is_unused_leaves_quietly(void **state)
{
	struct seat *s, *held;

	(void)state;
	ir.conf.idle_s = 100;
	igate_rig_open();
	s = seat_of("alice", "libera");
	held = seat_of("bob", "libera");
	seat_hold(held);
	seat_wake(s, false);
	seat_wake(held, false);
	seat_comes_up("alice libera", "alice");
	seat_comes_up("bob libera", "bobby");
	gr_advance(90 * 1000);
	seat_busy(s);
	gr_advance(90 * 1000);
	assert_true(stub_is_wanted("alice libera"));
	gr_advance(20 * 1000);
	assert_false(stub_is_wanted("alice libera"));
	gr_advance(102 * 1000);
	assert_null(stub_find("alice libera"));
	assert_true(stub_is_wanted("bob libera"));
	assert_sip("");
	seat_release(held);
	done();
}

static void the_unused_make_room(void **state)
{
	struct addr *carol;
	struct seat *s, *a, *b;

	(void)state;
	ir.conf.seats = 2;
	igate_rig_open();
	carol = gr_addr("sip:carol@example.org");
	a = seat_of("alice", "libera");
	gr_advance(10);
	b = seat_of("bob", "libera");
	seat_wake(a, false);
	seat_wake(b, false);
	seat_comes_up("alice libera", "alice");
	seat_comes_up("bob libera", "bobby");
	assert_int_equal(seat_get(&s, ir.gate, carol, VIEW("libera")),
			 ENOSPC);
	gr_advance(50 * 1000);
	seat_hold(a);
	gr_advance(20 * 1000);
	assert_int_equal(seat_get(&s, ir.gate, carol, VIEW("libera")), 0);
	assert_non_null(stub_find("alice libera"));
	assert_null(stub_find("bob libera"));
	seat_release(a);
	mem_deref(carol);
	done();
}

static void there_is_no_seat_where_there_is_no_network(void **state)
{
	struct addr *a;
	struct seat *s;

	(void)state;
	igate_rig_open();
	a = gr_addr("sip:alice@example.org");
	assert_int_equal(seat_get(&s, ir.gate, a, VIEW("efnet")), ENOENT);
	mem_deref(a);
	done();
}

static void nobody_waits_for_ever(void **state)
{
	struct seat *s;

	(void)state;
	ir.conf.delay_s = 10;
	ir.conf.waiting = 2;
	igate_rig_open();
	s = seat_of("alice", "libera");
	seat_wake(s, false);
	seat_wait(s, on_wait, "one");
	seat_wait(s, on_wait, "two");
	seat_wait(s, on_wait, "three");
	assert_heard("wait three 28\n");
	seat_unwait(s, "nobody");
	gr_advance(9000);
	assert_heard("");
	gr_advance(2000);
	assert_heard("wait one 110\nwait two 110\n");
	done();
}

static bool alice_is_barred;

static bool may_be(const struct addr *user, void *arg)
{
	assert_ptr_equal(arg, &gr);
	return !alice_is_barred || !view_eqs(user->user, "alice");
}

static void who_is_no_user_of_ours_is_off_at_once(void **state)
{
	struct seat *s, *bob;
	struct addr *alice = gr_addr("sip:alice@example.org");

	(void)state;
	ir.conf.may = may_be;
	ir.conf.may_arg = &gr;
	alice_is_barred = false;
	igate_rig_open();
	s = seat_of("alice", "libera");
	bob = seat_of("bob", "libera");
	seat_hold(s); /* he is in a channel */
	seat_hold(bob);
	seat_wake(s, false);
	seat_wake(bob, false);
	seat_comes_up("alice libera", "alice");
	seat_comes_up("bob libera", "bob");
	seat_wait(s, on_wait, "one");
	alice_is_barred = true;
	igate_user_changed(ir.gate, alice, false);
	assert_false(stub_is_wanted("alice libera"));
	assert_true(stub_is_wanted("bob libera"));
	assert_heard("wait one 13\n");
	for (int i = 0; i < 20; i++)
		gr_advance(60000);
	assert_false(stub_is_wanted("alice libera"));
	assert_int_equal(seat_wake(s, true), EACCES);
	alice_is_barred = false;
	igate_user_changed(ir.gate, alice, false);
	gr_advance(10);
	assert_true(stub_is_wanted("alice libera"));
	seat_release(s);
	seat_release(bob);
	igate_user_changed(ir.gate, alice, true);
	gr_advance(10);
	assert_false(stub_is_wanted("alice libera"));
	mem_deref(alice);
	done();
}

static void offline_is_offline(void **state)
{
	struct seat *s;

	(void)state;
	igate_rig_open();
	s = seat_of("alice", "libera");
	seat_wake(s, false);
	seat_comes_up("alice libera", "alice");
	seat_send(s, &hi, on_told, "one");
	seat_offline(s, VIEW("bye"));
	assert_wire("alice libera: SAY place=bob text=hi\n"
		    "alice libera: LEAVE text=bye\n");
	/* his last words get their time */
	assert_true(stub_is_wanted("alice libera"));
	stub_sent("alice libera", 0, "");
	assert_heard("told one 0 \n");
	gr_advance(20);
	assert_false(stub_is_wanted("alice libera"));
	assert_int_equal(seat_wake(s, false), EACCES);
	seat_wait(s, on_wait, "x");
	gr_advance(20);
	assert_heard("wait x 125\n");
	/* not even an hour later */
	gr_advance(2 * 3600 * 1000);
	assert_ptr_equal(s, seat_of("alice", "libera"));
	assert_int_equal(seat_wake(s, false), EACCES);
	assert_int_equal(seat_wake(s, true), 0);
	done();
}

/* ---- nicks ---- */

static bool is_ours(const char *nick)
{
	return igate_is_ours(ir.gate, VIEW("libera"), view_str(nick));
}

static void nicks_are_ours_for_a_minute_more(void **state)
{
	const struct ircp other = { .verb = IRCP_NICK_IS,
				    .nick = VIEW("alicia"),
				    .other = VIEW("alice_") };

	(void)state;
	igate_rig_open();
	seat_wake(seat_of("alice", "libera"), false);
	assert_false(is_ours("alice_"));
	seat_comes_up("alice libera", "alice_");
	assert_true(is_ours("ALICE_"));
	assert_false(igate_is_ours(ir.gate, VIEW("oftc"), VIEW("alice_")));
	irc_says("alice libera", &other);
	assert_true(is_ours("alice_"));
	assert_true(is_ours("alicia"));
	gr_advance(61 * 1000);
	assert_false(is_ours("alice_"));
	assert_true(is_ours("alicia"));
	stub_lost("alice libera", LOST_NET, "gone");
	assert_true(is_ours("alicia"));
	gr_advance(59 * 1000);
	assert_true(is_ours("alicia"));
	gr_advance(2 * 1000);
	assert_false(is_ours("alicia"));
	done();
}

static void nonsense_from_below_is_let_go(void **state)
{
	struct session *s;

	(void)state;
	igate_rig_open();
	seat_wake(seat_of("alice", "libera"), false);
	seat_comes_up("alice libera", "alice");
	s = stub_session("alice libera");
	s->conf.parcelh(s, VIEW("nonsense"), s->conf.arg);
	assert_int_equal(seat_of("alice", "libera")->state, SEAT_UP);
	s->conf.senth(s, 4711, 0, VIEW_NONE, s->conf.arg);
	assert_heard("");
	done();
}

static void all_that_is_there_is_told(void **state)
{
	struct buf b = { 0 };
	struct sink out = sink_buf(&b);

	(void)state;
	igate_rig_open();
	seat_wake(seat_of("alice", "libera"), false);
	stub_lost("alice libera", LOST_NET, "no route");
	assert_int_equal(igate_status(ir.gate, &out), 0);
	assert_true(view_starts(
		buf_view(&b),
		VIEW("network libera: 0 wait for their turn\n"
		     "sip:alice@example.org on libera as alice: offline, "
		     "last error: no route\n")));
	buf_free(&b);
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IGATE_TEST(who_waits_is_told_when_it_is_up),
		IGATE_TEST(nobody_logs_in_as_the_relay),
		IGATE_TEST(a_network_can_be_off),
		IGATE_TEST(who_asks_for_a_nick_is_not_told_of_another_login),
		IGATE_TEST(an_account_is_his_who_has_it),
		IGATE_TEST(an_account_that_cannot_be_opened_is_refused),
		IGATE_TEST(nicks_fit),
		IGATE_TEST(a_suffix_is_always_there_when_it_is_to_be),
		IGATE_TEST(logins_have_a_rate),
		IGATE_TEST(a_ban_is_for_all_of_us),
		IGATE_TEST(a_wrong_password_is_his_alone),
		IGATE_TEST(full_workers_are_asked_again),
		IGATE_TEST(what_was_on_its_way_is_told),
		IGATE_TEST(what_holds_it_brings_it_back),
		IGATE_TEST(who_is_unused_leaves_quietly),
		IGATE_TEST(the_unused_make_room),
		IGATE_TEST(there_is_no_seat_where_there_is_no_network),
		IGATE_TEST(nobody_waits_for_ever),
		IGATE_TEST(who_is_no_user_of_ours_is_off_at_once),
		IGATE_TEST(offline_is_offline),
		IGATE_TEST(nicks_are_ours_for_a_minute_more),
		IGATE_TEST(nonsense_from_below_is_let_go),
		IGATE_TEST(all_that_is_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
