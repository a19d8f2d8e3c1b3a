/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests of others, and contact lists. */
#include "consent.h"
#include "gate_rig.h"
#include "roster.h"

#define STANZAS " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
#define BOB "sip:bob@example.org"
#define ASK(to, type, inside)                                                 \
	"<iq type='" type "' from='joe@z.org/ph' to='" to "' id='1'>" inside  \
	"</iq>"
#define RESULT(to, inside)                                                    \
	"sip.x.org: <iq type='result' from='" to                              \
	"' to='joe@z.org/ph' id='1'" inside "\n"
#define FAULT(to, type, what)                                                 \
	"sip.x.org: <iq type='error' from='" to                               \
	"' to='joe@z.org/ph' id='1'><error type='" type "'><" what STANZAS    \
	"/></error></iq>\n"

static bool phone_is_here;

static void presence_of(struct addr *user, struct presence_state *out,
			void *arg)
{
	(void)user;
	(void)arg;
	out->count = phone_is_here;
	out->place[0].show = SHOW_ONLINE;
}

static void open_up(void)
{
	const struct gate_listener agent = { .presence_of = presence_of,
					     .arg = &phone_is_here };

	gate_rig_open();
	assert_int_equal(hub_listen_gates(gr.hub, &agent), 0);
	components_up();
}

static void test_answers(void **state)
{
	static const struct {
		const char *asked, *answered;
	} rows[] = {
		{ ASK("sip.x.org", "get", "<ping xmlns='urn:xmpp:ping'/>"),
		  RESULT("sip.x.org", "/>") },
		{ ASK("alice@sip.x.org/gw", "get",
		      "<ping xmlns='urn:xmpp:ping'/>"),
		  RESULT("alice@sip.x.org/gw", "/>") },
		{ ASK("nobody@sip.x.org", "get",
		      "<ping xmlns='urn:xmpp:ping'/>"),
		  FAULT("nobody@sip.x.org", "cancel", "item-not-found") },
		{ ASK("alice@sip.x.org", "get", "<vCard xmlns='vcard-temp'/>"),
		  RESULT("alice@sip.x.org",
			 "><vCard xmlns='vcard-temp'><FN>alice</FN>"
			 "<NICKNAME>alice</NICKNAME></vCard></iq>") },
		{ ASK("sip.x.org", "get", "<query "
		      "xmlns='http://jabber.org/protocol/disco#items'/>"),
		  RESULT("sip.x.org", "><query "
			 "xmlns='http://jabber.org/protocol/disco#items'>"
			 "<item jid='rooms.x.org' name='Rooms'/></query>"
			 "</iq>") },
		{ ASK("alice@sip.x.org", "get", "<query node='other' "
		      "xmlns='http://jabber.org/protocol/disco#info'/>"),
		  FAULT("alice@sip.x.org", "cancel", "item-not-found") },
		{ ASK("alice@sip.x.org", "get",
		      "<query xmlns='jabber:iq:last'/>"),
		  FAULT("alice@sip.x.org", "auth", "forbidden") },
		{ ASK("sip.x.org", "get", "<query xmlns='jabber:iq:last'/>"),
		  RESULT("sip.x.org", "><query xmlns='jabber:iq:last' "
			 "seconds='0'/></iq>") },
		{ ASK("sip.x.org", "set", "<query xmlns='jabber:iq:gateway'>"
		      "<prompt>sip:alice@example.org</prompt></query>"),
		  RESULT("sip.x.org", "><query xmlns='jabber:iq:gateway'>"
			 "<jid>alice@sip.x.org</jid>"
			 "<prompt>alice@sip.x.org</prompt></query></iq>") },
		{ ASK("sip.x.org", "set", "<query xmlns='jabber:iq:gateway'>"
		      "<prompt>bob@other.org</prompt></query>"),
		  RESULT("sip.x.org", "><query xmlns='jabber:iq:gateway'>"
			 "<jid>bob\\40other.org@sip.x.org</jid><prompt>"
			 "bob\\40other.org@sip.x.org</prompt></query></iq>") },
		{ ASK("sip.x.org", "set", "<query xmlns='jabber:iq:gateway'>"
		      "<prompt/></query>"),
		  FAULT("sip.x.org", "modify", "jid-malformed") },
		{ ASK("sip.x.org", "set", "<query xmlns='jabber:iq:register'>"
		      "<username>x</username></query>"),
		  FAULT("sip.x.org", "cancel", "not-allowed") },
		{ ASK("sip.x.org", "set", "<query xmlns='jabber:iq:register'>"
		      "<remove/></query>"),
		  RESULT("sip.x.org", "/>") },
		/* of a contact list that users of a component do not have */
		{ ASK("alice@sip.x.org", "set",
		      "<query xmlns='jabber:iq:roster'/>"),
		  FAULT("alice@sip.x.org", "cancel", "service-unavailable") },
		{ ASK("alice@sip.x.org", "get", "<query xmlns='unheard-of'/>"),
		  FAULT("alice@sip.x.org", "cancel", "service-unavailable") },
		{ ASK("alice@sip.x.org", "get", ""),
		  FAULT("alice@sip.x.org", "modify", "bad-request") },
		{ ASK("alice@sip.x.org", "get", "<a/><b/>"),
		  FAULT("alice@sip.x.org", "modify", "bad-request") },
		{ ASK("alice@sip.x.org", "what", "<a/>"),
		  FAULT("alice@sip.x.org", "modify", "bad-request") },
		{ ASK("alice@sip.x.org", "result", "<a/>"), "" },
		{ ASK("alice@sip.x.org", "error", "<a/>"), "" },
		{ "<iq type='get' to='alice@sip.x.org' id='1'>"
		  "<ping xmlns='urn:xmpp:ping'/></iq>", "" },
	};

	(void)state;
	open_up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		xmpp_says("sip.x.org", rows[i].asked);
		assert_wire(rows[i].answered);
	}
	gate_rig_close();
}

static void test_disco(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org", ASK("sip.x.org", "get", "<query "
		  "xmlns='http://jabber.org/protocol/disco#info'/>"));
	assert_true(wire_has("<identity category='gateway' type='sip'"));
	assert_true(wire_has("<feature var='jabber:iq:gateway'/>"));
	assert_true(wire_has("<feature var='jid\\20escaping'/>"));
	buf_clear(&wire);
	xmpp_says("sip.x.org", ASK("alice@sip.x.org", "get", "<query "
		  "xmlns='http://jabber.org/protocol/disco#info'/>"));
	assert_true(wire_has("<identity category='account' "
			     "type='registered'"));
	buf_clear(&wire);
	xmpp_says("sip.x.org", ASK("alice@sip.x.org/gw", "get", "<query "
		  "xmlns='http://jabber.org/protocol/disco#info'/>"));
	assert_true(wire_has("<identity category='client' type='pc'"));
	buf_clear(&wire);
	xmpp_says("sip.x.org", ASK("sip.x.org", "get",
				   "<query xmlns='jabber:iq:version'/>"));
	assert_true(wire_has("<name>confab</name><version>"));
	assert_false(wire_has("<os>"));
	gate_rig_close();
}

/* A server that says odd things is no reason to fall. */
static void test_from_nobody(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org", "<iq type='get' from='/r' to='sip.x.org' "
			       "id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
	assert_true(wire_has("type='result'"));
	gate_rig_close();
}

static void test_rate(void **state)
{
	(void)state;
	open_up();
	for (int i = 0; i < 100; i++)
		stub_in("sip.x.org", ASK("sip.x.org", "get",
					 "<ping xmlns='urn:xmpp:ping'/>"));
	assert_int_equal(wire_count("type='result'"), 40);
	assert_int_equal(wire_count("type='wait'><resource-constraint"), 20);
	gate_rig_close();
}

static void test_rooms(void **state)
{
	(void)state;
	open_up();
	xmpp_says("rooms.x.org",
		  "<iq type='get' from='joe@z.org' to='rooms.x.org' id='2'>"
		  "<query xmlns='unheard-of'/></iq>");
	assert_wire("rooms.x.org: <iq type='error' from='rooms.x.org' "
		    "to='joe@z.org' id='2'><error type='cancel'>"
		    "<service-unavailable" STANZAS "/></error></iq>\n");
	gate_rig_close();
}

/* ---- contact lists ---- */

#define ITEM(jid, sub)                                                        \
	"<item jid='" jid "' subscription='" sub "' name='N'/>"
#define PUSH(from, items)                                                     \
	"<iq type='set'" from " id='p1'><query xmlns='jabber:iq:roster'>"     \
	items "</query></iq>"

/* The answer to the question for the list, which is on the wire. */
static void answer_list(const char *items)
{
	const char *at = strstr(buf_str(&wire), "type='get' id='");
	struct buf b = { 0 };

	assert_non_null(at);
	at += strlen("type='get' id='");
	buf_adds(&b, "<iq type='result' id='");
	buf_add(&b, at, strcspn(at, "'"));
	buf_adds(&b, "'><query xmlns='jabber:iq:roster'>");
	buf_adds(&b, items);
	buf_adds(&b, "</query></iq>");
	xmpp_says(BOB, buf_str(&b));
	buf_free(&b);
	buf_clear(&wire);
}

static const struct person *bob(void)
{
	struct addr *a = gr_addr(BOB);
	const struct person *p = person_find(jr.gate, a);

	mem_deref(a);
	assert_non_null(p);
	return p;
}

static void open_bob(void)
{
	open_up();
	sip_says("bob", "jabber_gateway", ":online");
	bob_up();
}

static void test_roster(void **state)
{
	const struct roster_item *i;

	(void)state;
	open_bob();
	assert_false(roster_is_known(bob()));
	answer_list(ITEM("joe@z.org", "both") ITEM("icq.y.org", "to")
		    ITEM("bad@z.org/full", "to"));
	assert_true(roster_is_known(bob()));
	assert_int_equal(roster_count(bob()), 2);
	i = roster_find(bob(), VIEW("JOE@z.org"));
	assert_non_null(i);
	assert_int_equal(i->subscription, ROSTER_BOTH);
	xmpp_says(BOB, PUSH("", ITEM("eve@z.org", "from")));
	assert_wire(BOB ": <iq type='result' id='p1'/>\n");
	assert_int_equal(roster_count(bob()), 3);
	xmpp_says(BOB, PUSH(" from='bob@y.org'", ITEM("eve@z.org", "remove")));
	assert_int_equal(roster_count(bob()), 2);
	gate_rig_close();
}

static void test_roster_forged(void **state)
{
	(void)state;
	open_bob();
	answer_list("");
	xmpp_says(BOB, PUSH(" from='eve@z.org'", ITEM("eve@z.org", "both")));
	assert_wire(BOB ": <iq type='error' to='eve@z.org' id='p1'>"
		    "<error type='cancel'><service-unavailable" STANZAS
		    "/></error></iq>\n");
	assert_int_equal(roster_count(bob()), 0);
	gate_rig_close();
}

static void test_services_shown(void **state)
{
	(void)state;
	open_bob();
	answer_list(ITEM("joe@z.org", "both") ITEM("icq.y.org", "to")
		    ITEM("msn.y.org", "to"));
	xmpp_says(BOB, "<presence from='icq.y.org'/>");
	xmpp_says(BOB, "<presence from='msn.y.org/x'/>");
	xmpp_says(BOB, "<presence from='msn.y.org/x' type='unavailable'/>");
	buf_clear(&gr.sip);
	sip_says("bob", "jabber_gateway", ":status");
	assert_non_null(strstr(buf_str(&gr.sip), "Contacts: 3"));
	assert_non_null(strstr(buf_str(&gr.sip), "icq.y.org: up"));
	assert_non_null(strstr(buf_str(&gr.sip), "msn.y.org: down"));
	gate_rig_close();
}

/* A contact who may see him may ask since when he is idle. */
static void test_last_for_contacts(void **state)
{
	(void)state;
	open_bob();
	answer_list(ITEM("joe@z.org", "from") ITEM("eve@z.org", "to"));
	xmpp_says(BOB, "<iq type='get' from='joe@z.org/ph' id='1'>"
		       "<query xmlns='jabber:iq:last'/></iq>");
	assert_true(wire_has("seconds="));
	buf_clear(&wire);
	xmpp_says(BOB, "<iq type='get' from='eve@z.org/ph' id='1'>"
		       "<query xmlns='jabber:iq:last'/></iq>");
	assert_true(wire_has("forbidden"));
	gate_rig_close();
}

/* Of a user of the component those whom he has allowed to see him. */
static void test_last_for_watchers(void **state)
{
	struct addr *alice = gr_addr("sip:alice@example.org");
	struct addr *joe = gr_addr("xmpp:joe@z.org");
	struct person *p;

	(void)state;
	open_up();
	xmpp_says("sip.x.org", ASK("alice@sip.x.org", "get",
				   "<query xmlns='jabber:iq:last'/>"));
	assert_wire(FAULT("alice@sip.x.org", "auth", "forbidden"));
	assert_int_equal(consent_set(gr.hub, alice, joe, CONSENT_ALLOWED), 0);
	gr_settle();
	assert_int_equal(person_get(&p, jr.gate, alice), 0);
	person_busy(p);
	gr_advance(7000);
	buf_clear(&wire);
	xmpp_says("sip.x.org", ASK("alice@sip.x.org", "get",
				   "<query xmlns='jabber:iq:last'/>"));
	assert_wire(RESULT("alice@sip.x.org", "><query "
			   "xmlns='jabber:iq:last' seconds='7'/></iq>"));
	/* she is here by now: only a client of hers is idle */
	phone_is_here = true;
	xmpp_says("sip.x.org", ASK("alice@sip.x.org", "get",
				   "<query xmlns='jabber:iq:last'/>"));
	assert_wire(RESULT("alice@sip.x.org", "><query "
			   "xmlns='jabber:iq:last' seconds='0'/></iq>"));
	xmpp_says("sip.x.org", ASK("alice@sip.x.org/gw", "get",
				   "<query xmlns='jabber:iq:last'/>"));
	assert_wire(RESULT("alice@sip.x.org/gw", "><query "
			   "xmlns='jabber:iq:last' seconds='7'/></iq>"));
	phone_is_here = false;
	assert_int_equal(consent_set(gr.hub, alice, joe, CONSENT_DENIED), 0);
	gr_settle();
	buf_clear(&wire);
	xmpp_says("sip.x.org", ASK("alice@sip.x.org", "get",
				   "<query xmlns='jabber:iq:last'/>"));
	assert_wire(FAULT("alice@sip.x.org", "auth", "forbidden"));
	mem_deref(alice);
	mem_deref(joe);
	gate_rig_close();
}

/* The list is another one after each login. */
static void test_roster_again(void **state)
{
	(void)state;
	open_bob();
	answer_list(ITEM("joe@z.org", "from"));
	stub_lost(BOB, LOST_NET, "cut");
	gr_advance(3000);
	bob_up();
	assert_false(roster_is_known(bob()));
	answer_list(ITEM("eve@z.org", "from") ITEM("eva@z.org", "from"));
	assert_int_equal(roster_count(bob()), 2);
	assert_null(roster_find(bob(), VIEW("joe@z.org")));
	gate_rig_close();
}

/* A bare JID has 2,047 bytes at most. */
static void test_roster_too_long(void **state)
{
	struct buf list = { 0 };

	(void)state;
	open_bob();
	buf_adds(&list, "<item subscription='both' jid='");
	for (int i = 0; i < 2048; i++)
		buf_addc(&list, 'x');
	buf_adds(&list, "'/>" ITEM("joe@z.org", "from"));
	answer_list(buf_str(&list));
	assert_int_equal(roster_count(bob()), 1);
	assert_non_null(roster_find(bob(), VIEW("joe@z.org")));
	buf_free(&list);
	gate_rig_close();
}

/* XEP-0115 5.1: the version is the hash of what disco says. */
static void test_caps(void **state)
{
	struct buf ask = { 0 };
	const char *at;

	(void)state;
	open_bob();
	at = strstr(buf_str(&wire), " ver='");
	assert_non_null(at);
	at += 6;
	assert_int_equal(strcspn(at, "'"), 28);
	buf_adds(&ask, "<iq type='get' from='joe@z.org/ph' id='1'><query "
		 "xmlns='http://jabber.org/protocol/disco#info' "
		 "node='urn:confab#");
	buf_add(&ask, at, 28);
	buf_adds(&ask, "'/></iq>");
	buf_clear(&wire);
	xmpp_says(BOB, buf_str(&ask));
	assert_true(wire_has("<identity category='client' type='pc'"));
	assert_true(wire_has(" node='urn:confab#"));
	buf_free(&ask);
	gate_rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(test_answers),
		GATE_TEST(test_disco),
		GATE_TEST(test_from_nobody),
		GATE_TEST(test_rate),
		GATE_TEST(test_rooms),
		GATE_TEST(test_roster),
		GATE_TEST(test_roster_forged),
		GATE_TEST(test_services_shown),
		GATE_TEST(test_last_for_contacts),
		GATE_TEST(test_last_for_watchers),
		GATE_TEST(test_roster_again),
		GATE_TEST(test_roster_too_long),
		GATE_TEST(test_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
