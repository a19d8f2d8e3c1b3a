/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions of confab-irc against a server that the test plays itself: what
 * parcels make of lines, and lines of parcels.
 */
#include "irc_rig.h"
#include "parcel.h"

enum { ID = 9 };

struct world {
	struct rig rig;
	struct peer srv;
	int listener;
	unsigned port;
	unsigned pongs; /* barriers answered */
	struct rig_seen seen; /* what p leads into */
	struct ircp p;
};

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	if (test_setup(state))
		return 1;
	w->listener = rig_listen(&w->port);
	rig_start(&w->rig);
	rig_await(&w->rig, WIRE_READY, WIRE_VERSION);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	rig_stop(&w->rig);
	peer_close(&w->srv);
	close(w->listener);
	mem_free(w);
	return test_teardown(state);
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define CONNECT(w, ...)                                                  \
	log_in(w, (const struct rig_set[]){ __VA_ARGS__ },               \
	       sizeof((const struct rig_set[]){ __VA_ARGS__ }) /         \
		       sizeof(struct rig_set))
#define DOWN(w, tag, ...) down(w, tag, &(const struct ircp){ __VA_ARGS__ })

static void log_in(struct world *w, const struct rig_set *own, size_t count)
{
	rig_login_with(&w->rig, WIRE_SESSION, ID, w->port, own, count);
	peer_accept(&w->srv, &w->rig, w->listener);
}

static void down(struct world *w, uint64_t tag, const struct ircp *p)
{
	struct buf b = { 0 };
	struct wire_msg m = { .type = WIRE_SEND, .id = ID, .u = { tag } };

	assert_int_equal(ircp_put(&b, p), 0);
	m.s[0] = buf_view(&b);
	assert_int_equal(wire_send(w->rig.framer, &m), 0);
	buf_free(&b);
}

static struct rig_seen *find_up(struct world *w, enum ircp_verb verb)
{
	for (size_t i = 0; i < w->rig.count; i++) {
		struct rig_seen *s = &w->rig.seen[i];

		if (s->type != WIRE_PARCEL)
			continue;
		assert_int_equal(s->id, ID);
		assert_int_equal(ircp_get(&w->p, view_mem(s->s[0], s->n[0])),
				 0);
		if (w->p.verb == verb)
			return s;
	}
	return NULL;
}

static struct ircp up(struct world *w, enum ircp_verb verb)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	struct rig_seen *s;

	while (!(s = find_up(w, verb)) && now_ms() < limit)
		loop_turn(w->rig.loop, 20);
	if (!s)
		print_error("parcel %u never came\n", (unsigned)verb);
	assert_non_null(s);
	w->seen = *s;
	s->type = WIRE_NONE;
	assert_int_equal(
		ircp_get(&w->p, view_mem(w->seen.s[0], w->seen.n[0])), 0);
	return w->p;
}

/* Nothing of this verb is there, and nothing was before the answer. */
static void none(struct world *w, enum ircp_verb verb)
{
	DOWN(w, 999, .verb = IRCP_LEAVE);
	rig_await(&w->rig, WIRE_SENT, 999);
	assert_null(find_up(w, verb));
}

/* Answers the barrier that is out; false: none is. */
static bool pong(struct world *w)
{
	char line[64];
	char *at, *end;

	peer_read(&w->srv);
	at = strstr(w->srv.in, "PING cf-");
	end = at ? strstr(at, "\r\n") : NULL;
	if (!end)
		return false;
	snprintf(line, sizeof(line), ":s PONG s :%.*s\r\n",
		 (int)(end - at - 5), at + 5);
	peer_send(&w->srv, line);
	/* What came before it is still to be looked at. */
	memmove(at, end + 2, w->srv.n - (size_t)(end + 2 - w->srv.in) + 1);
	w->srv.n -= (size_t)(end + 2 - at);
	w->pongs++;
	return true;
}

/* Barriers that stand before it are answered. */
static void expect(struct world *w, const char *text)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;

	const char *at, *ping;

	while (!(at = strstr(w->srv.in, text)) && now_ms() < limit) {
		peer_read(&w->srv);
		loop_turn(w->rig.loop, 5);
	}
	ping = strstr(w->srv.in, "PING cf-");
	if (ping && at && ping < at)
		pong(w);
	peer_expect(&w->srv, text);
}

/* All that the server said is dealt with, and nothing of it was of this
 * verb. */
static void said_none(struct world *w, enum ircp_verb verb)
{
	peer_send(&w->srv, ":s PING :x\r\n");
	expect(w, "PONG x\r\n");
	none(w, verb);
}

static void welcome(struct world *w, const char *support)
{
	expect(w, "USER ");
	peer_send(&w->srv, ":s 421 confab CAP :Unknown command\r\n"
			   ":s 001 confab :Welcome\r\n");
	peer_send(&w->srv, support);
	rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
}

static void come_up(struct world *w)
{
	CONNECT(w, { "tls", "0" });
	welcome(w, ":s 005 confab CASEMAPPING=rfc1459 PREFIX=(qov)~@+ "
		   "CHANMODES=beI,k,l,imnt :are supported\r\n");
}

static void join(struct world *w)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	unsigned pongs = w->pongs;

	DOWN(w, 0, .verb = IRCP_JOIN, .place = VIEW("#Lobby"));
	expect(w, "JOIN #Lobby\r\n");
	peer_send(&w->srv, ":confab!~c@host.example JOIN #lobby\r\n"
			   ":s 332 confab #lobby :\2the\2 topic\r\n"
			   ":s 353 confab = #lobby :@bob confab\r\n"
			   ":s 366 confab #lobby :End\r\n");
	assert_view(up(w, IRCP_JOINED).text, "the topic");
	assert_view(w->p.place, "#Lobby");
	assert_view(w->p.nick, "confab");
	while (w->pongs == pongs && now_ms() < limit) {
		pong(w);
		loop_turn(w->rig.loop, 5);
	}
}

/* Barriers are answered meanwhile. */
static void sent(struct world *w, uint64_t tag, enum parcel_fate fate)
{
	uint64_t limit = now_ms() + RIG_LIMIT_MS;
	struct rig_seen s;

	while (!rig_find(&w->rig, WIRE_SENT, tag) && now_ms() < limit) {
		pong(w);
		loop_turn(w->rig.loop, 10);
	}
	s = rig_await(&w->rig, WIRE_SENT, tag);
	if (s.u[1] != fate)
		print_error("%s\n", s.s[0]);
	assert_int_equal(s.u[1], fate);
	w->seen = s;
}

/* ---- words ---- */

static void words_go_out_and_count_when_taken(void **state)
{
	struct world *w = *state;

	come_up(w);
	join(w);
	DOWN(w, 5, .verb = IRCP_SAY, .place = VIEW("#lobby"),
	     .text = VIEW("one\n\nQUIT :two\x01\r\n"));
	peer_expect(&w->srv, "PRIVMSG #lobby one\r\n"
			     "PRIVMSG #lobby :QUIT :two\r\n");
	assert_null(rig_find(&w->rig, WIRE_SENT, 5));
	sent(w, 5, PARCEL_SENT);
	DOWN(w, 6, .verb = IRCP_SAY, .kind = SAY_EMOTE, .place = VIEW("bob"),
	     .text = VIEW("waves"));
	expect(w, "PRIVMSG bob :\1ACTION waves\1\r\n");
	sent(w, 6, PARCEL_SENT);
	DOWN(w, 7, .verb = IRCP_SAY, .kind = SAY_NOTICE, .place = VIEW("bob"),
	     .text = VIEW("psst now"));
	expect(w, "NOTICE bob :psst now\r\n");
}

static void refused_words_are_told(void **state)
{
	struct world *w = *state;

	come_up(w);
	DOWN(w, 5, .verb = IRCP_SAY, .place = VIEW("bob"),
	     .text = VIEW("one"));
	DOWN(w, 6, .verb = IRCP_SAY, .place = VIEW("amy"),
	     .text = VIEW("two"));
	expect(w, "PRIVMSG bob one\r\nPRIVMSG amy two\r\n");
	peer_send(&w->srv, ":s 401 confab BOB :No such nick\r\n");
	sent(w, 5, PARCEL_NEVER);
	assert_string_equal(w->seen.s[0],
			    "nobody has this nick now: No such nick");
	sent(w, 6, PARCEL_SENT);
	DOWN(w, 7, .verb = IRCP_SAY, .place = VIEW("#other"),
	     .text = VIEW("x"));
	sent(w, 7, PARCEL_LATER);
	DOWN(w, 8, .verb = IRCP_SAY, .place = VIEW("bob"),
	     .text = VIEW("\2\3\r\n"));
	sent(w, 8, PARCEL_NEVER);
}

/* To several, to all of a server, to operators of a channel: nobody. */
static void no_target_is_more_than_one(void **state)
{
	static const char *const bad[] = { "a,b", "$*", "@#lobby", "~x", "a b",
					   "",	  "*",	":a",	   "a!b@c" };
	struct world *w = *state;
	uint64_t tag = 10;

	come_up(w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		DOWN(w, ++tag, .verb = IRCP_SAY, .place = view_str(bad[i]),
		     .text = VIEW("x"));
		sent(w, tag, PARCEL_NEVER);
		DOWN(w, ++tag, .verb = IRCP_KICK, .place = VIEW("#lobby"),
		     .nick = view_str(bad[i]));
		sent(w, tag, PARCEL_NEVER);
	}
	DOWN(w, 1, .verb = IRCP_SAY, .place = VIEW("ok"), .text = VIEW("x"));
	expect(w, "PRIVMSG ok x\r\n");
}

static void words_come_up(void **state)
{
	struct world *w = *state;

	come_up(w);
	join(w);
	peer_send(&w->srv,
		  ":bob!~b@h.example PRIVMSG #LOBBY :<a\xe2\x80\x8blice> "
		  "\00304hi\r\n"
		  ":bob!~b@h.example PRIVMSG confab :\1ACTION waves\1\r\n"
		  ":bob!~b@h.example NOTICE confab :psst\r\n"
		  ":bob!~b@h.example PRIVMSG #other :not ours\r\n"
		  ":NickServ!x@evil.example NOTICE confab :IDENTIFY now\r\n"
		  ":s NOTICE confab :going down\r\n");
	assert_view(up(w, IRCP_HEARD).text, "<alice> hi");
	assert_view(w->p.place, "#Lobby");
	assert_view(w->p.nick, "bob");
	assert_view(w->p.mask, "~b@h.example");
	assert_view(w->p.account, "");
	assert_view(up(w, IRCP_HEARD).text, "waves");
	assert_view(w->p.place, "");
	assert_int_equal(w->p.kind, SAY_EMOTE);
	assert_int_equal(up(w, IRCP_HEARD).kind, SAY_NOTICE);
	/* Who only calls himself so is a stranger like any. */
	assert_view(up(w, IRCP_HEARD).text, "IDENTIFY now");
	assert_view(up(w, IRCP_SAID).text, "going down");
	peer_send(&w->srv, ":confab!~c@h PRIVMSG #lobby :our own\r\n");
	said_none(w, IRCP_HEARD);
}

/* Anybody can have a host whose name begins so. */
static void services_are_of_the_network(void **state)
{
	struct world *w = *state;

	come_up(w);
	peer_send(&w->srv,
		  ":a.x.net 251 confab :There are many of us\r\n"
		  ":NickServ!services@services.evil.example NOTICE confab "
		  ":IDENTIFY now\r\n"
		  ":NickServ!services@services.X.net NOTICE confab :hi\r\n");
	assert_view(up(w, IRCP_HEARD).text, "IDENTIFY now");
	assert_view(up(w, IRCP_SAID).text, "hi");
	assert_view(w->p.nick, "NickServ");
	said_none(w, IRCP_HEARD);
}

static void ctcp_is_answered_now_and_then(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "contact", "staff@example.org" });
	welcome(w, "");
	peer_send(&w->srv,
		  ":x!y@z PRIVMSG confab :\1DCC SEND f 2130706433 80 1\1\r\n"
		  ":x!y@z PRIVMSG confab :\1VERSION\1\r\n"
		  ":x!y@z PRIVMSG confab :\1PING 123\1\r\n"
		  ":x!y@z PRIVMSG confab :\1VERSION\1\r\n");
	expect(w, "NOTICE x :\1VERSION confab, a SIP gateway; "
			     "contact: staff@example.org\1\r\n");
	said_none(w, IRCP_HEARD);
	assert_null(strstr(w->srv.in, "NOTICE"));
}

static void the_staff_sends_a_guest_away(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "staff", "*!*@staff.net" });
	welcome(w, "");
	peer_send(&w->srv, ":x!y@evil.example PRIVMSG confab ::off\r\n"
			   ":dave!d@staff.net PRIVMSG confab :off\r\n");
	/* who is no staff, or says no more than a word, talks to the user */
	assert_view(up(w, IRCP_HEARD).text, ":off");
	assert_view(up(w, IRCP_HEARD).text, "off");
	none(w, IRCP_UNWANTED);
	peer_send(&w->srv, ":dave!d@staff.net PRIVMSG confab ::off\r\n"
			   ":dave!d@staff.net PRIVMSG confab ::off\r\n");
	expect(w, "NOTICE dave :I leave, with all who came by me");
	assert_view(up(w, IRCP_UNWANTED).text, "dave!d@staff.net");
	said_none(w, IRCP_UNWANTED);
	none(w, IRCP_HEARD);
}

static void ctcp_says_what_we_are(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "contact", "c@example.org" });
	welcome(w, "");
	peer_send(&w->srv, ":x!y@z PRIVMSG confab :\1userinfo\1\r\n");
	expect(w, "NOTICE x :\1userinfo by a SIP gateway; contact: "
		  "c@example.org\1\r\n");
}

/* ---- channels ---- */

static void rooms_that_nobody_wanted_are_left(void **state)
{
	struct world *w = *state;

	come_up(w);
	peer_send(&w->srv, ":confab!~c@h JOIN #trap\r\n");
	expect(w, "PART #trap\r\n");
	for (int i = 0; i < 20; i++)
		peer_send(&w->srv, ":x!y@z INVITE confab #trap\r\n");
	for (int i = 0; i < 5; i++)
		assert_view(up(w, IRCP_INVITED).place, "#trap");
	said_none(w, IRCP_INVITED);
	assert_null(strstr(w->srv.in, "JOIN"));
}

static void refusals_of_a_join_say_why(void **state)
{
	struct world *w = *state;

	come_up(w);
	DOWN(w, 3, .verb = IRCP_JOIN, .place = VIEW("#lobby"),
	     .other = VIEW("secret"));
	expect(w, "JOIN #lobby secret\r\n");
	peer_send(&w->srv, ":s 475 confab #lobby :Cannot join\r\n");
	assert_int_equal(up(w, IRCP_LEFT).kind, IRCP_LEFT_REFUSED);
	assert_view(w->p.other, "475");
	assert_view(w->p.text, "the channel wants a key: Cannot join");
	sent(w, 3, PARCEL_NEVER);
	DOWN(w, 4, .verb = IRCP_JOIN, .place = VIEW("#old"));
	expect(w, "JOIN #old\r\n");
	peer_send(&w->srv, ":s 470 confab #old ##new :Forwarding\r\n"
			   ":confab!~c@h JOIN ##new\r\n");
	expect(w, "PART ##new\r\n");
	assert_view(up(w, IRCP_LEFT).place, "#old");
	assert_view(w->p.other, "470");
	DOWN(w, 0, .verb = IRCP_JOIN, .place = VIEW("#a,#b"));
	assert_view(up(w, IRCP_LEFT).place, "#a,#b");
	DOWN(w, 0, .verb = IRCP_JOIN, .place = VIEW("#a"),
	     .other = VIEW("a b"));
	assert_view(up(w, IRCP_LEFT).other, "475");
}

static void leaving_says_how(void **state)
{
	struct world *w = *state;

	come_up(w);
	join(w);
	DOWN(w, 0, .verb = IRCP_PART, .place = VIEW("#lobby"),
	     .text = VIEW("so\r\nlong"));
	assert_int_equal(up(w, IRCP_LEFT).kind, IRCP_LEFT_ASKED);
	expect(w, "PART #lobby solong\r\n");
	/* Its own PART is no news, nor is it that of the next stay. */
	DOWN(w, 0, .verb = IRCP_JOIN, .place = VIEW("#Lobby"));
	expect(w, "JOIN #Lobby\r\n");
	peer_send(&w->srv, ":confab!~c@h PART #lobby\r\n"
			   ":confab!~c@h JOIN #lobby\r\n"
			   ":s 366 confab #lobby :End\r\n");
	up(w, IRCP_JOINED);
	none(w, IRCP_LEFT);
	peer_send(&w->srv, ":bob!b@h MODE #lobby +b *!*@x\r\n"
			   ":bob!b@h KICK #lobby confab :out\r\n");
	assert_int_equal(up(w, IRCP_LEFT).kind, IRCP_LEFT_KICKED);
	assert_view(w->p.nick, "bob");
	assert_view(w->p.text, "out");
	join(w);
	peer_send(&w->srv, ":bob!b@h MODE #lobby +b *!*@HOST.example\r\n"
			   ":bob!b@h KICK #lobby confab :out\r\n");
	assert_int_equal(up(w, IRCP_LEFT).kind, IRCP_LEFT_BANNED);
	join(w);
	peer_send(&w->srv, ":confab!~c@h PART #lobby :SAPART\r\n");
	assert_int_equal(up(w, IRCP_LEFT).kind, IRCP_LEFT_MADE);
}

static void people_come_and_go(void **state)
{
	struct world *w = *state;

	come_up(w);
	join(w);
	peer_send(&w->srv, ":amy!a@h JOIN #lobby\r\n"
			   ":amy!a@h NICK amelie\r\n"
			   ":bob!b@h KICK #lobby amelie :bye\r\n"
			   ":bob!b@h QUIT :Quit: a.b c.d\r\n"
			   ":stranger!s@h QUIT :x\r\n");
	assert_int_equal(up(w, IRCP_PEOPLE).kind, IRCP_CAME);
	assert_view(w->p.nick, "amy");
	assert_view(w->p.mask, "a@h");
	assert_int_equal(up(w, IRCP_PEOPLE).kind, IRCP_RENAMED);
	assert_view(w->p.other, "amelie");
	assert_view(w->p.place, "#Lobby");
	assert_int_equal(up(w, IRCP_PEOPLE).kind, IRCP_KICKED);
	assert_view(w->p.other, "bob");
	assert_int_equal(up(w, IRCP_PEOPLE).kind, IRCP_QUIT);
	assert_view(w->p.nick, "bob");
	said_none(w, IRCP_PEOPLE);
}

static void a_split_is_one_event(void **state)
{
	struct world *w = *state;
	struct buf lines = { 0 };
	char line[128];

	CONNECT(w, { "fold_ms", "300" });
	welcome(w, "");
	join(w);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), ":n%d!a@h JOIN #lobby\r\n", i);
		peer_send(&w->srv, line);
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(up(w, IRCP_PEOPLE).kind, IRCP_CAME);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), ":n%d!a@h QUIT :a.net b.net\r\n",
			 i);
		buf_adds(&lines, line);
	}
	peer_send(&w->srv, buf_str(&lines));
	buf_free(&lines);
	assert_int_equal(up(w, IRCP_PEOPLE).kind, IRCP_SPLIT);
	assert_view(w->p.text, "n0, n1, n2 and 97 others");
	assert_view(w->p.other, "a.net b.net");
	peer_send(&w->srv, ":n7!a@h JOIN #lobby\r\n"
			   ":new!a@h JOIN #lobby\r\n");
	assert_view(up(w, IRCP_PEOPLE).nick, "new");
	assert_int_equal(up(w, IRCP_PEOPLE).kind, IRCP_MENDED);
	assert_view(w->p.text, "n7");
}

/* PREFIX and CHANMODES say which letter has a parameter. */
static void modes_are_read_as_the_server_has_them(void **state)
{
	struct world *w = *state;

	come_up(w);
	join(w);
	peer_send(&w->srv,
		  ":s MODE #lobby +klo-v+mq secret 5 bob amy confab\r\n"
		  ":s MODE #lobby +o\r\n"
		  ":s MODE #lobby -l+Z\r\n");
	assert_view(up(w, IRCP_PEOPLE).text, "+l");
	assert_int_equal(w->p.kind, IRCP_MODE);
	assert_view(up(w, IRCP_PEOPLE).text, "+o");
	assert_int_equal(w->p.kind, IRCP_ROLE);
	assert_view(w->p.nick, "bob");
	assert_view(up(w, IRCP_PEOPLE).text, "-v");
	assert_view(w->p.nick, "amy");
	assert_view(up(w, IRCP_PEOPLE).text, "+m");
	assert_view(up(w, IRCP_PEOPLE).text, "+q");
	assert_view(w->p.nick, "confab");
	assert_view(up(w, IRCP_PEOPLE).text, "-l");
	assert_view(up(w, IRCP_PEOPLE).text, "+Z");
	said_none(w, IRCP_PEOPLE);
}

static void a_quiet_room_tells_nothing(void **state)
{
	struct world *w = *state;

	come_up(w);
	DOWN(w, 0, .verb = IRCP_JOIN, .place = VIEW("#lobby"), .kind = 1);
	expect(w, "JOIN #lobby\r\n");
	peer_send(&w->srv, ":confab!~c@h JOIN #lobby\r\n"
			   ":s 366 confab #lobby :End\r\n"
			   ":x!y@z JOIN #lobby\r\n"
			   ":x!y@z PRIVMSG #lobby :hi\r\n"
			   ":x!y@z TOPIC #lobby :hi\r\n");
	up(w, IRCP_JOINED);
	said_none(w, IRCP_HEARD);
	none(w, IRCP_PEOPLE);
	none(w, IRCP_TOPIC_IS);
	DOWN(w, 0, .verb = IRCP_JOIN, .place = VIEW("#lobby"));
	up(w, IRCP_JOINED);
	peer_send(&w->srv, ":x!y@z PRIVMSG #lobby :hi\r\n");
	up(w, IRCP_HEARD);
	/* Being thrown out is our own business. */
	DOWN(w, 0, .verb = IRCP_JOIN, .place = VIEW("#lobby"), .kind = 1);
	up(w, IRCP_JOINED);
	peer_send(&w->srv, ":bob!b@h KICK #lobby confab :out\r\n");
	assert_int_equal(up(w, IRCP_LEFT).kind, IRCP_LEFT_KICKED);
}

static void topics_and_names_are_asked_for(void **state)
{
	struct world *w = *state;

	come_up(w);
	join(w);
	DOWN(w, 4, .verb = IRCP_TOPIC, .place = VIEW("#lobby"),
	     .text = VIEW("new one"));
	expect(w, "TOPIC #lobby :new one\r\n");
	peer_send(&w->srv, ":s 482 confab #lobby :Not an operator\r\n");
	assert_int_equal(up(w, IRCP_REFUSED).kind, 482);
	assert_view(w->p.place, "#lobby");
	sent(w, 4, PARCEL_NEVER);
	peer_send(&w->srv, ":bob!b@h TOPIC #lobby :\2fresh\r\n");
	assert_view(up(w, IRCP_TOPIC_IS).text, "fresh");
	DOWN(w, 0, .verb = IRCP_NAMES, .place = VIEW("#else"));
	expect(w, "NAMES #else\r\n");
	peer_send(&w->srv, ":s 353 confab = #else :@+bob!b@h amy\r\n"
			   ":s 366 confab #else :End\r\n");
	assert_view(up(w, IRCP_NAMES_ARE).text, "@+bob amy");
	assert_int_equal(up(w, IRCP_NAMES_ARE).kind, 1);
	DOWN(w, 6, .verb = IRCP_NAMES, .place = VIEW("#silent"));
	expect(w, "NAMES #silent\r\n");
	sent(w, 6, PARCEL_NEVER);
	assert_view(up(w, IRCP_REFUSED).place, "#silent");
}

/* ---- who ---- */

static void nicks_change_or_not(void **state)
{
	struct world *w = *state;

	come_up(w);
	DOWN(w, 3, .verb = IRCP_NICK, .nick = VIEW("bob"));
	expect(w, "NICK bob\r\n");
	peer_send(&w->srv, ":s 433 confab bob :in use\r\n");
	assert_int_equal(up(w, IRCP_REFUSED).kind, 433);
	assert_view(w->p.nick, "bob");
	DOWN(w, 4, .verb = IRCP_NICK, .nick = VIEW("al"));
	expect(w, "NICK al\r\n");
	peer_send(&w->srv, ":confab!~c@h NICK al\r\n");
	assert_view(up(w, IRCP_NICK_IS).nick, "al");
	assert_view(w->p.other, "confab");
	sent(w, 4, PARCEL_SENT);
	/* Nobody goes back to the old one. */
	peer_send(&w->srv, ":confab!x@y QUIT :x\r\n");
	said_none(w, IRCP_NICK_IS);
	assert_null(strstr(w->srv.in, "NICK"));
	/* Services may rename us; that is told. */
	peer_send(&w->srv, ":al!~c@h NICK Guest7\r\n");
	assert_view(up(w, IRCP_NICK_IS).nick, "Guest7");
}

static void a_nick_in_use_gets_the_suffix(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "nick", "alice" }, { "nick_suffix", "[sip]" });
	expect(w, "NICK alice\r\n");
	peer_send(&w->srv, ":s 433 * alice :in use\r\n");
	expect(w, "NICK alice[sip]\r\n");
}

static void bans_are_for_where_he_is(void **state)
{
	struct world *w = *state;

	come_up(w);
	DOWN(w, 3, .verb = IRCP_BAN, .place = VIEW("#lobby"),
	     .nick = VIEW("bob"));
	expect(w, "USERHOST bob\r\n");
	peer_send(&w->srv, ":s 302 confab :Bob*=+~b@h.example \r\n");
	expect(w, "MODE #lobby +b *!*@h.example\r\n");
	peer_send(&w->srv, ":s 482 confab #lobby :No\r\n");
	assert_view(up(w, IRCP_REFUSED).nick, "bob");
	sent(w, 3, PARCEL_NEVER);
	DOWN(w, 4, .verb = IRCP_BAN, .place = VIEW("#lobby"),
	     .nick = VIEW("gone"));
	expect(w, "USERHOST gone\r\n");
	peer_send(&w->srv, ":s 302 confab :\r\n");
	expect(w, "MODE #lobby +b gone!*@*\r\n");
	DOWN(w, 5, .verb = IRCP_UNBAN, .place = VIEW("#lobby"),
	     .nick = VIEW("bob"));
	expect(w, "USERHOST bob\r\n");
	peer_send(&w->srv, ":s 302 confab :bob=+b@h.example\r\n");
	expect(w, "MODE #lobby b\r\n");
	peer_send(&w->srv, ":s 367 confab #lobby *!*@h.example x 1\r\n"
			   ":s 367 confab #lobby *!*@other x 1\r\n"
			   ":s 367 confab #lobby bob!*@* x 1\r\n"
			   ":s 368 confab #lobby :End\r\n");
	expect(w, "MODE #lobby -b *!*@h.example\r\n"
			     "MODE #lobby -b bob!*@*\r\n");
	sent(w, 5, PARCEL_SENT);
	said_none(w, IRCP_REFUSED);
}

static void whois_is_told_in_words(void **state)
{
	struct world *w = *state;

	come_up(w);
	DOWN(w, 3, .verb = IRCP_WHOIS, .nick = VIEW("bob"));
	expect(w, "WHOIS bob\r\n");
	peer_send(&w->srv, ":s 311 confab bob ~b h.example * :Bob B.\r\n"
			   ":s 301 confab bob :lunch\r\n"
			   ":s 330 confab bob bobby :is logged in as\r\n"
			   ":s 319 confab bob :@#lobby #x \r\n"
			   ":s 318 confab bob :End\r\n");
	assert_view(up(w, IRCP_WHO_IS).text,
		    "Bob B.; away: lunch; in @#lobby #x");
	assert_view(w->p.mask, "~b@h.example");
	assert_view(w->p.account, "bobby");
	sent(w, 3, PARCEL_SENT);
	DOWN(w, 4, .verb = IRCP_WHOIS, .nick = VIEW("nil"));
	expect(w, "WHOIS nil\r\n");
	peer_send(&w->srv, ":s 401 confab nil :No such nick\r\n"
			   ":s 318 confab nil :End\r\n");
	assert_int_equal(up(w, IRCP_REFUSED).kind, 401);
	sent(w, 4, PARCEL_NEVER);
}

static void nicks_are_watched_by_ison(void **state)
{
	struct world *w = *state;

	come_up(w);
	DOWN(w, 0, .verb = IRCP_WATCH, .nick = VIEW("Bob"));
	expect(w, "ISON Bob\r\n");
	peer_send(&w->srv, ":s 303 confab :bob \r\n");
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_HERE);
	assert_view(w->p.nick, "Bob");
	expect(w, "WHOIS Bob\r\n");
	peer_send(&w->srv, ":s 311 confab bob ~b h.example * :Bob B.\r\n"
			   ":s 301 confab bob :lunch\r\n"
			   ":s 318 confab bob :End\r\n");
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_IS_AWAY);
	assert_view(w->p.text, "lunch");
	assert_view(w->p.mask, "~b@h.example");
	DOWN(w, 0, .verb = IRCP_WATCH, .nick = VIEW("amy"));
	expect(w, "ISON amy\r\n");
	peer_send(&w->srv, ":s 303 confab :\r\n");
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_GONE);
	DOWN(w, 0, .verb = IRCP_WATCH, .nick = VIEW("bob"));
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_IS_AWAY);
}

/* Servers say by themselves who comes, but not who goes away. */
static void who_is_here_is_looked_at_each_minute(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "tls", "0" }, { "look_ms", "50" });
	welcome(w, ":s 005 confab MONITOR=100 :are supported\r\n"
		   ":s NOTICE confab :x\r\n");
	up(w, IRCP_SAID);
	DOWN(w, 0, .verb = IRCP_WATCH, .nick = VIEW("amy"));
	DOWN(w, 0, .verb = IRCP_WATCH, .nick = VIEW("bob"));
	expect(w, "MONITOR + amy,bob\r\n");
	peer_send(&w->srv, ":s 731 confab :amy\r\n"
			   ":s 730 confab :bob!b@h\r\n");
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_GONE);
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_HERE);
	expect(w, "WHOIS bob\r\n");
	peer_send(&w->srv, ":s 311 confab bob ~b h.example * :Bob B.\r\n"
			   ":s 318 confab bob :End\r\n");
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_HERE);
	expect(w, "WHOIS bob\r\n");
	peer_send(&w->srv, ":s 311 confab bob ~b h.example * :Bob B.\r\n"
			   ":s 301 confab bob :lunch\r\n"
			   ":s 318 confab bob :End\r\n");
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_IS_AWAY);
	assert_view(w->p.text, "lunch");
	expect(w, "WHOIS bob\r\n");
}

static void many_are_watched_in_few_lines(void **state)
{
	struct world *w = *state;
	char nick[16];

	CONNECT(w, { "tls", "0" });
	welcome(w, ":s 005 confab MONITOR=100 :are supported\r\n"
		   ":s NOTICE confab :x\r\n");
	up(w, IRCP_SAID);
	for (int i = 0; i < 130; i++) {
		snprintf(nick, sizeof(nick), "n%03d", i);
		DOWN(w, 0, .verb = IRCP_WATCH, .nick = view_str(nick));
	}
	expect(w, "MONITOR + n000,n001,");
	expect(w, ",n099\r\n");
	expect(w, "ISON :n100 n101 ");
	expect(w, " n129\r\n");
}

static void nicks_are_watched_by_monitor(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "tls", "0" });
	welcome(w, ":s 005 confab MONITOR=1 :are supported\r\n"
		   ":s NOTICE confab :x\r\n");
	up(w, IRCP_SAID);
	DOWN(w, 0, .verb = IRCP_WATCH, .nick = VIEW("bob"));
	expect(w, "MONITOR + bob\r\n");
	peer_send(&w->srv, ":s 731 confab :bob\r\n");
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_GONE);
	DOWN(w, 0, .verb = IRCP_WATCH, .nick = VIEW("amy"));
	expect(w, "ISON amy\r\n");
	peer_send(&w->srv, ":s 730 confab :bob!b@h\r\n");
	assert_int_equal(up(w, IRCP_SHOW).kind, IRCP_HERE);
	expect(w, "WHOIS bob\r\n");
	DOWN(w, 0, .verb = IRCP_UNWATCH, .nick = VIEW("bob"));
	expect(w, "MONITOR - bob\r\n");
	peer_send(&w->srv, ":s 731 confab :bob\r\n");
	said_none(w, IRCP_SHOW);
}

/* ---- the end ---- */

static void the_last_word_is_his(void **state)
{
	struct world *w = *state;
	struct wire_msg m = { .type = WIRE_SESSION_END, .id = ID };

	come_up(w);
	DOWN(w, 2, .verb = IRCP_LEAVE, .text = VIEW("off\nto bed"));
	sent(w, 2, PARCEL_SENT);
	assert_int_equal(wire_send(w->rig.framer, &m), 0);
	expect(w, "QUIT :offto bed\r\n");
	peer_expect_end(&w->srv);
}

static void a_password_needs_a_way_of_its_own(void **state)
{
	struct world *w = *state;

	CONNECT(w, { "login", "al" }, { "login_password", "pw" },
		{ "sasl", "off" }, { "nickserv", "NickServ!*@services.x" });
	expect(w, "USER ");
	peer_send(&w->srv, ":s 001 confab :Welcome\r\n");
	/* Loopback is one. */
	expect(w, "USERHOST NickServ\r\n");
	peer_send(&w->srv, ":s 302 confab :NickServ=+x@evil.example\r\n");
	rig_await(&w->rig, WIRE_ACCOUNT_UP, 0);
	said_none(w, IRCP_HEARD);
	assert_null(strstr(w->srv.in, "pw"));
}

static void a_lost_session_is_told_once(void **state)
{
	struct world *w = *state;

	come_up(w);
	join(w);
	DOWN(w, 5, .verb = IRCP_SAY, .place = VIEW("#lobby"),
	     .text = VIEW("x"));
	expect(w, "PRIVMSG #lobby x\r\n");
	peer_send(&w->srv, "ERROR :K-Lined\r\n");
	rig_await(&w->rig, WIRE_ACCOUNT_LOST, GONE_REFUSED);
	assert_null(rig_find(&w->rig, WIRE_SENT, 5));
	DOWN(w, 6, .verb = IRCP_SAY, .place = VIEW("bob"), .text = VIEW("x"));
	peer_close(&w->srv);
	w->srv.n = 0;
	come_up(w);
	assert_null(rig_find(&w->rig, WIRE_ACCOUNT_LOST, GONE_NET));
	assert_null(strstr(w->srv.in, "PRIVMSG"));
}

static void nonsense_does_no_harm(void **state)
{
	struct world *w = *state;
	static const char lines[] =
		":x!y@z INVITE\r\n:x INVITE confab\r\n:s 353\r\n:s 353 a b\r\n"
		":s 366 confab\r\n:s 303\r\n:s 730\r\n:s 731 confab\r\n"
		":s 734 confab\r\n:s 302 confab\r\n:s 367 confab #l\r\n"
		":s 311 confab\r\n:s 318\r\n:s 332 confab\r\n:s 401\r\n"
		":s 482\r\n:s 999 confab :x\r\n:x MODE #lobby\r\n"
		":x MODE #lobby +bbbbbbbbbbbbbbbbb\r\n:x KICK #lobby\r\n"
		":x TOPIC #lobby\r\n:x AWAY\r\n:x JOIN\r\n: JOIN #lobby\r\n";

	come_up(w);
	join(w);
	DOWN(w, 0, .verb = IRCP_WATCH, .nick = VIEW("bob"));
	DOWN(w, 0, .verb = IRCP_NAMES, .place = VIEW("#lobby"));
	DOWN(w, 0, .verb = IRCP_BAN, .place = VIEW("#l"), .nick = VIEW("x"));
	DOWN(w, 0, .verb = IRCP_WHOIS, .nick = VIEW("bob"));
	expect(w, "WHOIS bob\r\n");
	peer_send(&w->srv, lines);
	peer_send(&w->srv, ":x!y@z PRIVMSG #lobby :still here\r\n");
	assert_view(up(w, IRCP_HEARD).text, "still here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(words_go_out_and_count_when_taken),
		RIG_TEST(refused_words_are_told),
		RIG_TEST(no_target_is_more_than_one),
		RIG_TEST(words_come_up),
		RIG_TEST(services_are_of_the_network),
		RIG_TEST(ctcp_is_answered_now_and_then),
		RIG_TEST(the_staff_sends_a_guest_away),
		RIG_TEST(ctcp_says_what_we_are),
		RIG_TEST(rooms_that_nobody_wanted_are_left),
		RIG_TEST(refusals_of_a_join_say_why),
		RIG_TEST(leaving_says_how),
		RIG_TEST(people_come_and_go),
		RIG_TEST(a_split_is_one_event),
		RIG_TEST(modes_are_read_as_the_server_has_them),
		RIG_TEST(a_quiet_room_tells_nothing),
		RIG_TEST(topics_and_names_are_asked_for),
		RIG_TEST(nicks_change_or_not),
		RIG_TEST(a_nick_in_use_gets_the_suffix),
		RIG_TEST(bans_are_for_where_he_is),
		RIG_TEST(whois_is_told_in_words),
		RIG_TEST(nicks_are_watched_by_ison),
		RIG_TEST(many_are_watched_in_few_lines),
		RIG_TEST(nicks_are_watched_by_monitor),
		RIG_TEST(who_is_here_is_looked_at_each_minute),
		RIG_TEST(the_last_word_is_his),
		RIG_TEST(a_password_needs_a_way_of_its_own),
		RIG_TEST(a_lost_session_is_told_once),
		RIG_TEST(nonsense_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
