/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A component's link (XEP-0114) in a real confab-jabber; the test is the
 * server.
 */
#include "jabworker.h"

#include "jabstub.h"
#include "digest.h"
#include "elem.h"

enum { ID = 5 };

#define HEADER "<?xml version='1.0'?><stream:stream from='sip.test' " \
	"id='3BF96D32' xmlns='jabber:component:accept' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

static void start_component(const char *secret)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", stub.port);
	struct wire_msg m = { .type = WIRE_SESSION, .id = ID,
			      .s = { VIEW("sip.test") } };
	const struct wire_setting settings[] = {
		{ VIEW("kind"), VIEW("component") },
		{ VIEW("domain"), VIEW("sip.test") },
		{ VIEW("host"), VIEW("127.0.0.1") },
		{ VIEW("port"), view_str(number) },
		{ VIEW("secret"), view_str(secret) },
	};

	m.settings_count = sizeof(settings) / sizeof(settings[0]);
	memcpy(m.settings, settings, sizeof(settings));
	rig_send(m);
}

static void server_greets(void)
{
	char hex[41];

	AWAIT(stub_accepted());
	stub_sees("xmlns='jabber:component:accept'");
	stub_sees("to='sip.test'>");
	stub_send(HEADER);
	assert_int_equal(digest_sha1_hex(hex, VIEW("3BF96D32sesame")), 0);
	stub_sees("<handshake>");
	stub_sees(hex);
	stub_sees("</handshake>");
}

#define BARRIER_TO " to='sip.test' id='b"

/* What we write to ourselves through the server; it is to hand it back. */
static void server_gets_barrier(char id[32])
{
	size_t n;

	stub_sees("<iq type='get' from='sip.test'" BARRIER_TO);
	AWAIT(stub_has("'><ping xmlns='urn:xmpp:ping'/></iq>"));
	n = strcspn(buf_str(&stub.in), "'");
	snprintf(id, 32, "b%.*s", (int)(n < 30 ? n : 30),
		 buf_str(&stub.in));
	stub_sees("</iq>");
}

static void server_hands_back(const char *id)
{
	struct buf b = { 0 };

	buf_addf(&b, "<iq type='get' from='sip.test' to='sip.test' id='%s'>"
		 "<ping xmlns='urn:xmpp:ping'/></iq>", id);
	stub_send(buf_str(&b));
	buf_free(&b);
}

static void come_up_unproven(void)
{
	start_component("sesame");
	server_greets();
	stub_send("<handshake/>");
	await_words(WIRE_ACCOUNT_UP, ID, -1, "sip.test");
}

static void come_up(void)
{
	char id[32];

	come_up_unproven();
	server_gets_barrier(id);
	server_hands_back(id);
}

static void send_flat(uint64_t tag, const char *from, const char *body)
{
	struct buf b = { 0 };

	elem_open(&b, "message", "jabber:client");
	elem_attrs(&b, "from", from);
	elem_attrs(&b, "to", "bob@x.test");
	elem_leaf(&b, "body", NULL, view_str(body));
	elem_close(&b);
	rig_send((struct wire_msg){ .type = WIRE_SEND, .id = ID,
				    .u = { tag }, .s = { buf_view(&b) } });
	buf_free(&b);
}

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	rig_start();
	stub_open();
	return 0;
}

static int teardown(void **state)
{
	rig_stop_well();
	stub_close();
	return test_teardown(state);
}

static void stanzas_cross(void **state)
{
	struct event *e;
	struct elem root;

	(void)state;
	come_up();
	send_flat(0, "alice@sip.test/gw", "a < b & \"c\" ]]>");
	stub_sees("<message from='alice@sip.test/gw' to='bob@x.test'><body>a "
		  "&lt; b &amp; &quot;c&quot; ]]&gt;</body></message>");
	stub_send("<message from='bob@x.test/r' to='alice@sip.test' "
		  "type='chat'><body>h&amp;i\nyou</body></message>");
	e = event_take(WIRE_PARCEL, 0);
	elem_read(&root, view_str(e->s[0]));
	assert_true(elem_is(&root, "message", "jabber:client"));
	assert_true(view_eqs(elem_child_words(&root, "body", NULL),
			     "h&i\nyou"));
	event_free(e);
}

/* Not the kernel's word counts, but the server's. */
static void sent_is_what_the_server_has(void **state)
{
	char first[32], second[32];

	(void)state;
	come_up();
	send_flat(7, "alice@sip.test/gw", "seven");
	send_flat(8, "alice@sip.test/gw", "eight");
	stub_sees("eight");
	server_gets_barrier(first);
	send_flat(9, "alice@sip.test/gw", "nine");
	stub_sees("nine");
	rig_sync();
	assert_null(event_find(WIRE_SENT, 7));
	/* of others, and of none that was asked, nothing is believed */
	stub_send("<iq type='result' from='x.test' to='sip.test' id='b1'/>");
	server_hands_back("b0000000000000000");
	rig_sync();
	assert_null(event_find(WIRE_SENT, 7));
	server_hands_back(first);
	await_words(WIRE_SENT, 7, PARCEL_SENT, "");
	await_words(WIRE_SENT, 8, PARCEL_SENT, "");
	rig_sync();
	assert_null(event_find(WIRE_SENT, 9));
	server_gets_barrier(second);
	assert_string_not_equal(first, second);
	server_hands_back(first);
	rig_sync();
	assert_null(event_find(WIRE_SENT, 9));
	server_hands_back(second);
	await_words(WIRE_SENT, 9, PARCEL_SENT, "");
	/* nothing is sent for nothing */
	rig_sync();
	assert_false(stub_has("<iq"));
}

static void a_link_that_breaks_proves_nothing(void **state)
{
	char id[32];

	(void)state;
	come_up();
	send_flat(7, "alice@sip.test/gw", "seven");
	server_gets_barrier(id);
	stub_hang_up();
	await_words(WIRE_ACCOUNT_LOST, ID, GONE_NET, "");
	come_up();
	send_flat(8, "alice@sip.test/gw", "eight");
	server_gets_barrier(id);
	server_hands_back(id);
	await_words(WIRE_SENT, 8, PARCEL_SENT, "");
	assert_null(event_find(WIRE_SENT, 7));
}

/* For stanzas of which nobody asks. */
static void nothing_is_told_of_with_what_was_before(void **state)
{
	char id[32];

	(void)state;
	come_up();
	send_flat(0, "alice@sip.test/gw", "x");
	rig_send((struct wire_msg){ .type = WIRE_SEND, .id = ID,
				    .u = { 7 } });
	stub_sees("<body>x</body></message>");
	server_gets_barrier(id);
	server_hands_back(id);
	await_words(WIRE_SENT, 7, PARCEL_SENT, "");
}

static void fates_are_told(void **state)
{
	char id[32];

	(void)state;
	come_up();
	send_flat(7, "alice@sip.test/gw", "x");
	server_gets_barrier(id);
	server_hands_back(id);
	await_words(WIRE_SENT, 7, PARCEL_SENT, "");
	send_flat(8, "alice@other.test/gw", "x");
	await_words(WIRE_SENT, 8, PARCEL_NEVER, "domain");
	send_flat(9, "", "x");
	await_words(WIRE_SENT, 9, PARCEL_NEVER, "domain");
	rig_send((struct wire_msg){ .type = WIRE_SEND, .id = ID,
				    .u = { 10 }, .s = { VIEW("nonsense") } });
	await_words(WIRE_SENT, 10, PARCEL_NEVER, "no stanza");
}

static void many_get_the_same(void **state)
{
	struct buf b = { 0 };

	(void)state;
	come_up();
	elem_open(&b, "message", "jabber:client");
	elem_attrs(&b, "from", "r@sip.test/n");
	elem_close(&b);
	rig_send((struct wire_msg){ .type = WIRE_SEND_MANY, .id = ID,
				    .s = { buf_view(&b),
					   VIEW("a@x/1\nb@x/2\n") } });
	stub_sees("<message to='a@x/1' from='r@sip.test/n'/>"
		  "<message to='b@x/2' from='r@sip.test/n'/>");
	buf_free(&b);
}

/* Catalogue XM18. */
static void what_is_not_for_us_is_dropped(void **state)
{
	struct event *e;

	(void)state;
	come_up();
	stub_send("<message to='alice@sip.test'/>"
		  "<message from='b@x.test' to='alice@other.test'/>"
		  "<message from='b@x.test'/>"
		  "<message from='evil@sip.test' to='alice@sip.test'/>"
		  "<presence from='b@x.test' to='sip.test'/>");
	e = event_take(WIRE_PARCEL, 0);
	assert_non_null(strstr(e->s[0], "presence"));
	event_free(e);
	rig_sync();
	assert_null(event_find(WIRE_PARCEL, 0));
}

static void server_ends(const char *condition, int why, const char *words)
{
	struct buf b = { 0 };

	buf_addf(&b, "<stream:error><%s xmlns='urn:ietf:params:xml:ns:"
		 "xmpp-streams'/></stream:error></stream:stream>", condition);
	stub_send(buf_str(&b));
	await_words(WIRE_ACCOUNT_LOST, ID, why, words);
	buf_free(&b);
	stub_hang_up();
}

/* Catalogue XM19. */
static void errors_have_words_without_secrets(void **state)
{
	struct lnode *n, *nx;

	(void)state;
	start_component("sesame");
	server_greets();
	server_ends("not-authorized", GONE_AUTH, "secret is not");
	start_component("sesame");
	AWAIT(stub_accepted());
	stub_sees("to='sip.test'>");
	stub_send("<stream:stream xmlns:stream='http://etherx.jabber.org/"
		  "streams' xmlns='jabber:component:accept' id=''>");
	server_ends("host-unknown", GONE_AUTH, "no such component");
	come_up();
	server_ends("conflict", GONE_NET, "somebody else");
	rig_sync();
	LIST_EACH (&rig.events, n, nx) {
		struct event *e = CONTAINER(n, struct event, node);

		assert_null(strstr(e->s[0] ? e->s[0] : "", "sesame"));
	}
}

/* Catalogue XM04, XM05: of them what is a component's. */
static void hostile_xml_ends_the_stream(void **state)
{
	static const struct {
		const char *xml, *condition, *words;
	} bad[] = {
		{ "<!-- hi -->", "restricted-xml", "a comment" },
		{ "<?php evil ?>", "restricted-xml",
		  "a processing instruction" },
		{ "<message>&evil;</message>", "restricted-xml",
		  "undefined entity" },
		{ "<message></presence>", "not-well-formed", "mismatched" },
		{ "hi", "bad-format", "text between" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		come_up();
		stub_send(bad[i].xml);
		await_words(WIRE_ACCOUNT_LOST, ID, GONE_NET, bad[i].words);
		stub_sees(bad[i].condition);
		stub_hang_up();
	}
}

static void a_broken_connection_is_told_once(void **state)
{
	(void)state;
	come_up();
	stub_hang_up();
	await_words(WIRE_ACCOUNT_LOST, ID, GONE_NET, "");
	rig_sync();
	assert_null(event_find(WIRE_ACCOUNT_LOST, ID));
	send_flat(7, "a@sip.test/gw", "x"); /* heard by nobody */
	rig_sync();
	come_up();
}

static void a_server_that_is_none_is_told(void **state)
{
	(void)state;
	start_component("sesame");
	AWAIT(stub_accepted());
	stub_send("<html><body/></html>");
	await_words(WIRE_ACCOUNT_LOST, ID, GONE_NET, "no XMPP server");
	stub_hang_up();
	start_component("");
	await_words(WIRE_ACCOUNT_LOST, ID, GONE_CONFIG, "needs a secret");
}

static void it_says_goodbye(void **state)
{
	(void)state;
	come_up();
	rig_send((struct wire_msg){ .type = WIRE_SESSION_END, .id = ID });
	stub_sees("</stream:stream>");
	rig_sync();
	assert_null(event_find(WIRE_ACCOUNT_LOST, ID));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(stanzas_cross),
		CASE(sent_is_what_the_server_has),
		CASE(a_link_that_breaks_proves_nothing),
		CASE(nothing_is_told_of_with_what_was_before),
		CASE(fates_are_told),
		CASE(many_get_the_same),
		CASE(what_is_not_for_us_is_dropped),
		CASE(errors_have_words_without_secrets),
		CASE(hostile_xml_ends_the_stream),
		CASE(a_broken_connection_is_told_once),
		CASE(a_server_that_is_none_is_told),
		CASE(it_says_goodbye),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
