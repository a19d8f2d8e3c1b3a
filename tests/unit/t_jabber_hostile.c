/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confab-jabber against servers that are old, broken or hostile: here the
 * test itself is the server.
 */
#include "jabworker.h"

#include "jabstub.h"

static void stub_logs_in(void)
{
	stub_answers_login();
	await_event(WIRE_ACCOUNT_UP, 1);
}

static void stub_lets_in(void)
{
	stub_logs_in();
	stub_answers_join();
	await_event(WIRE_JOINED, 7);
}

/* ---- the tests ---- */

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	rig_start();
	stub_open();
	rig_account(1, "gw1", "pw", stub.port, NULL);
	return 0;
}

static int ended(void **state)
{
	stub_close();
	return test_teardown(state);
}

static int teardown(void **state)
{
	rig_stop_well();
	return ended(state);
}

static void tls_account_joins(void)
{
	rig_account(1, "gw1", "pw", stub.port, "");
	rig_join(1, 7, "r", "confab");
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
}

static void tls_is_not_offered(void **state)
{
	(void)state;
	tls_account_joins();
	stub_send(FEATURES(PLAIN));
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "TLS is required");
	rig_sync();
	assert_false(stub_has("<auth"));
}

static void tls_stalls(void **state)
{
	(void)state;
	tls_account_joins();
	stub_send(FEATURES(STARTTLS PLAIN));
	stub_sees("<starttls");
	stub_send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "came to a halt");
	rig_sync();
}

static void tls_is_nonsense(void **state)
{
	(void)state;
	tls_account_joins();
	stub_send(FEATURES(STARTTLS PLAIN));
	stub_sees("<starttls");
	stub_send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	stub_sees("\x16\x03");
	stub_send("hello?\r\n\r\n");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "handshake broken");
}

static void login_never_ends_well(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_hang_up();
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "during login");
	rig_join(1, 7, "r", "confab");
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send(STREAM "<stream:error><host-unknown xmlns='urn:ietf:params:"
		  "xml:ns:xmpp-streams'/></stream:error></stream:stream>");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "does not serve");
}

static void another_session_takes_over(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_send("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:"
		  "xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-"
		  "streams'>Replaced</text></stream:error></stream:stream>");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_REFUSED,
		    "took over our resource: Replaced");
}

static void not_well_formed(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_send("<message><body></message>");
	stub_sees("<stream:error");
	stub_hang_up();
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "connection");
}

/* No status codes, an id of its own for each message (XEP-0045 of 2003). */
static void an_old_room(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_logs_in();
	stub_sees("</presence>");
	stub_send("<presence from='" ROOM "/old'/>"
		  "<presence from='" ROOM "/confab'/>"
		  "<message type='groupchat' from='" ROOM "/old'>"
		  "<body>history</body></message>");
	rig_sync();
	assert_null(event_find(WIRE_JOINED, 7));
	stub_send("<message type='groupchat' from='" ROOM "/old'><subject>s"
		  "</subject></message>");
	await_words(WIRE_JOINED, 7, -1, "confab");
	rig_say(7, 5, SAY_TEXT, VIEW("a"), VIEW("b"));
	stub_sees("&lt;a&gt; b</body>");
	stub_send("<message type='groupchat' id='mine' from='" ROOM "/confab'>"
		  "<body>&lt;a&gt; b</body></message>");
	await_event(WIRE_DELIVERED, 7);
	rig_sync();
	assert_null(event_find(WIRE_HEARD, 7));
}

static void only_the_room_is_heard(void **state)
{
	struct event *e;

	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_send("<message type='groupchat' from='other@rooms.xmpp.test/x'>"
		  "<body>1</body></message>"
		  "<message type='groupchat' from='" ROOM "'><body>2</body>"
		  "</message>"
		  "<message type='groupchat' from='" ROOM "/x'><body>3</body>"
		  "<delay xmlns='urn:xmpp:delay' from='" ROOM "' "
		  "stamp='2026-01-01T00:00:00Z'/></message>"
		  "<message type='groupchat' from='" ROOM "/x'><body "
		  "xmlns='urn:x'>4</body></message>"
		  "<message type='groupchat' from='" ROOM "/confab'>"
		  "<body>5</body></message>"
		  "<message type='chat' from='" ROOM "/x'><body>6</body>"
		  "<delay xmlns='urn:xmpp:delay'/></message>"
		  "<message type='headline' from='xmpp.test'><body>7</body>"
		  "</message>"
		  "<message><body>8</body></message>"
		  "<message type='groupchat' from='" ROOM "/x' id='i'>"
		  "<body>9</body><stanza-id xmlns='urn:xmpp:sid:0' by='x@y' "
		  "id='forged'/><stanza-id xmlns='urn:xmpp:sid:0' id='true' "
		  "by='" ROOM "'/></message>"
		  "<message type='groupchat' from='" ROOM "/y' id='i'>"
		  "<body>10</body></message>");
	e = event_take(WIRE_HEARD, 7);
	assert_string_equal(e->s[1], "9");
	assert_string_equal(e->s[2], "s:true");
	event_free(e);
	e = event_take(WIRE_HEARD, 7);
	assert_string_equal(e->s[1], "10");
	assert_string_equal(e->s[2], "i:y/i");
	event_free(e);
	rig_sync();
	assert_null(event_find(WIRE_HEARD, 7));
}

static void answers_to_what_was_said(void **state)
{
	struct buf reply = { 0 };
	const char *id;

	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	/* An error for an id that is not ours says nothing. */
	stub_send("<message type='error' from='" ROOM "' id='forged'><error "
		  "type='cancel'><not-acceptable xmlns='urn:ietf:params:xml:"
		  "ns:xmpp-stanzas'/></error></message>");
	rig_say(7, 1, SAY_TEXT, VIEW("a"), VIEW("b"));
	AWAIT(stub_has("b</body>"));
	id = strstr(buf_str(&stub.in), "id=\"m");
	assert_non_null(id);
	buf_adds(&reply, "<message type='error' from='" ROOM "' id='");
	buf_add(&reply, id + 4, 17);
	buf_adds(&reply, "'><error type='cancel'><not-acceptable xmlns='urn:"
			 "ietf:params:xml:ns:xmpp-stanzas'/></error>"
			 "</message>");
	stub_send(buf_str(&reply));
	await_words(WIRE_LOST, 7, GONE_NET, "we are not in the room");
	buf_free(&reply);
	rig_sync();
	assert_null(event_find(WIRE_FAILED, 7));
}

static void kick_by_somebody_else(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	/* Another room's, another occupant's: not ours. */
	stub_send("<presence type='unavailable' from='q@rooms.xmpp.test/"
		  "confab'><x xmlns='http://jabber.org/protocol/muc#user'>"
		  "<status code='110'/><status code='307'/></x></presence>"
		  "<presence type='unavailable' from='" ROOM "/x'><x xmlns="
		  "'http://jabber.org/protocol/muc#user'><status code='307'/>"
		  "</x></presence><iq type='get' id='here' from='xmpp.test'>"
		  "<ping xmlns='urn:xmpp:ping'/></iq>");
	stub_sees("here");
	rig_sync();
	assert_null(event_find(WIRE_LOST, 7));
	stub_send("<presence type='unavailable' from='" ROOM "/confab'><x "
		  "xmlns='http://jabber.org/protocol/muc#user'><item "
		  "nick='new'/><status code='303'/><status code='110'/></x>"
		  "</presence>");
	rig_say(7, 1, SAY_TEXT, VIEW("a"), VIEW("b"));
	stub_sees("b</body>");
	stub_send("<message type='groupchat' from='" ROOM "/new'><body>&lt;a"
		  "&gt; b</body></message>");
	await_event(WIRE_DELIVERED, 7);
	stub_send("<presence type='unavailable' from='" ROOM "/new'><x xmlns="
		  "'http://jabber.org/protocol/muc#user'><item><actor nick="
		  "'boss'/><reason>go</reason></item><status code='307'/>"
		  "</x></presence>");
	await_words(WIRE_LOST, 7, GONE_REFUSED,
		    "kicked from the room by boss: go");
}

static void a_stranger_asks_to_subscribe(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_send("<presence type='subscribe' from='eve@x.test/res'/>");
	stub_sees("unsubscribed");
	stub_send("<iq type='result' id='s1' from='eve@x.test'/>"
		  "<iq type='error' id='s1' from='" ROOM "'/><iq/>"
		  "<presence from='eve@x.test'/><presence/><message/>"
		  "<other/>");
	rig_sync();
	assert_null(event_find(WIRE_LOST, 7));
}

/* One stanza of elements in elements: libstrophe recurses over it. */
static void stub_nests(size_t depth, bool closed)
{
	struct buf b = { .max = 1 << 30 };
	size_t sent = 0;

	buf_adds(&b, "<message>");
	for (size_t i = 0; i < depth; i++)
		buf_adds(&b, "<a>");
	for (size_t i = 0; closed && i < depth; i++)
		buf_adds(&b, "</a>");
	if (closed)
		buf_adds(&b, "</message>");
	while (sent < b.n && !rig.exited) {
		ssize_t n = send(stub.fd, b.p + sent, b.n - sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else
			loop_turn(rig.loop, 10);
	}
	buf_free(&b);
}

static void deep_stanzas(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_nests(150000, true);
	rig_sync();
	assert_null(event_find(WIRE_ACCOUNT_LOST, 1));
}

static void endless_stanzas(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_nests(10 * 1000 * 1000, false);
	rig_stop();
	assert_true(WIFEXITED(rig.status));
	assert_int_equal(WEXITSTATUS(rig.status), 70);
}

/* Twice as much as a room may have on its way. */
static void a_room_that_swallows(void **state)
{
	size_t failed = 0;

	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	for (uint64_t i = 1; i <= 128; i++)
		rig_say(7, i, SAY_TEXT, VIEW("a"), VIEW("b"));
	rig_sync();
	while (event_find(WIRE_FAILED, 7)) {
		await_words(WIRE_FAILED, 7, true, "slow");
		failed++;
	}
	assert_int_equal(failed, 64);
	assert_null(event_find(WIRE_DELIVERED, 7));
}

/* A name may lead to more than one address. */
static void a_name_for_the_server(void **state)
{
	(void)state;
	rig.server = "localhost";
	rig_account(1, "gw1", "pw", stub.port, NULL);
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
}

static void tls_off_is_for_loopback(void **state)
{
	(void)state;
	rig.server = "192.0.2.1";
	rig_account(1, "gw1", "pw", stub.port, NULL);
	rig_join(1, 7, "r", "confab");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "not on loopback");
}

static void settings_that_cannot_work(void **state)
{
	struct wire_msg m = { .type = WIRE_ACCOUNT, .id = 1,
			      .s = { VIEW("x") }, .settings_count = 2 };

	(void)state;
	rig_send(m); /* empty ones */
	rig_join(1, 7, "r", "confab");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "malformed");
	m.settings[0] = (struct wire_setting){ VIEW("jid"), VIEW("a@b") };
	m.settings[1] = (struct wire_setting){ VIEW("port"), VIEW("70000") };
	rig_send(m);
	rig_join(1, 7, "r", "confab");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "port");
}

int main(void)
{
#define LIVE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		LIVE(tls_is_not_offered),
		LIVE(tls_stalls),
		LIVE(tls_is_nonsense),
		LIVE(login_never_ends_well),
		LIVE(another_session_takes_over),
		LIVE(not_well_formed),
		LIVE(an_old_room),
		LIVE(only_the_room_is_heard),
		LIVE(answers_to_what_was_said),
		LIVE(kick_by_somebody_else),
		LIVE(a_stranger_asks_to_subscribe),
		LIVE(a_room_that_swallows),
		LIVE(a_name_for_the_server),
		LIVE(tls_off_is_for_loopback),
		LIVE(settings_that_cannot_work),
		LIVE(deep_stanzas),
		cmocka_unit_test_setup_teardown(endless_stanzas, setup, ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
