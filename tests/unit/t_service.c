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

static void house_told(struct buf *out, const struct house_ask *a,
		       void *arg)
{
	(void)arg;
	buf_addf(out, "you: act %d", (int)a->act);
}

static struct room *lobby;

static struct room *find_lobby(void)
{
	return hub_room(gr.hub, VIEW("lobby"), VIEW("example.org"));
}

/* alice owns it. */
static void open_lobby(uint32_t flags)
{
	static const struct house house = { .check = house_check,
					    .notice = house_notice,
					    .told = house_told };
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
		"role='participant' jid='jo@y.org/r'/><status code='170'/>"
		"<status code='110'/>"
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
	/* nor what looks like a name or a prefix as it is: 210 */
	join("al@y.org/r", "\u0430lice");
	assert_true(wire_has("/\u0430lice-2' to='al@y.org/r'>"));
	assert_true(wire_has("<status code='210'/><status code='170'/>"
			     "<status code='110'/>"));
	xmpp("<presence from='al@y.org/r' "
	     "to='lobby@rooms.x.org/a1ice'/>");
	assert_true(wire_has("<status code='303'/>"));
	assert_true(wire_has("from='lobby@rooms.x.org/a1ice-2'>"));
	quiet();
	join("jo@y.org/r", "[Jo]");
	assert_true(wire_has("/(Jo)' to='jo@y.org/r'>"));
	assert_true(wire_has("<status code='210'/><status code='170'/>"
			     "<status code='110'/>"));
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
	assert_true(wire_has("<status code='201'/><status code='170'/>"
			     "<status code='110'/>"));
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

static void clients_know_their_own_words(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	xmpp("<message type='groupchat' id='m1' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><body>hello</body><origin-id id='o&lt;' "
	     "xmlns='urn:xmpp:sid:0'/></message>");
	assert_true(wire_has("<body>hello</body><origin-id "
			     "xmlns='urn:xmpp:sid:0' id='o&lt;'/>"));
	quiet();
	xmpp("<message type='groupchat' id='m2' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><body>again</body></message>");
	assert_true(wire_has("<body>again</body>"));
	assert_false(wire_has("<origin-id"));
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

/* ---- roles and affiliations ---- */

/* Jo owns a room of his own making, where Al is, and alice of SIP. */
static void open_club(void)
{
	struct hub_join join = { .role = ROLE_MEMBER,
				 .state = MEMBER_JOINED };

	open_lobby(0);
	xmpp("<presence from='jo@y.org/r' to='club@rooms.x.org/Jo'>" MUC
	     "</presence>");
	xmpp("<presence from='al@y.org/r' to='club@rooms.x.org/Al'>" MUC
	     "</presence>");
	join.addr = gr_addr("sip:alice@example.org");
	assert_int_equal(hub_member_add(hub_room(gr.hub, VIEW("club"),
						 VIEW("example.org")),
					&join, NULL, NULL), 0);
	mem_deref(join.addr);
	quiet();
}

static struct member *club_member(const char *addr)
{
	struct addr *a = gr_addr(addr);
	struct member *m = room_member(hub_room(gr.hub, VIEW("club"),
						VIEW("example.org")), a);

	mem_deref(a);
	return m;
}

#define ADMIN "http://jabber.org/protocol/muc#admin"
#define OWNER "http://jabber.org/protocol/muc#owner"
#define MAM "urn:xmpp:mam:2"

static void query(const char *type, const char *from, const char *room,
		  const char *ns, const char *inner)
{
	struct buf b = { 0 };

	buf_addf(&b, "<iq type='%s' id='q1' from='%s' "
		     "to='%s@rooms.x.org'><query xmlns='%s'>%s</query></iq>",
		 type, from, room, ns, inner);
	xmpp(buf_str(&b));
	buf_free(&b);
}

static void admin(const char *from, const char *item)
{
	query("set", from, "club", ADMIN, item);
}

static void kicks_say_by_whom_and_why(void **state)
{
	(void)state;
	open_club();
	admin("jo@y.org/r", "<item nick='Al' role='none'><reason>noise"
			    "</reason></item>");
	assert_int_equal(house_act, HOUSE_REMOVE);
	assert_true(wire_has("to al@y.org/r: <presence type='unavailable' "
			     "from='club@rooms.x.org/Al'>" USER
			     "<item affiliation='none' role='none' "
			     "jid='al@y.org/r'><actor nick='Jo'/><reason>"
			     "noise</reason></item><status code='307'/>"
			     "<status code='110'/></x>"));
	assert_true(wire_has("<iq type='result' from='club@rooms.x.org' "
			     "to='jo@y.org/r' id='q1'/>"));
	assert_null(club_member("xmpp:al@y.org"));
	gate_rig_close();
}

/* He has no presence to see it by. */
static void who_is_of_sip_is_told(void **state)
{
	(void)state;
	open_club();
	admin("jo@y.org/r", "<item nick='alice' role='none'><reason>noise"
			    "</reason></item>");
	assert_sip("hub tells alice <- club: you: act 6: noise\n");
	assert_null(club_member("sip:alice@example.org"));
	admin("jo@y.org/r", "<item nick='Al' affiliation='outcast'/>");
	assert_sip("");
	gate_rig_close();
}

static void bans_are_lists(void **state)
{
	(void)state;
	open_club();
	admin("jo@y.org/r", "<item jid='al@y.org' affiliation='outcast'/>"
			    "<item jid='evil@z.org' "
			    "affiliation='outcast'/>");
	assert_true(wire_has("<status code='301'/>"));
	assert_int_equal(club_member("xmpp:al@y.org")->state, MEMBER_BANNED);
	assert_int_equal(club_member("xmpp:evil@z.org")->state,
			 MEMBER_BANNED);
	quiet();
	query("get", "jo@y.org/r", "club", ADMIN,
	      "<item affiliation='outcast'/>");
	assert_true(wire_has("<item affiliation='outcast' jid='al@y.org'/>"
			     "<item affiliation='outcast' "
			     "jid='evil@z.org'/>"));
	admin("jo@y.org/r", "<item jid='evil@z.org' affiliation='none'/>");
	assert_null(club_member("xmpp:evil@z.org"));
	gate_rig_close();
}

static void roles_are_ours(void **state)
{
	(void)state;
	open_club();
	admin("jo@y.org/r", "<item nick='alice' role='visitor'/>");
	assert_true(member_muted_until_ms(
			    club_member("sip:alice@example.org")) > 0);
	admin("jo@y.org/r", "<item nick='alice' role='participant'/>");
	assert_int_equal(member_muted_until_ms(
				 club_member("sip:alice@example.org")), 0);
	quiet();
	admin("jo@y.org/r", "<item nick='Al' affiliation='admin'/>");
	assert_int_equal(club_member("xmpp:al@y.org")->role, ROLE_ADMIN);
	assert_true(wire_has("affiliation='admin' role='moderator'"));
	/* a moderator sees addresses from now on */
	quiet();
	xmpp("<presence from='ed@z.org/r' to='club@rooms.x.org/Ed'>" MUC
	     "</presence>");
	assert_true(wire_has("to al@y.org/r: <presence "
			     "from='club@rooms.x.org/Ed'>" USER
			     "<item affiliation='none' role='participant' "
			     "jid='ed@z.org/r'/>"));
	gate_rig_close();
}

static void not_everybody_rules(void **state)
{
	(void)state;
	open_club();
	admin("al@y.org/r", "<item nick='Jo' role='none'/>");
	assert_true(wire_has("<forbidden"));
	quiet();
	admin("z@z.org/r", "<item nick='Jo' role='none'/>");
	assert_true(wire_has("<forbidden"));
	quiet();
	/* a room keeps an owner */
	admin("jo@y.org/r", "<item jid='jo@y.org' affiliation='member'/>");
	assert_true(wire_has("<conflict"));
	assert_int_equal(club_member("xmpp:jo@y.org")->role, ROLE_OWNER);
	quiet();
	admin("jo@y.org/r", "<item nick='Nobody' role='none'/>");
	assert_true(wire_has("<item-not-found"));
	quiet();
	admin("jo@y.org/r", "<item nick='Al' role='king'/>");
	assert_true(wire_has("<bad-request"));
	quiet();
	house_says = HOUSE_RIGHT;
	admin("jo@y.org/r", "<item nick='Al' role='none'/>");
	assert_true(wire_has("<forbidden"));
	assert_non_null(club_member("xmpp:al@y.org"));
	gate_rig_close();
}

static void owners_have_a_form(void **state)
{
	struct room *r;

	(void)state;
	open_club();
	r = hub_room(gr.hub, VIEW("club"), VIEW("example.org"));
	query("get", "jo@y.org/r", "club", OWNER, "");
	assert_true(wire_has("var='muc#roomconfig_membersonly' "
			     "type='boolean'"));
	quiet();
	xmpp("<iq type='set' id='o2' from='jo@y.org/r' "
	     "to='club@rooms.x.org'><query "
	     "xmlns='http://jabber.org/protocol/muc#owner'><x "
	     "xmlns='jabber:x:data' type='submit'><field "
	     "var='muc#roomconfig_membersonly'><value>1</value></field>"
	     "</x></query></iq>");
	assert_true(room_is_private(r));
	assert_true(wire_has("<status code='104'/>"));
	assert_true(wire_has("<iq type='result'"));
	quiet();
	query("set", "al@y.org/r", "club", OWNER, "<destroy/>");
	assert_true(wire_has("<forbidden"));
	quiet();
	query("set", "jo@y.org/r", "club", OWNER, "<destroy/>");
	assert_true(wire_has("<destroy/>"));
	assert_null(hub_room(gr.hub, VIEW("club"), VIEW("example.org")));
	gate_rig_close();
}

/* ---- who leaves, and who is lost ---- */

static void members_of_private_rooms_stay_members(void **state)
{
	(void)state;
	open_lobby(ROOM_PRIVATE);
	join("jo@y.org/r", "Jo");
	quiet();
	xmpp("<presence from='jo@y.org/r' to='lobby@rooms.x.org/Jo' "
	     "type='unavailable'/>");
	assert_true(wire_has("<item affiliation='member' role='none'"));
	assert_string_equal(member_away(member_at("xmpp:jo@y.org")),
			    SERVICE_AWAY);
	/* what is said meanwhile does not wait for him */
	alice_says("unheard");
	assert_int_equal(member_at("xmpp:jo@y.org")->cur.acked,
			 find_lobby()->committed);
	quiet();
	join("jo@y.org/r", "Jo");
	assert_null(member_away(member_at("xmpp:jo@y.org")));
	assert_false(wire_has("unheard"));
	gate_rig_close();
}

static void who_bounces_is_out(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	join("al@y.org/r", "Al");
	quiet();
	xmpp("<message type='error' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org/alice'><error type='modify'>"
	     "<policy-violation "
	     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
	     "</message>");
	assert_wire("");
	assert_non_null(member_at("xmpp:jo@y.org"));
	xmpp("<message type='error' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org/alice'><error type='cancel'>"
	     "<service-unavailable "
	     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
	     "</message>");
	assert_true(wire_has("to al@y.org/r: <presence type='unavailable' "
			     "from='lobby@rooms.x.org/Jo'>"));
	assert_true(wire_has("<status code='333'/>"));
	assert_null(member_at("xmpp:jo@y.org"));
	gate_rig_close();
}

static void pong(void)
{
	const char *at = strstr(buf_str(&wire), "<iq type='get'");
	struct buf b = { 0 };
	const char *id;

	assert_non_null(at);
	id = strstr(at, " id='") + 5;
	buf_adds(&b, "<iq type='result' from='jo@y.org/r' "
		     "to='lobby@rooms.x.org' id='");
	buf_add(&b, id, strcspn(id, "'"));
	buf_adds(&b, "'/>");
	buf_clear(&wire);
	xmpp(buf_str(&b));
	buf_free(&b);
}

static void a_lost_link_loses_nothing(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	stub_lost(ROOMS, LOST_NET, "gone");
	gr_settle();
	alice_says("one");
	alice_says("two");
	assert_wire("");
	gr_advance(3000);
	stub_up(ROOMS, ROOMS);
	gr_settle();
	/* not before it is known that he is there */
	assert_false(wire_has("<body>one"));
	pong();
	gr_settle();
	assert_true(wire_has("<body>one</body>"));
	gr_advance(1000);
	assert_true(wire_has("<body>two</body>"));
	gate_rig_close();
}

/* The server was killed with words in its socket. */
static void what_the_server_did_not_take_comes_again(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	jr.deaf = true;
	alice_says("one");
	alice_says("two");
	assert_true(wire_has("<body>two</body>"));
	assert_true(member_at("xmpp:jo@y.org")->cur.acked <
		    find_lobby()->committed - 1);
	stub_lost(ROOMS, LOST_NET, "gone");
	gr_settle();
	jr.deaf = false;
	quiet();
	gr_advance(3000);
	stub_up(ROOMS, ROOMS);
	gr_settle();
	assert_false(wire_has("<body>one"));
	pong();
	gr_settle();
	assert_true(wire_has("<body>one</body>"));
	assert_true(wire_has("<body>two</body>"));
	assert_int_equal(member_at("xmpp:jo@y.org")->cur.acked,
			 find_lobby()->committed);
	gate_rig_close();
}

/* One question for all that was said till then, and one at a time. */
static void the_server_is_asked_once(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	join("al@y.org/r", "Al");
	jr.deaf = true;
	alice_says("one");
	alice_says("two");
	assert_int_equal(stub_session(ROOMS)->tag_count, 1);
	stub_sent(ROOMS, 0, "");
	loop_turn(gr.loop, 0);
	assert_int_equal(stub_session(ROOMS)->tag_count, 1);
	stub_sent(ROOMS, 0, "");
	gr_settle();
	assert_int_equal(stub_session(ROOMS)->tag_count, 0);
	assert_int_equal(member_at("xmpp:al@y.org")->cur.acked,
			 find_lobby()->committed);
	gate_rig_close();
}

static void who_joins_again_has_what_he_missed(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	stub_lost(ROOMS, LOST_NET, "gone");
	gr_settle();
	alice_says("missed");
	gr_advance(3000);
	stub_up(ROOMS, ROOMS);
	gr_settle();
	buf_clear(&wire);
	join("jo@y.org/new", "Jo");
	gr_settle();
	assert_true(wire_has("to='jo@y.org/new'"));
	assert_true(wire_has("<body>missed</body>"));
	gate_rig_close();
}

/* His history was being read when the link went: what was said meanwhile is
 * his when he is there, and nothing goes to him before. */
static void a_link_lost_while_joining_loses_nothing(void **state)
{
	struct service *s;
	struct seat *seat;

	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	s = service_of(jr.gate);
	seat = seat_by_jid(s, lobby->id, VIEW("jo@y.org/r"));
	seat_set(seat, SEAT_JOINING);
	alice_says("held");
	quiet();
	stub_lost(ROOMS, LOST_NET, "gone");
	gr_settle();
	assert_int_equal(seat->state, SEAT_UNSURE);
	gr_advance(3000);
	stub_up(ROOMS, ROOMS);
	gr_settle();
	assert_false(wire_has("<body>held"));
	pong();
	gr_settle();
	assert_true(wire_has("<body>held</body>"));
	gate_rig_close();
}

static void a_busy_worker_is_waited_for(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	quiet();
	send_err = EBUSY;
	alice_says("one");
	alice_says("two");
	assert_wire("");
	send_err = 0;
	gr_advance(100);
	assert_wire_cut("rooms.x.org to jo@y.org/r: <message "
			"type='groupchat' from='lobby@rooms.x.org/alice' "
			"id=''><body>one</body>" SID OID "</message>\n"
			"rooms.x.org to jo@y.org/r: <message "
			"type='groupchat' from='lobby@rooms.x.org/alice' "
			"id=''><body>two</body>" SID OID "</message>\n");
	assert_int_equal(member_at("xmpp:jo@y.org")->cur.acked,
			 find_lobby()->committed);
	gate_rig_close();
}

/* ---- the past ---- */

static void the_past_is_as_long_as_wished(void **state)
{
	(void)state;
	open_lobby(0);
	alice_says("one");
	alice_says("two");
	alice_says("three");
	xmpp("<presence from='jo@y.org/r' to='lobby@rooms.x.org/Jo'>"
	     "<x xmlns='http://jabber.org/protocol/muc'><history "
	     "maxstanzas='2'/></x></presence>");
	assert_false(wire_has("<body>one"));
	assert_true(wire_has("<body>two</body>"));
	assert_true(wire_has("<delay xmlns='urn:xmpp:delay' "
			     "from='lobby@rooms.x.org' stamp='2027-"));
	assert_true(strstr(buf_str(&wire), "<body>three") <
		    strstr(buf_str(&wire), "<subject/>"));
	quiet();
	alice_says("four");
	assert_false(wire_has("<delay"));
	quiet();
	xmpp("<presence from='al@y.org/r' to='lobby@rooms.x.org/Al'>"
	     "<x xmlns='http://jabber.org/protocol/muc'><history "
	     "maxchars='4'/></x></presence>");
	assert_true(wire_has("<body>four</body>"));
	assert_false(wire_has("<body>three"));
	gate_rig_close();
}

static void the_archive_has_pages(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	alice_says("one");
	alice_says("two");
	alice_says("three");
	quiet();
	xmpp("<iq type='set' id='q1' from='jo@y.org/r' "
	     "to='lobby@rooms.x.org'><query xmlns='urn:xmpp:mam:2' "
	     "queryid='f1'><set "
	     "xmlns='http://jabber.org/protocol/rsm'><max>2</max></set>"
	     "</query></iq>");
	assert_true(wire_has("queryid='f1'"));
	assert_true(wire_has("<body>two</body>"));
	assert_false(wire_has("<body>three"));
	assert_true(wire_has("<fin xmlns='urn:xmpp:mam:2'><set"));
	quiet();
	query("set", "jo@y.org/r", "lobby", MAM,
	      "<set xmlns='http://jabber.org/protocol/rsm'><max>2</max>"
	      "<before/></set>");
	assert_true(wire_has("<body>three</body>"));
	assert_false(wire_has("<body>one"));
	quiet();
	query("set", "z@y.org/r", "lobby", MAM, "");
	assert_true(wire_has("<forbidden"));
	quiet();
	/* what is no id bounds nothing */
	query("set", "jo@y.org/r", "lobby", MAM,
	      "<x xmlns='jabber:x:data' type='submit'>"
	      "<field var='before-id'><value>0</value></field></x>");
	assert_true(wire_has("<body>three</body>"));
	assert_true(wire_has("complete='true'"));
	gate_rig_close();
}

/* ---- too much ---- */

static void a_page_costs_more_than_a_ping(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	join("mo@y.org/r", "Mo");
	alice_says("one");
	quiet();
	for (int i = 0; i < 30; i++)
		stub_in(ROOMS, "<iq type='set' id='q' from='jo@y.org/r' "
			       "to='lobby@rooms.x.org'>"
			       "<query xmlns='urn:xmpp:mam:2'/></iq>");
	gr_settle();
	assert_int_equal(wire_count("<fin "), 20);
	assert_int_equal(wire_count("<error type='wait'><resource-constraint"),
			 10);
	quiet();
	/* others are not kept from it, nor he for long */
	query("set", "mo@y.org/r", "lobby", MAM, "");
	gr_advance(1000);
	query("set", "jo@y.org/r", "lobby", MAM, "");
	assert_int_equal(wire_count("<fin "), 2);
	gate_rig_close();
}

/* He hears that it is too much, and at last nothing: no error of ours is
 * worth more than what caused it. */
static void refusals_have_an_end(void **state)
{
	(void)state;
	open_lobby(0);
	for (int i = 0; i < 200; i++)
		stub_in(ROOMS, "<iq type='get' id='q' from='jo@y.org/r' "
			       "to='lobby@rooms.x.org'>"
			       "<ping xmlns='urn:xmpp:ping'/></iq>");
	assert_int_equal(wire_count("<iq type='result'"), 60);
	assert_int_equal(wire_count("<resource-constraint"), 20);
	gate_rig_close();
}

#define RSM(inside) "<set xmlns='http://jabber.org/protocol/rsm'>" inside \
		    "</set>"
#define ITEMS(to, set) "<iq type='get' id='q' from='jo@y.org/r' to='" to \
		       "'><query xmlns='http://jabber.org/protocol/disco"    \
		       "#items'>" set "</query></iq>"
#define MEMBERS(set) "<iq type='get' id='q' from='jo@y.org/r' "              \
		     "to='lobby@rooms.x.org'><query xmlns='"                 \
		     "http://jabber.org/protocol/muc#admin'>"                \
		     "<item role='participant'/>" set "</query></iq>"

static void fill_lobby(int count)
{
	struct hub_join j = { .role = ROLE_MEMBER, .state = MEMBER_JOINED };

	for (int i = 0; i < count; i++) {
		struct buf b = { 0 };

		buf_addf(&b, "sip:user%03d@example.org", i);
		j.addr = gr_addr(buf_str(&b));
		assert_int_equal(hub_member_add(lobby, &j, NULL, NULL), 0);
		mem_deref(j.addr);
		buf_free(&b);
		gr_settle();
		sip_takes(200);
	}
}

static void long_lists_come_in_pages(void **state)
{
	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	fill_lobby(120);
	member_at("xmpp:jo@y.org")->role = ROLE_ADMIN;
	quiet();
	xmpp(ITEMS("lobby@rooms.x.org", ""));
	assert_int_equal(wire_count("<item "), 100);
	assert_true(wire_has("<count>122</count>"));
	assert_true(wire_has("<last>lobby@rooms.x.org/user097</last>"));
	quiet();
	xmpp(ITEMS("lobby@rooms.x.org",
		   RSM("<after>lobby@rooms.x.org/user097</after>")));
	assert_int_equal(wire_count("<item "), 22);
	assert_true(wire_has("<first index='100'>lobby@rooms.x.org/user098"));
	quiet();
	xmpp(MEMBERS(""));
	assert_int_equal(wire_count("<item "), 100);
	assert_true(wire_has("<count>120</count>"));
	quiet();
	xmpp(MEMBERS(RSM("<before/><max>2</max>")));
	assert_int_equal(wire_count("<item "), 2);
	assert_true(wire_has("jid='user119@sip.x.org'"));
	quiet();
	xmpp(MEMBERS(RSM("<after>nobody@sip.x.org</after>")));
	assert_true(wire_has("<item-not-found"));
	quiet();
	xmpp(ITEMS("rooms.x.org", ""));
	assert_int_equal(wire_count("<item "), 1);
	assert_false(wire_has("<set"));
	gate_rig_close();
}

/* ---- hostile ---- */

/* "alice" with a ring around its first letter is alice to every server. */
static void names_that_servers_fold_stay_two(void **state)
{
	struct hub_member_change c = { .what = MEMBER_SET_NICK,
				       .nick = VIEW("\u24d0lice") };
	struct hub_join carol = { .role = ROLE_MEMBER,
				  .state = MEMBER_JOINED };
	struct buf name = { 0 };

	(void)state;
	open_lobby(0);
	carol.addr = gr_addr("sip:carol@example.org");
	assert_int_equal(hub_member_add(lobby, &carol, NULL, NULL), 0);
	mem_deref(carol.addr);
	gr_settle();
	assert_int_equal(hub_member_change(member_at("sip:carol@example.org"),
					   &c, NULL, NULL), 0);
	gr_settle();
	nick_of(&name, c.nick);
	assert_true(view_starts(buf_view(&name), VIEW("alice-")));
	assert_ptr_equal(member_of_nick(lobby, VIEW("alice")),
			 member_at("sip:alice@example.org"));
	assert_ptr_equal(member_of_nick(lobby, buf_view(&name)),
			 member_at("sip:carol@example.org"));
	buf_clear(&name);
	nick_of(&name, VIEW("J\xc3\xb6"));
	assert_string_equal(buf_str(&name), "J\xc3\xb6");
	buf_free(&name);
	gate_rig_close();
}

static void who_may_not_invite_reminds_nobody(void **state)
{
	static const char invite[] =
		"<message from='jo@y.org/r' to='lobby@rooms.x.org'><x "
		"xmlns='http://jabber.org/protocol/muc#user'><invite "
		"to='al@y.org'><reason>come</reason></invite></x></message>";

	(void)state;
	open_lobby(0);
	join("jo@y.org/r", "Jo");
	join("al@y.org/r", "Al");
	quiet();
	xmpp(invite);
	assert_true(wire_has("to='al@y.org'"));
	assert_true(wire_has("<reason>come</reason>"));
	quiet();
	house_says = HOUSE_FAST;
	xmpp(invite);
	assert_false(wire_has("to='al@y.org'"));
	assert_true(wire_has("<policy-violation"));
	gate_rig_close();
}

static void nothing_here_breaks_it(void **state)
{
	static const char *const all[] = {
		"<presence/>",
		"<presence from='a@b/r'/>",
		"<presence from='a@b' to='lobby@rooms.x.org/x'>" MUC
		"</presence>",
		"<presence from='a@b/r' to='rooms.x.org'>" MUC "</presence>",
		"<presence from='a@b/r' to='lobby@rooms.x.org/\t'>" MUC
		"</presence>",
		"<presence from='a@b/r' to='no\\2fname@rooms.x.org/x'>" MUC
		"</presence>",
		"<presence from='alice@sip.x.org/r' "
		"to='lobby@rooms.x.org/x'>" MUC "</presence>",
		"<presence type='unavailable' from='a@b/r' "
		"to='lobby@rooms.x.org/x'/>",
		"<message/>",
		"<message type='error' from='a@b/r' "
		"to='lobby@rooms.x.org'/>",
		"<message type='groupchat' from='a@b/r' to='rooms.x.org'/>",
		"<message from='a@b/r' to='lobby@rooms.x.org'><x "
		"xmlns='http://jabber.org/protocol/muc#user'><invite/></x>"
		"</message>",
		"<message from='a@b/r' to='lobby@rooms.x.org'><x "
		"xmlns='http://jabber.org/protocol/muc#user'><decline/></x>"
		"</message>",
		"<iq type='get' from='a@b/r' to='rooms.x.org'/>",
		"<iq type='result' from='a@b/r' to='rooms.x.org'/>",
		"<iq type='set' from='a@b/r' to='lobby@rooms.x.org'><query "
		"xmlns='http://jabber.org/protocol/muc#admin'/></iq>",
		"<iq type='get' from='a@b/r' to='lobby@rooms.x.org/x'><ping "
		"xmlns='urn:xmpp:ping'/></iq>",
	};

	(void)state;
	open_lobby(0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		xmpp(all[i]);
	assert_int_equal(room_member_count(find_lobby()), 1);
	assert_true(wire_has("Users of SIP come by SIP"));
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
		GATE_TEST(clients_know_their_own_words),
		GATE_TEST(subjects_cross),
		GATE_TEST(words_for_one),
		GATE_TEST(kicks_say_by_whom_and_why),
		GATE_TEST(who_is_of_sip_is_told),
		GATE_TEST(bans_are_lists),
		GATE_TEST(roles_are_ours),
		GATE_TEST(not_everybody_rules),
		GATE_TEST(owners_have_a_form),
		GATE_TEST(members_of_private_rooms_stay_members),
		GATE_TEST(who_bounces_is_out),
		GATE_TEST(a_lost_link_loses_nothing),
		GATE_TEST(what_the_server_did_not_take_comes_again),
		GATE_TEST(the_server_is_asked_once),
		GATE_TEST(who_joins_again_has_what_he_missed),
		GATE_TEST(a_link_lost_while_joining_loses_nothing),
		GATE_TEST(a_busy_worker_is_waited_for),
		GATE_TEST(the_past_is_as_long_as_wished),
		GATE_TEST(the_archive_has_pages),
		GATE_TEST(a_page_costs_more_than_a_ping),
		GATE_TEST(refusals_have_an_end),
		GATE_TEST(long_lists_come_in_pages),
		GATE_TEST(names_that_servers_fold_stay_two),
		GATE_TEST(who_may_not_invite_reminds_nobody),
		GATE_TEST(nothing_here_breaks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
