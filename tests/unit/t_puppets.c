/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links by the component: gate, hub and store are real, the server is not. */
#include <errno.h>

#include "gate_rig.h"

#define C "sip.x.org"
#define ROOM "dev@muc.y.org"
#define RELAY "imc-lobby@sip.x.org/gw"
#define ALICE "alice@sip.x.org/gw"
#define SELF "<x xmlns='http://jabber.org/protocol/muc#user'>" \
	     "<item affiliation='none' role='participant'/>" \
	     "<status code='110'/></x>"

static struct room *lobby;
static struct leg *leg;

static void take_in(const char *who, const char *nick)
{
	struct buf b = { 0 };

	buf_addf(&b, "<presence from='" ROOM "/%s' to='%s'>" SELF
		     "</presence>", nick, who);
	xmpp_says(C, buf_str(&b));
	buf_clear(&b);
	buf_addf(&b, "<message type='groupchat' from='" ROOM "' to='%s'>"
		     "<subject/></message>", who);
	xmpp_says(C, buf_str(&b));
	buf_free(&b);
	gr_advance(20);
}

static void joins(const char *user)
{
	struct hub_join j = { .role = ROLE_MEMBER, .state = MEMBER_JOINED };
	struct buf b = { 0 };

	buf_addf(&b, "sip:%s@example.org", user);
	j.addr = gr_addr(buf_str(&b));
	assert_int_equal(hub_member_add(lobby, &j, NULL, NULL), 0);
	gr_settle();
	mem_deref(j.addr);
	buf_free(&b);
}

static void link_it(const char *via)
{
	const struct hub_link link = {
		.label = VIEW("dev"), .target = VIEW("xmpp:" ROOM),
		.via = view_str(via), .nick = VIEW("bridge"),
	};

	assert_int_equal(hub_link_add(gr.hub, lobby, &link, NULL, NULL, NULL),
			 0);
	gr_settle();
	gr_advance(20);
	leg = hub_link(gr.hub, VIEW("dev"));
}

static void open_lobby(const char *via)
{
	struct addr *alice;

	gate_rig_open();
	components_up();
	alice = gr_addr("sip:alice@example.org");
	assert_int_equal(hub_room_create(gr.hub, &lobby, VIEW("lobby"),
					 VIEW("example.org"), 0, alice, NULL,
					 NULL), 0);
	mem_deref(alice);
	gr_settle();
	joins("carol");
	link_it(via);
	assert_true(wire_has("to='" ROOM "/bridge'"));
	take_in(RELAY, "bridge");
	assert_int_equal(leg->state, LEG_UP);
	sip_takes(200);
	buf_clear(&wire);
	buf_clear(&gr.sip);
}

static void says(const char *user, const char *text)
{
	struct hub_say say = { .text = view_str(text) };
	struct buf b = { 0 };

	buf_addf(&b, "sip:%s@example.org", user);
	say.from = gr_addr(buf_str(&b));
	assert_int_equal(hub_member_say(lobby, &say, NULL, NULL), 0);
	mem_deref(say.from);
	buf_free(&b);
	gr_settle();
	gr_advance(20);
	sip_takes(200);
}

/* The id of the newest stanza sent. */
static void last_id(char id[128])
{
	const char *p = buf_str(&wire), *at = NULL;

	while ((p = strstr(p, " id='cf-")) != NULL)
		at = p += 5;
	assert_non_null(at);
	view_copy(id, 128, view_mem(at, strcspn(at, "'")));
}

static void room_says(const char *to, const char *nick, const char *id,
		      const char *text)
{
	struct buf b = { 0 };

	buf_addf(&b, "<message type='groupchat' from='" ROOM "/%s' to='%s' "
		     "id='%s'><body>%s</body></message>", nick, to, id, text);
	xmpp_says(C, buf_str(&b));
	buf_free(&b);
	sip_takes(200);
}

static void the_relay_speaks_for_all(void **state)
{
	char id[128];

	(void)state;
	open_lobby("component");
	says("alice", "hi");
	assert_true(wire_has("<body>&lt;alice> hi</body>"));
	assert_true(wire_has("from='" RELAY "'"));
	/* it is there only when it comes back */
	assert_true(leg->cur.acked < lobby->head);
	last_id(id);
	room_says(RELAY, "bridge", id, "&lt;alice> hi");
	assert_int_equal(leg->cur.acked, lobby->head);
	buf_clear(&gr.sip);
	room_says(RELAY, "joe", "1", "hello");
	assert_sip("lobby <- dev: hello\nlobby <- dev: hello\n");
	xmpp_says(C, "<message type='groupchat' from='" ROOM "/joe' to='"
		     RELAY "' id='2'><body>hullo</body>"
		     "<replace xmlns='urn:xmpp:message-correct:0' id='1'/>"
		     "</message>");
	assert_sip("lobby <- dev: * correction: hullo\n"
		   "lobby <- dev: * correction: hullo\n");
	gate_rig_close();
}

static void nobody_rings_for_the_whole_room(void **state)
{
	(void)state;
	open_lobby("component");
	xmpp_says(C, "<presence from='" ROOM "/Jo' to='" RELAY "'>"
		     "<x xmlns='http://jabber.org/protocol/muc#user'><item "
		     "affiliation='none' role='participant'/></x>"
		     "</presence>");
	buf_clear(&wire);
	says("alice", "Jo, Jo, JO, jo, Jo, Jo and Al, jO, Joa, J");
	assert_true(wire_has("<body>&lt;alice> Jo, Jo, JO, jo, Jo, J\u200bo "
			     "and Al, j\u200bO, Joa, J</body>"));
	gate_rig_close();
}

static void refused_links(void **state)
{
	static const char *const bad[] = { "xmpp:dev@sip.x.org",
					   "xmpp:lobby@rooms.x.org",
					   "xmpp:nobody" };
	struct hub_link link = { .label = VIEW("x"),
				 .via = VIEW("component") };
	struct buf why = { 0 };

	(void)state;
	open_lobby("component");
	for (size_t i = 0; i < 3; i++) {
		buf_clear(&why);
		link.target = view_str(bad[i]);
		assert_int_equal(hub_link_add(gr.hub, lobby, &link, &why,
					      NULL, NULL), EINVAL);
		assert_true(why.n > 0);
	}
	/* nor do accounts go there */
	assert_true(jr.legs->own(jr.legs_arg, VIEW("lobby@rooms.x.org")));
	assert_true(jr.legs->own(jr.legs_arg, VIEW("lobby@ROOMS.x.org")));
	assert_false(jr.legs->own(jr.legs_arg, VIEW(ROOM)));
	buf_free(&why);
	gate_rig_close();
}

static void words_wait_for_their_puppet(void **state)
{
	char id[128];

	(void)state;
	open_lobby("puppets");
	says("alice", "one");
	assert_true(wire_has("from='" ALICE "' to='" ROOM "/alice'"));
	assert_false(wire_has("<body>"));
	/* what carol says stays behind it */
	says("carol", "two");
	assert_false(wire_has("<body>"));
	take_in(ALICE, "alice");
	gr_advance(20);
	assert_true(wire_has("<body>one</body>"));
	assert_false(wire_has("<body>two</body>"));
	take_in("carol@sip.x.org/gw", "carol");
	gr_advance(20);
	assert_true(wire_has("<body>two</body>"));
	last_id(id);
	buf_clear(&gr.sip);
	/* the listener hears ours: that is no news */
	room_says(RELAY, "carol", id, "two");
	room_says(RELAY, "alice", "x", "two");
	assert_sip("");
	gate_rig_close();
}

/* His namesake there is heard, as long as he has no name there himself. */
static void a_name_is_ours_when_we_have_it(void **state)
{
	(void)state;
	open_lobby("puppets");
	says("alice", "one");
	buf_clear(&gr.sip);
	room_says(RELAY, "alice", "x1", "I am from here");
	assert_sip("lobby <- dev: I am from here\n"
		   "lobby <- dev: I am from here\n");
	take_in(ALICE, "alice");
	buf_clear(&gr.sip);
	room_says(RELAY, "alice", "x2", "one");
	assert_sip("");
	gate_rig_close();
}

static void there(const char *nick, const char *type, const char *codes)
{
	struct buf b = { 0 };

	buf_addf(&b, "<presence from='" ROOM "/%s' to='" RELAY "'%s>"
		     "<x xmlns='http://jabber.org/protocol/muc#user'>"
		     "<item affiliation='none' role='participant' nick='rob'>"
		     "<actor nick='op'/><reason>spam</reason></item>%s</x>"
		     "</presence>", nick, type, codes);
	xmpp_says(C, buf_str(&b));
	buf_free(&b);
}

static void who_comes_and_goes_is_told(void **state)
{
	(void)state;
	open_lobby("puppets");
	says("alice", "hello");
	/* the others see a puppet before it knows of itself */
	there("alice", "", "");
	there("bob", "", "");
	there("carl", "", "");
	there("carl", " type='unavailable'", "<status code='307'/>");
	there("bob", " type='unavailable'", "<status code='303'/>");
	gr_advance(20000);
	assert_non_null(strstr(buf_str(&gr.sip),
			       "*** puppets: rob, carl came; carl was removed "
			       "by op (spam)"));
	assert_null(strstr(buf_str(&gr.sip), "alice came"));
	gate_rig_close();
}

static void kicked_puppets_are_relayed(void **state)
{
	(void)state;
	open_lobby("puppets");
	says("alice", "one");
	take_in(ALICE, "alice");
	gr_advance(20);
	room_says(ALICE, "alice", "x", "one");
	buf_clear(&gr.sip);
	xmpp_says(C, "<presence type='unavailable' from='" ROOM "/alice' to='"
		     ALICE "'><x xmlns='http://jabber.org/protocol/muc#user'>"
		     "<item affiliation='none' role='none'/>"
		     "<status code='307'/><status code='110'/></x>"
		     "</presence>");
	assert_non_null(strstr(buf_str(&gr.sip), "You are out of xmpp:" ROOM));
	buf_clear(&wire);
	says("alice", "two");
	assert_true(wire_has("<body>&lt;alice> two</body>"));
	gate_rig_close();
}

static void bans(struct view label, struct gate_link *out, void *arg)
{
	(void)label;
	(void)arg;
	out->expels = out->bans = true;
}

static void is_thrown_out(const char *from, const char *nick, unsigned code)
{
	char xml[400];

	snprintf(xml, sizeof(xml), "<presence type='unavailable' from='" ROOM
		 "/%s' to='%s'><x xmlns='http://jabber.org/protocol/muc#user'>"
		 "<item affiliation='outcast' role='none'/><status code='%u'/>"
		 "<status code='110'/></x></presence>", nick, from, code);
	xmpp_says(C, xml);
	gr_settle();
}

static const struct member *member_of(const char *user)
{
	struct addr *a = gr_addr(user);
	const struct member *m = room_member(lobby, a);

	mem_deref(a);
	return m;
}

/* As configured; but nobody there rules over who does here. */
static void who_is_banned_there_is_banned_here(void **state)
{
	(void)state;
	jr.conf.link = bans;
	open_lobby("puppets");
	says("carol", "one");
	take_in("carol@sip.x.org/gw", "carol");
	says("alice", "two");
	take_in(ALICE, "alice");
	gr_advance(20);
	assert_int_equal(member_of("sip:alice@example.org")->role, ROLE_OWNER);
	is_thrown_out("carol@sip.x.org/gw", "carol", 301);
	assert_int_equal(member_of("sip:carol@example.org")->state,
			 MEMBER_BANNED);
	is_thrown_out(ALICE, "alice", 301);
	assert_true(!member_of("sip:alice@example.org") ||
		    member_of("sip:alice@example.org")->state !=
			    MEMBER_BANNED);
	gate_rig_close();
}

static void who_is_kicked_there_may_come_back(void **state)
{
	(void)state;
	jr.conf.link = bans;
	open_lobby("puppets");
	says("carol", "one");
	take_in("carol@sip.x.org/gw", "carol");
	gr_advance(20);
	is_thrown_out("carol@sip.x.org/gw", "carol", 307);
	assert_null(member_of("sip:carol@example.org"));
	gate_rig_close();
}

static void members_take_their_puppets_along(void **state)
{
	struct addr *a;

	(void)state;
	open_lobby("puppets");
	says("carol", "one");
	take_in("carol@sip.x.org/gw", "carol");
	gr_advance(20);
	buf_clear(&wire);
	a = gr_addr("sip:carol@example.org");
	assert_int_equal(hub_member_remove(lobby, room_member(lobby, a),
					   VIEW("gone"), NULL, NULL), 0);
	mem_deref(a);
	gr_settle();
	assert_true(wire_has(" type='unavailable'"));
	/* without a word there, and what is seen of it there is none here */
	assert_false(wire_has("<status>"));
	assert_false(wire_has("<message"));
	buf_clear(&gr.sip);
	xmpp_says(C, "<presence type='unavailable' from='" ROOM "/carol' to='"
		     RELAY "'><x xmlns='http://jabber.org/protocol/muc#user'>"
		     "<item affiliation='none' role='none'/></x></presence>");
	gr_settle();
	assert_sip("");
	gate_rig_close();
}

static void puppets_listen_for_the_relay(void **state)
{
	(void)state;
	open_lobby("puppets");
	says("alice", "one");
	take_in(ALICE, "alice");
	gr_advance(20);
	buf_clear(&gr.sip);
	/* without ids of the room only the listener counts */
	room_says(RELAY, "joe", "1", "a");
	room_says(ALICE, "joe", "1", "a");
	assert_sip("lobby <- dev: a\nlobby <- dev: a\n");
	xmpp_says(C, "<presence type='unavailable' from='" ROOM "/bridge' "
		     "to='" RELAY "'>"
		     "<x xmlns='http://jabber.org/protocol/muc#user'>"
		     "<item affiliation='none' role='none'/>"
		     "<status code='307'/><status code='110'/></x>"
		     "</presence>");
	assert_int_equal(leg->state, LEG_UP);
	room_says(ALICE, "joe", "2", "b");
	assert_non_null(strstr(buf_str(&gr.sip), "lobby <- dev: b\n"));
	gate_rig_close();
}

static void lost_and_back(void **state)
{
	char id[128];

	(void)state;
	open_lobby("component");
	says("alice", "one");
	last_id(id);
	stub_lost(C, LOST_NET, "gone");
	gr_settle();
	assert_int_equal(leg->state, LEG_LOST);
	gr_advance(3000);
	stub_up(C, C);
	gr_settle();
	take_in(RELAY, "bridge");
	assert_int_equal(leg->state, LEG_UP);
	gr_advance(2000);
	/* the same words by the same id */
	assert_true(wire_has(id));
	/* and what was said there is asked for; until then all waits */
	assert_true(wire_has("urn:xmpp:mam:2"));
	buf_clear(&gr.sip);
	room_says(RELAY, "joe", "9", "now");
	assert_sip("");
	gr_advance(31000); /* nobody answers */
	sip_takes(200);
	assert_non_null(strstr(buf_str(&gr.sip), "lobby <- dev: now\n"));
	gate_rig_close();
}

static void topics_go_both_ways(void **state)
{
	const struct hub_room_change c = { .what = ROOM_SET_SUBJECT,
					   .subject = VIEW("tea") };

	(void)state;
	open_lobby("component");
	assert_int_equal(hub_room_change(lobby, &c, NULL, NULL), 0);
	gr_settle();
	assert_true(wire_has("<subject>tea</subject>"));
	xmpp_says(C, "<message type='groupchat' from='" ROOM "/bridge' to='"
		     RELAY "'><subject>tea</subject></message>");
	xmpp_says(C, "<message type='groupchat' from='" ROOM "/joe' to='"
		     RELAY "'><subject>coffee</subject></message>");
	assert_true(view_eqs(lobby->subject, "coffee"));
	gate_rig_close();
}

static void shows_joe(const char *jid)
{
	struct buf b = { 0 };

	buf_addf(&b, "<presence from='" ROOM "/joe' to='" RELAY "'>"
		     "<x xmlns='http://jabber.org/protocol/muc#user'>"
		     "<item affiliation='none' role='participant'%s/></x>"
		     "</presence>", jid);
	xmpp_says(C, buf_str(&b));
	buf_clear(&wire);
	buf_free(&b);
}

/* The answer to the newest question. */
static void room_forbids(void)
{
	const char *p = buf_str(&wire), *at = NULL;
	struct buf b = { 0 };

	while ((p = strstr(p, " id='")) != NULL)
		at = p += 5;
	assert_non_null(at);
	buf_addf(&b, "<iq type='error' from='" ROOM "' to='" RELAY "' "
		     "id='%.*s'><error type='auth'><forbidden "
		     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
		     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>for "
		     "moderators</text></error></iq>",
		 (int)strcspn(at, "'"), at);
	xmpp_says(C, buf_str(&b));
	buf_free(&b);
	gr_settle();
	gr_advance(20);
}

static int expel(const char *shown, bool ban)
{
	int err = hub_expel(lobby, view_str(shown), ban, VIEW("by alice"));

	gr_settle();
	return err;
}

static void people_there_are_thrown_out(void **state)
{
	(void)state;
	open_lobby("component");
	shows_joe("");
	assert_int_equal(expel("nobody@component", false), ENOENT);
	assert_int_equal(expel("joe@component", true), ENOTSUP);
	assert_wire("");
	assert_int_equal(expel("joe@component", false), 0);
	assert_true(wire_has("<item nick='joe' role='none'>"
			     "<reason>by alice</reason></item>"));
	room_forbids();
	assert_non_null(strstr(buf_str(&gr.sip),
			       "*** Link dev: joe could not be thrown out of "
			       "xmpp:" ROOM ": for moderators"));
	shows_joe(" jid='joe@y.org/phone'");
	assert_int_equal(expel("joe@component", true), 0);
	assert_true(wire_has("<item jid='joe@y.org' affiliation='outcast'>"));
	gate_rig_close();
}

static void whispers_get_an_answer(void **state)
{
	static const char from_joe[] =
		"<message type='chat' from='" ROOM "/joe' to='" RELAY "'>"
		"<body>psst</body></message>";

	(void)state;
	open_lobby("component");
	xmpp_says(C, "<presence from='" ROOM "/joe' to='" RELAY "'>"
		     "<x xmlns='http://jabber.org/protocol/muc#user'>"
		     "<item affiliation='none' role='participant'/></x>"
		     "</presence>");
	xmpp_says(C, from_joe);
	assert_true(wire_has("private messages do not get through"));
	assert_sip("");
	buf_clear(&wire);
	xmpp_says(C, from_joe);
	assert_wire("");
	gate_rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(the_relay_speaks_for_all),
		GATE_TEST(nobody_rings_for_the_whole_room),
		GATE_TEST(refused_links),
		GATE_TEST(words_wait_for_their_puppet),
		GATE_TEST(a_name_is_ours_when_we_have_it),
		GATE_TEST(who_comes_and_goes_is_told),
		GATE_TEST(kicked_puppets_are_relayed),
		GATE_TEST(who_is_banned_there_is_banned_here),
		GATE_TEST(who_is_kicked_there_may_come_back),
		GATE_TEST(members_take_their_puppets_along),
		GATE_TEST(puppets_listen_for_the_relay),
		GATE_TEST(lost_and_back),
		GATE_TEST(topics_go_both_ways),
		GATE_TEST(people_there_are_thrown_out),
		GATE_TEST(whispers_get_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
