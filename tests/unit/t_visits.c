/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP users in rooms of XMPP. */
#include "gate_rig.h"

#define ROOM "al*dev*c.z.org"
#define PM_BO "pm*bo*dev*c.z.org"
#define USER " xmlns='http://jabber.org/protocol/muc#user'"
#define ITEM "<item affiliation='none' role='participant'/>"
#define TO " to='alice@sip.x.org/gw'"
#define P(nick) "<presence from='dev@c.z.org/" nick "'" TO
#define M(nick) "<message from='dev@c.z.org/" nick "'" TO
#define X(inside) "<x" USER ">" inside "</x>"
#define SAYS(nick, id, text)                                                  \
	M(nick) " type='groupchat' id='" id "'><body>" text "</body>"        \
	"</message>"
#define SAID(nick, id, text, stamp)                                           \
	M(nick) " type='groupchat' id='" id "'><body>" text "</body>"        \
	"<delay xmlns='urn:xmpp:delay' from='dev@c.z.org' stamp='" stamp     \
	"'/></message>"
#define SUBJECT "<message from='dev@c.z.org'" TO " type='groupchat'>"        \
	"<subject>tea</subject></message>"
#define NOW "2027-01-15T08:00:00Z" /* 1800000000 */

static const char *const c = "sip.x.org";

static void open_up(void)
{
	gate_rig_open();
	components_up();
}

static void in_as_al(void)
{
	xmpp_says(c, P("bo") ">" X(ITEM) "</presence>");
	xmpp_says(c, P("al") ">" X(ITEM "<status code='110'/>")
		     "</presence>");
}

/* In, with bo. */
static void enter(void)
{
	open_up();
	sip_says("alice", ROOM, ":join");
	in_as_al();
	xmpp_says(c, SUBJECT);
	assert_sip("200 alice <- " ROOM ": \ntell alice <- " ROOM ": INFO: "
		   "You have joined dev@c.z.org as al (2 occupants). Topic: "
		   "tea\n");
	buf_clear(&wire);
}

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

/* The room sends our last words back. */
static void reflect(const char *text)
{
	struct buf b = { 0 };

	buf_addf(&b, M("al") " type='groupchat' id='%s'><body>%s</body>"
		 "</message>", last_id(), text);
	xmpp_says(c, buf_str(&b));
	buf_free(&b);
}

static void restart(void)
{
	gate_rig_close();
	open_up();
	gr_advance(20);
}

/* ---- coming and going ---- */

static void test_join(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", ROOM, ":join");
	assert_true(wire_has("<presence from='alice@sip.x.org/gw' "
			     "to='dev@c.z.org/al'"));
	assert_sip("200 alice <- " ROOM ": \n");
	in_as_al();
	assert_sip("");
	xmpp_says(c, SUBJECT);
	assert_sip("tell alice <- " ROOM ": INFO: You have joined "
		   "dev@c.z.org as al (2 occupants). Topic: tea\n");
	sip_says("alice", ROOM, ":join");
	assert_sip("200 alice <- " ROOM ": INFO: You are in dev@c.z.org as "
		   "al.\n");
	buf_clear(&wire);
	sip_says("alice", ROOM, ":exit");
	assert_sip("200 alice <- " ROOM ": INFO: You have just left the "
		   "conference.\n");
	assert_true(wire_has("type='unavailable' from='alice@sip.x.org/gw' "
			     "to='dev@c.z.org/al'"));
	sip_says("alice", ROOM, ":exit");
	assert_sip("404 alice <- " ROOM ": ERROR: You are not joined in the "
		   "conference. (:join)\n");
	gate_rig_close();
}

static void test_status(void **state)
{
	(void)state;
	enter();
	sip_says("alice", "*tea*c.z.org", ":join al");
	buf_clear(&gr.sip);
	sip_says("alice", "jabber_gateway", ":status");
	assert_non_null(strstr(buf_str(&gr.sip), "by the gateway: online."));
	assert_non_null(strstr(buf_str(&gr.sip), "Rooms: "));
	assert_non_null(strstr(buf_str(&gr.sip), "dev@c.z.org"));
	assert_null(strstr(buf_str(&gr.sip), "dev@c.z.org (not"));
	assert_non_null(strstr(buf_str(&gr.sip),
			       "tea@c.z.org (not in it just now)"));
	buf_clear(&gr.sip);
	sip_says("carol", "jabber_gateway", ":status");
	assert_null(strstr(buf_str(&gr.sip), "Rooms"));
	gate_rig_close();
}

static void test_join_forms(void **state)
{
	static const struct {
		const char *to, *text, *nick;
	} rows[] = {
		{ "*dev*c.z.org", ":join", "alice" },
		{ "x*dev*c.z.org", ":JAB_JOIN_JCONF", "x" },
		{ ROOM, ":join Zoe", "Zoe" },
		{ "jabber_gateway", ":join " ROOM "@gw.org", "al" },
		{ "jabber_gateway", ":join sip:" ROOM "@gw.org bea", "bea" },
		{ "jabber_gateway", ":join dev@c.z.org", "alice" },
		{ "jabber_gateway", ":join dev@C.Z.org/kim", "kim" },
	};
	char want[64];

	(void)state;
	open_up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&wire);
		sip_says("alice", rows[i].to, rows[i].text);
		snprintf(want, sizeof(want), "to='dev@c.z.org/%s'",
			 rows[i].nick);
		assert_true(wire_has(want));
		sip_says("alice", "jabber_gateway", ":exit dev@c.z.org");
		assert_non_null(strstr(buf_str(&gr.sip), "just left"));
		buf_clear(&gr.sip);
		gr_advance(2000);
	}
	sip_says("alice", "jabber_gateway", ":join nowhere");
	assert_memory_equal(buf_str(&gr.sip), "404", 3);
	buf_clear(&gr.sip);
	sip_says("alice", ROOM, ":join \xe2\x80\x8b");
	assert_memory_equal(buf_str(&gr.sip), "400", 3);
	gate_rig_close();
}

static void test_refused(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", ROOM, ":join");
	buf_clear(&gr.sip);
	xmpp_says(c, P("al") " type='error'><error type='auth'>"
		     "<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-"
		     "stanzas'/></error></presence>");
	assert_sip("tell alice <- " ROOM ": ERROR: Your participation to the "
		   "conference room was refused. (it wants a password)\n");
	sip_says("alice", ROOM, "hi");
	assert_sip("403 alice <- " ROOM ": ERROR: Your message was not sent. "
		   "You are not joined in the conference. Please join the "
		   "room before sending messages.\n");
	buf_clear(&wire);
	sip_says("alice", ROOM, ":join al pass word");
	assert_true(wire_has("<password>pass word</password>"));
	gate_rig_close();
}

static void test_kicked(void **state)
{
	(void)state;
	enter();
	xmpp_says(c, P("al") " type='unavailable'>"
		     X("<item role='none'><actor nick='bo'/><reason>off"
		       "</reason></item><status code='307'/>"
		       "<status code='110'/>") "</presence>");
	assert_sip("alice <- " ROOM ": INFO: You are no longer in "
		   "dev@c.z.org: kicked by bo: off.\n");
	sip_takes(200);
	sip_says("alice", ROOM, "hi");
	assert_memory_equal(buf_str(&gr.sip), "403", 3);
	buf_clear(&gr.sip);
	restart();
	assert_wire("");
	gate_rig_close();
}

/* Also of what the hub had not handed over yet. */
static void test_all_left_behind(void **state)
{
	size_t told = 0;

	(void)state;
	enter();
	for (int i = 0; i < 40; i++)
		sip_says("alice", ROOM, "hi");
	sip_says("alice", ROOM, ":exit");
	for (int i = 0; i < 10; i++)
		gr_advance(100);
	for (const char *at = buf_str(&gr.sip);
	     (at = strstr(at, "was not sent.")); at++)
		told++;
	assert_int_equal(told, 40);
	gate_rig_close();
}

static void test_too_many(void **state)
{
	(void)state;
	jr.conf.user_rooms = 1;
	enter();
	sip_says("alice", "al*two*c.z.org", ":join");
	assert_sip("403 alice <- al*two*c.z.org: ERROR: Cannot create a new "
		   "conference session.\n");
	assert_wire("");
	gate_rig_close();
}

static void test_invited(void **state)
{
	struct addr *a;
	struct person *p;

	(void)state;
	open_up();
	a = gr_addr("sip:alice@example.org");
	assert_int_equal(person_get(&p, jr.gate, a), 0);
	visits_invited(p, VIEW("dev@c.z.org"), VIEW("sesame"));
	sip_says("alice", ROOM, ":join");
	assert_true(wire_has("<password>sesame</password>"));
	sip_says("alice", ROOM, ":exit");
	buf_clear(&wire);
	gr_advance(601000);
	sip_says("alice", ROOM, ":join");
	assert_false(wire_has("sesame"));
	mem_deref(a);
	gate_rig_close();
}

/* ---- words ---- */

static void test_said(void **state)
{
	(void)state;
	enter();
	sip_says("alice", ROOM, "/me is here & well");
	assert_sip("202 alice <- " ROOM ": \n");
	assert_true(wire_has("type='groupchat' from='alice@sip.x.org/gw' "
			     "to='dev@c.z.org'"));
	assert_true(wire_has("<body>/me is here &amp; well</body>"));
	reflect("/me is here &amp; well");
	assert_sip("");
	restart();
	/* nothing of it is left to be said */
	in_as_al();
	xmpp_says(c, SUBJECT);
	assert_false(wire_has("<body>"));
	gate_rig_close();
}

static void test_no_voice(void **state)
{
	(void)state;
	enter();
	xmpp_says(c, P("al") ">" X("<item role='visitor'/>"
				   "<status code='110'/>") "</presence>");
	sip_says("alice", ROOM, "hi");
	assert_sip("alice <- " ROOM ": * al may not speak any more\n"
		   "202 alice <- " ROOM ": \n"
		   "alice <- " ROOM ": ERROR: Your message was not sent. You "
		   "have no voice in this room.: hi\n");
	sip_takes(200);
	gate_rig_close();
}

/* What he was told is kept goes out when the room is there again, once. */
static void test_waits(void **state)
{
	(void)state;
	enter();
	stub_lost(c, LOST_NET, "cut");
	sip_says("alice", ROOM, "one");
	sip_says("alice", ROOM, "two");
	assert_sip("202 alice <- " ROOM ": \n202 alice <- " ROOM ": \n");
	gr_advance(3000);
	stub_up(c, c);
	assert_true(wire_has("<history since="));
	in_as_al();
	buf_clear(&wire);
	xmpp_says(c, SUBJECT);
	assert_non_null(strstr(strstr(buf_str(&wire), "<body>one"),
			       "<body>two"));
	assert_sip("");
	gate_rig_close();
}

static void test_waits_in_vain(void **state)
{
	(void)state;
	enter();
	stub_lost(c, LOST_NET, "cut");
	sip_says("alice", ROOM, "one");
	buf_clear(&gr.sip);
	for (int i = 0; i < 95; i++)
		gr_advance(1000);
	assert_sip("alice <- " ROOM ": ERROR: Your message was not sent. "
		   "Connection to the room failed.: one\n");
	sip_takes(200);
	gate_rig_close();
}

static void test_killed_before_reflection(void **state)
{
	struct buf b = { 0 };

	(void)state;
	enter();
	sip_says("alice", ROOM, "there");
	buf_addf(&b, M("al") " type='groupchat' id='%s'><body>there</body>"
		 "<delay xmlns='urn:xmpp:delay' from='dev@c.z.org' stamp='"
		 NOW "'/></message>", last_id());
	sip_says("alice", ROOM, "lost");
	buf_clear(&gr.sip);
	restart();
	assert_true(wire_has("to='dev@c.z.org/al'"));
	in_as_al();
	xmpp_says(c, buf_str(&b));
	xmpp_says(c, SUBJECT);
	gr_advance(20);
	/* the room had the one, not the other; and he hears of neither */
	assert_false(wire_has("<body>there</body>"));
	assert_true(wire_has("<body>lost</body>"));
	assert_sip("");
	buf_free(&b);
	gate_rig_close();
}

static void test_heard(void **state)
{
	(void)state;
	enter();
	xmpp_says(c, SAYS("bo", "1", "hi [all]\nmore"));
	xmpp_says(c, SAYS("bo", "2", "/me waves"));
	xmpp_says(c, SAYS("[x]", "3", "[bo] fake"));
	xmpp_says(c, M("bo") " type='groupchat'><subject>tea\ntime</subject>"
		     "</message>");
	xmpp_says(c, M("bo") " type='groupchat'><subject></subject>"
		     "</message>");
	xmpp_says(c, SAYS("al", "4", "by my laptop"));
	xmpp_says(c, P("bo") " type='unavailable'>"
		     X("<item nick='bob'/><status code='303'/>")
		     "</presence>");
	assert_sip("alice <- " ROOM ": [bo] hi [all]\n  more\n"
		   "alice <- " ROOM ": * bo waves\n"
		   "alice <- " ROOM ": [(x)] [bo] fake\n"
		   "alice <- " ROOM ": * bo set the topic: tea time\n"
		   "alice <- " ROOM ": * bo cleared the topic\n"
		   "alice <- " ROOM ": [al] by my laptop\n"
		   "alice <- " ROOM ": * bo is now bob\n");
	sip_takes(200);
	gate_rig_close();
}

/* A phone gets no more than ten a second: the rest is joined. */
static void test_fast(void **state)
{
	char xml[300];
	size_t lines = 0;

	(void)state;
	enter();
	for (int i = 0; i < 70; i++) {
		snprintf(xml, sizeof(xml), SAYS("bo", "%d", "line%d"), i, i);
		stub_in(c, xml);
		if (i == 40) {
			gr_settle();
			sip_takes(200);
		}
	}
	gr_settle();
	assert_null(strstr(buf_str(&gr.sip), "line51"));
	sip_takes(200);
	gr_advance(110);
	for (const char *p = buf_str(&gr.sip); (p = strstr(p, "[bo] line"));
	     p++)
		lines++;
	assert_int_equal(lines, 70);
	assert_non_null(strstr(buf_str(&gr.sip),
			       "[bo] line60\n[bo] line61\n"));
	sip_takes(200);
	gate_rig_close();
}

static void test_restart(void **state)
{
	(void)state;
	enter();
	xmpp_says(c, SAYS("bo", "1", "one"));
	xmpp_says(c, SAYS("bo", "2", "two"));
	sip_takes(200);
	buf_clear(&gr.sip);
	restart();
	assert_true(wire_has("<history since='"));
	in_as_al();
	xmpp_says(c, SAID("bo", "1", "one", NOW));
	xmpp_says(c, SAID("bo", "2", "two", NOW));
	xmpp_says(c, SAID("bo", "3", "three", NOW));
	assert_sip("");
	xmpp_says(c, SUBJECT);
	assert_sip("alice <- " ROOM ": [08:00 bo] three\n");
	sip_takes(200);
	xmpp_says(c, SAYS("bo", "4", "four"));
	assert_sip("alice <- " ROOM ": [bo] four\n");
	sip_takes(200);
	/* and by a new connection, too */
	stub_lost(c, LOST_NET, "cut");
	gr_advance(3000);
	stub_up(c, c);
	in_as_al();
	xmpp_says(c, SAID("bo", "4", "four", NOW));
	xmpp_says(c, SAID("bo", "5", "five", NOW));
	xmpp_says(c, SUBJECT);
	assert_sip("alice <- " ROOM ": [08:00 bo] five\n");
	sip_takes(200);
	gate_rig_close();
}

/* Killed before it was noted how far he is: what he has is not said again,
 * and what he lacks is not taken for it. */
static void test_killed_before_the_mark(void **state)
{
	char xml[400];

	(void)state;
	enter();
	for (int i = 0; i < 55; i++) {
		snprintf(xml, sizeof(xml), SAYS("bo", "%d", "line%d"), i, i);
		xmpp_says(c, xml);
		sip_takes(200);
	}
	gr_advance(600);
	sip_takes(200);
	buf_clear(&gr.sip);
	jr.gate->running = false; /* nothing is said goodbye to */
	restart();
	in_as_al();
	for (int i = 0; i < 56; i++) {
		snprintf(xml, sizeof(xml), SAID("bo", "%d", "line%d", NOW), i,
			 i);
		xmpp_says(c, xml);
	}
	xmpp_says(c, SUBJECT);
	for (int i = 0; i < 6; i++)
		gr_advance(200);
	assert_non_null(strstr(buf_str(&gr.sip), "[08:00 bo] line55\n"));
	assert_null(strstr(buf_str(&gr.sip), "line0\n"));
	assert_null(strstr(buf_str(&gr.sip), "line49\n"));
	sip_takes(200);
	gate_rig_close();
}

/* The password comes back from its seal, the nick as it was. */
static void test_restart_with_password(void **state)
{
	(void)state;
	open_up();
	sip_says("alice", ROOM, ":join zoe s3cret");
	buf_clear(&gr.sip);
	restart();
	assert_true(wire_has("to='dev@c.z.org/zoe'"));
	assert_true(wire_has("<password>s3cret</password>"));
	gate_rig_close();
}

/* ---- in private ---- */

static void test_private(void **state)
{
	(void)state;
	enter();
	xmpp_says(c, M("bo") " type='chat' id='9'><body>psst</body>"
		     "</message>");
	assert_sip("alice <- " PM_BO ": (private) psst\n");
	sip_takes(200);
	sip_says("alice", PM_BO, "yes?");
	assert_sip("202 alice <- " PM_BO ": \n");
	assert_true(wire_has("type='chat' from='alice@sip.x.org/gw' "
			     "to='dev@c.z.org/bo'"));
	assert_false(wire_has("groupchat"));
	stub_sent(c, 0, "");
	gr_settle();
	sip_says("alice", "pm*nobody*dev*c.z.org", "x");
	assert_sip("404 alice <- pm*nobody*dev*c.z.org: ERROR: Your message "
		   "was not sent. Nobody of this name is in the room.: x\n");
	gate_rig_close();
}

static void test_nick_changed_hands(void **state)
{
	(void)state;
	enter();
	xmpp_says(c, M("bo") " type='chat' id='9'><body>psst</body>"
		     "</message>");
	sip_takes(200);
	xmpp_says(c, P("bo") " type='unavailable'>" X(ITEM) "</presence>");
	xmpp_says(c, P("bo") ">" X(ITEM) "</presence>");
	buf_clear(&gr.sip);
	sip_says("alice", PM_BO, "the secret");
	assert_memory_equal(buf_str(&gr.sip), "403", 3);
	assert_wire("");
	buf_clear(&gr.sip);
	sip_says("alice", ROOM, ":msg bo who are you?");
	assert_sip("202 alice <- " ROOM ": \n");
	assert_true(wire_has("<body>who are you?</body>"));
	stub_sent(c, 0, "");
	gr_settle();
	sip_says("alice", PM_BO, "well");
	assert_sip("202 alice <- " PM_BO ": \n");
	gate_rig_close();
}

/* Of a nick that left before his words went out, nobody else gets them. */
static void test_private_words_wait_for_him_alone(void **state)
{
	(void)state;
	enter();
	xmpp_says(c, M("bo") " type='chat' id='9'><body>psst</body>"
		     "</message>");
	sip_takes(200);
	buf_clear(&gr.sip);
	stub_lost(c, LOST_NET, "cut");
	sip_says("alice", PM_BO, "the secret");
	gr_advance(3000);
	stub_up(c, c);
	buf_clear(&gr.sip);
	in_as_al(); /* with another bo, for all we know */
	xmpp_says(c, SUBJECT);
	assert_false(wire_has("the secret"));
	assert_sip("alice <- " ROOM ": ERROR: Your message was not sent. He "
		   "is not in the room any more.: the secret\n");
	sip_takes(200);
	gate_rig_close();
}

/* ---- commands ---- */

static void test_commands(void **state)
{
	(void)state;
	enter();
	xmpp_says(c, P("Jo Do") "><show>dnd</show>" X(ITEM) "</presence>");
	sip_says("alice", ROOM, ":who");
	assert_sip("200 alice <- " ROOM ": INFO: dev@c.z.org has 3 "
		   "occupants: al (you), bo, Jo Do (dnd)\n");
	sip_says("alice", ROOM, ":topic");
	assert_sip("200 alice <- " ROOM ": INFO: dev@c.z.org has the topic: "
		   "tea\n");
	sip_says("alice", ROOM, ":topic coffee  now");
	assert_true(wire_has("<subject>coffee now</subject>"));
	sip_says("alice", ROOM, ":nick alf");
	assert_true(wire_has("to='dev@c.z.org/alf'"));
	sip_says("alice", ROOM, ":msg Jo Do hello");
	assert_true(wire_has("to='dev@c.z.org/Jo Do'"));
	stub_sent(c, 0, "");
	gr_settle();
	buf_clear(&gr.sip);
	sip_says("alice", ROOM, ":msg Jo");
	assert_memory_equal(buf_str(&gr.sip), "404", 3);
	buf_clear(&gr.sip);
	stub_lost(c, LOST_NET, "cut");
	sip_says("alice", ROOM, ":who");
	assert_memory_equal(buf_str(&gr.sip), "480", 3);
	gate_rig_close();
}

static void test_account(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", ROOM, ":join bert");
	assert_sip("200 bob <- " ROOM ": \n");
	bob_up();
	assert_true(wire_has("sip:bob@example.org: <presence "
			     "to='dev@c.z.org/bert'"));
	/* it is another's from now on: his rooms come with him */
	jr.account_gone = true;
	buf_clear(&wire);
	struct addr *a = gr_addr("sip:bob@example.org");

	gate_account_changed(jr.gate, a);
	mem_deref(a);
	gr_advance(20);
	assert_true(wire_has("from='bob@sip.x.org/gw' "
			     "to='dev@c.z.org/bert'"));
	gate_rig_close();
}

/* He is told who may read him, when he comes and when that changes. */
static void test_how_public_it_is(void **state)
{
#define CONFIG(codes) "<message from='dev@c.z.org'" TO " type='groupchat'>"   \
		      X(codes) "</message>"
#define CODE(n) "<status code='" #n "'/>"
	(void)state;
	open_up();
	sip_says("alice", ROOM, ":join");
	xmpp_says(c, P("al") ">" X(ITEM CODE(100) CODE(170) CODE(110))
		     "</presence>");
	xmpp_says(c, SUBJECT);
	assert_true(strstr(buf_str(&gr.sip), "(1 occupant). Everybody there "
			   "sees your address. What is said there is logged. "
			   "Topic: tea\n"));
	buf_clear(&gr.sip);
	xmpp_says(c, CONFIG(CODE(104)));
	xmpp_says(c, CONFIG(CODE(172)));
	assert_sip(""); /* it is so already */
	xmpp_says(c, CONFIG(CODE(173) CODE(171)));
	assert_sip("alice <- " ROOM ": INFO: Your address is not shown "
		   "in the room any more.\n"
		   "alice <- " ROOM ": INFO: What is said in the room is "
		   "not logged any more.\n");
	xmpp_says(c, CONFIG(CODE(172)));
	xmpp_says(c, CONFIG(CODE(170)));
	assert_sip("alice <- " ROOM ": INFO: Everybody in the room sees "
		   "your address now.\n"
		   "alice <- " ROOM ": INFO: What is said in the room is "
		   "logged now.\n");
	/* an occupant can't say so */
	xmpp_says(c, M("bo") " type='groupchat'>" X(CODE(171)) "</message>");
	assert_sip("");
	gate_rig_close();
#undef CODE
#undef CONFIG
}

/* What he said as bob@y.org is not said by bob@sip.x.org. */
static void test_another_by_now(void **state)
{
	struct addr *a = gr_addr("sip:bob@example.org");

	(void)state;
	open_up();
	sip_says("bob", ROOM, ":join bert");
	bob_up();
	sip_says("bob", ROOM, "as bob at y");
	jr.account_gone = true;
	gate_account_changed(jr.gate, a);
	mem_deref(a);
	gr_advance(20);
	assert_true(wire_has("from='bob@sip.x.org/gw'"));
	buf_clear(&gr.sip);
	xmpp_says(c, "<presence from='dev@c.z.org/bert' "
		     "to='bob@sip.x.org/gw'>" X(ITEM "<status code='110'/>")
		     "</presence>");
	xmpp_says(c, "<message from='dev@c.z.org' to='bob@sip.x.org/gw' "
		     "type='groupchat'><subject/></message>");
	gr_advance(31000);
	gr_advance(20);
	assert_false(wire_has("as bob at y"));
	assert_true(strstr(buf_str(&gr.sip), "another one now, or gone.: as "
					     "bob at y"));
	gate_rig_close();
}

static void test_login_refused(void **state)
{
	(void)state;
	open_up();
	sip_says("bob", ROOM, ":join bert");
	buf_clear(&gr.sip);
	stub_lost("sip:bob@example.org", LOST_AUTH, "no");
	gr_settle();
	assert_sip("tell bob <- " ROOM ": ERROR: Your message was not sent. "
		   "Authentication to Jabber server failed.\n");
	sip_says("bob", ROOM, ":exit");
	assert_memory_equal(buf_str(&gr.sip), "404", 3);
	gate_rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(test_join),
		GATE_TEST(test_status),
		GATE_TEST(test_join_forms),
		GATE_TEST(test_refused),
		GATE_TEST(test_kicked),
		GATE_TEST(test_all_left_behind),
		GATE_TEST(test_too_many),
		GATE_TEST(test_invited),
		GATE_TEST(test_said),
		GATE_TEST(test_no_voice),
		GATE_TEST(test_waits),
		GATE_TEST(test_waits_in_vain),
		GATE_TEST(test_killed_before_reflection),
		GATE_TEST(test_heard),
		GATE_TEST(test_fast),
		GATE_TEST(test_restart),
		GATE_TEST(test_killed_before_the_mark),
		GATE_TEST(test_restart_with_password),
		GATE_TEST(test_private),
		GATE_TEST(test_nick_changed_hands),
		GATE_TEST(test_private_words_wait_for_him_alone),
		GATE_TEST(test_commands),
		GATE_TEST(test_account),
		GATE_TEST(test_how_public_it_is),
		GATE_TEST(test_another_by_now),
		GATE_TEST(test_login_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
