/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session_stub.h"
#include "clock.h"
#include "occupant.h"
#include "utf8.h"

#define ME "a@sip.x/gw"
#define ROOM "r@c.y"
#define USER " xmlns='http://jabber.org/protocol/muc#user'"
#define ITEM "<item affiliation='none' role='participant'/>"
#define P(nick) "<presence from='r@c.y/" nick "' to='a@sip.x/gw'"
#define M(nick) "<message from='r@c.y/" nick "' to='a@sip.x/gw'"
#define X(inside) "<x" USER ">" inside "</x>"
#define SELF P("al") ">" X(ITEM "<status code='110'/>") "</presence>"
#define SUBJECT(text) "<message from='r@c.y/bo' to='a@sip.x/gw' "             \
	"type='groupchat'><subject>" text "</subject></message>"
#define FAULT(type, name)                                                     \
	"<error type='" type "'><" name                                       \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
#define DELAY(from, stamp)                                                    \
	"<delay xmlns='urn:xmpp:delay' from='" from "' stamp='" stamp "'/>"

static struct loop *loop;
static struct gate gate;
static struct xlink *x;
static struct occupant *o;
static struct buf told;
static bool free_in_gone;

static void on_joined(struct occupant *oc, bool fresh, size_t count,
		      struct view subject, void *arg)
{
	(void)arg;
	buf_addf(&told, "joined %d %.*s %zu [%.*s]\n", fresh,
		 VIEW_ARG(occupant_nick(oc)), count, VIEW_ARG(subject));
}

static void add_heard(const char *what, const struct occupant_heard *h)
{
	buf_addf(&told, "%s%s%s%s %.*s %s: %.*s\n", what,
		 h->own ? " own" : "", h->time_ms ? " past" : "",
		 h->correction ? " corrected" : "", VIEW_ARG(h->nick),
		 msg_kind_name(h->kind), VIEW_ARG(h->text));
}

static void on_heard(struct occupant *oc, const struct occupant_heard *h,
		     void *arg)
{
	(void)oc;
	(void)arg;
	add_heard("heard", h);
}

static void on_whisper(struct occupant *oc, const struct occupant_heard *h,
		       void *arg)
{
	(void)oc;
	(void)arg;
	add_heard("whisper", h);
}

static void on_happened(struct occupant *oc, enum occupant_event what,
			const struct occupant_who *who, struct view other,
			struct view words, void *arg)
{
	static const char *const name[] = { "came", "went", "renamed",
					    "kicked", "banned", "voice",
					    "muted" };

	(void)oc;
	(void)arg;
	buf_addf(&told, "%s %.*s (%.*s) [%.*s]\n", name[what],
		 VIEW_ARG(who->nick), VIEW_ARG(other), VIEW_ARG(words));
}

static void on_said(struct occupant *oc, uint64_t tag, int err,
		    struct view words, void *arg)
{
	(void)oc;
	(void)arg;
	buf_addf(&told, "said %d %s [%.*s]\n", (int)tag,
		 err == EACCES	    ? "no voice" :
		 err == EAGAIN	    ? "again" :
		 err == EREMOTEIO ? "refused" :
				    "0",
		 VIEW_ARG(words));
}

static void on_gone(struct occupant *oc, enum occupant_gone why,
		    struct view words, void *arg)
{
	static const char *const name[] = { "left", "kicked", "banned",
					    "destroyed", "members", "password",
					    "nick", "no-room", "full",
					    "other" };

	(void)arg;
	buf_addf(&told, "gone %s [%.*s]\n", name[why], VIEW_ARG(words));
	if (free_in_gone) {
		occupant_free(oc);
		o = NULL;
	}
}

static void on_lost(struct occupant *oc, struct view words, void *arg)
{
	(void)oc;
	(void)arg;
	buf_addf(&told, "lost [%.*s]\n", VIEW_ARG(words));
}

static const struct occupant_ops ops = {
	.joined = on_joined,
	.heard = on_heard,
	.whisper = on_whisper,
	.happened = on_happened,
	.said = on_said,
	.gone = on_gone,
	.lost = on_lost,
};

static void assert_told(const char *words)
{
	assert_string_equal(buf_str(&told), words);
	buf_clear(&told);
}

static void link_up(struct xlink *l, void *arg)
{
	(void)arg;
	occupants_up(&gate, l);
}

static void link_down(struct xlink *l, enum lost_why why, struct view text,
		      void *arg)
{
	(void)why;
	(void)text;
	(void)arg;
	occupants_down(&gate, l);
}

static bool was_ours;

static void link_stanza(struct xlink *l, const struct elem *e, void *arg)
{
	(void)arg;
	was_ours = occupants_stanza(&gate, l, e);
}

static int setup(void **state)
{
	static const struct xlink_ops link_ops = { link_up, link_down,
						   link_stanza };
	struct xlink_conf conf = { .kind = XLINK_COMPONENT,
				   .label = "c",
				   .domain = "sip.x",
				   .ops = &link_ops };
	int err = test_setup(state);

	clock_freeze(1000000, 1700000000000);
	err = err || loop_new(&loop);
	buf_init(&told, 0);
	stub_open();
	gate = (struct gate){ .conf = { .loop = loop } };
	gate_seen_init(&gate);
	conf.loop = loop;
	o = NULL;
	free_in_gone = false;
	return err || xlink_new(&x, &conf) || xlink_open(x);
}

static int teardown(void **state)
{
	occupant_free(o);
	xlink_free(x);
	stub_close();
	htable_free(&gate.occupants);
	gate_seen_free(&gate);
	buf_free(&told);
	loop_free(loop);
	clock_thaw();
	return test_teardown(state);
}

static void pass(uint64_t ms)
{
	clock_advance(ms);
	wheel_advance(loop_wheel(loop), now_ms());
}

static struct occupant_conf conf_of(const char *nick)
{
	return (struct occupant_conf){
		.gate = &gate,
		.link = x,
		.from = VIEW(ME),
		.room = VIEW(ROOM),
		.nick = view_str(nick),
		.ops = &ops,
	};
}

static void make(void)
{
	struct occupant_conf conf = conf_of("al");

	assert_int_equal(occupant_new(&o, &conf), 0);
	occupant_join(o);
}

static void up(void)
{
	stub_up("c", "sip.x");
}

/* Comes in, with bo there before. */
static void enter(void)
{
	make();
	up();
	stub_in("c", P("bo") ">" X(ITEM) "</presence>");
	stub_in("c", SELF);
	stub_in("c", SUBJECT("tea"));
	assert_told("joined 1 al 2 [tea]\n");
	buf_clear(&wire);
}

/* The value of this attribute of what was written last. */
static const char *last_attr(const char *key)
{
	static char value[128];
	char want[64];
	const char *p, *last = NULL;

	snprintf(want, sizeof(want), " %s='", key);
	for (p = buf_str(&wire); (p = strstr(p, want)); p++)
		last = p + strlen(want);
	assert_non_null(last);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(last, "'"), last);
	return value;
}

/* The id of the request that was written first. */
static const char *asked_id(void)
{
	static char value[64];
	const char *p = strstr(buf_str(&wire), " id='c");

	assert_non_null(p);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(p + 5, "'"),
		 p + 5);
	return value;
}

/* form with value for its one "%s". */
static void in_with(const char *form, const char *value)
{
	const char *at = strstr(form, "%s");
	struct buf b = { 0 };

	buf_add(&b, form, (size_t)(at - form));
	buf_adds(&b, value);
	buf_adds(&b, at + 2);
	stub_in("c", buf_str(&b));
	buf_free(&b);
}

/* ---- coming ---- */

static void it_is_in_at_the_subject(void **state)
{
	(void)state;
	make();
	assert_int_equal(occupant_state(o), OCCUPANT_WAITING);
	assert_wire("");
	up();
	assert_true(wire_has("type='get' from='a@sip.x/gw' to='r@c.y'"));
	assert_true(wire_has("<presence from='a@sip.x/gw' to='r@c.y/al'"));
	assert_true(wire_has("<x xmlns='http://jabber.org/protocol/muc'>"
			     "<history maxstanzas='0'/></x></presence>\n"));
	stub_in("c", P("bo") ">" X(ITEM) "</presence>");
	assert_int_equal(occupant_state(o), OCCUPANT_JOINING);
	stub_in("c", SELF);
	assert_told("");
	stub_in("c", SUBJECT("tea &amp; more"));
	assert_int_equal(occupant_state(o), OCCUPANT_IN);
	assert_told("joined 1 al 2 [tea & more]\n");
}

static void old_servers_have_no_110(void **state)
{
	(void)state;
	make();
	up();
	stub_in("c", P("al") ">" X(ITEM) "</presence>");
	stub_in("c", SUBJECT(""));
	assert_told("joined 1 al 1 []\n");
}

static void a_room_without_subject_is_joined_too(void **state)
{
	(void)state;
	make();
	up();
	stub_in("c", SELF);
	pass(4000);
	assert_told("");
	pass(2000);
	assert_told("joined 1 al 1 []\n");
	stub_in("c", SUBJECT("late"));
	assert_told("");
}

static void a_taken_nick_is_varied_five_times(void **state)
{
	static const char *const next[] = { "al_", "al__", "al-2", "al-3",
					    "al-4" };
	char to[64];

	(void)state;
	make();
	up();
	for (size_t i = 0; i < 5; i++) {
		buf_clear(&wire);
		stub_in("c", P("al") " type='error'>" FAULT("cancel",
							   "conflict")
			     "</presence>");
		snprintf(to, sizeof(to), "to='r@c.y/%s'", next[i]);
		assert_true(wire_has(to));
	}
	buf_clear(&wire);
	stub_in("c", P("al") " type='error'>" FAULT("cancel", "conflict")
		     "</presence>");
	assert_told("gone nick [the nick is taken]\n");
	assert_int_equal(occupant_state(o), OCCUPANT_OUT);
	assert_wire("");
}

static void the_room_may_choose_the_nick(void **state)
{
	(void)state;
	make();
	up();
	stub_in("c", P("al9") ">" X(ITEM "<status code='110'/>"
				    "<status code='210'/>") "</presence>");
	stub_in("c", SUBJECT(""));
	assert_told("joined 1 al9 1 []\n");
	assert_true(occupants_is_ours(&gate, VIEW(ROOM), VIEW("al9")));
	assert_false(occupants_is_ours(&gate, VIEW(ROOM), VIEW("al")));
}

static void a_refused_join_says_why(void **state)
{
	static const struct {
		const char *type, *condition, *told;
	} rows[] = {
		{ "auth", "not-authorized", "gone password" },
		{ "auth", "registration-required", "gone members" },
		{ "auth", "forbidden", "gone banned" },
		{ "cancel", "item-not-found", "gone no-room" },
		{ "cancel", "not-allowed", "gone no-room" },
		{ "wait", "service-unavailable", "gone full" },
		{ "cancel", "not-acceptable", "gone other" },
		{ "cancel", "gone", "gone destroyed" },
		{ "cancel", "remote-server-not-found", "gone other" },
		{ "wait", "resource-constraint", "gone other" },
		{ "cancel", "of-tomorrow", "gone other" },
	};
	char xml[512];

	(void)state;
	make();
	up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(xml, sizeof(xml),
			 P("al") " type='error'><error type='%s'><%s "
			 "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
			 "</error></presence>",
			 rows[i].type, rows[i].condition);
		stub_in("c", xml);
		assert_memory_equal(buf_str(&told), rows[i].told,
				    strlen(rows[i].told));
		buf_clear(&told);
		occupant_join(o);
	}
}

static void silence_ends_a_join(void **state)
{
	(void)state;
	make();
	up();
	pass(29000);
	assert_told("");
	pass(2000);
	assert_told("gone other [the room did not answer in time]\n");
}

static void a_new_room_is_opened(void **state)
{
	(void)state;
	make();
	up();
	buf_clear(&wire);
	stub_in("c", P("al") ">" X(ITEM "<status code='110'/>"
				   "<status code='201'/>") "</presence>");
	assert_true(wire_has("<query xmlns='http://jabber.org/protocol/"
			     "muc#owner'><x xmlns='jabber:x:data' "
			     "type='submit'/></query>"));
	stub_in("c", SUBJECT(""));
	assert_told("");
	in_with("<iq type='result' from='r@c.y' to='" ME "' id='%s'/>",
		last_attr("id"));
	assert_told("joined 1 al 1 []\n");
}

static void a_new_room_is_left_where_none_was_meant(void **state)
{
	struct occupant_conf conf = conf_of("al");

	(void)state;
	conf.no_create = true;
	assert_int_equal(occupant_new(&o, &conf), 0);
	occupant_join(o);
	up();
	buf_clear(&wire);
	stub_in("c", P("al") ">" X(ITEM "<status code='110'/>"
				   "<status code='201'/>") "</presence>");
	assert_true(wire_has("type='unavailable' from='a@sip.x/gw' "
			     "to='r@c.y/al'"));
	assert_told("gone no-room [there is no such room]\n");
}

static void the_password_and_the_past_are_asked_for(void **state)
{
	struct occupant_conf conf = conf_of("al");

	(void)state;
	conf.password = VIEW("<secret>");
	conf.since_ms = 1700000000000;
	assert_int_equal(occupant_new(&o, &conf), 0);
	occupant_join(o);
	up();
	assert_true(wire_has("<history since='2023-11-14T22:12:20.000Z'/>"
			     "<password>&lt;secret></password>"));
	conf.since_ms = 0;
	struct occupant *second = NULL;

	assert_int_equal(occupant_new(&second, &conf), EEXIST);
}

/* ---- talking ---- */

static void words_are_said_when_they_come_back(void **state)
{
	(void)state;
	enter();
	assert_int_equal(occupant_say(o, 7, MSG_TEXT, VIEW("hi <all>"),
				      VIEW("cf-1")),
			 0);
	assert_wire("c: <message type='groupchat' from='a@sip.x/gw' "
		    "to='r@c.y' id='cf-1'><body>hi &lt;all></body>"
		    "<origin-id xmlns='urn:xmpp:sid:0' id='cf-1'/>"
		    "</message>\n");
	assert_told("");
	stub_in("c", M("al") " type='groupchat' id='cf-1'><body>hi</body>"
		     "</message>");
	assert_told("said 7 0 []\n");
	/* again, as by a room that echoes twice */
	stub_in("c", M("al") " type='groupchat' id='cf-1'><body>hi</body>"
		     "</message>");
	assert_told("");
}

/* Not as the room's past, and without showing his address. */
static void what_is_late_says_when_it_was_said(void **state)
{
	struct occupant_words w = { .tag = 7, .kind = MSG_TEXT,
				    .text = VIEW("hi"), .id = VIEW("cf-1"),
				    .time_ms = wall_ms() - 59 * 1000 };

	(void)state;
	enter();
	assert_int_equal(occupant_speak(o, &w), 0);
	assert_false(wire_has("<delay"));
	buf_clear(&wire);
	w.id = VIEW("cf-2");
	w.tag = 8;
	w.time_ms = 1600000000123;
	assert_int_equal(occupant_speak(o, &w), 0);
	assert_wire("c: <message type='groupchat' from='a@sip.x/gw' "
		    "to='r@c.y' id='cf-2'><body>hi</body>"
		    "<delay xmlns='urn:xmpp:delay' from='r@c.y/al' "
		    "stamp='2020-09-13T12:26:40.123Z'/>"
		    "<origin-id xmlns='urn:xmpp:sid:0' id='cf-2'/>"
		    "</message>\n");
	stub_in("c", M("al") " type='groupchat' id='cf-2'><body>hi</body>"
		     "<delay xmlns='urn:xmpp:delay' from='r@c.y/al' "
		     "stamp='2020-09-13T12:26:40.123Z'/></message>");
	assert_told("said 8 0 []\n");
}

static void rooms_that_change_ids_are_understood(void **state)
{
	(void)state;
	enter();
	occupant_say(o, 1, MSG_TEXT, VIEW("same"), VIEW("cf-1"));
	occupant_say(o, 2, MSG_EMOTE, VIEW("waves"), VIEW("cf-2"));
	stub_in("c", M("al") " type='groupchat' id='x2'><body>/me waves"
		     "</body></message>");
	assert_told("said 2 0 []\n");
	pass(9000);
	stub_in("c", M("al") " type='groupchat' id='x1'><body>same</body>"
		     "</message>");
	assert_told("said 1 0 []\n");
	stub_in("c", M("al") " type='groupchat' id='x3'><body>same</body>"
		     "</message>");
	assert_told("heard own al text: same\n");
}

static void what_does_not_come_back_is_asked_about(void **state)
{
	(void)state;
	enter();
	occupant_say(o, 1, MSG_TEXT, VIEW("hi"), VIEW("cf-1"));
	buf_clear(&wire);
	pass(10100);
	assert_true(wire_has("<ping xmlns='urn:xmpp:ping'/>"));
	assert_true(wire_has("to='r@c.y/al'"));
	in_with("<iq type='result' from='r@c.y/al' to='" ME "' id='%s'/>",
		last_attr("id"));
	assert_told("said 1 0 [not confirmed]\n");
}

static void who_is_out_comes_back_and_says_it_again(void **state)
{
	(void)state;
	enter();
	occupant_say(o, 1, MSG_TEXT, VIEW("lost"), VIEW("cf-1"));
	occupant_say(o, 2, MSG_TEXT, VIEW("there"), VIEW("cf-2"));
	stub_in("c", "<message from='r@c.y' to='" ME "' type='error' "
		     "id='cf-1'>" FAULT("cancel", "not-acceptable")
		     "</message>");
	assert_told("lost [no longer in the room]\n");
	assert_int_equal(occupant_say(o, 3, MSG_TEXT, VIEW("x"), VIEW("y")),
			 ENOTCONN);
	buf_clear(&wire);
	pass(50);
	assert_true(wire_has("<history since='"));
	stub_in("c", SELF);
	stub_in("c", M("al") " type='groupchat' id='cf-2'><body>there</body>"
		     DELAY("r@c.y", "2023-11-14T22:13:20Z") "</message>");
	assert_told("said 2 0 []\n");
	stub_in("c", SUBJECT("tea"));
	assert_told("said 1 again [the room was left meanwhile]\n"
		    "joined 0 al 1 [tea]\n");
}

static void what_the_past_has_is_not_said_again(void **state)
{
	(void)state;
	make();
	up();
	stub_in("c", SELF);
	stub_in("c", M("al") " type='groupchat' id='cf-9'><body>there</body>"
		     DELAY("r@c.y", "2023-11-14T22:13:20Z") "</message>");
	stub_in("c", SUBJECT(""));
	assert_told("joined 1 al 1 []\n");
	buf_clear(&wire);
	assert_int_equal(occupant_say(o, 4, MSG_TEXT, VIEW("there"),
				      VIEW("cf-9")),
			 0);
	assert_told("");
	pass(20);
	assert_told("said 4 0 []\n");
	assert_wire("");
}

static void others_are_heard_once(void **state)
{
	(void)state;
	enter();
	stub_in("c", M("bo") " type='groupchat' id='1'><body>one</body>"
		     "</message>");
	stub_in("c", M("bo") " type='groupchat' id='1'><body>one</body>"
		     "</message>");
	stub_in("c", M("bo") " type='groupchat' id='1'><body>two</body>"
		     "</message>");
	stub_in("c", M("cy") " type='groupchat' id='1'><body>/me nods</body>"
		     "</message>");
	stub_in("c", "<message from='r@c.y' to='" ME "' type='groupchat'>"
		     "<body>maintenance</body></message>");
	assert_told("heard bo text: one\nheard bo text: two\n"
		    "heard cy emote: nods\nheard  text: maintenance\n");
}

static void empty_ones_are_not_heard(void **state)
{
	(void)state;
	enter();
	stub_in("c", M("bo") " type='groupchat'><composing "
		     "xmlns='http://jabber.org/protocol/chatstates'/>"
		     "</message>");
	stub_in("c", M("bo") " type='groupchat'><body></body></message>");
	stub_in("c", M("bo") " type='groupchat'><body>> hi\n+1</body>"
		     "<reactions xmlns='urn:xmpp:reactions:0' id='x'/>"
		     "</message>");
	stub_in("c", M("bo") "><body/></message>");
	assert_told("");
	stub_in("c", M("bo") " type='groupchat'><body>better</body>"
		     "<replace xmlns='urn:xmpp:message-correct:0' id='1'/>"
		     "</message>");
	stub_in("c", M("bo") " type='groupchat'><body xml:lang='de'>gut"
		     "</body><body>good</body></message>");
	stub_in("c", M("bo") " type='groupchat'><body>none</body>"
		     "<encryption xmlns='urn:xmpp:eme:0'/></message>");
	assert_told("heard corrected bo text: better\n"
		    "heard bo text: good\nheard bo text: [encrypted] none\n");
}

/* Only the room's own stamp makes it its past, once that is over. */
static void the_past_is_marked(void **state)
{
	(void)state;
	make();
	up();
	stub_in("c", SELF);
	stub_in("c", M("bo") " type='groupchat'><body>old</body>"
		     DELAY("bo@c.y", "2023-11-14T20:13:20Z") "</message>");
	stub_in("c", SUBJECT(""));
	stub_in("c", M("bo") " type='groupchat'><body>forged</body>"
		     DELAY("bo@c.y", "2023-11-14T20:13:20Z") "</message>");
	stub_in("c", M("bo") " type='groupchat'><body>kept</body>"
		     DELAY("r@c.y", "2023-11-14T20:13:20Z") "</message>");
	assert_told("heard past bo text: old\njoined 1 al 1 []\n"
		    "heard bo text: forged\nheard past bo text: kept\n");
}

static void ids_count_only_where_the_room_gives_them(void **state)
{
	static const char msg[] = M("bo") " type='groupchat'><body>%s</body>"
		"<stanza-id xmlns='urn:xmpp:sid:0' by='r@c.y' id='9'/>"
		"</message>";

	(void)state;
	enter();
	in_with(msg, "one");
	in_with(msg, "two");
	assert_told("heard bo text: one\nheard bo text: two\n");
	occupant_free(o);
	buf_clear(&wire);
	make();
	in_with("<iq type='result' from='r@c.y' to='" ME "' id='%s'><query "
		"xmlns='http://jabber.org/protocol/disco#info'><feature "
		"var='urn:xmpp:sid:0'/></query></iq>", asked_id());
	stub_in("c", SELF);
	stub_in("c", SUBJECT(""));
	buf_clear(&told);
	in_with(msg, "one");
	in_with(msg, "two");
	assert_told("heard bo text: one\n");
	/* a whisper has none of them: it would be in the way of the next */
	stub_in("c", M("bo") " type='chat'><body>psst</body><stanza-id "
		     "xmlns='urn:xmpp:sid:0' by='r@c.y' id='10'/></message>");
	stub_in("c", M("bo") " type='groupchat'><body>ten</body><stanza-id "
		     "xmlns='urn:xmpp:sid:0' by='r@c.y' id='10'/></message>");
	assert_told("whisper bo text: psst\nheard bo text: ten\n");
}

static void private_words_stay_private(void **state)
{
	(void)state;
	enter();
	stub_in("c", M("bo") " type='chat'><body>psst</body><x" USER "/>"
		     "</message>");
	stub_in("c", M("bo") "><body>plain</body></message>");
	assert_told("whisper bo text: psst\nwhisper bo text: plain\n");
	assert_int_equal(occupant_whisper(o, 5, VIEW("nobody"), VIEW("x"),
					  VIEW("cf-1")),
			 ENOENT);
	assert_int_equal(occupant_whisper(o, 5, VIEW("bo"), VIEW("yes?"),
					  VIEW("cf-1")),
			 0);
	assert_wire("c: <message type='chat' from='a@sip.x/gw' to='r@c.y/bo' "
		    "id='cf-1'><x xmlns='http://jabber.org/protocol/"
		    "muc#user'/><body>yes?</body><origin-id "
		    "xmlns='urn:xmpp:sid:0' id='cf-1'/></message>\n");
	stub_sent("c", 0, "");
	assert_told("said 5 0 []\n");
	stub_in("c", M("bo") " type='error' id='cf-1'>"
		     FAULT("cancel", "item-not-found") "</message>");
	assert_told("said 0 refused [item-not-found]\n");
}

static void a_visitor_has_no_voice(void **state)
{
	(void)state;
	enter();
	stub_in("c", P("al") ">" X("<item affiliation='none' role='visitor'>"
				   "<actor nick='bo'/></item>"
				   "<status code='110'/>") "</presence>");
	assert_told("muted al (bo) []\n");
	assert_int_equal(occupant_say(o, 1, MSG_TEXT, VIEW("x"), VIEW("y")),
			 EACCES);
	stub_in("c", SELF);
	assert_told("voice al () []\n");
	occupant_say(o, 1, MSG_TEXT, VIEW("x"), VIEW("y"));
	stub_in("c", "<message from='r@c.y' to='" ME "' type='error' id='y'>"
		     FAULT("auth", "forbidden") "</message>");
	assert_told("said 1 no voice [forbidden]\n");
}

static void the_topic_is_news(void **state)
{
	(void)state;
	enter();
	assert_int_equal(occupant_subject(o, VIEW("coffee")), 0);
	assert_true(wire_has("<subject>coffee</subject></message>"));
	stub_in("c", SUBJECT("coffee"));
	assert_told("heard bo subject: coffee\n");
	stub_in("c", M("bo") " type='groupchat'><subject>s</subject>"
		     "<body>with words</body></message>");
	assert_told("heard bo text: with words\n");
}

/* ---- who ---- */

static void those_who_come_and_go_are_known(void **state)
{
	struct occupant_who who;
	size_t pos = 0;

	(void)state;
	enter();
	stub_in("c", P("cy") "><show>away</show>"
		     X("<item affiliation='owner' role='moderator' "
		       "jid='cy@y/r'/>") "</presence>");
	assert_told("came cy () []\n");
	assert_true(occupant_each(o, &pos, &who));
	assert_view(who.nick, "al");
	assert_true(occupant_each(o, &pos, &who));
	assert_view(who.nick, "bo");
	assert_true(occupant_each(o, &pos, &who));
	assert_view(who.nick, "cy");
	assert_view(who.jid, "cy@y/r");
	assert_view(who.role, "moderator");
	assert_view(who.affiliation, "owner");
	assert_int_equal(who.show, SHOW_AWAY);
	assert_false(occupant_each(o, &pos, &who));
	stub_in("c", P("bo") " type='unavailable'><status>bye</status>"
		     X(ITEM) "</presence>");
	stub_in("c", P("cy") " type='unavailable'>"
		     X("<item role='none'><actor nick='al'/><reason>spam"
		       "</reason></item><status code='307'/>") "</presence>");
	assert_told("went bo () [bye]\nkicked cy (al) [spam]\n");
	assert_false(occupant_find(o, VIEW("bo"), &who));
}

static void a_new_nick_is_no_new_person(void **state)
{
	struct occupant_who before, after;

	(void)state;
	enter();
	assert_true(occupant_find(o, VIEW("bo"), &before));
	stub_in("c", P("bo") " type='unavailable'>"
		     X("<item nick='bob'/><status code='303'/>")
		     "</presence>");
	stub_in("c", P("bob") ">" X(ITEM) "</presence>");
	assert_told("renamed bo (bob) []\n");
	assert_true(occupant_find(o, VIEW("bob"), &after));
	assert_true(before.token == after.token);
	/* somebody else takes the old one */
	stub_in("c", P("bo") ">" X(ITEM) "</presence>");
	assert_true(occupant_find(o, VIEW("bo"), &after));
	assert_false(before.token == after.token);
	/* our own */
	occupant_rename(o, VIEW("alf"));
	assert_true(wire_has("to='r@c.y/alf'"));
	stub_in("c", P("al") " type='unavailable'>"
		     X("<item nick='alf'/><status code='303'/>"
		       "<status code='110'/>") "</presence>");
	assert_view(occupant_nick(o), "alf");
	assert_int_equal(occupant_state(o), OCCUPANT_IN);
}

static void a_refused_nick_is_told(void **state)
{
	(void)state;
	enter();
	occupant_rename(o, VIEW("bo"));
	in_with(P("bo") " type='error' id='%s'>"
		FAULT("cancel", "conflict") "</presence>", last_attr("id"));
	assert_told("said 0 refused [the nick is taken]\n");
	assert_view(occupant_nick(o), "al");
	/* not asked for */
	stub_in("c", P("bo") " type='error' id='z'>"
		     FAULT("cancel", "conflict") "</presence>");
	assert_told("");
}

/* ---- going ---- */

static void removal_is_told_by_its_code(void **state)
{
	static const struct {
		const char *inside, *told;
	} rows[] = {
		{ "<item role='none'><actor nick='bo'/><reason>off"
		  "</reason></item><status code='307'/>",
		  "gone kicked [kicked by bo: off]\n" },
		{ "<item/><status code='301'/><status code='307'/>",
		  "gone banned [banned]\n" },
		{ "<item/><status code='321'/>",
		  "gone members [no longer a member]\n" },
		{ "<item/><status code='322'/>",
		  "gone members [the room is for members only now]\n" },
		{ "<item/><destroy jid='n@c.y'><reason>moved</reason>"
		  "</destroy>",
		  "gone destroyed [the room was destroyed: moved; it moved to "
		  "n@c.y]\n" },
		{ "<item/><status code='332'/>",
		  "lost [the room's service shuts down]\n" },
		{ "<item/><status code='333'/><status code='307'/>",
		  "lost [removed for technical reasons]\n" },
		{ "<item/>", "lost [no longer in the room]\n" },
	};
	char xml[1024];

	(void)state;
	make();
	up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		occupant_join(o);
		stub_in("c", SELF);
		stub_in("c", SUBJECT(""));
		buf_clear(&told);
		snprintf(xml, sizeof(xml),
			 P("al") " type='unavailable'><x" USER ">%s<status "
			 "code='110'/></x></presence>", rows[i].inside);
		stub_in("c", xml);
		assert_told(rows[i].told);
	}
}

static void after_333_it_is_back_at_once_then_later(void **state)
{
	(void)state;
	enter();
	stub_in("c", P("al") " type='unavailable'>"
		     X("<item/><status code='333'/><status code='110'/>")
		     "</presence>");
	pass(20);
	assert_true(wire_has("<history since="));
	buf_clear(&wire);
	stub_in("c", P("al") " type='error'>"
		     FAULT("cancel", "remote-server-not-found")
		     "</presence>");
	assert_told("lost [removed for technical reasons]\n"
		    "lost [its server cannot be found]\n");
	pass(3000);
	assert_wire("");
	pass(2000);
	assert_true(wire_has("<presence"));
}

static void kicks_are_borne_three_times_a_day(void **state)
{
	struct occupant_conf conf = conf_of("al");

	(void)state;
	conf.rejoin_after_kick = true;
	assert_int_equal(occupant_new(&o, &conf), 0);
	occupant_join(o);
	up();
	for (int i = 0; i < 4; i++) {
		stub_in("c", SELF);
		stub_in("c", SUBJECT(""));
		buf_clear(&told);
		buf_clear(&wire);
		stub_in("c", P("al") " type='unavailable'>"
			     X("<item/><status code='307'/>"
			       "<status code='110'/>") "</presence>");
		assert_told(i < 3 ? "lost [kicked]\n" :
				    "gone kicked [kicked]\n");
		pass(59000);
		assert_wire("");
		pass(2000);
		assert_int_equal(wire_has("<presence"), i < 3);
	}
}

static void silence_is_asked_about(void **state)
{
	static const struct {
		const char *answer;
		bool out;
	} rows[] = {
		{ "type='result'>", false },
		{ "type='error'>" FAULT("cancel", "service-unavailable"),
		  false },
		{ "type='error'>" FAULT("cancel", "feature-not-implemented"),
		  false },
		{ "type='error'>" FAULT("cancel", "item-not-found"), false },
		{ "type='error'>" FAULT("wait", "remote-server-timeout"),
		  false },
		{ "type='error'>" FAULT("cancel", "not-acceptable"), true },
	};
	char form[512];

	(void)state;
	enter();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&wire);
		pass(601000);
		assert_true(wire_has("urn:xmpp:ping"));
		snprintf(form, sizeof(form),
			 "<iq from='r@c.y/al' to='" ME "' id='%s' %s</iq>",
			 last_attr("id"), rows[i].answer);
		stub_in("c", form);
		assert_told(rows[i].out ? "lost [no longer in the room]\n" :
					  "");
	}
}

static void the_link_goes_and_comes(void **state)
{
	(void)state;
	enter();
	occupant_say(o, 1, MSG_TEXT, VIEW("hi"), VIEW("cf-1"));
	stub_lost("c", LOST_NET, "cut");
	assert_told("lost [the connection was lost]\n");
	assert_int_equal(occupant_state(o), OCCUPANT_WAITING);
	pass(3000);
	buf_clear(&wire);
	up();
	assert_true(wire_has("<history since='"));
	/* a ghost of before leaves */
	stub_in("c", P("al") " type='unavailable'>"
		     X("<item/><status code='110'/>") "</presence>");
	assert_told("");
	stub_in("c", SELF);
	stub_in("c", SUBJECT(""));
	assert_told("said 1 again [the room was left meanwhile]\n"
		    "joined 0 al 1 []\n");
}

/* XEP-0198: what the last worker had not confirmed comes once more. */
static void a_resumed_session_brings_what_was(void **state)
{
	(void)state;
	x->kind = XLINK_ACCOUNT;
	enter();
	occupant_say(o, 1, MSG_TEXT, VIEW("hi"), VIEW("cf-1"));
	occupant_say(o, 2, MSG_TEXT, VIEW("ho"), VIEW("cf-2"));
	stub_lost("c", LOST_NET, "killed");
	pass(3000);
	buf_clear(&told);
	buf_clear(&wire);
	up();
	stub_in("c", SELF);
	stub_in("c", SUBJECT("tea"));
	assert_told("");
	stub_in("c", M("al") " type='groupchat' id='cf-1'><body>hi</body>"
			     "</message>");
	assert_told("said 1 0 []\n");
	in_with("<iq type='result' from='r@c.y' id='%s'><query "
		"xmlns='http://jabber.org/protocol/disco#info'/></iq>",
		asked_id());
	stub_in("c", SELF);
	stub_in("c", SUBJECT("rum"));
	assert_told("said 2 again [the room was left meanwhile]\n"
		    "joined 0 al 1 [rum]\n");
}

static void leaving_says_so(void **state)
{
	(void)state;
	enter();
	occupant_leave(o, VIEW("bye"));
	assert_true(wire_has("type='unavailable' from='a@sip.x/gw' "
			     "to='r@c.y/al'"));
	assert_true(wire_has("<status>bye</status>"));
	assert_told("");
	stub_in("c", M("bo") " type='groupchat'><body>x</body></message>");
	assert_false(was_ours);
	stub_lost("c", LOST_NET, "cut");
	pass(5000);
	buf_clear(&wire);
	up();
	assert_wire("");
}

static void what_is_not_ours_is_left_alone(void **state)
{
	(void)state;
	enter();
	stub_in("c", "<message from='other@c.y/bo' to='" ME "' "
		     "type='groupchat'><body>x</body></message>");
	assert_false(was_ours);
	stub_in("c", "<message from='r@c.y/bo' to='b@sip.x/gw' "
		     "type='groupchat'><body>x</body></message>");
	assert_false(was_ours);
	stub_in("c", "<message from='r@c.y' to='" ME "'>"
		     X("<invite from='z@y'/>") "</message>");
	assert_false(was_ours);
	stub_in("c", "<iq from='r@c.y/bo' to='" ME "' type='get' id='1'>"
		     "<ping xmlns='urn:xmpp:ping'/></iq>");
	assert_false(was_ours);
	assert_told("");
}

static void it_may_end_while_it_tells(void **state)
{
	(void)state;
	enter();
	free_in_gone = true;
	occupant_say(o, 1, MSG_TEXT, VIEW("hi"), VIEW("cf-1"));
	stub_in("c", P("al") " type='unavailable'>"
		     X("<item/><status code='301'/><status code='110'/>")
		     "</presence>");
	assert_told("said 1 again [banned]\ngone banned [banned]\n");
	assert_null(o);
	pass(1000000);
	assert_told("");
}

static void a_crowd_is_counted_beyond_what_is_shown(void **state)
{
	struct occupant_who who;
	size_t pos = 0, shown = 0;
	char xml[256];

	(void)state;
	make();
	up();
	for (int i = 0; i < 5200; i++) {
		snprintf(xml, sizeof(xml), P("n%d") ">" X(ITEM) "</presence>",
			 i * 7919 % 5200);
		stub_in("c", xml);
	}
	stub_in("c", SELF);
	stub_in("c", SUBJECT(""));
	assert_told("joined 1 al 5201 []\n");
	while (occupant_each(o, &pos, &who))
		shown++;
	assert_int_equal(shown, 5000);
}

/* Flat text for every code point; what is no character there never comes. */
static void every_code_point_passes(void **state)
{
	static char xml[1024];
	struct buf cp = { 0 };
	size_t heard = 0;

	(void)state;
	enter();
	for (uint32_t c = 0x20; c < 0x110000; c += c < 0x3000 ? 1 : 251) {
		if ((c >= 0xd800 && c < 0xe000) || (c & 0xfffe) == 0xfffe ||
		    strchr("'<>&", (int)c) || (c >= 0x7f && c < 0xa0))
			continue;
		buf_clear(&cp);
		utf8_put(&cp, c);
		snprintf(xml, sizeof(xml),
			 P("n%s") ">" X(ITEM) "</presence>", buf_str(&cp));
		stub_in("c", xml);
		snprintf(xml, sizeof(xml),
			 M("n%s") " type='groupchat'><body>b%s</body>"
			 "</message>", buf_str(&cp), buf_str(&cp));
		stub_in("c", xml);
		snprintf(xml, sizeof(xml),
			 P("n%s") " type='unavailable'>" X(ITEM)
			 "</presence>", buf_str(&cp));
		stub_in("c", xml);
		assert_non_null(strstr(buf_str(&told), "heard n"));
		buf_clear(&told);
		assert_int_equal(occupant_say(o, 1, MSG_TEXT, buf_view(&cp),
					      VIEW("cf-1")),
				 0);
		buf_clear(&wire);
		snprintf(xml, sizeof(xml),
			 M("al") " type='groupchat' id='cf-1'><body>%s</body>"
			 "</message>", buf_str(&cp));
		stub_in("c", xml);
		assert_told("said 1 0 []\n");
		heard++;
	}
	assert_true(heard > 12000);
	buf_free(&cp);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_is_in_at_the_subject),
		T(old_servers_have_no_110),
		T(a_room_without_subject_is_joined_too),
		T(a_taken_nick_is_varied_five_times),
		T(the_room_may_choose_the_nick),
		T(a_refused_join_says_why),
		T(silence_ends_a_join),
		T(a_new_room_is_opened),
		T(a_new_room_is_left_where_none_was_meant),
		T(the_password_and_the_past_are_asked_for),
		T(words_are_said_when_they_come_back),
		T(what_is_late_says_when_it_was_said),
		T(rooms_that_change_ids_are_understood),
		T(what_does_not_come_back_is_asked_about),
		T(who_is_out_comes_back_and_says_it_again),
		T(what_the_past_has_is_not_said_again),
		T(others_are_heard_once),
		T(empty_ones_are_not_heard),
		T(the_past_is_marked),
		T(ids_count_only_where_the_room_gives_them),
		T(private_words_stay_private),
		T(a_visitor_has_no_voice),
		T(the_topic_is_news),
		T(those_who_come_and_go_are_known),
		T(a_new_nick_is_no_new_person),
		T(a_refused_nick_is_told),
		T(removal_is_told_by_its_code),
		T(after_333_it_is_back_at_once_then_later),
		T(kicks_are_borne_three_times_a_day),
		T(silence_is_asked_about),
		T(the_link_goes_and_comes),
		T(a_resumed_session_brings_what_was),
		T(leaving_says_so),
		T(what_is_not_ours_is_left_alone),
		T(it_may_end_while_it_tells),
		T(a_crowd_is_counted_beyond_what_is_shown),
		T(every_code_point_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
