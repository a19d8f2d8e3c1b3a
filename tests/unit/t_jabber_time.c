/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the worker does when time goes by: in this process, with a clock that
 * moves as the test says, and the test as the server and as the daemon.
 */
#include "test.h"

#include <stdio.h>

#include "account.h"
#include "clock.h"
#include "muc.h"

static struct jab jab;
static struct loop *loop;

/* Each turn is 10 ms of the frozen clock, so this is 40 seconds at most, and
 * of real time what the sockets need. */
#define AWAIT(cond) \
	do { \
		int await_turns = 0; \
		while (!(cond)) { \
			clock_advance(10); \
			loop_turn(loop, 5); \
			if (++await_turns > 4000) \
				fail_msg("waited in vain: %s", #cond); \
		} \
	} while (0)

#include "jabstub.h"

/* ---- the daemon's side ---- */

static struct {
	int up, lost_account, joined, lost, heard, delivered, failed, done;
	enum worker_lost why;
	bool again;
	size_t behind; /* as the worker is told */
	char words[256];
	int troubles;
	char trouble[20][200];
} seen;

static void keep(struct view text)
{
	view_copy(seen.words, sizeof(seen.words),
		  view_head(text, sizeof(seen.words) - 1));
}

void worker_done(struct worker *w)
{
	(void)w;
	seen.done++;
}

size_t worker_behind(const struct worker *w)
{
	(void)w;
	return seen.behind;
}

void worker_account_up(struct worker *w, uint32_t account, struct view own)
{
	(void)w, (void)account, (void)own;
	seen.up++;
}

void worker_account_lost(struct worker *w, uint32_t account,
			 enum worker_lost why, struct view text)
{
	(void)w, (void)account;
	seen.lost_account++;
	seen.why = why;
	keep(text);
}

void worker_joined(struct worker *w, uint64_t leg, struct view own_nick)
{
	(void)w, (void)leg, (void)own_nick;
	seen.joined++;
}

void worker_lost(struct worker *w, uint64_t leg, enum worker_lost why,
		 struct view text)
{
	(void)w, (void)leg;
	seen.lost++;
	seen.why = why;
	keep(text);
}

void worker_heard(struct worker *w, uint64_t leg, unsigned kind,
		  struct view nick, struct view text, uint64_t time_ms,
		  struct view stable_id)
{
	(void)w, (void)leg, (void)kind, (void)nick, (void)text;
	(void)time_ms, (void)stable_id;
	seen.heard++;
}

void worker_delivered(struct worker *w, uint64_t leg, uint64_t seq)
{
	(void)w, (void)leg, (void)seq;
	seen.delivered++;
}

void worker_failed(struct worker *w, uint64_t leg, uint64_t seq, bool again,
		   struct view text)
{
	(void)w, (void)leg, (void)seq;
	seen.failed++;
	seen.again = again;
	keep(text);
}

void worker_people(struct worker *w, uint64_t leg,
		   const struct worker_people *p)
{
	(void)w;
	(void)leg;
	(void)p;
}

void worker_trouble(struct worker *w, uint64_t leg, struct view words)
{
	(void)w;
	assert_int_equal(leg, 7);
	assert_true(seen.troubles < 20 && words.n < 200);
	view_copy(seen.trouble[seen.troubles++], 200, words);
}

void worker_missed(struct worker *w, uint64_t leg)
{
	(void)w;
	(void)leg;
}

void worker_topic(struct worker *w, uint64_t leg, enum worker_topic how,
		  struct view nick, struct view text)
{
	(void)w, (void)leg, (void)how, (void)nick, (void)text;
}

/* ---- helpers ---- */

static void ask_for_room_by(const char *tls)
{
	char port[8];
	struct wire_msg m = { .s = { VIEW("home") } };

	snprintf(port, sizeof(port), "%u", stub.port);
	const struct wire_setting settings[] = {
		{ VIEW("jid"), VIEW("gw1@xmpp.test") },
		{ VIEW("password"), VIEW("pw") },
		{ VIEW("server"), VIEW("127.0.0.1") },
		{ VIEW("port"), view_str(port) },
		{ VIEW("tls"), view_str(tls) },
	};

	m.settings_count = sizeof(settings) / sizeof(settings[0]);
	memcpy(m.settings, settings, sizeof(settings));
	account_new(&jab, 1, &m);
	assert_non_null(room_new(account_find(&jab, 1), &(struct worker_join){
		.leg = 7, .place = VIEW(ROOM), .nick = VIEW("confab") }));
	account_want(account_find(&jab, 1));
}

static void ask_for_room(void)
{
	ask_for_room_by("off");
}

static void be_in_the_room(void)
{
	ask_for_room();
	stub_answers_login();
	stub_answers_join();
	AWAIT(seen.joined);
}

static void say_something(void)
{
	const struct worker_say say = { .leg = 7, .seq = 1,
					.name = VIEW("a"),
					.text = VIEW("b") };

	room_say(room_find(&jab, 7), &say);
	stub_sees("</message>");
}

/* The clock moves, and what is due then happens. */
static void pass(uint64_t ms)
{
	clock_advance(ms);
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 1);
}

/* Something from the server that has no meaning. */
static void sign_of_life(void)
{
	stub_send("<presence from='x@y'/><iq type='get' id='life' "
		  "from='xmpp.test'><ping xmlns='urn:xmpp:ping'/></iq>");
	stub_sees("life");
}

/* The id of the last request to the room that the stub saw. */
static void answer_self_ping(const char *type, const char *error)
{
	struct buf b = { 0 };
	const char *id;

	AWAIT(stub_has("to=\"" ROOM "/confab\"") &&
	      stub_has("id=\"s"));
	id = strstr(buf_str(&stub.in), "id=\"s") + 4;
	buf_adds(&b, "<iq from='" ROOM "/confab' type='");
	buf_adds(&b, type);
	buf_adds(&b, "' id='");
	buf_add(&b, id, 17);
	buf_adds(&b, "'>");
	buf_adds(&b, error);
	buf_adds(&b, "</iq>");
	stub_send(buf_str(&b));
	buf_free(&b);
	buf_clear(&stub.in);
}

#define ERROR(condition) "<error type='cancel'><" condition \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	memset(&seen, 0, sizeof(seen));
	clock_freeze(1000000, 1700000000000);
	if (loop_new(&loop) || jab_start(&jab, NULL, loop))
		return 1;
	stub_open();
	return 0;
}

static int teardown(void **state)
{
	jab_stop(&jab);
	stub_close();
	loop_free(loop);
	clock_thaw();
	if (seen.done != 1)
		return 1;
	return test_teardown(state);
}

/* ---- the tests ---- */

static void a_login_has_its_time(void **state)
{
	(void)state;
	ask_for_room();
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	pass(29000);
	assert_int_equal(seen.lost_account, 0);
	pass(1100);
	assert_int_equal(seen.lost_account, 1);
	assert_int_equal(seen.why, GONE_NET);
	assert_non_null(strstr(seen.words, "30 seconds"));
}

static void a_silent_server_is_pinged(void **state)
{
	(void)state;
	be_in_the_room();
	pass(39000);
	assert_false(stub_has("urn:xmpp:ping"));
	pass(1500);
	stub_sees("urn:xmpp:ping");
	sign_of_life(); /* anything will do as an answer */
	pass(30000);
	assert_int_equal(seen.lost_account, 0);
	pass(11000); /* of 60 s in which such a server is to be found */
	stub_sees("urn:xmpp:ping");
	pass(15100);
	assert_int_equal(seen.lost_account, 1);
	assert_int_equal(seen.why, GONE_NET);
	assert_non_null(strstr(seen.words, "does not answer"));
	assert_null(room_find(&jab, 7));
}

static void tls_comes_to_a_halt(void **state)
{
	(void)state;
	ask_for_room_by("required");
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send(FEATURES(STARTTLS PLAIN));
	stub_sees("<starttls");
	stub_send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	stub_sees("\x16\x03");
	pass(9000);
	assert_int_equal(seen.lost_account, 0);
	pass(1100);
	assert_int_equal(seen.lost_account, 1);
	assert_int_equal(seen.why, GONE_NET);
	assert_non_null(strstr(seen.words, "came to a halt"));
}

static void a_join_has_its_time(void **state)
{
	(void)state;
	ask_for_room();
	stub_answers_login();
	stub_sees("maxstanzas");
	pass(30100);
	assert_int_equal(seen.lost, 1);
	assert_int_equal(seen.why, GONE_NET);
	assert_non_null(strstr(seen.words, "in time"));
}

static void what_does_not_come_back_is_given_up(void **state)
{
	(void)state;
	be_in_the_room();
	say_something();
	pass(19000);
	assert_false(stub_has("urn:xmpp:ping"));
	pass(11000);
	answer_self_ping("result", "");
	AWAIT(seen.failed);
	assert_false(seen.again);
	assert_non_null(strstr(seen.words, "did not pass"));
	assert_int_equal(seen.lost, 0);
}

static void not_in_the_room_any_more(void **state)
{
	(void)state;
	be_in_the_room();
	say_something();
	pass(30000);
	answer_self_ping("error", ERROR("not-acceptable"));
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_NET);
	assert_int_equal(seen.failed, 0);
}

static void ten_minutes_of_silence(void **state)
{
	(void)state;
	be_in_the_room();
	for (int i = 0; i < 11; i++) {
		pass(50000);
		sign_of_life();
	}
	assert_false(stub_has("id=\"s"));
	pass(55000);
	answer_self_ping("error", ERROR("service-unavailable"));
	pass(50000);
	sign_of_life();
	assert_false(stub_has("id=\"s"));
	assert_int_equal(seen.lost, 0);
}

static void a_room_out_of_reach(void **state)
{
	(void)state;
	be_in_the_room();
	say_something();
	pass(30000);
	for (int i = 0; i < 4; i++) {
		answer_self_ping("error", ERROR("remote-server-timeout"));
		pass(35000);
		sign_of_life();
		assert_int_equal(seen.lost, 0);
		pass(35000);
	}
	answer_self_ping("error", ERROR("remote-server-timeout"));
	pass(10100);
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_NET);
	assert_non_null(strstr(seen.words, "the room does not answer"));
}

static void private_message(const char *id)
{
	struct buf b = { 0 };

	buf_adds(&b, "<message type='chat' from='" ROOM "/x' id='");
	buf_adds(&b, id);
	buf_adds(&b, "'><body>hi</body></message>");
	stub_send(buf_str(&b));
	buf_free(&b);
	sign_of_life();
}

static void one_notice_a_minute(void **state)
{
	(void)state;
	be_in_the_room();
	stub_send("<message type='chat' from='" ROOM "/x' id='p1'><body>hi"
		  "</body></message>");
	stub_sees("not-acceptable");
	private_message("p2");
	assert_false(stub_has("not-acceptable"));
	pass(30000);
	private_message("p3");
	assert_false(stub_has("not-acceptable"));
	pass(31000);
	stub_send("<message type='chat' from='" ROOM "/x' id='p4'><body>hi"
		  "</body></message>");
	stub_sees("not-acceptable");
	assert_int_equal(seen.heard, 0);
}

static void said_by_x(void)
{
	stub_send("<message type='groupchat' from='" ROOM "/x'><body>hi"
		  "</body></message>");
}

static void the_server_waits_for_the_daemon(void **state)
{
	(void)state;
	be_in_the_room();
	seen.behind = 2 << 20;
	said_by_x();
	AWAIT(seen.heard == 1);
	said_by_x();
	pass(1000);
	assert_int_equal(seen.heard, 1);
	seen.behind = 0;
	AWAIT(seen.heard == 2);
	said_by_x();
	AWAIT(seen.heard == 3);
}

static void the_last_room_lingers(void **state)
{
	(void)state;
	be_in_the_room();
	room_part(room_find(&jab, 7), VIEW("bye"));
	stub_sees("bye");
	pass(1500);
	assert_false(stub_has("</stream:stream>"));
	pass(600);
	stub_sees("</stream:stream>");
	stub_send("</stream:stream>");
	/* Wanted again in the middle of it: a new login. */
	assert_non_null(room_new(account_find(&jab, 1), &(struct worker_join){
		.leg = 8, .place = VIEW(ROOM), .nick = VIEW("confab") }));
	account_want(account_find(&jab, 1));
	stub_hang_up();
	stub_answers_login();
	stub_answers_join();
	AWAIT(seen.joined == 2);
	assert_int_equal(seen.lost_account + seen.lost, 0);
}

/* ---- who is thrown out ---- */

static void comes(const char *nick, const char *item)
{
	struct buf b = { 0 };

	buf_addf(&b, "<presence from='" ROOM "/%s'><x xmlns='"
		     "http://jabber.org/protocol/muc#user'>%s</x></presence>",
		 nick, item);
	stub_send(buf_str(&b));
	buf_free(&b);
}

/* The ids of the requests, one after the other. */
static void answer_expulsion(const char **at, const char *type,
			     const char *error)
{
	struct buf b = { 0 };

	*at = strstr(*at, "id=\"k");
	assert_non_null(*at);
	*at += 4;
	buf_addf(&b, "<iq from='" ROOM "' type='%s' id='%.17s'>%s</iq>", type,
		 *at, error);
	stub_send(buf_str(&b));
	buf_free(&b);
}

static void expel(const char *nick, bool ban)
{
	room_expel(room_find(&jab, 7), ban, view_str(nick),
		   VIEW("\x01<&\" by alice"));
}

static void answers_are_of_their_own_expulsions(void **state)
{
	const char *at;

	(void)state;
	be_in_the_room();
	comes("a&lt;&amp;&quot;", "<item jid='a&amp;a@x/y'/>");
	comes("b", "<item jid='b@x/y'/>");
	comes("c", "<item/>");
	sign_of_life();
	buf_clear(&stub.in);
	expel("a<&\"", false);
	expel("b", true);
	expel("b", false);
	AWAIT(stub_has("nick=\"b\"><reason>&lt;&amp;&quot; by alice</") &&
	      stub_has("jid=\"b@x\""));
	assert_true(stub_has("nick=\"a&lt;&amp;&quot;\""));
	assert_false(stub_has("\x01"));
	at = buf_str(&stub.in);
	answer_expulsion(&at, "error", ERROR("forbidden"));
	answer_expulsion(&at, "result", "");
	answer_expulsion(&at, "error", "");
	AWAIT(seen.troubles == 2);
	assert_string_equal(seen.trouble[0], "a<&\" could not be thrown out "
			    "of xmpp:" ROOM ": the link may not do that "
			    "there");
	assert_true(view_starts(view_str(seen.trouble[1]), VIEW("b could")));
	at = buf_str(&stub.in);
	answer_expulsion(&at, "error", ""); /* once more is no news */
	sign_of_life();
	assert_int_equal(seen.troubles, 2);
}

static void who_cannot_be_thrown_out(void **state)
{
	(void)state;
	be_in_the_room();
	comes("c", "<item/>");
	sign_of_life();
	buf_clear(&stub.in);
	expel("c", true);
	expel("d", false);
	expel("confab", false);
	assert_int_equal(seen.troubles, 3);
	assert_non_null(strstr(seen.trouble[0], "does not tell his address"));
	assert_non_null(strstr(seen.trouble[1], "nobody there"));
	assert_non_null(strstr(seen.trouble[2], "the link itself"));
	for (int i = 0; i < 20; i++)
		expel("c", false); /* and nobody answers */
	assert_int_equal(seen.troubles, 3 + 4);
	assert_non_null(strstr(seen.trouble[6], "does not answer"));
}

int main(void)
{
#define TIMED(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TIMED(a_login_has_its_time),
		TIMED(a_silent_server_is_pinged),
		TIMED(tls_comes_to_a_halt),
		TIMED(a_join_has_its_time),
		TIMED(what_does_not_come_back_is_given_up),
		TIMED(not_in_the_room_any_more),
		TIMED(ten_minutes_of_silence),
		TIMED(a_room_out_of_reach),
		TIMED(one_notice_a_minute),
		TIMED(the_server_waits_for_the_daemon),
		TIMED(the_last_room_lingers),
		TIMED(answers_are_of_their_own_expulsions),
		TIMED(who_cannot_be_thrown_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
