/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations, both ways. */
#include "gate_rig.h"

#define BOB "sip:bob@example.org"
#define RECEIPTS " xmlns='urn:xmpp:receipts'"
#define STATES " xmlns='http://jabber.org/protocol/chatstates'"
#define STANZAS " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
#define JOE(attrs, inside)                                                    \
	"<message from='joe@z.org/ph' to='alice@sip.x.org'" attrs ">" inside  \
	"</message>"

/* The id of the last stanza on the wire. */
static const char *last_id(void)
{
	static char id[20];
	const char *at = NULL, *p = buf_str(&wire);

	while ((p = strstr(p, " id='cf-")))
		at = p++;
	assert_non_null(at);
	view_copy(id, sizeof(id), view_mem(at + 5, 19));
	return id;
}

static void open_up(void)
{
	gate_rig_open();
	components_up();
}

static void test_component_out(void **state)
{
	char want[600];

	(void)state;
	open_up();
	gr_send(&(struct gr_say){
		.from = "alice", .to = "joe*z.org", .text = "hi <joe>",
		.meta = { .subject = VIEW("tea"), .lang = VIEW("de"),
			  .thread = VIEW("call-1"), .receipt = true,
			  .id = VIEW("imdn-1") } });
	assert_sip("202 alice <- joe*z.org: \n");
	snprintf(want, sizeof(want),
		 "sip.x.org: <message type='chat' from='alice@sip.x.org/gw' "
		 "to='joe@z.org' id='%s' xml:lang='de'>"
		 "<subject>tea</subject><body>hi &lt;joe></body>"
		 "<thread>call-1</thread><request" RECEIPTS "/>"
		 "<active" STATES "/><origin-id xmlns='urn:xmpp:sid:0' "
		 "id='%s'/></message>\n", last_id(), last_id());
	assert_wire(want);
	stub_sent("sip.x.org", 0, "");
	gr_settle();
	assert_sip("");
	gate_rig_close();
}

static void test_dedupe(void **state)
{
	const struct gr_say say = { .from = "alice", .to = "joe*z.org",
				    .text = "hi", .dedupe = "k1" };

	(void)state;
	open_up();
	gr_send(&say);
	assert_true(wire_has("<body>hi</body>"));
	buf_clear(&wire);
	gr_send(&say);
	assert_sip("202 alice <- joe*z.org: \n202 alice <- joe*z.org: \n");
	assert_wire("");
	gate_rig_close();
}

static void test_late_says_when(void **state)
{
	(void)state;
	gate_rig_open();
	sip_says("alice", "joe*z.org", "early");
	gr_advance(61000);
	stub_up("sip.x.org", "sip.x.org");
	gr_settle();
	assert_true(wire_has("<delay xmlns='urn:xmpp:delay' from='sip.x.org' "
			     "stamp='2027-01-15T08:00:00.000Z'/>"));
	gate_rig_close();
}

static void test_waits_in_vain(void **state)
{
	(void)state;
	gate_rig_open();
	sip_says("alice", "joe*z.org", "hi");
	assert_sip("202 alice <- joe*z.org: \n");
	for (int i = 0; i < 95; i++)
		gr_advance(1000);
	assert_sip("tell alice <- joe*z.org: ERROR: Your message was not "
		   "sent. Connection to IM network failed.\n");
	components_up();
	assert_wire("");
	gate_rig_close();
}

static void test_lost_under_it(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", "joe*z.org", "hi");
	buf_clear(&wire);
	stub_lost("sip.x.org", LOST_NET, "cut");
	gr_advance(4000);
	assert_wire("");
	stub_up("sip.x.org", "sip.x.org");
	gr_settle();
	assert_true(wire_has("<body>hi</body>"));
	stub_sent("sip.x.org", 0, "");
	assert_sip("202 alice <- joe*z.org: \n");
	gate_rig_close();
}

/* What breaks one link after the other is given up. */
static void test_poison(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", "joe*z.org", "poison");
	assert_sip("202 alice <- joe*z.org: \n");
	for (int i = 0; i < 5; i++) {
		assert_true(wire_has("poison"));
		buf_clear(&wire);
		stub_lost("sip.x.org", LOST_NET, "bad");
		gr_advance(330 * 1000);
		if (stub_session("sip.x.org")->state == 1)
			stub_up("sip.x.org", "sip.x.org");
		gr_settle();
	}
	assert_sip("tell alice <- joe*z.org: ERROR: Your message was not "
		   "sent. Something wrong during transmitting to Jabber "
		   "network.\n");
	assert_wire("");
	gate_rig_close();
}

static void test_error_told_once(void **state)
{
	char error[700];

	(void)state;
	open_up();
	sip_says("alice", "joe*z.org", "hi there");
	snprintf(error, sizeof(error), JOE(" type='error' id='%s'",
		 "<error type='cancel'><item-not-found" STANZAS "/>"
		 "<text" STANZAS ">No such user</text></error>"), last_id());
	assert_sip("202 alice <- joe*z.org: \n");
	xmpp_says("sip.x.org", error);
	assert_sip("tell alice <- joe*z.org: ERROR: Your message was not "
		   "sent. No such user: hi there\n");
	xmpp_says("sip.x.org", error);
	assert_sip("");
	gate_rig_close();
}

static void test_error_of_others(void **state)
{
	char error[700];

	(void)state;
	open_up();
	sip_says("alice", "joe*z.org", "hi there");
	snprintf(error, sizeof(error),
		 "<message from='mallory@z.org' to='alice@sip.x.org' "
		 "type='error' id='%s'><error type='cancel'><gone" STANZAS
		 "/></error></message>", last_id());
	buf_clear(&gr.sip);
	buf_clear(&wire);
	xmpp_says("sip.x.org", error);
	/* too late, and of no text of ours */
	snprintf(error, sizeof(error), JOE(" type='error' id='cf-%s'",
		 "<error type='cancel'><gone" STANZAS "/></error>"),
		 "0123456789abcdef");
	xmpp_says("sip.x.org", error);
	xmpp_says("sip.x.org", JOE(" type='error'", ""));
	assert_sip("");
	assert_wire("");
	gate_rig_close();
}

static void test_error_too_late(void **state)
{
	char error[700];

	(void)state;
	open_up();
	sip_says("alice", "joe*z.org", "hi there");
	stub_sent("sip.x.org", 0, "");
	snprintf(error, sizeof(error), JOE(" type='error' id='%s'",
		 "<error type='cancel'><gone" STANZAS "/></error>"),
		 last_id());
	buf_clear(&gr.sip);
	gr_advance(301 * 1000);
	xmpp_says("sip.x.org", error);
	assert_sip("");
	gate_rig_close();
}

/* His device is answered for five minutes; when it has gone, he is. */
static void test_device(void **state)
{
	char error[700];

	(void)state;
	open_up();
	xmpp_says("sip.x.org", JOE(" type='chat'", "<body>ho</body>"));
	assert_sip("alice <- joe*z.org: ho\n");
	sip_takes(202);
	sip_says("alice", "joe*z.org", "one");
	assert_true(wire_has("to='joe@z.org/ph'"));
	snprintf(error, sizeof(error), JOE(" type='error' id='%s'",
		 "<error type='cancel'><service-unavailable" STANZAS
		 "/></error>"), last_id());
	buf_clear(&wire);
	xmpp_says("sip.x.org", error);
	assert_true(wire_has("to='joe@z.org' "));
	assert_true(wire_has("<body>one</body>"));
	assert_sip("202 alice <- joe*z.org: \n");
	buf_clear(&wire);
	sip_says("alice", "joe*z.org", "two");
	assert_true(wire_has("to='joe@z.org' "));
	gate_rig_close();
}

static void test_device_forgotten(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org", JOE("", "<body>ho</body>"));
	xmpp_says("sip.x.org", "<presence from='joe@z.org/pc' "
			       "to='alice@sip.x.org'/>");
	buf_clear(&wire);
	sip_says("alice", "joe*z.org", "one");
	assert_true(wire_has("to='joe@z.org' "));
	xmpp_says("sip.x.org", JOE("", "<body>ho again</body>"));
	gr_advance(301 * 1000);
	buf_clear(&wire);
	sip_says("alice", "joe*z.org", "two");
	assert_true(wire_has("to='joe@z.org' "));
	gate_rig_close();
}

static void test_typing(void **state)
{
	struct gr_say say = { .from = "alice", .to = "joe*z.org",
			      .kind = GATE_TYPING };

	(void)state;
	open_up();
	gr_send(&say);
	assert_true(wire_has("<composing" STATES "/>"));
	buf_clear(&wire);
	gr_send(&say);
	assert_wire("");
	say.kind = GATE_IDLE;
	gr_send(&say);
	assert_true(wire_has("<paused" STATES "/>"));
	assert_false(wire_has("body"));
	buf_clear(&wire);
	buf_clear(&gr.sip);
	xmpp_says("sip.x.org", JOE("", "<composing" STATES "/>"));
	xmpp_says("sip.x.org", JOE("", "<composing" STATES "/>"));
	xmpp_says("sip.x.org", JOE("", "<paused" STATES "/>"));
	assert_sip("typing alice <- joe*z.org: \nidle alice <- joe*z.org: \n");
	/* one who never speaks of it does not want to hear of it */
	xmpp_says("sip.x.org", JOE("", "<body>x</body>"));
	say.kind = GATE_TYPING;
	buf_clear(&wire);
	gr_send(&say);
	assert_wire("");
	gate_rig_close();
}

static void test_receipts(void **state)
{
	const char *ask = JOE(" id='q1'", "<body>there?</body><request"
			      RECEIPTS "/>");
	char got[300];

	(void)state;
	open_up();
	xmpp_says("sip.x.org", ask);
	assert_wire("");
	sip_takes(200);
	assert_true(wire_has("to='joe@z.org/ph'"));
	assert_true(wire_has("<received" RECEIPTS " id='q1'/>"));
	buf_clear(&wire);
	/* and by IMDN, which says it once more */
	gr_send(&(struct gr_say){ .from = "alice", .to = "joe*z.org",
				  .kind = GATE_RECEIPT,
				  .meta = { .id = VIEW("q1") } });
	assert_wire("");
	gr_send(&(struct gr_say){
		.from = "alice", .to = "joe*z.org", .text = "yes",
		.meta = { .receipt = true, .id = VIEW("imdn-1") } });
	snprintf(got, sizeof(got), JOE("", "<received" RECEIPTS
		 " id='%s'/>"), last_id());
	buf_clear(&gr.sip);
	xmpp_says("sip.x.org", got);
	xmpp_says("sip.x.org", got);
	assert_sip("receipt alice <- joe*z.org: imdn-1\n");
	gate_rig_close();
}

static void test_no_receipt_for_a_relay(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org", JOE(" id='q1'", "<body>there?</body><request"
				   RECEIPTS "/>"));
	sip_takes(202);
	assert_wire("");
	gate_rig_close();
}

static void test_refused_and_expired(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org", JOE(" id='q1'", "<body>there?</body>"));
	sip_takes(404);
	assert_wire("sip.x.org: <message type='error' from='alice@sip.x.org' "
		    "to='joe@z.org/ph' id='q1'><error type='cancel'>"
		    "<item-not-found" STANZAS "/><text" STANZAS
		    " xml:lang='en'>404 Not Found</text></error></message>\n");
	gate_rig_close();
}

/* Each line: what is sent, what is seen. */
static void test_texts(void **state)
{
	static const struct {
		const char *xml, *seen;
	} rows[] = {
		{ JOE(" type='chat'", "<body>a</body>"),
		  "alice <- joe*z.org: a\n" },
		{ JOE(" type='normal'", "<subject>s</subject><body>b</body>"),
		  "alice <- joe*z.org: b\n" },
		{ JOE("", "<subject>only</subject>"),
		  "alice <- joe*z.org: * subject: only\n" },
		{ JOE("", "<subject/>"), "" },
		{ JOE("", "<body/>"), "" },
		{ JOE("", "<body>  </body>"), "" },
		{ JOE(" type='headline'", "<body>news</body>"), "" },
		{ JOE("", "<body xml:lang='de'>ja</body><body>yes</body>"),
		  "alice <- joe*z.org: yes\n" },
		{ JOE("", "<body xml:lang='de'>ja</body>"
			  "<body xml:lang='fr'>oui</body>"),
		  "alice <- joe*z.org: ja\n" },
		{ JOE("", "<body>see</body><x xmlns='jabber:x:oob'>"
			  "<url>https://z.org/p</url></x>"),
		  "alice <- joe*z.org: see\nhttps://z.org/p\n" },
		{ JOE("", "<body>https://z.org/p</body>"
			  "<x xmlns='jabber:x:oob'>"
			  "<url>https://z.org/p</url></x>"),
		  "alice <- joe*z.org: https://z.org/p\n" },
		{ JOE("", "<body>this needs OMEMO</body>"
			  "<encryption xmlns='urn:xmpp:eme:0'/>"),
		  "alice <- joe*z.org: [encrypted] this needs OMEMO\n" },
		{ JOE("", "<encrypted xmlns='urn:xmpp:omemo:2'>"
			  "<header/></encrypted>"), "" },
		{ JOE("", "<encrypted xmlns='urn:xmpp:omemo:2'>"
			  "<payload>x</payload></encrypted>"),
		  "alice <- joe*z.org: [encrypted] A message that only XMPP "
		  "clients can read.\n" },
		{ JOE("", "<body>fallback</body><retract id='1' "
			  "xmlns='urn:xmpp:message-retract:1'/>"),
		  "alice <- joe*z.org: * message withdrawn\n" },
		{ JOE("", "<body>+1</body><reactions id='1' "
			  "xmlns='urn:xmpp:reactions:0'/>"), "" },
		{ JOE("", "<displayed id='1' "
			  "xmlns='urn:xmpp:chat-markers:0'/>"), "" },
		{ JOE("", "<body>> was\nis</body><reply id='1' "
			  "xmlns='urn:xmpp:reply:0'/>"),
		  "alice <- joe*z.org: > was\nis\n" },
		{ JOE("", "<body>one\ntwo\n\nthree</body>"),
		  "alice <- joe*z.org: one\ntwo\n\nthree\n" },
		{ JOE("", "<body>/me waves</body>"),
		  "alice <- joe*z.org: /me waves\n" },
		{ JOE("", "<received xmlns='urn:xmpp:carbons:2'>"
			  "<forwarded xmlns='urn:xmpp:forward:0'>"
			  "<message xmlns='jabber:client' from='eve@z.org'>"
			  "<body>forged</body></message></forwarded>"
			  "</received>"), "" },
		{ JOE("", "<result xmlns='urn:xmpp:mam:2'/><body>x</body>"),
		  "" },
	};

	(void)state;
	open_up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		xmpp_says("sip.x.org", rows[i].xml);
		assert_sip(rows[i].seen);
		sip_takes(202);
	}
	assert_wire("");
	gate_rig_close();
}

static void test_correction(void **state)
{
	const char *fix = JOE(" id='2'", "<body>good</body><replace id='1' "
			      "xmlns='urn:xmpp:message-correct:0'/>");

	(void)state;
	open_up();
	xmpp_says("sip.x.org", fix); /* of what, he does not know */
	xmpp_says("sip.x.org", JOE(" id='1'", "<body>goof</body>"));
	xmpp_says("sip.x.org", JOE(" id='3'", "<body>good</body>"
		  "<replace id='1' "
		  "xmlns='urn:xmpp:message-correct:0'/>"));
	assert_sip("alice <- joe*z.org: good\nalice <- joe*z.org: goof\n"
		   "alice <- joe*z.org: * correction: good\n");
	gate_rig_close();
}

/* Date is of when it was said. */
static void test_said_elsewhere_at(void **state)
{
	struct addr **ends = gr_ends("sip:alice@example.org",
				     "sip:joe*z.org@gw.org");
	const struct gate_msg m = { .from = ends[0], .to = ends[1],
				    .text = VIEW("old"),
				    .time_ms = 1700000000000 };
	const struct gateway *gw;

	(void)state;
	open_up();
	gw = hub_gateway(gr.hub, ends[1]->user, ends[1]->host);
	gw->ops->message(gw->gw, &m, gr_on_answer, ends);
	gr_settle();
	assert_true(wire_has("stamp='2023-11-14T22:13:20.000Z'"));
	gate_rig_close();
}

static void test_whisper_of_a_room(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org",
		  "<message from='dev@c.z.org/joe' to='alice@sip.x.org/gw' "
		  "type='chat'><body>psst</body>"
		  "<x xmlns='http://jabber.org/protocol/muc#user'/>"
		  "</message>");
	assert_sip("");
	assert_wire("");
	gate_rig_close();
}

/* Two users may get the same id, and both are answered. */
static void test_receipts_each(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org", JOE(" id='q1'", "<body>there?</body><request"
				   RECEIPTS "/>"));
	xmpp_says("sip.x.org",
		  "<message from='joe@z.org/ph' to='carol@sip.x.org' id='q1'>"
		  "<body>there?</body><request" RECEIPTS "/></message>");
	sip_takes(200);
	assert_true(wire_has("from='alice@sip.x.org/gw' to='joe@z.org/ph'"));
	assert_true(wire_has("from='carol@sip.x.org/gw' to='joe@z.org/ph'"));
	gate_rig_close();
}

static void test_same_again(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org", JOE(" id='1'", "<body>a</body>"));
	xmpp_says("sip.x.org", JOE(" id='1'", "<body>a</body>"));
	xmpp_says("sip.x.org", JOE(" id='1'", "<body>b</body>"));
	assert_sip("alice <- joe*z.org: a\nalice <- joe*z.org: b\n");
	assert_wire("");
	gate_rig_close();
}

static void test_nobody(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org",
		  "<message from='joe@z.org/ph' to='nobody@sip.x.org' "
		  "id='1'><body>x</body></message>");
	assert_wire("sip.x.org: <message type='error' "
		    "from='nobody@sip.x.org' to='joe@z.org/ph' id='1'>"
		    "<error type='cancel'><item-not-found" STANZAS
		    "/></error></message>\n");
	xmpp_says("sip.x.org",
		  "<message from='joe@z.org/ph' to='nobody@sip.x.org' "
		  "type='error'><body>x</body></message>");
	assert_wire("");
	assert_sip("");
	gate_rig_close();
}

/* By an account's JID one of ours writes to another. He hears that he should
 * not, once for each text, and nothing goes round. */
static void test_two_of_ours(void **state)
{
	char there[300];

	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", ":online");
	bob_up();
	sip_says("alice", "bob*y.org", "hi");
	stub_sent("sip.x.org", 0, "");
	buf_clear(&gr.sip);
	snprintf(there, sizeof(there),
		 "<message from='alice@sip.x.org/gw' type='chat' id='%s'>"
		 "<body>hi</body></message>", last_id());
	buf_clear(&wire);
	xmpp_says(BOB, there);
	assert_sip("");
	assert_true(wire_has(BOB ": <message type='error' "
			     "to='alice@sip.x.org/gw' id='cf-"));
	assert_true(wire_has("<error type='cancel'><not-allowed"));
	snprintf(there, sizeof(there),
		 "<message from='bob@y.org/r1' to='alice@sip.x.org' "
		 "type='error' id='%s'><error type='cancel'><not-allowed"
		 STANZAS "/><text" STANZAS ">Use SIP.</text></error>"
		 "</message>", last_id());
	buf_clear(&wire);
	xmpp_says("sip.x.org", there);
	assert_sip("tell alice <- bob*y.org: ERROR: Your message was not "
		   "sent. Use SIP.: hi\n");
	assert_wire("");
	for (int i = 0; i < 30; i++)
		stub_in(BOB, "<message from='alice@sip.x.org/gw' "
			     "type='chat' id='1'><body>hi</body></message>");
	assert_int_equal(wire_count("type='error'"), 9);
	/* neither from our rooms nor what has no words */
	buf_clear(&wire);
	xmpp_says(BOB, "<message from='carol@sip.x.org/gw' type='chat'>"
		       "<active" STATES "/></message>");
	assert_wire("");
	assert_sip("");
	gate_rig_close();
}

static void test_flood(void **state)
{
	(void)state;
	jr.conf.peer_rate = 5;
	open_up();
	for (int i = 0; i < 30; i++) {
		xmpp_says("sip.x.org", JOE("", "<body>x</body>"));
		sip_takes(202);
	}
	assert_wire("sip.x.org: <message type='error' from='alice@sip.x.org' "
		    "to='joe@z.org/ph'><error type='wait'><policy-violation"
		    STANZAS "/><text" STANZAS " xml:lang='en'>Too many "
		    "messages: wait a little.</text></error></message>\n");
	gate_rig_close();
}

static void test_too_long(void **state)
{
	struct buf xml = { 0 };

	(void)state;
	open_up();
	buf_adds(&xml, "<message from='joe@z.org' to='alice@sip.x.org'>"
		       "<body>");
	for (int i = 0; i < 9001; i++)
		buf_addc(&xml, 'x');
	buf_adds(&xml, "</body></message>");
	xmpp_says("sip.x.org", buf_str(&xml));
	assert_sip("");
	assert_true(wire_has("<policy-violation"));
	buf_free(&xml);
	gate_rig_close();
}

static void test_invitations(void **state)
{
	(void)state;
	open_up();
	xmpp_says("sip.x.org",
		  "<message from='dev@c.z.org' to='alice@sip.x.org'>"
		  "<x xmlns='http://jabber.org/protocol/muc#user'>"
		  "<invite from='joe@z.org'><reason>talk</reason></invite>"
		  "<password>pw</password></x>"
		  "<x xmlns='jabber:x:conference' jid='dev@c.z.org'/>"
		  "<body>joe invites you</body></message>");
	assert_sip("alice <- *dev*c.z.org: INFO: joe@z.org invites you to "
		   "dev@c.z.org (talk). Its password is pw: reply :join NICK "
		   "PASSWORD\n");
	xmpp_says("sip.x.org", JOE("", "<x xmlns='jabber:x:conference' "
				   "jid='dev@c.z.org'/>"));
	assert_sip("");
	for (int i = 0; i < 100; i++) {
		char xml[300];

		snprintf(xml, sizeof(xml),
			 "<message from='s%d@z.org' to='alice@sip.x.org'>"
			 "<x xmlns='jabber:x:conference' "
			 "jid='r%d@c.z.org'/></message>", i, i);
		xmpp_says("sip.x.org", xml);
	}
	assert_int_equal(gr.open_count, 6);
	assert_false(wire_has("presence"));
	gate_rig_close();
}

static void test_room_not_joined(void **state)
{
	(void)state;
	open_up();
	for (int i = 0; i < 3; i++)
		xmpp_says("sip.x.org",
			  "<message from='dev@c.z.org/joe' type='groupchat' "
			  "to='alice@sip.x.org/gw'><body>x</body></message>");
	assert_sip("");
	assert_wire("sip.x.org: <presence type='unavailable' "
		    "from='alice@sip.x.org/gw' to='dev@c.z.org/joe'/>\n");
	gate_rig_close();
}

/* ---- accounts ---- */

#define ASKS(id)                                                              \
	"<message from='joe@z.org/ph' id='" id "'><body>x</body><request"     \
	RECEIPTS "/></message>"

static void test_account(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	assert_sip("202 bob <- joe*z.org: \n");
	assert_wire("");
	bob_up();
	assert_true(wire_has("<query xmlns='jabber:iq:roster'/>"));
	assert_true(wire_has("<priority>9</priority>"));
	assert_true(wire_has(BOB ": <message type='chat' to='joe@z.org' id="));
	assert_true(wire_has("<body>hi</body>"));
	stub_sent(BOB, 0, "");
	xmpp_says(BOB, "<message from='joe@z.org/ph'><body>ho</body>"
		       "</message>");
	assert_sip("bob <- joe*z.org: ho\n");
	gate_rig_close();
}

/* However often it is tried again. */
static void test_account_lost_is_told_once(void **state)
{
	static const char words[] = "Jabber server lost";
	const char *first;

	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	for (int i = 0; i < 500; i++) {
		if (stub_session(BOB)->state)
			stub_lost(BOB, LOST_NET, "no route");
		gr_advance(1000);
	}
	first = strstr(buf_str(&gr.sip), words);
	assert_non_null(first);
	assert_null(strstr(first + 1, words));
	buf_clear(&gr.sip);
	gate_rig_close();
}

static void test_account_refused(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	stub_lost(BOB, LOST_AUTH, "not-authorized");
	gr_settle();
	assert_sip("202 bob <- joe*z.org: \n"
		   "tell bob <- joe*z.org: ERROR: Your message was not sent. "
		   "Authentication to Jabber server failed.\n");
	sip_says("bob", "joe*z.org", "again");
	assert_sip("403 bob <- joe*z.org: ERROR: Your message was not sent. "
		   "Authentication to Jabber server failed.\n");
	gate_rig_close();
}

static void test_copies(void **state)
{
#define COPY_OF(from, kind, attrs, inside)                                    \
	"<message from='" from "'><" kind " xmlns='urn:xmpp:carbons:2'>"      \
	"<forwarded xmlns='urn:xmpp:forward:0'><message "                     \
	"xmlns='jabber:client' " attrs ">" inside "</message>"                \
	"</forwarded></" kind "></message>"
#define COPY(from, kind, attrs)                                               \
	COPY_OF(from, kind, attrs, "<body>x</body>")
	(void)state;
	jr.conf.carbons = true;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	bob_up();
	assert_true(wire_has("<enable xmlns='urn:xmpp:carbons:2'/>"));
	buf_clear(&gr.sip);
	xmpp_says(BOB, COPY("bob@y.org", "received", "from='joe@z.org/ph'"));
	xmpp_says(BOB, COPY("bob@y.org", "sent", "from='bob@y.org/pc' "
			    "to='joe@z.org'"));
	assert_sip("bob <- joe*z.org: x\n"
		   "bob <- joe*z.org: [you, on another device] x\n");
	xmpp_says(BOB, COPY("eve@z.org", "received", "from='joe@z.org/ph'"));
	xmpp_says(BOB, COPY("eve@z.org", "sent", "from='bob@y.org/pc' "
			    "to='joe@z.org'"));
	assert_sip("");
	gate_rig_close();
}

/* He invites somebody from another device: nobody invites him. */
static void test_copy_of_own_invitation(void **state)
{
	(void)state;
	jr.conf.carbons = true;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	bob_up();
	buf_clear(&gr.sip);
	xmpp_says(BOB, COPY_OF("bob@y.org", "sent", "from='bob@y.org/pc' "
			       "to='joe@z.org'", "<x "
			       "xmlns='jabber:x:conference' "
			       "jid='dev@c.z.org'/>"));
	assert_sip("");
	xmpp_says(BOB, COPY_OF("bob@y.org", "received", "from='joe@z.org/ph'",
			       "<x xmlns='jabber:x:conference' "
			       "jid='dev@c.z.org'/>"));
	assert_sip("bob <- *dev*c.z.org: INFO: joe@z.org/ph invites you to "
		   "dev@c.z.org. Reply :join\n");
	gate_rig_close();
}

/* Another device has got them: nobody hears that there were too many. */
static void test_flood_of_copies(void **state)
{
	(void)state;
	jr.conf.carbons = true;
	jr.conf.peer_rate = 1;
	open_up();
	sip_says("bob", "joe*z.org", ":online");
	bob_up();
	buf_clear(&wire);
	for (int i = 0; i < 8; i++)
		xmpp_says(BOB, COPY("bob@y.org", "received",
				    "from='joe@z.org/ph'"));
	assert_wire("");
	xmpp_says(BOB, "<message from='joe@z.org/ph'><body>x</body>"
		       "</message>");
	assert_true(wire_has("<policy-violation"));
	gate_rig_close();
}

/* He spoke by the component until now. */
static void test_account_begins(void **state)
{
	struct addr *bob = gr_addr("sip:bob@example.org");

	(void)state;
	jr.account_gone = true;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	assert_true(wire_has("from='bob@sip.x.org/gw'"));
	jr.account_gone = false;
	jr.login = GATE_ALWAYS;
	gate_account_changed(jr.gate, bob);
	gr_settle();
	assert_int_not_equal(stub_session(BOB)->state, 0);
	mem_deref(bob);
	gate_rig_close();
}

/* ---- as whom ---- */

static void bobs_account_goes(void)
{
	struct addr *bob = gr_addr(BOB);

	jr.account_gone = true;
	gate_account_changed(jr.gate, bob);
	gr_settle();
	mem_deref(bob);
}

/* What he said as bob@y.org is never said by bob@sip.x.org. */
static void test_another_by_now(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	assert_sip("202 bob <- joe*z.org: \n");
	bobs_account_goes();
	gr_advance(31000);
	gr_advance(20);
	assert_sip("tell bob <- joe*z.org: ERROR: Your message was not sent. "
		   "Your Jabber account is another one now, or gone.\n");
	assert_false(wire_has("<body>hi</body>"));
	/* he can speak as who he is now */
	sip_says("bob", "joe*z.org", "here");
	assert_true(wire_has("from='bob@sip.x.org/gw' to='joe@z.org'"));
	gate_rig_close();
}

/* The same when it happens while nothing runs. */
static void test_another_after_restart(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	gate_rig_close();
	jr.account_gone = true;
	open_up();
	gr_advance(31000);
	gr_advance(20);
	assert_true(strstr(buf_str(&gr.sip), "another one now, or gone"));
	assert_false(wire_has("<body>hi</body>"));
	gate_rig_close();
}

/* An error for what was said by the other account sends nothing again. */
static void test_error_for_another(void **state)
{
	char error[400];

	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	bob_up();
	xmpp_says(BOB, "<message from='joe@z.org/ph'><body>ho</body>"
		       "</message>");
	stub_sent(BOB, 0, "");
	gr_settle();
	sip_says("bob", "joe*z.org", "you");
	stub_sent(BOB, 0, "");
	gr_settle();
	snprintf(error, sizeof(error),
		 "<message type='error' from='joe@z.org/ph' "
		 "to='bob@sip.x.org' id='%s'><error type='cancel'>"
		 "<service-unavailable" STANZAS "/></error></message>",
		 last_id());
	bobs_account_goes();
	sip_says("bob", "joe*z.org", "here");
	buf_clear(&wire);
	xmpp_says("sip.x.org", error);
	assert_false(wire_has("<body>you</body>"));
	gate_rig_close();
}

/* ---- whose turn it is ---- */

static bool is_queued(const char *user)
{
	struct addr *a = gr_addr(user);
	struct person *p;

	assert_int_equal(person_get(&p, jr.gate, a), 0);
	mem_deref(a);
	return p->queued;
}

static void begin_many(char last)
{
	char text[] = "sip:many0@example.org";

	for (; text[8] <= last; text[8]++) {
		struct addr *a = gr_addr(text);
		struct person *p;

		assert_int_equal(person_get(&p, jr.gate, a), 0);
		person_hold(p);
		person_begin(p);
		mem_deref(a);
	}
}

/* Two at once, then one a second: who is missed most is the first. */
static void test_turns(void **state)
{
	struct addr *two = gr_addr("sip:many2@example.org");
	char text[] = "sip:many0@example.org";
	size_t left = 0;

	(void)state;
	jr.conf.logins_rate = 1;
	open_up();
	begin_many('9');
	sip_says("many7", "joe*z.org", "hi");
	hub_gate_registered(gr.hub, two, true);
	sip_says("many5", "joe*z.org", "hi");
	assert_true(is_queued("sip:many7@example.org"));
	gr_advance(220);
	assert_false(is_queued("sip:many7@example.org"));
	assert_false(is_queued("sip:many5@example.org"));
	assert_true(is_queued("sip:many2@example.org"));
	/* one who comes now has no place before them */
	sip_says("bob", "joe*z.org", "hi");
	assert_true(is_queued(BOB));
	gr_advance(1000);
	assert_false(is_queued(BOB));
	assert_true(is_queued("sip:many2@example.org"));
	gr_advance(1000);
	assert_false(is_queued("sip:many2@example.org"));
	for (; text[8] <= '9'; text[8]++)
		left += is_queued(text);
	assert_int_equal(left, 7);
	for (int i = 0; i < 8; i++)
		gr_advance(1000);
	for (text[8] = '0'; text[8] <= '9'; text[8]++)
		assert_false(is_queued(text));
	mem_deref(two);
	gate_rig_close();
}

/* ---- refused within a moment ---- */

static void refused_by_joe(const char *id, const char *why)
{
	char error[400];

	snprintf(error, sizeof(error),
		 "<message type='error' from='joe@z.org' "
		 "to='alice@sip.x.org' id='%s'><error type='cancel'>"
		 "<%s" STANZAS "/></error></message>", id, why);
	xmpp_says("sip.x.org", error);
}

static void test_early(void **state)
{
	char first[20];

	(void)state;
	jr.conf.early_error_ms = 300;
	open_up();
	sip_says("alice", "joe*z.org", "hi");
	stub_sent("sip.x.org", 0, "");
	assert_sip("");
	memcpy(first, last_id(), sizeof(first));
	/* one is held, the next is not */
	sip_says("alice", "joe*z.org", "you");
	stub_sent("sip.x.org", 0, "");
	assert_sip("202 alice <- joe*z.org: \n");
	refused_by_joe(first, "item-not-found");
	assert_memory_equal(buf_str(&gr.sip), "604 alice <- joe*z.org: ERROR: "
			    "Your message was not sent. ", 54);
	assert_null(strstr(buf_str(&gr.sip), "tell"));
	buf_clear(&gr.sip);
	refused_by_joe(first, "item-not-found");
	gr_advance(400);
	assert_sip("");
	/* nothing comes */
	sip_says("alice", "joe*z.org", "well");
	stub_sent("sip.x.org", 0, "");
	gr_advance(280);
	assert_sip("");
	gr_advance(40);
	assert_sip("202 alice <- joe*z.org: \n");
	refused_by_joe(last_id(), "forbidden");
	assert_memory_equal(buf_str(&gr.sip), "tell alice <- joe*z.org: ERROR",
			    30);
	gate_rig_close();
}

static void test_early_ends(void **state)
{
	(void)state;
	jr.conf.early_error_ms = 300;
	jr.conf.receipts = true;
	open_up();
	sip_says("alice", "joe*z.org", "hi");
	stub_sent("sip.x.org", 0, "");
	assert_true(wire_has("<request" RECEIPTS "/>"));
	assert_sip("");
	xmpp_says("sip.x.org", JOE("", "<received" RECEIPTS " id='x'/>"));
	assert_sip("");
	/* he has got it; nobody asked to be told */
	struct buf b = { 0 };

	buf_addf(&b, JOE("", "<received" RECEIPTS " id='%s'/>"), last_id());
	xmpp_says("sip.x.org", buf_str(&b));
	buf_free(&b);
	assert_sip("202 alice <- joe*z.org: \n");
	/* what has to wait for a login is answered at once; so is a notice */
	sip_says("bob", "joe*z.org", "hi");
	gr_send(&(struct gr_say){ .from = "carol", .to = "joe*z.org",
				  .text = "away", .meta.notice = true });
	assert_sip("202 bob <- joe*z.org: \n202 carol <- joe*z.org: \n");
	/* at the end all have their answers */
	sip_says("alice", "eve*z.org", "hi");
	assert_sip("");
	gate_stop(jr.gate);
	assert_sip("202 alice <- eve*z.org: \n");
	gate_rig_close();
}

/* Whoever it was held for has gone meanwhile. */
static void test_early_gone(void **state)
{
	(void)state;
	jr.conf.early_error_ms = 300;
	open_up();
	sip_says("bob", "joe*z.org", ":online");
	bob_up();
	buf_clear(&gr.sip);
	sip_says("bob", "joe*z.org", "hi");
	assert_sip("");
	bobs_account_goes();
	gr_advance(320);
	assert_sip("202 bob <- joe*z.org: \n");
	gate_rig_close();
}

/* ---- what nobody wrote ---- */

#define HINTS "<no-copy xmlns='urn:xmpp:hints'/>" \
	      "<no-store xmlns='urn:xmpp:hints'/>"

static void test_notices(void **state)
{
	char error[400];
	struct meta meta = { .notice = true, .receipt = true,
			     .id = VIEW("imdn-1") };

	(void)state;
	open_up();
	gr_send(&(struct gr_say){ .from = "alice", .to = "joe*z.org",
				  .text = "I am away", .meta = meta });
	assert_true(wire_has(HINTS "</message>"));
	assert_false(wire_has("<request"));
	stub_sent("sip.x.org", 0, "");
	assert_sip("202 alice <- joe*z.org: \n");
	snprintf(error, sizeof(error),
		 "<message type='error' from='joe@z.org' "
		 "to='alice@sip.x.org' id='%s'><error type='cancel'>"
		 "<item-not-found" STANZAS "/></error></message>", last_id());
	xmpp_says("sip.x.org", error);
	assert_sip(""); /* who writes by himself is not told */
	buf_clear(&wire);
	xmpp_says("sip.x.org", JOE(" id='1'", "<body>I am away</body>" HINTS
					      "<request" RECEIPTS "/>"));
	assert_sip("alice <- joe*z.org: I am away\n");
	assert_true(gr_last_meta.notice);
	assert_false(gr_last_meta.receipt);
	sip_takes(200);
	assert_wire("");
	/* what is not to be stored may well be somebody's words */
	xmpp_says("sip.x.org", JOE("", "<body>hush</body>"
				   "<no-store xmlns='urn:xmpp:hints'/>"));
	assert_false(gr_last_meta.notice);
	gate_rig_close();
}

static void test_server_speaks(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", "hi");
	bob_up();
	buf_clear(&gr.sip);
	xmpp_says(BOB, "<message from='y.org'><body>maintenance</body>"
		       "</message>");
	assert_sip("bob <- jabber_gateway: [y.org] maintenance\n");
	gate_rig_close();
}

static void test_online_offline(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", ":online");
	assert_sip("202 bob <- joe*z.org: \n");
	bob_up();
	assert_sip("tell bob <- joe*z.org: INFO: You are online in Jabber "
		   "network as bob@y.org/r1.\n");
	sip_says("bob", "jabber_gateway", ":on");
	assert_sip("200 bob <- jabber_gateway: INFO: You are online in Jabber "
		   "network as bob@y.org/r1.\n");
	sip_says("bob", "jabber_gateway", ":status");
	assert_sip("200 bob <- jabber_gateway: INFO: You are bob@y.org, by "
		   "your account: online.\nYour contacts are not known just "
		   "now.\n");
	sip_says("bob", "jabber_gateway", ":offline");
	assert_sip("200 bob <- jabber_gateway: INFO: You are now offline in "
		   "Jabber network. Thank you for using SIP-Jabber gateway."
		   "\n");
	assert_int_equal(stub_session(BOB)->state, 0);
	sip_says("alice", "jabber_gateway", ":off");
	assert_sip("200 alice <- jabber_gateway: INFO: You have no account to "
		   "log out from: you speak by the gateway.\n");
	gate_rig_close();
}

static void test_online_fails(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", ":online");
	stub_lost(BOB, LOST_AUTH, "not-authorized");
	gr_settle();
	assert_sip("202 bob <- joe*z.org: \ntell bob <- joe*z.org: ERROR: "
		   "Authentication to Jabber server failed.\n");
	gate_rig_close();
}

/* What waits goes nowhere once he said so, nor does it log him in again. */
static void test_offline_while_waiting(void **state)
{
	(void)state;
	open_up();
	for (int i = 0; i < 12; i++)
		sip_says("bob", "joe*z.org", "hi");
	buf_clear(&gr.sip);
	sip_says("bob", "joe*z.org", ":offline");
	gr_advance(50);
	gr_advance(50);
	assert_int_equal(stub_session(BOB)->state, 0);
	for (int i = 0; i < 12; i++)
		assert_non_null(strstr(buf_str(&gr.sip), "ERROR"));
	assert_wire("");
	gate_rig_close();
}

/* His last words are confirmed first, if they are soon. */
static void test_offline_after_words(void **state)
{
	(void)state;
	for (int confirmed = 0; confirmed < 2; confirmed++) {
		open_up();
		sip_says("bob", "joe*z.org", ":online");
		bob_up();
		sip_says("bob", "joe*z.org", "bye");
		assert_true(wire_has("<body>bye</body>"));
		sip_says("bob", "jabber_gateway", ":offline");
		gr_advance(100);
		assert_int_not_equal(stub_session(BOB)->state, 0);
		if (confirmed)
			stub_sent(BOB, 0, "");
		gr_advance(confirmed ? 50 : 2100);
		assert_int_equal(stub_session(BOB)->state, 0);
		gate_rig_close();
	}
}

/* What became of theirs is said when he is there again. */
static void test_owed(void **state)
{
	static const struct {
		int status;
		const char *asked, *said;
	} rows[] = {
		{ 200, ASKS("q1"), "<received" RECEIPTS " id='q1'/>" },
		{ 404, ASKS("q2"), "type='error' to='joe@z.org/ph' id='q2'>"
		       "<error type='cancel'><item-not-found" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_up();
		sip_says("bob", "joe*z.org", ":online");
		bob_up();
		xmpp_says(BOB, rows[i].asked);
		sip_says("bob", "jabber_gateway", ":offline");
		buf_clear(&wire);
		sip_takes(rows[i].status);
		assert_wire("");
		gr_advance(700 * 1000); /* he is forgotten by now */
		assert_wire("");
		sip_says("bob", "jabber_gateway", ":online");
		bob_up();
		assert_true(wire_has(rows[i].said));
		buf_clear(&wire);
		stub_lost(BOB, LOST_NET, "cut");
		gr_advance(3000);
		bob_up();
		assert_false(wire_has(rows[i].said));
		gate_rig_close();
	}
}

/* Of who he was, and by that way only. */
static void test_owed_by_another(void **state)
{
	struct addr *bob = gr_addr(BOB);

	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", ":online");
	bob_up();
	xmpp_says(BOB, "<message from='joe@z.org/ph' id='q1'><body>x</body>"
		       "</message>");
	sip_says("bob", "jabber_gateway", ":offline");
	sip_takes(404);
	jr.account_gone = true;
	gate_account_changed(jr.gate, bob);
	mem_deref(bob);
	buf_clear(&wire);
	xmpp_says("sip.x.org", JOE(" id='q2'", "<body>x</body>"));
	stub_lost("sip.x.org", LOST_NET, "cut");
	sip_takes(404);
	assert_wire("");
	gr_advance(3000);
	stub_up("sip.x.org", "sip.x.org");
	assert_true(wire_has("from='alice@sip.x.org' to='joe@z.org/ph' "
			     "id='q2'><error"));
	assert_false(wire_has("q1"));
	gate_rig_close();
}

static void bob_publishes(enum show show)
{
	const struct presence_state is = { .count = 1,
					   .place = { { .show = show } } };
	struct addr *bob = gr_addr(BOB);

	hub_gate_presence(gr.hub, bob, &is);
	mem_deref(bob);
	gr_settle();
}

/* ":offline" counts until he goes, whatever his phone says of him. */
static void test_offline_while_published(void **state)
{
	(void)state;
	jr.login = GATE_PUBLISHED;
	open_up();
	bob_publishes(SHOW_ONLINE);
	bob_up();
	sip_says("bob", "jabber_gateway", ":offline");
	bob_publishes(SHOW_AWAY);
	assert_int_equal(stub_session(BOB)->state, 0);
	bob_publishes(SHOW_OFFLINE);
	assert_int_equal(stub_session(BOB)->state, 0);
	bob_publishes(SHOW_ONLINE);
	assert_int_not_equal(stub_session(BOB)->state, 0);
	gate_rig_close();
}

/* He thought better of it. */
static void test_offline_taken_back(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", "joe*z.org", ":online");
	bob_up();
	sip_says("bob", "joe*z.org", "bye");
	sip_says("bob", "jabber_gateway", ":offline");
	sip_says("bob", "jabber_gateway", ":online");
	gr_advance(2100);
	assert_int_not_equal(stub_session(BOB)->state, 0);
	gate_rig_close();
}

/* What was on the disk goes out after a restart. */
static void test_restart(void **state)
{
	(void)state;
	gate_rig_open();
	sip_says("alice", "joe*z.org", "kept");
	gate_rig_close();
	gate_rig_open();
	stub_up("sip.x.org", "sip.x.org");
	gr_settle();
	assert_true(wire_has("<body>kept</body>"));
	stub_sent("sip.x.org", 0, "");
	gr_settle();
	gate_rig_close();
	gate_rig_open();
	components_up();
	assert_wire("");
	gate_rig_close();
}

/* It was too old by then. */
static void test_restart_late(void **state)
{
	(void)state;
	gate_rig_open();
	sip_says("alice", "joe*z.org", "old");
	assert_sip("202 alice <- joe*z.org: \n");
	gate_rig_close();
	clock_advance(UINT64_C(8) * 24 * 3600 * 1000);
	gate_rig_open();
	components_up();
	gr_settle();
	assert_wire("");
	assert_sip("tell alice <- joe*z.org: ERROR: Your message was not "
		   "sent. Connection to IM network failed.\n");
	gate_rig_close();
}

static void test_service(void **state)
{
	struct addr **ends = gr_ends("sip:alice@example.org",
				     "sip:icq.gw.org");
	const struct gate_msg m = { .from = ends[0],
				    .to = ends[1],
				    .text = VIEW("help") };
	const struct gateway *gw;

	(void)state;
	open_up();
	gw = hub_gateway(gr.hub, m.to->user, m.to->host);
	assert_non_null(gw);
	gw->ops->message(gw->gw, &m, gr_on_answer, ends);
	gr_settle();
	assert_sip("202 alice <- icq.gw.org: \n");
	assert_true(wire_has("to='icq.gw.org'"));
	xmpp_says("sip.x.org", "<message from='icq.gw.org' "
		  "to='alice@sip.x.org'><body>me too</body></message>");
	assert_sip("alice <- icq.gw.org: me too\n");
	gate_rig_close();
}

static void on_wait(int err, void *arg)
{
	*(int *)arg = err;
}

/* It is his turn, and then it can't even be tried. */
static void test_login_fails_in_its_turn(void **state)
{
	struct addr *bob = NULL;
	struct person *p;
	int err = -1;

	(void)state;
	jr.account_bad = false;
	jr.conf.logins_rate = 1;
	open_up();
	addr_parse(&bob, VIEW(BOB));
	assert_int_equal(person_get(&p, jr.gate, bob), 0);
	jr.gate->logins.full_us = (now_ms() + 3000) * 1000;
	assert_int_equal(person_wake(p), 0);
	person_wait(p, on_wait, &err);
	jr.account_bad = true;
	gr_advance(500);
	assert_int_equal(err, -1);
	for (int i = 0; i < 40 && err == -1; i++)
		gr_advance(100);
	assert_int_equal(err, EACCES);
	mem_deref(bob);
	gate_rig_close();
}

/* Nobody is half somebody. */
static void test_no_session_for_an_account(void **state)
{
	struct addr *bob = NULL;
	struct person *p;

	(void)state;
	open_up();
	addr_parse(&bob, VIEW(BOB));
	new_err = EINVAL;
	expect_log(1);
	assert_int_equal(person_get(&p, jr.gate, bob), EACCES);
	assert_null(person_find(jr.gate, bob));
	new_err = 0;
	assert_int_equal(person_get(&p, jr.gate, bob), 0);
	assert_non_null(p->account);
	mem_deref(bob);
	gate_rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(test_component_out),
		GATE_TEST(test_login_fails_in_its_turn),
		GATE_TEST(test_no_session_for_an_account),
		GATE_TEST(test_dedupe),
		GATE_TEST(test_late_says_when),
		GATE_TEST(test_waits_in_vain),
		GATE_TEST(test_lost_under_it),
		GATE_TEST(test_poison),
		GATE_TEST(test_error_told_once),
		GATE_TEST(test_error_of_others),
		GATE_TEST(test_error_too_late),
		GATE_TEST(test_device),
		GATE_TEST(test_device_forgotten),
		GATE_TEST(test_typing),
		GATE_TEST(test_receipts),
		GATE_TEST(test_no_receipt_for_a_relay),
		GATE_TEST(test_refused_and_expired),
		GATE_TEST(test_texts),
		GATE_TEST(test_correction),
		GATE_TEST(test_said_elsewhere_at),
		GATE_TEST(test_whisper_of_a_room),
		GATE_TEST(test_receipts_each),
		GATE_TEST(test_same_again),
		GATE_TEST(test_nobody),
		GATE_TEST(test_two_of_ours),
		GATE_TEST(test_flood),
		GATE_TEST(test_too_long),
		GATE_TEST(test_invitations),
		GATE_TEST(test_room_not_joined),
		GATE_TEST(test_account),
		GATE_TEST(test_account_lost_is_told_once),
		GATE_TEST(test_account_refused),
		GATE_TEST(test_copies),
		GATE_TEST(test_copy_of_own_invitation),
		GATE_TEST(test_flood_of_copies),
		GATE_TEST(test_account_begins),
		GATE_TEST(test_another_by_now),
		GATE_TEST(test_another_after_restart),
		GATE_TEST(test_error_for_another),
		GATE_TEST(test_turns),
		GATE_TEST(test_early),
		GATE_TEST(test_early_ends),
		GATE_TEST(test_early_gone),
		GATE_TEST(test_notices),
		GATE_TEST(test_server_speaks),
		GATE_TEST(test_online_offline),
		GATE_TEST(test_online_fails),
		GATE_TEST(test_offline_while_waiting),
		GATE_TEST(test_offline_after_words),
		GATE_TEST(test_owed),
		GATE_TEST(test_owed_by_another),
		GATE_TEST(test_offline_while_published),
		GATE_TEST(test_offline_taken_back),
		GATE_TEST(test_restart),
		GATE_TEST(test_restart_late),
		GATE_TEST(test_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
