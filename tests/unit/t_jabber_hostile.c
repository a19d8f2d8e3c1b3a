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

static int teardown(void **state)
{
	rig_stop_well();
	stub_close();
	return test_teardown(state);
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
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "TLS is required");
	rig_sync();
	assert_false(stub_has("<auth"));
}

/* Somebody on the way adds words of his own. */
static void tls_with_words_behind_the_consent(void **state)
{
	(void)state;
	tls_account_joins();
	stub_send(FEATURES(STARTTLS PLAIN));
	stub_sees("<starttls");
	stub_send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
		  STREAM "<stream:features>" PLAIN "</stream:features>");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "put behind the consent");
	rig_sync();
	assert_false(stub_has("<auth"));
	assert_false(stub_has("\x16\x03"));
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

static void tls_fails(void **state)
{
	(void)state;
	tls_account_joins();
	stub_send(FEATURES(STARTTLS PLAIN));
	stub_sees("<starttls");
	stub_send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "but fails");
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

static void what_is_late_says_when_it_was_said(void **state)
{
	struct wire_msg now = { .type = WIRE_SAY,
				.u = { 7, 2, 2, SAY_TEXT, wall_ms() },
				.s = { VIEW("a"), VIEW("now") } };
	char *id, echo[200];

	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	rig_say(7, 1, SAY_TEXT, VIEW("a"), VIEW("b"));
	stub_sees(" id=\"");
	AWAIT(stub_has("<body>"));
	id = mem_strndup(buf_str(&stub.in), strcspn(buf_str(&stub.in), "\""));
	stub_sees("<delay ");
	AWAIT(stub_has("</message>"));
	assert_true(stub_has("from=\"" ROOM "/confab\""));
	assert_true(stub_has("stamp=\"1970-01-01T00:00:00.001Z\""));
	snprintf(echo, sizeof(echo), "<message type='groupchat' from='" ROOM
		 "/confab' id='%s'><body>x</body><delay xmlns='urn:xmpp:"
		 "delay' from='" ROOM "/confab'/></message>", id);
	stub_send(echo);
	await_event(WIRE_DELIVERED, 7);
	stub_sees("</message>");
	rig_send(now);
	AWAIT(stub_has("</message>"));
	assert_false(stub_has("<delay"));
	mem_free(id);
}

static void a_room_with_a_password(void **state)
{
	struct wire_msg m = { .type = WIRE_JOIN, .id = 1, .u = { 7 },
			      .s = { VIEW(ROOM), VIEW("confab"),
				     VIEW("s<3same") } };

	(void)state;
	rig_send(m);
	stub_logs_in();
	stub_sees("<password>s&lt;3same</password>");
	stub_send("<presence type='error' from='" ROOM "/confab'><error "
		  "type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:"
		  "xmpp-stanzas'/></error></presence>");
	await_words(WIRE_LOST, 7, -1, "");
	/* another join has none */
	rig_join(1, 7, "r", "confab");
	stub_answers_join();
	await_event(WIRE_JOINED, 7);
	assert_false(stub_has("<password"));
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
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "mismatched tag");
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

/* ---- what is too much ---- */

/* Until all is sent or nobody reads it any more. */
static void stub_pours(const char *p, size_t n, size_t times)
{
	for (; times && !event_find(WIRE_ACCOUNT_LOST, 1); times--) {
		size_t sent = 0;

		while (sent < n && !event_find(WIRE_ACCOUNT_LOST, 1)) {
			ssize_t k = send(stub.fd, p + sent, n - sent,
					 MSG_DONTWAIT | MSG_NOSIGNAL);

			if (k > 0)
				sent += (size_t)k;
			else
				loop_turn(rig.loop, 10);
		}
	}
}

/* Bytes of memory that the worker has in use. */
static size_t worker_size(void)
{
	char path[64];
	unsigned long all = 0, resident = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm",
		 (int)child_pid(rig.child));
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &all, &resident), 2);
	fclose(f);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

#ifdef __SANITIZE_ADDRESS__
/* Freed memory stays in quarantine. */
enum { GROWTH_MAX = 400 * 1024 * 1024 };
#else
enum { GROWTH_MAX = 16 * 1024 * 1024 };
#endif

/* part, over and over: the connection is closed for it in time. */
static void too_much_of(const char *part, const char *condition,
			const char *words)
{
	struct buf b = { .max = 1 << 20 };
	size_t before;

	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	before = worker_size();
	while (b.n < 64 * 1024)
		buf_adds(&b, part);
	stub_send("<message>");
	stub_pours(b.p, b.n, 640); /* 40 MiB */
	stub_sees(condition);
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, words);
	assert_true(worker_size() < before + GROWTH_MAX);
	rig_sync();
	buf_free(&b);
	stub_hang_up();
}

static void endless_stanzas(void **state)
{
	(void)state;
	too_much_of("<a>", "policy-violation", "nested too deep");
	too_much_of("<a/>", "policy-violation", "too many elements");
	too_much_of("text ", "policy-violation", "too long");
	too_much_of("<a b='", "not-well-formed", "not allowed");
	too_much_of("<?a ", "policy-violation", "too long");
	too_much_of("&lt;", "policy-violation", "too many elements");
	/* And now one that is as large as can be. */
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_send("<message from='" ROOM "/x' type='groupchat'><body>end"
		  "</body><a>");
	for (int i = 0; i < 255; i++)
		stub_pours("0123456789abcdef0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef", 224, 4);
	stub_send("</a></message>");
	await_event(WIRE_HEARD, 7);
}

static void refused_with(const char *xml, const char *condition,
			 const char *words)
{
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_send(xml);
	stub_sees(condition);
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, words);
	stub_hang_up();
}

static void xml_that_xmpp_has_not(void **state)
{
	(void)state;
	refused_with("<message><!-- c --></message>", "restricted-xml",
		     "a comment");
	refused_with("<?a b?>", "restricted-xml", "a processing instruction");
	refused_with("<message>&a;</message>", "restricted-xml",
		     "not allowed");
	refused_with("text", "bad-format", "text between stanzas");
	rig_join(1, 7, "r", "confab");
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'cccccccc'>"
		  "<!ENTITY d '&b;&b;&b;&b;&b;&b;&b;&b;'>]>" STREAM);
	stub_sees("restricted-xml");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "a DOCTYPE");
}

/* libstrophe by itself takes one for the other. */
static void an_attribute_of_somebody_elses(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_lets_in();
	stub_send("<message type='groupchat' from='" ROOM "/x' xmlns:e='u:e' "
		  "e:from='" ROOM "/confab'><body>1</body></message>"
		  "<message xmlns:e='u:e' e:type='error' e:from='" ROOM
		  "/confab' type='groupchat' from='" ROOM "/x'><body>2</body>"
		  "</message>");
	await_words(WIRE_HEARD, 7, -1, "x");
	await_words(WIRE_HEARD, 7, -1, "x");
}

/* ---- logins ---- */

static void login_features(const char *features)
{
	rig_join(1, 7, "r", "confab");
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_send(STREAM "<stream:features>");
	stub_send(features);
	stub_send("</stream:features>");
}

#define OFFER(m) "<mechanism>" m "</mechanism>"
#define OFFERS(m) "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" m \
	"</mechanisms>"
#define CHALLENGE(c) "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" c \
	"</challenge>"
#define FAILURE(c) "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" c \
	"</failure>"

static void mechanisms(void **state)
{
	(void)state;
	login_features(OFFERS(OFFER("DIGEST-MD5") OFFER("EXTERNAL")
			      OFFER("SCRAM-SHA-1-PLUS") OFFER("ANONYMOUS")));
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "no way to log in");
	assert_false(stub_has("<auth"));
	stub_hang_up();
	login_features(OFFERS(OFFER("PLAIN") OFFER("DIGEST-MD5")
			      OFFER(" SCRAM-SHA-1 ")));
	stub_sees("mechanism=\"SCRAM-SHA-1\"");
	/* The password never goes out as it is after that. */
	stub_send(FAILURE("<not-authorized/>"));
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_AUTH, "password is wrong");
	assert_false(stub_has("PLAIN"));
	stub_hang_up();
	login_features(OFFERS(OFFER("PLAIN")));
	stub_sees("</auth>");
	stub_send(FAILURE("<text>no</text><temporary-auth-failure/>"));
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "for now");
}

/* "r=x,s=c2FsdA==,i=2000000000", "r=x,s=c2FsdA==", nothing, nonsense */
static void challenges(void **state)
{
	static const char *const list[] = {
		CHALLENGE("cj14LHM9YzJGc2RBPT0saT0yMDAwMDAwMDAw"),
		CHALLENGE("cj14LHM9YzJGc2RBPT0="), CHALLENGE(""),
		CHALLENGE("&lt;&gt;"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		login_features(OFFERS(OFFER("SCRAM-SHA-256")));
		stub_sees("</auth>");
		stub_send(list[i]);
		await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "no sane way");
		stub_hang_up();
	}
}

static void no_resource(void **state)
{
	(void)state;
	login_features(OFFERS(OFFER("PLAIN")));
	stub_sees("</auth>");
	stub_send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	stub_sees("<stream:stream");
	stub_send(FEATURES(""));
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "no resource");
	stub_hang_up();
	login_features(OFFERS(OFFER("PLAIN")));
	stub_sees("</auth>");
	stub_send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
	stub_sees("<stream:stream");
	stub_send(FEATURES("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
			   "<session xmlns='urn:ietf:params:xml:ns:"
			   "xmpp-session'/>"));
	stub_sees("_xmpp_bind1");
	stub_send("<iq type='error' id='_xmpp_bind1'><error type='cancel'>"
		  "<conflict/></error></iq>");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_REFUSED, "resource: conflict");
}

static void an_old_server(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	AWAIT(stub_accepted());
	stub_send("<stream:stream xmlns='jabber:client' xmlns:stream='http://"
		  "etherx.jabber.org/streams' id='1'>");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "no XMPP 1.0");
	stub_hang_up();
	rig_join(1, 7, "r", "confab");
	AWAIT(stub_accepted());
	stub_send("HTTP/1.1 400 Bad Request\r\n\r\n");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "not allowed");
}

/* ---- another host ---- */

static void stub_sends_on(const char *where)
{
	struct buf b = { 0 };

	buf_adds(&b, STREAM "<stream:error><see-other-host xmlns='urn:ietf:"
		     "params:xml:ns:xmpp-streams'>");
	buf_adds(&b, where);
	buf_adds(&b, "</see-other-host></stream:error></stream:stream>");
	stub_send(buf_str(&b));
	buf_free(&b);
}

static void stub_sends_on_to_itself(void)
{
	char where[32];

	snprintf(where, sizeof(where), "127.0.0.1:%u", stub.port);
	AWAIT(stub_accepted());
	stub_sees("<stream:stream");
	stub_sends_on(where);
	stub_hang_up();
}

static void another_host_is_tried_once(void **state)
{
	(void)state;
	rig_join(1, 7, "r", "confab");
	stub_sends_on_to_itself();
	stub_lets_in();
	rig_part(7);
	stub_hang_up();
	await_event(WIRE_ACCOUNT_LOST, 1);
	rig_join(1, 7, "r", "confab");
	stub_sends_on_to_itself();
	stub_sends_on_to_itself();
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "from host to host");
}

static void another_host_that_is_none(void **state)
{
	static const char *const list[] = { "", "  ", "a b", "127.0.0.1:x",
					    "[::1", "127.0.0.1:99999",
					    "a/b", "x:1:2" };

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		rig_join(1, 7, "r", "confab");
		AWAIT(stub_accepted());
		stub_sends_on(list[i]);
		await_words(WIRE_ACCOUNT_LOST, 1, GONE_CONFIG, "that is none");
		stub_hang_up();
	}
	/* Without TLS, so to loopback only. */
	rig_join(1, 7, "r", "confab");
	AWAIT(stub_accepted());
	stub_sends_on("192.0.2.1:22");
	await_words(WIRE_ACCOUNT_LOST, 1, GONE_NET, "not on loopback");
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

/* ---- secrets ---- */

/* How often what is in the worker's own memory. */
static size_t copies_in(FILE *mem, unsigned long from, unsigned long to,
			const char *what)
{
	size_t n = to - from, len = strlen(what), count = 0;
	char *all = mem_alloc(n), *p = all;

	if (!fseek(mem, (long)from, SEEK_SET))
		n = fread(all, 1, n, mem);
	while (n >= len && (p = memmem(p, (size_t)(all + n - p), what, len))) {
		count++;
		p += len;
	}
	mem_free(all);
	return count;
}

static size_t copies_of(const char *what)
{
	char path[64], line[256], rights[8];
	unsigned long from, to;
	size_t count = 0;
	FILE *maps, *mem;

	snprintf(path, sizeof(path), "/proc/%d/maps", child_pid(rig.child));
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", child_pid(rig.child));
	mem = fopen(path, "r");
	while (maps && mem && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 &&
		    rights[0] == 'r' && rights[1] == 'w' &&
		    to - from < 64UL << 20)
			count += copies_in(mem, from, to, what);
	if (!maps || !mem)
		count = SIZE_MAX;
	if (maps)
		fclose(maps);
	if (mem)
		fclose(mem);
	return count;
}

/* One is for the next login. Of what PLAIN makes of it ("\0gw1\0" before) none
 * is for anything. */
static void passwords_are_not_left_about(void **state)
{
	struct buf word = { 0 };

	(void)state;
	buf_addc(&word, '-');
	for (int i = 0; i < 200; i++)
		buf_adds(&word, "s3same");
	rig_account(1, "gw1", buf_str(&word), stub.port, NULL);
	rig_join(1, 7, "r", "confab");
	stub_logs_in();
	rig_sync();
	if (copies_of("confab-jabber") == SIZE_MAX)
		skip();
	assert_int_equal(copies_of(buf_str(&word)), 1);
	assert_int_equal(copies_of("czNzYW1lczNzYW1lczNzYW1l"), 0);
	buf_free(&word);
}

int main(void)
{
#define LIVE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		LIVE(tls_is_not_offered),
		LIVE(tls_with_words_behind_the_consent),
		LIVE(tls_fails),
		LIVE(tls_is_nonsense),
		LIVE(login_never_ends_well),
		LIVE(what_is_late_says_when_it_was_said),
		LIVE(a_room_with_a_password),
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
		LIVE(endless_stanzas),
		LIVE(xml_that_xmpp_has_not),
		LIVE(an_attribute_of_somebody_elses),
		LIVE(mechanisms),
		LIVE(challenges),
		LIVE(no_resource),
		LIVE(an_old_server),
		LIVE(passwords_are_not_left_about),
		LIVE(another_host_is_tried_once),
		LIVE(another_host_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
