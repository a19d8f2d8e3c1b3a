/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users' logins: in this process, with a clock that moves as the test says,
 * and the test as the server and as the daemon.
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "client.h"
#include "clock.h"
#include "elem.h"
#include "front.h"
#include "unacked.h"

static struct jab jab;
static struct loop *loop;

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

#include "jabdaemon.h"

static void on_log(enum log_level level, const char *line, void *arg)
{
	test_log(level, line, arg);
	if (strstr(line, "s3same"))
		seen.leaked = true;
}

/* ---- helpers ---- */

static void start_kept(const char *password, const char *tls,
		       const char *sm, const char *kept)
{
	char port[8];
	struct wire_msg m = { .s = { VIEW("alice") } };

	snprintf(port, sizeof(port), "%u", stub.port);
	const struct wire_setting settings[] = {
		{ VIEW("kind"), VIEW("account") },
		{ VIEW("jid"), VIEW("gw1@xmpp.test") },
		{ VIEW("password"), view_str(password) },
		{ VIEW("server"), VIEW("127.0.0.1") },
		{ VIEW("port"), view_str(port) },
		{ VIEW("tls"), view_str(tls) },
		{ VIEW("sm"), view_str(sm) },
		{ VIEW("kept"), view_str(kept) },
	};

	m.settings_count = sizeof(settings) / sizeof(settings[0]);
	memcpy(m.settings, settings, sizeof(settings));
	client_new(&jab, ID, &m);
}

static void start(const char *password, const char *tls, const char *sm)
{
	start_kept(password, tls, sm, "");
}

#define RESUMABLE "<enabled xmlns='urn:xmpp:sm:3' id='some&lt;id' " \
	"resume='true' max='300'/>"

static void be_online_with(const char *enabled)
{
	start("s3same", "off", "");
	stub_answers_login();
	stub_sees("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
	assert_int_equal(seen.up, 0);
	stub_send(enabled);
	AWAIT(seen.up);
	assert_string_equal(seen.own, "gw1@xmpp.test/x");
}

static void be_online(void)
{
	be_online_with(RESUMABLE);
}

static void be_online_without_sm(void)
{
	start("s3same", "off", "no");
	stub_answers_login();
	AWAIT(seen.up);
}

static void send_from(uint64_t tag, const char *from, const char *body)
{
	struct buf b = { 0 };

	elem_open(&b, "message", "jabber:client");
	elem_attrs(&b, "from", from);
	elem_attrs(&b, "to", "bob@x.test");
	elem_leaf(&b, "body", NULL, view_str(body));
	elem_close(&b);
	client_send(client_find(&jab, ID), tag, buf_view(&b));
	buf_free(&b);
}

static void send_body(uint64_t tag, const char *body)
{
	send_from(tag, "", body);
}

static bool sent_is(const char *what)
{
	return !strcmp(buf_str(&seen.sent), what);
}

static bool parcel_has(const char *what)
{
	return strstr(buf_str(&seen.parcel), what);
}

/* The clock moves, and what is due then happens. */
static void pass(uint64_t ms)
{
	clock_advance(ms);
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 1);
}

/* The server is back, up to the question for the old session. */
static void server_is_asked(const char *resume)
{
	stub_hang_up();
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send(FEATURES(PLAIN));
	stub_sees("</auth>");
	stub_send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	stub_sees("<stream:stream");
	stub_send(FEATURES("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
			   "<sm xmlns='urn:xmpp:sm:3'/>"));
	stub_sees(resume);
}

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	log_set_handler(on_log, NULL);
	log_set_level(LOG_DEBUG);
	memset(&seen, 0, sizeof(seen));
	clock_freeze(1000000, 1700000000000);
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(jab_start(&jab, NULL, loop), 0);
	stub_open();
	return 0;
}

static int teardown(void **state)
{
	bool leaked = seen.leaked;

	clients_stop(&jab);
	jab_stop(&jab);
	assert_int_equal(seen.done, 1);
	stub_close();
	loop_free(loop);
	clock_thaw();
	buf_free(&seen.parcel);
	buf_free(&seen.sent);
	buf_free(&seen.kept);
	log_set_level(LOG_INFO);
	return test_teardown(state) || leaked;
}

/* ---- both ways ---- */

static void stanzas_cross(void **state)
{
	struct elem e;

	(void)state;
	be_online();
	send_body(0, "a < b & \"c\" ]]>");
	stub_sees("<message to='bob@x.test'><body>a &lt; b &amp; "
		  "&quot;c&quot; ]]&gt;</body></message>");
	stub_send("<message from='bob@x.test/r' to='gw1@xmpp.test/x' "
		  "type='chat'><body>h&amp;i\nyou</body></message>");
	AWAIT(seen.parcels == 1);
	assert_int_equal(elem_check(buf_view(&seen.parcel)), 0);
	elem_read(&e, buf_view(&seen.parcel));
	assert_true(elem_is(&e, "message", "jabber:client"));
	assert_view(elem_child_words(&e, "body", NULL), "h&i\nyou");
	/* all kinds; without to, to the bare address; requests too */
	stub_send("<presence from='b@x'/><iq type='get' id='1' "
		  "to='GW1@xmpp.test'><query xmlns='jabber:iq:version'/>"
		  "</iq>");
	AWAIT(seen.parcels == 3);
	assert_true(parcel_has("jabber:iq:version"));
}

static void what_is_not_for_us_is_dropped(void **state)
{
	(void)state;
	be_online();
	stub_send("<message from='b@x' to='gw2@xmpp.test'><body>x</body>"
		  "</message><query xmlns='jabber:client'/><message "
		  "xmlns='jabber:server' from='b@x'/><presence from='c@x'/>");
	AWAIT(seen.parcels);
	assert_true(parcel_has("c@x"));
	assert_int_equal(seen.parcels, 1);
}

static void what_may_not_be_sent_never_is(void **state)
{
	struct client *c;

	(void)state;
	be_online();
	c = client_find(&jab, ID);
	send_from(1, "gw1@xmpp.test/x", "one");
	send_from(2, "gw1@xmpp.test", "two");
	send_from(3, "gw1@xmpp.test/y", "three");
	send_from(4, "eve@xmpp.test", "four");
	client_send(c, 5, VIEW("nonsense"));
	client_send(c, 6, VIEW("\1stream\5jabber:client\4"));
	client_send(c, 7, VIEW("\1iq\5urn:xmpp:sm:3\4"));
	stub_sees("two");
	assert_true(sent_is("3:2 4:2 5:2 6:2 7:2 "));
	assert_false(stub_has("three"));
}

static void many_get_the_same(void **state)
{
	(void)state;
	be_online();
	client_send_many(client_find(&jab, ID),
			 VIEW("\1presence\5jabber:client\4"),
			 VIEW("a@x/1\nb@x\n"));
	stub_sees("<presence to='a@x/1'/><presence to='b@x'/>");
	client_send_many(client_find(&jab, ID), VIEW("x"), VIEW("a@x\n"));
	assert_true(sent_is(""));
}

/* ---- what the server has ---- */

static void confirmed_is_what_the_server_confirms(void **state)
{
	(void)state;
	be_online();
	send_body(11, "one");
	send_body(0, "two");
	send_body(12, "three");
	stub_sees("three");
	stub_sees("<r xmlns='urn:xmpp:sm:3'/>");
	assert_true(sent_is(""));
	stub_send("<a xmlns='urn:xmpp:sm:3' h='2'/>");
	AWAIT(sent_is("11:0 "));
	/* an older answer, and none */
	stub_send("<a xmlns='urn:xmpp:sm:3' h='1'/>"
		  "<a xmlns='urn:xmpp:sm:3' h='x'/>");
	stub_sees("<r xmlns");
	stub_send("<a xmlns='urn:xmpp:sm:3' h='3'/>");
	AWAIT(sent_is("11:0 12:0 "));
	assert_int_equal(seen.lost, 0);
}

static void a_burst_is_asked_for_once(void **state)
{
	(void)state;
	be_online();
	for (int i = 1; i <= 20; i++)
		send_body((uint64_t)i, "x");
	stub_sees("<r xmlns");
	stub_send("<a xmlns='urn:xmpp:sm:3' h='20'/>");
	AWAIT(strstr(buf_str(&seen.sent), "20:0 "));
	send_body(21, "x");
	pass(800);
	assert_false(stub_has("<r xmlns"));
	pass(300);
	stub_sees("<r xmlns");
}

/* XEP-0198 4: more than there were. */
static void a_count_too_high_ends_it(void **state)
{
	(void)state;
	be_online();
	send_body(1, "x");
	stub_sees("<r xmlns");
	stub_send("<a xmlns='urn:xmpp:sm:3' h='2'/>");
	stub_sees("<undefined-condition");
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_NET);
	assert_true(sent_is(""));
}

static void what_we_have_is_confirmed_a_little_later(void **state)
{
	(void)state;
	be_online();
	stub_send("<message from='b@x'/><r xmlns='urn:xmpp:sm:3'/>"
		  "<message from='c@x'/><r xmlns='urn:xmpp:sm:3'/>");
	AWAIT(seen.parcels == 2);
	assert_false(stub_has("<a "));
	seen.behind = 1; /* the daemon has not read it all */
	pass(150);
	pass(150);
	assert_false(stub_has("<a "));
	seen.behind = 0;
	pass(150);
	stub_sees("<a xmlns='urn:xmpp:sm:3' h='1'/>");
	pass(150);
	stub_sees("<a xmlns='urn:xmpp:sm:3' h='2'/>");
}

static void without_sm_a_ping_tells(void **state)
{
	char id[64] = "";
	char answer[160];

	(void)state;
	be_online_without_sm();
	send_body(0, "one");
	pass(2000);
	assert_false(stub_has("urn:xmpp:ping"));
	send_body(5, "two");
	stub_sees("<iq type='get' to='xmpp.test' id='");
	AWAIT(stub_has("urn:xmpp:ping"));
	view_copy(id, sizeof(id), view_head(buf_view(&stub.in), 17));
	send_body(6, "three");
	snprintf(answer, sizeof(answer),
		 "<iq type='error' id='%s' from='xmpp.test'/>", id);
	stub_send("<iq type='result' id='other' from='xmpp.test'/>");
	AWAIT(seen.parcels == 1);
	assert_true(sent_is(""));
	stub_send(answer);
	AWAIT(sent_is("5:0 "));
	/* the answer is ours alone; the next ping is for the rest */
	assert_int_equal(seen.parcels, 1);
	stub_sees("three");
	stub_sees("urn:xmpp:ping");
}

static void a_server_may_refuse_sm(void **state)
{
	(void)state;
	be_online_with("<failed xmlns='urn:xmpp:sm:3'/>");
	send_body(1, "x");
	stub_sees("urn:xmpp:ping");
	stub_hang_up();
	AWAIT(seen.lost);
	assert_true(sent_is(""));
}

static void a_server_that_confirms_nothing_is_sent_no_more(void **state)
{
	static char body[1000];

	(void)state;
	be_online();
	memset(body, 'x', sizeof(body) - 1);
	for (uint64_t i = 1; i <= 300; i++)
		send_body(i, body);
	assert_null(strstr(buf_str(&seen.sent), ":0"));
	assert_null(strstr(buf_str(&seen.sent), ":2"));
	assert_non_null(strstr(buf_str(&seen.sent), "300:1"));
}

static void too_long_is_never_sent(void **state)
{
	struct buf b = { 0 };

	(void)state;
	be_online();
	for (int i = 0; i < 60 * 1000; i++)
		buf_adds(&b, "&");
	send_body(1, buf_str(&b));
	assert_true(sent_is("1:2 "));
	buf_free(&b);
}

/* ---- alive ---- */

static void a_silent_server_is_asked(void **state)
{
	(void)state;
	be_online();
	pass(50000);
	assert_false(stub_has("<r "));
	pass(11000);
	stub_sees("<r ");
	stub_send("<a xmlns='urn:xmpp:sm:3' h='0'/>");
	pass(10);
	pass(30000);
	assert_false(stub_has("<r "));
	pass(31000);
	stub_sees("<r ");
	pass(21000); /* no answer: another connection */
	server_is_asked("previd='some&lt;id'/>");
	assert_int_equal(seen.lost, 0);
}

static void without_sm_a_silent_server_is_lost(void **state)
{
	(void)state;
	be_online_without_sm();
	pass(61000);
	stub_sees("urn:xmpp:ping");
	pass(21000);
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_NET);
	assert_string_equal(seen.words, "the server does not answer any more");
	assert_null(client_find(&jab, ID));
}

/* ---- resumption ---- */

static void a_session_is_resumed(void **state)
{
	(void)state;
	be_online();
	stub_send("<message from='b@x'/><message from='b@x'/>");
	AWAIT(seen.parcels == 2);
	send_body(1, "one");
	send_body(2, "two");
	stub_sees("two");
	stub_hang_up();
	pass(20);
	send_body(3, "three");
	server_is_asked("<resume xmlns='urn:xmpp:sm:3' h='2' "
			"previd='some&lt;id'/>");
	send_body(4, "four");
	stub_send("<resumed xmlns='urn:xmpp:sm:3' h='1' "
		  "previd='some&lt;id'/><message from='b@x'/>");
	stub_sees("<message to='bob@x.test'><body>two</body></message>"
		  "<message to='bob@x.test'><body>three</body></message>"
		  "<message to='bob@x.test'><body>four</body></message>");
	assert_true(sent_is("1:0 "));
	stub_sees("<r ");
	stub_send("<a xmlns='urn:xmpp:sm:3' h='4'/>");
	AWAIT(sent_is("1:0 2:0 3:0 4:0 "));
	AWAIT(seen.parcels == 3);
	assert_int_equal(seen.up, 1);
	assert_int_equal(seen.lost, 0);
	/* and once more */
	server_is_asked("h='3'");
	stub_send("<resumed xmlns='urn:xmpp:sm:3' h='4' previd='x'/>");
	send_body(5, "five");
	stub_sees("five");
}

/* It would come again with each resumption. */
static void what_was_refused_twice_is_not_resumed(void **state)
{
	(void)state;
	be_online();
	send_body(1, "one");
	stub_sees("one");
	stub_send("<message><body></message>");
	stub_sees("<stream:error>");
	server_is_asked("previd=");
	stub_send("<resumed xmlns='urn:xmpp:sm:3' h='0' previd='x'/>"
		  "<message><body></message>");
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_NET);
	assert_string_equal(buf_str(&seen.kept), "");
	assert_null(client_find(&jab, ID));
}

/* Anybody may say that before TLS. */
static void what_was_refused_before_the_login_is_forgotten(void **state)
{
	(void)state;
	be_online();
	stub_hang_up();
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send("HTTP/1.1 400 Bad Request\r\n\r\n");
	stub_sees("<stream:error>");
	pass(500);
	server_is_asked("previd=");
	stub_send("<resumed xmlns='urn:xmpp:sm:3' h='0' previd='x'/>");
	send_body(5, "five");
	stub_sees("five");
	assert_int_equal(seen.lost, 0);
}

static void a_session_that_is_gone_is_lost(void **state)
{
	(void)state;
	be_online();
	send_body(1, "one");
	send_body(2, "two");
	stub_sees("two");
	server_is_asked("previd=");
	stub_send("<failed xmlns='urn:xmpp:sm:3' h='1'><item-not-found "
		  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_NET);
	assert_true(sent_is("1:0 "));
	assert_null(client_find(&jab, ID));
}

static void it_is_tried_for_a_while_only(void **state)
{
	(void)state;
	be_online();
	send_body(1, "one");
	stub_sees("one");
	close(stub.listener);
	stub_hang_up();
	for (int i = 0; i < 50; i++)
		pass(1000);
	assert_int_equal(seen.lost, 0);
	for (int i = 0; i < 20; i++)
		pass(1000);
	AWAIT(seen.lost);
	assert_int_equal(seen.lost, 1);
	assert_int_equal(seen.why, GONE_NET);
	assert_true(sent_is(""));
	stub_open();
}

static void a_password_that_has_changed_is_told(void **state)
{
	(void)state;
	be_online();
	stub_hang_up();
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send(FEATURES(PLAIN));
	stub_sees("</auth>");
	stub_send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
		  "<not-authorized/></failure>");
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_AUTH);
}

static void the_server_may_give_sm_up(void **state)
{
	(void)state;
	be_online();
	stub_hang_up();
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send(FEATURES(PLAIN));
	stub_sees("</auth>");
	stub_send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	stub_sees("<stream:stream");
	stub_send(FEATURES("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
			   ));
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_NET);
}

/* ---- another worker's session ---- */

#define KEPT "7\n300000\ngw1@xmpp.test/old\nthe-id"

static void what_is_kept_is_enough_to_resume(void **state)
{
	(void)state;
	be_online();
	assert_string_equal(buf_str(&seen.kept),
			    "0\n300000\ngw1@xmpp.test/x\nsome<id");
	stub_send("<message from='b@x'/><r xmlns='urn:xmpp:sm:3'/>");
	stub_sees("<a xmlns='urn:xmpp:sm:3' h='1'/>");
	assert_string_equal(buf_str(&seen.kept),
			    "1\n300000\ngw1@xmpp.test/x\nsome<id");
}

static void the_session_of_another_worker_is_resumed(void **state)
{
	(void)state;
	start_kept("s3same", "off", "", KEPT);
	send_body(1, "heard by nobody");
	server_is_asked("<resume xmlns='urn:xmpp:sm:3' h='7' "
			"previd='the-id'/>");
	assert_int_equal(seen.up, 0);
	stub_send("<resumed xmlns='urn:xmpp:sm:3' h='4294967295' "
		  "previd='the-id'/><message from='b@x'/>");
	AWAIT(seen.parcels == 1);
	assert_int_equal(seen.up, 1);
	assert_string_equal(seen.own, "gw1@xmpp.test/old");
	send_body(2, "two");
	stub_sees("<r ");
	stub_send("<a xmlns='urn:xmpp:sm:3' h='0'/>");
	AWAIT(sent_is("2:0 "));
	assert_true(view_starts(buf_view(&seen.kept), VIEW("7\n")));
}

static void a_login_follows_where_there_is_none(void **state)
{
	(void)state;
	start_kept("s3same", "off", "", KEPT);
	server_is_asked("previd='the-id'/>");
	stub_send("<failed xmlns='urn:xmpp:sm:3' h='3'/>");
	stub_hang_up();
	stub_answers_login();
	stub_sees("<enable ");
	assert_string_equal(buf_str(&seen.kept), "");
	stub_send(RESUMABLE);
	AWAIT(seen.up);
	assert_string_equal(seen.own, "gw1@xmpp.test/x");
	assert_int_equal(seen.lost, 0);
}

/* It is tried again by whoever is next. */
static void a_server_out_of_reach_changes_nothing(void **state)
{
	(void)state;
	close(stub.listener);
	start_kept("s3same", "off", "", KEPT);
	buf_adds(&seen.kept, "untouched");
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_NET);
	assert_string_equal(buf_str(&seen.kept), "untouched");
	stub_open();
}

static void what_was_kept_may_be_nonsense(void **state)
{
	static const char *const bad[] = {
		"x", "\n\n\n", "7\n300000\neve@xmpp.test/old\nthe-id",
		"-1\n1\ngw1@xmpp.test/x\nid", "1\n1\ngw1@xmpp.test/x\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start_kept("s3same", "off", "", bad[i]);
		stub_answers_login();
		stub_sees("<enable ");
		stub_hang_up();
	}
}

/* ---- losses ---- */

static void ends_by(const char *condition, enum worker_lost why,
		    const char *words)
{
	struct buf b = { 0 };

	be_online();
	buf_addf(&b, "<stream:error><%s xmlns='urn:ietf:params:xml:ns:"
		 "xmpp-streams'/></stream:error></stream:stream>", condition);
	stub_send(buf_str(&b));
	AWAIT(seen.lost);
	assert_string_equal(buf_str(&seen.kept), "");
	assert_int_equal(seen.lost, 1);
	assert_int_equal(seen.why, why);
	assert_non_null(strstr(seen.words, words));
	buf_free(&b);
	stub_hang_up();
	seen.lost = seen.up = 0;
}

static void stream_errors_are_told(void **state)
{
	(void)state;
	ends_by("conflict", GONE_NET, "another session");
	ends_by("policy-violation", GONE_REFUSED, "policy");
	ends_by("system-shutdown", GONE_NET, "shutting down");
	ends_by("host-gone", GONE_CONFIG, "no longer serves");
	ends_by("nonsense", GONE_NET, "nonsense");
}

static void logins_that_fail_are_told(void **state)
{
	static const struct {
		const char *condition;
		enum worker_lost why;
	} row[] = {
		{ "not-authorized", GONE_AUTH },
		{ "account-disabled", GONE_AUTH },
		{ "temporary-auth-failure", GONE_NET },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct buf b = { 0 };

		start("s3same", "off", "");
		AWAIT(stub_accepted());
		stub_sees("<stream:stream");
		stub_send(FEATURES(PLAIN));
		stub_sees("</auth>");
		buf_addf(&b, "<failure xmlns='urn:ietf:params:xml:ns:"
			 "xmpp-sasl'><%s/></failure>", row[i].condition);
		stub_send(buf_str(&b));
		AWAIT(seen.lost == (int)i + 1);
		assert_int_equal(seen.why, row[i].why);
		buf_free(&b);
		stub_hang_up();
	}
	assert_int_equal(seen.up, 0);
}

static void settings_that_cannot_work_are_told(void **state)
{
	struct wire_msg m = { .s = { VIEW("x") } };
	const struct wire_setting settings[] = {
		{ VIEW("jid"), VIEW("no address") },
		{ VIEW("password"), VIEW("s3same") },
	};

	(void)state;
	m.settings_count = 2;
	memcpy(m.settings, settings, sizeof(settings));
	client_new(&jab, ID, &m);
	AWAIT(seen.lost);
	assert_int_equal(seen.why, GONE_CONFIG);
}

static void hostile_xml_ends_the_connection(void **state)
{
	static const char *const bad[] = {
		"<!-- hi -->", "<message>&evil;</message>", "<a></b>", "hi",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		be_online();
		stub_send(bad[i]);
		stub_sees("<stream:error>");
		/* it may have been somebody in between: the session is
		 * asked for, and refused */
		server_is_asked("previd=");
		stub_send("<failed xmlns='urn:xmpp:sm:3'/>");
		AWAIT(seen.lost == (int)i + 1);
		stub_hang_up();
		seen.up = 0;
	}
}

static void what_is_too_big_is_left_out_but_counted(void **state)
{
	struct buf b = { 0 };

	(void)state;
	be_online();
	buf_adds(&b, "<message from='b@x'><body>");
	for (int i = 0; i < 250; i++)
		for (int k = 0; k < 1000; k++)
			buf_addc(&b, 'x');
	buf_adds(&b, "</body></message><presence from='c@x'/>"
		     "<r xmlns='urn:xmpp:sm:3'/>");
	for (size_t at = 0; at < b.n;) {
		ssize_t n = send(stub.fd, b.p + at, b.n - at,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		at += n > 0 ? (size_t)n : 0;
		loop_turn(loop, 1);
	}
	AWAIT(seen.parcels == 1);
	assert_true(parcel_has("c@x"));
	stub_sees("h='2'/>");
	buf_free(&b);
}

/* ---- life ---- */

static void it_says_goodbye(void **state)
{
	(void)state;
	be_online();
	stub_send("<message from='b@x'/>");
	AWAIT(seen.parcels);
	client_free(client_find(&jab, ID));
	stub_sees("<a xmlns='urn:xmpp:sm:3' h='1'/></stream:stream>");
	assert_int_equal(seen.lost, 0);
}

static void a_second_one_of_an_id_replaces_the_first(void **state)
{
	(void)state;
	be_online();
	seen.up = 0;
	stub_hang_up();
	be_online();
	assert_int_equal(jab.clients.count, 1);
	assert_int_equal(seen.lost, 0);
}

static void the_server_waits_for_the_daemon(void **state)
{
	char text[200];

	(void)state;
	be_online();
	snprintf(text, sizeof(text), "<message from='b@x'><body>%0150d</body>"
		 "</message>", 1);
	seen.behind = 2 << 20;
	stub_send(text);
	AWAIT(seen.parcels == 1);
	for (int i = 0; i < 1000; i++)
		stub_send(text);
	pass(100);
	assert_true(seen.parcels < 1000);
	pass(300000); /* however long that takes: we do not read */
	assert_int_equal(seen.lost, 0);
	seen.behind = 0;
	AWAIT(seen.parcels == 1001);
}

static void resources_are_random(void **state)
{
	char first[64], second[64];

	(void)state;
	for (int i = 0; i < 2; i++) {
		start("s3same", "off", "");
		AWAIT(stub_accepted());
		stub_sees("<stream:stream");
		stub_send(FEATURES(PLAIN));
		stub_sees("</auth>");
		stub_send("<success xmlns='urn:ietf:params:xml:ns:"
			  "xmpp-sasl'/>");
		stub_sees("<stream:stream");
		stub_send(FEATURES("<bind xmlns='urn:ietf:params:xml:ns:"
				   "xmpp-bind'/>"));
		stub_sees("<resource>sipim-");
		AWAIT(stub_has("</resource>"));
		view_copy(i ? second : first, 9, view_head(
			buf_view(&stub.in), 8));
		client_free(client_find(&jab, ID));
		stub_hang_up();
	}
	assert_string_not_equal(first, second);
}

/* ---- the count ---- */

static void keep_tag(uint64_t tag, void *arg)
{
	buf_add_u64(arg, tag);
	buf_addc(arg, ' ');
}

static void counts_go_round(void **state)
{
	struct unacked u = { .sent = UINT32_MAX - 1 };
	struct buf b = { 0 };

	(void)state;
	list_init(&u.all);
	for (uint64_t i = 1; i <= 4; i++)
		unacked_add(&u, i, VIEW("<x/>"));
	assert_int_equal(u.sent, 2);
	assert_int_equal(unacked_confirm(&u, 3, keep_tag, &b), EBADMSG);
	assert_int_equal(unacked_confirm(&u, UINT32_MAX - 5, keep_tag, &b),
			 0);
	assert_int_equal(b.n, 0);
	assert_int_equal(unacked_confirm(&u, 1, keep_tag, &b), 0);
	assert_string_equal(buf_str(&b), "1 2 3 ");
	assert_int_equal(u.bytes, 4);
	assert_int_equal(unacked_confirm(&u, 2, keep_tag, &b), 0);
	assert_int_equal(u.bytes, 0);
	assert_int_equal(unacked_confirm(&u, 2, keep_tag, &b), 0);
	buf_free(&b);
	unacked_free(&u);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(stanzas_cross),
		CASE(what_is_not_for_us_is_dropped),
		CASE(what_may_not_be_sent_never_is),
		CASE(many_get_the_same),
		CASE(confirmed_is_what_the_server_confirms),
		CASE(a_burst_is_asked_for_once),
		CASE(a_count_too_high_ends_it),
		CASE(what_we_have_is_confirmed_a_little_later),
		CASE(without_sm_a_ping_tells),
		CASE(a_server_may_refuse_sm),
		CASE(a_server_that_confirms_nothing_is_sent_no_more),
		CASE(too_long_is_never_sent),
		CASE(a_silent_server_is_asked),
		CASE(without_sm_a_silent_server_is_lost),
		CASE(a_session_is_resumed),
		CASE(what_was_refused_twice_is_not_resumed),
		CASE(what_was_refused_before_the_login_is_forgotten),
		CASE(a_session_that_is_gone_is_lost),
		CASE(it_is_tried_for_a_while_only),
		CASE(a_password_that_has_changed_is_told),
		CASE(the_server_may_give_sm_up),
		CASE(what_is_kept_is_enough_to_resume),
		CASE(the_session_of_another_worker_is_resumed),
		CASE(a_login_follows_where_there_is_none),
		CASE(a_server_out_of_reach_changes_nothing),
		CASE(what_was_kept_may_be_nonsense),
		CASE(stream_errors_are_told),
		CASE(logins_that_fail_are_told),
		CASE(settings_that_cannot_work_are_told),
		CASE(hostile_xml_ends_the_connection),
		CASE(what_is_too_big_is_left_out_but_counted),
		CASE(it_says_goodbye),
		CASE(a_second_one_of_an_id_replaces_the_first),
		CASE(the_server_waits_for_the_daemon),
		CASE(resources_are_random),
		TEST(counts_go_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
