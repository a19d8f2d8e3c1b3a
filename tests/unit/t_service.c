/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our rooms as an XMPP service: gate, hub and store are real, the SIP users'
 * phones and the XMPP server are not. */
#include "gate_rig.h"
#include "house.h"
#include "service_priv.h"

#define ROOMS "rooms.x.org"
#define MUC "<x xmlns='http://jabber.org/protocol/muc'/>"
#define NO_PAST "<x xmlns='http://jabber.org/protocol/muc'>" \
		"<history maxstanzas='0'/></x>"

static enum house_no house_says; /* to whatever is asked */
static enum house_act house_act; /* the last one */

static enum house_no house_check(const struct house_ask *a, void *arg)
{
	(void)arg;
	house_act = a->act;
	return house_says;
}

static void house_notice(struct buf *out, const struct house_ask *a,
			 void *arg)
{
	(void)arg;
	buf_addf(out, "act %d by ", (int)a->act);
	buf_addv(out, a->who->user);
}

static struct room *lobby;

static struct room *find_lobby(void)
{
	return hub_room(gr.hub, VIEW("lobby"), VIEW("example.org"));
}

/* alice owns it. */
static void open_lobby(uint32_t flags)
{
	static const struct house house = { house_check, house_notice, NULL };
	struct addr *alice = gr_addr("sip:alice@example.org");

	house_says = HOUSE_YES;
	gate_rig_open();
	components_up();
	hub_set_house(gr.hub, &house);
	assert_int_equal(hub_room_create(gr.hub, &lobby, VIEW("lobby"),
					 VIEW("example.org"), flags, alice,
					 NULL, NULL), 0);
	gr_settle();
	mem_deref(alice);
	buf_clear(&wire);
}

static void xmpp(const char *xml)
{
	xmpp_says(ROOMS, xml);
}

static void join(const char *jid, const char *nick)
{
	struct buf b = { 0 };

	buf_addf(&b, "<presence from='%s' to='lobby@rooms.x.org/%s'>" NO_PAST
		     "</presence>", jid, nick);
	xmpp(buf_str(&b));
	buf_free(&b);
	sip_takes(200);
}

static struct member *member_at(const char *addr)
{
	struct addr *a = gr_addr(addr);
	struct member *m = room_member(find_lobby(), a);

	mem_deref(a);
	return m;
}

static void quiet(void)
{
	gr_settle();
	sip_takes(200);
	buf_clear(&wire);
	buf_clear(&gr.sip);
}

static void alice_says(const char *text)
{
	struct hub_say say = { .text = view_str(text) };

	say.from = gr_addr("sip:alice@example.org");
	assert_int_equal(hub_member_say(find_lobby(), &say, NULL, NULL), 0);
	mem_deref(say.from);
	gr_settle();
	sip_takes(200);
}

/* Cuts what is random or hashed out of the wire. */
static void cut_between(const char *from, const char *to)
{
	char *p = (char *)(uintptr_t)buf_str(&wire), *at, *end;

	while ((at = strstr(p, from))) {
		at += strlen(from);
		end = strstr(at, to);
		assert_non_null(end);
		memmove(at, end, strlen(end) + 1);
		wire.n -= (size_t)(end - at);
		p = at;
	}
}

static void assert_wire_cut(const char *lines)
{
	cut_between("<occupant-id xmlns='urn:xmpp:occupant-id:0' id='", "'");
	cut_between(" id='", "'");
	assert_wire(lines);
}

#define OID "<occupant-id xmlns='urn:xmpp:occupant-id:0' id=''/>"
#define USER "<x xmlns='http://jabber.org/protocol/muc#user'>"
#define SID "<stanza-id xmlns='urn:xmpp:sid:0' by='lobby@rooms.x.org' " \
	    "id=''/>"

/* ---- coming ---- */

static void coming_has_an_order(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	assert_wire_cut(
		"rooms.x.org: <presence from='lobby@rooms.x.org/alice' "
		"to='jo@y.org/r'>" USER "<item affiliation='owner' "
		"role='moderator'/></x>" OID "</presence>\n"
		"rooms.x.org: <presence from='lobby@rooms.x.org/Jo' "
		"to='jo@y.org/r'>" USER "<item affiliation='none' "
		"role='participant' jid='jo@y.org/r'/><status code='110'/>"
		"</x>" OID "</presence>\n"
		"rooms.x.org: <message type='groupchat' "
		"from='lobby@rooms.x.org' to='jo@y.org/r' id=''>"
		"<subject/></message>\n");
	assert_sip("lobby <- lobby: act 1 by jo\n");
	assert_true(view_eqs(member_at("xmpp:jo@y.org")->nick, "Jo"));
	gate_rig_close();
}

static void the_others_see_him(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	join("al@y.org/r", "Al");
	assert_true(wire_has("to jo@y.org/r: <presence "
			     "from='lobby@rooms.x.org/Al'>" USER
			     "<item affiliation='none' role='participant'/>"
			     "</x>"));
	assert_true(wire_has("<presence from='lobby@rooms.x.org/Jo' "
			     "to='al@y.org/r'>"));
	/* a moderator sees who is who */
	assert_false(wire_has("to jo@y.org/r: <presence "
			      "from='lobby@rooms.x.org/Al'>" USER
			      "<item affiliation='none' role='participant' "
			      "jid="));
	gate_rig_close();
}

static void nobody_comes_without_leave(void **state)
{
	static const struct {
		enum house_no no;
		const char *condition;
	} is[] = {
		{ HOUSE_MEMBERS_ONLY, "<registration-required" },
		{ HOUSE_IS_BANNED, "<forbidden" },
		{ HOUSE_FAST, "<policy-violation" },
		{ HOUSE_FULL, "<service-unavailable" },
	};

	(void)state;
	open_lobby(0);
	for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		house_says = is[i].no;
		join("jo@y.org/r", "Jo");
		assert_int_equal(house_act, HOUSE_JOIN);
		assert_true(wire_has(is[i].condition));
		assert_true(wire_has("type='error'"));
		assert_null(member_at("xmpp:jo@y.org"));
		quiet();
	}
	gate_rig_close();
}

static void names_are_taken_once(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "ALICE");
	assert_true(wire_has("<conflict"));
	assert_null(member_at("xmpp:jo@y.org"));
	quiet();
	xmpp("<presence from='jo@y.org/r' to='lobby@rooms.x.org'>" MUC
	     "</presence>");
	assert_true(wire_has("<jid-malformed"));
	quiet();
	/* what looks like a prefix is not taken as it is: 210 */
	join("jo@y.org/r", "[Jo]");
	assert_true(wire_has("/(Jo)' to='jo@y.org/r'>"));
	assert_true(wire_has("<status code='210'/><status code='110'/>"));
	gate_rig_close();
}

static void rooms_are_made_by_coming(void **state)
{
	struct room *r;

	(void)state;
	open_lobby(0);
	xmpp("<presence from='jo@y.org/r' to='new@rooms.x.org/Jo'>" MUC
	     "</presence>");
	assert_int_equal(house_act, HOUSE_CREATE);
	assert_true(wire_has("<status code='201'/><status code='110'/>"));
	assert_true(wire_has("affiliation='owner' role='moderator'"));
	r = hub_room(gr.hub, VIEW("new"), VIEW("example.org"));
	assert_non_null(r);
	quiet();
	house_says = HOUSE_NO_ROOM;
	xmpp("<presence from='jo@y.org/r' to='two@rooms.x.org/Jo'>" MUC
	     "</presence>");
	assert_true(wire_has("<not-allowed"));
	gate_rig_close();
}

static void clients_of_one_are_one(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/a", "Jo");
	join("jo@y.org/b", "Other");
	assert_true(wire_has("<presence from='lobby@rooms.x.org/Jo' "
			     "to='jo@y.org/b'>"));
	assert_true(wire_has("<status code='210'/>"));
	assert_int_equal(room_member_count(find_lobby()), 2);
	quiet();
	alice_says("hello");
	assert_true(wire_has("to jo@y.org/a: <message"));
	assert_true(wire_has("to jo@y.org/b: <message"));
	quiet();
	xmpp("<presence from='jo@y.org/a' to='lobby@rooms.x.org/Jo' "
	     "type='unavailable'/>");
	assert_non_null(member_at("xmpp:jo@y.org"));
	xmpp("<presence from='jo@y.org/b' to='lobby@rooms.x.org/Jo' "
	     "type='unavailable'/>");
	assert_null(member_at("xmpp:jo@y.org"));
	gate_rig_close();
}

/* ---- talk ---- */

static void words_cross(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	xmpp("<message type='groupchat' id='m1' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><body>hi all</body></message>");
	assert_sip("lobby <- jo: hi all\n");
	/* he has it back, with the id that he gave it */
	assert_true(wire_has("to jo@y.org/r: <message type='groupchat' "
			     "from='lobby@rooms.x.org/Jo' id='m1'>"
			     "<body>hi all</body>"));
	quiet();
	alice_says("hi Jo");
	assert_wire_cut("rooms.x.org to jo@y.org/r: <message "
			"type='groupchat' from='lobby@rooms.x.org/alice' "
			"id=''><body>hi Jo</body>" SID OID "</message>\n");
	alice_says("/me waves");
	assert_true(wire_has("<body>/me waves</body>"));
	gate_rig_close();
}

static void strangers_are_not_heard(void **state)
{
	(void)state;
	open_lobby(0);
	xmpp("<message type='groupchat' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><body>hi</body></message>");
	assert_true(wire_has("<not-acceptable"));
	assert_sip("");
	quiet();
	/* another client of a member is none of his that is in */
	join("jo@y.org/r", "Jo");
	quiet();
	xmpp("<message type='groupchat' from='jo@y.org/other' "
	     "to='lobby@rooms.x.org'><body>hi</body></message>");
	assert_true(wire_has("<not-acceptable"));
	xmpp("<message type='groupchat' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><active "
	     "xmlns='http://jabber.org/protocol/chatstates'/></message>");
	assert_sip("");
	gate_rig_close();
}

static void the_muted_are_visitors(void **state)
{
	struct hub_member_change c = { .what = MEMBER_SET_MUTED,
				       .muted_until_ms = UINT64_MAX };

	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	assert_int_equal(hub_member_change(member_at("xmpp:jo@y.org"), &c,
					   NULL, NULL), 0);
	gr_settle();
	assert_true(wire_has("role='visitor'"));
	quiet();
	xmpp("<message type='groupchat' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><body>hi</body></message>");
	assert_true(wire_has("<forbidden"));
	assert_sip("");
	gate_rig_close();
}

static void corrections_are_words_for_sip(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	xmpp("<message type='groupchat' id='m2' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><body>hello</body><replace id='m1' "
	     "xmlns='urn:xmpp:message-correct:0'/></message>");
	assert_sip("lobby <- jo: * correction: hello\n");
	assert_true(wire_has("<body>hello</body><replace "
			     "xmlns='urn:xmpp:message-correct:0' "
			     "id='m1'/>"));
	gate_rig_close();
}

static void subjects_cross(void **state)
{
	struct hub_room_change c = { .what = ROOM_SET_SUBJECT,
				     .subject = VIEW("Lunch"),
				     .notice = VIEW("topic") };
	struct addr *alice;

	(void)state;
	open_lobby(0);
	alice = c.by.by = gr_addr("sip:alice@example.org");
	join("jo@y.org/r", "Jo");
	quiet();
	assert_int_equal(hub_room_change(find_lobby(), &c, NULL, NULL), 0);
	gr_settle();
	assert_wire_cut("rooms.x.org to jo@y.org/r: <message "
			"type='groupchat' from='lobby@rooms.x.org/alice' "
			"id=''><subject>Lunch</subject></message>\n");
	mem_deref(alice);
	quiet();
	xmpp("<message type='groupchat' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><subject>Tea</subject></message>");
	assert_int_equal(house_act, HOUSE_TOPIC);
	assert_true(view_eqs(find_lobby()->subject, "Tea"));
	assert_true(wire_has("from='lobby@rooms.x.org/Jo' id='"));
	assert_true(wire_has("<subject>Tea</subject>"));
	quiet();
	house_says = HOUSE_RIGHT;
	xmpp("<message type='groupchat' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><subject>No</subject></message>");
	assert_true(wire_has("<forbidden"));
	assert_true(view_eqs(find_lobby()->subject, "Tea"));
	gate_rig_close();
}

static void words_for_one(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	join("al@y.org/r", "Al");
	quiet();
	xmpp("<message type='chat' id='p1' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org/Al'><body>psst</body><x "
	     "xmlns='http://jabber.org/protocol/muc#user'/></message>");
	assert_wire_cut("rooms.x.org to al@y.org/r: <message type='chat' "
			"from='lobby@rooms.x.org/Jo' id=''>"
			"<body>psst</body><x "
			"xmlns='http://jabber.org/protocol/muc#user'/>"
			OID "</message>\n");
	/* a SIP user has it from where he can answer */
	xmpp("<message type='chat' id='p2' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org/alice'><body>hey</body></message>");
	assert_sip("alice <- jo*y.org: (private) hey\n");
	quiet();
	xmpp("<message type='chat' id='p3' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org/Nobody'><body>hey</body></message>");
	assert_true(wire_has("<item-not-found"));
	gate_rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(coming_has_an_order),
		GATE_TEST(the_others_see_him),
		GATE_TEST(nobody_comes_without_leave),
		GATE_TEST(names_are_taken_once),
		GATE_TEST(rooms_are_made_by_coming),
		GATE_TEST(clients_of_one_are_one),
		GATE_TEST(words_cross),
		GATE_TEST(strangers_are_not_heard),
		GATE_TEST(the_muted_are_visitors),
		GATE_TEST(corrections_are_words_for_sip),
		GATE_TEST(subjects_cross),
		GATE_TEST(words_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
