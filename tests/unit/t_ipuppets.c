/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bridges/irc/ipuppets.c and ipuppet.c, with seats and a hub that only write
 * down what they are told: what goes to seats by "> ", what to the hub as
 * hub_stub.h has it.
 */
#include <errno.h>

#include "hub_stub.h"
#include "clock.h"
#include "ipuppets_priv.h"

enum { WAITS = 4, TAGS = 16 };

static struct loop *loop;
static struct igate gate;
static const struct bridge_voices *voices;
static struct hub_room_watch watch;
static struct room room;
static struct member alice, bob;
static struct leg leg;
static struct igate_link conf;

/* ---- seats ---- */

static struct seat seats[2];
static size_t seat_count;
static int wake_err;
static struct {
	seat_wait_h *h;
	void *arg;
} waits[WAITS];
static struct {
	seat_told_h *told;
	void *arg;
} tags[TAGS];
static size_t tag_count;
static int send_err;

struct seat *seat_find(const struct igate *g, const struct addr *aor,
		       struct view network)
{
	assert_ptr_equal(g, &gate);
	for (size_t i = 0; i < seat_count; i++)
		if (addr_eq(seats[i].aor, aor) &&
		    view_eq(seats[i].network, network))
			return &seats[i];
	return NULL;
}

int seat_get(struct seat **sp, struct igate *g, struct addr *aor,
	     struct view network)
{
	struct seat *s = seat_find(g, aor, network);

	if (!s && seat_count == 2)
		return ENOSPC;
	if (!s) {
		s = &seats[seat_count++];
		*s = (struct seat){ .gate = g, .aor = aor,
				    .network = VIEW("net") };
		view_copy(s->nick, sizeof(s->nick), aor->user);
	}
	*sp = s;
	return 0;
}

int seat_wake(struct seat *s, bool by_him)
{
	assert_false(by_him);
	buf_addf(&told, "> wake %s\n", s->nick);
	return wake_err;
}

void seat_wait(struct seat *s, seat_wait_h *h, void *arg)
{
	size_t i = (size_t)(s - seats);

	assert_null(waits[i].h);
	waits[i].h = h;
	waits[i].arg = arg;
}

void seat_unwait(struct seat *s, const void *arg)
{
	size_t i = (size_t)(s - seats);

	if (waits[i].arg == arg)
		waits[i].h = NULL;
}

int seat_send(struct seat *s, const struct ircp *p, seat_told_h *h, void *arg)
{
	static const char *const verbs[IRCP_VERBS] = {
		[IRCP_SAY] = "say", [IRCP_JOIN] = "join", [IRCP_PART] = "part",
	};

	assert_int_equal(s->state, SEAT_UP);
	if (send_err)
		return send_err;
	buf_addf(&told, "> %s %s%u %.*s", s->nick, verbs[p->verb], p->kind,
		 VIEW_ARG(p->place));
	if (p->other.n || p->text.n)
		buf_addf(&told, " %.*s%.*s", VIEW_ARG(p->other),
			 VIEW_ARG(p->text));
	buf_addc(&told, '\n');
	if (h) {
		tags[tag_count].told = h;
		tags[tag_count++].arg = arg;
	}
	return 0;
}

void seat_untell(struct seat *s, const void *arg)
{
	(void)s;
	for (size_t i = 0; i < TAGS; i++)
		if (tags[i].arg == arg)
			tags[i].told = NULL;
}

static bool visits;

bool ivisits_is_in(const struct seat *s, struct view place)
{
	(void)s;
	assert_true(view_eqs(place, "#lobby"));
	return visits;
}

void seat_hold(struct seat *s)
{
	s->holds++;
}

void seat_release(struct seat *s)
{
	assert_true(s->holds > 0);
	s->holds--;
}

void seat_busy(struct seat *s)
{
	(void)s;
}

/* ---- the hub and the bridge ---- */

void bridge_voices(struct bridge *b, const struct bridge_voices *ops,
		   void *arg)
{
	(void)b;
	assert_true(!arg || arg == &gate);
	voices = ops;
}

struct room *hub_room_by_id(const struct hub *h, uint64_t id)
{
	(void)h;
	return id == room.id ? &room : NULL;
}

struct member *room_member(const struct room *r, const struct addr *a)
{
	assert_ptr_equal(r, &room);
	return addr_eq(a, alice.addr) ? &alice :
	       addr_eq(a, bob.addr)   ? &bob :
					NULL;
}

void hub_room_tell(struct room *r, const struct addr *to, struct view text)
{
	assert_ptr_equal(r, &room);
	assert_false(in_op);
	buf_addf(&told, "tell %.*s %.*s\n", VIEW_ARG(to->user),
		 VIEW_ARG(text));
}

int hub_member_kick(struct member *m, struct view notice,
		    const struct room_by *by, hub_done_h *doneh, void *arg)
{
	assert_null(doneh);
	assert_null(arg);
	buf_addf(&told, "kick %.*s %.*s (%.*s)\n", VIEW_ARG(m->addr->user),
		 VIEW_ARG(notice), VIEW_ARG(by->reason));
	return 0;
}

int hub_watch_rooms(struct hub *h, const struct hub_room_watch *w)
{
	(void)h;
	watch = *w;
	return 0;
}

void hub_unwatch_rooms(struct hub *h, const void *arg)
{
	(void)h;
	assert_true(!watch.arg || arg == watch.arg);
}

static void link_conf(struct view label, struct igate_link *out, void *arg)
{
	(void)arg;
	assert_true(view_eqs(label, "lobby-i"));
	*out = conf;
}

/* ---- the test ---- */

/* What is soon comes with the next tick. */
static void turn(void)
{
	for (int i = 0; i < 3; i++) {
		clock_advance(20);
		loop_turn(loop, 0);
	}
}

static void up(void)
{
	OP(voices->up(&gate, &leg));
}

static int setup(void **state)
{
	clock_freeze(1000000, 1000000);
	if (test_setup(state) || loop_new(&loop))
		return 1;
	buf_init(&told, 0);
	conf = (struct igate_link){ IGATE_BY_PUPPETS, 0, false, "" };
	memset(&gate, 0, sizeof(gate));
	gate.conf.loop = loop;
	gate.conf.hub = HUB;
	gate.conf.link = link_conf;
	gate.running = true;
	memset(&watch, 0, sizeof(watch));
	room = (struct room){ .id = 3 };
	alice = (struct member){ .state = MEMBER_JOINED, .room = &room,
				 .nick = VIEW("alice") };
	bob = alice;
	bob.nick = VIEW("bob");
	assert_int_equal(addr_parse(&alice.addr, VIEW("sip:alice@a.org")), 0);
	assert_int_equal(addr_parse(&bob.addr, VIEW("sip:bob@a.org")), 0);
	leg = (struct leg){ .id = 7, .room = &room, .label = "lobby-i",
			    .target = "irc:net/#lobby", .via = "net" };
	seat_count = tag_count = 0;
	wake_err = send_err = 0;
	visits = false;
	memset(waits, 0, sizeof(waits));
	assert_int_equal(igate_puppets.start(&gate), 0);
	return 0;
}

static int teardown(void **state)
{
	igate_puppets.stop(&gate);
	igate_puppets.free(&gate);
	for (size_t i = 0; i < seat_count; i++)
		assert_int_equal(seats[i].holds, 0);
	mem_deref(alice.addr);
	mem_deref(bob.addr);
	clock_thaw();
	loop_free(loop);
	buf_free(&told);
	return test_teardown(state);
}

static int try_say(const struct member *m, uint64_t seq, const char *text)
{
	const struct msg_conf mc = { .from = m->addr, .name = m->nick,
				     .text = view_str(text), .seq = seq };
	struct msg *msg;
	int err;

	assert_int_equal(msg_new(&msg, &mc), 0);
	OP(err = voices->deliver(&gate, &leg, msg));
	mem_deref(msg);
	turn();
	return err;
}

static void say(const struct member *m, uint64_t seq, const char *text)
{
	assert_int_equal(try_say(m, seq, text), 0);
}

static void answer(size_t tag, int err, const char *words)
{
	seat_told_h *h = tags[tag].told;

	tags[tag].told = NULL;
	assert_non_null(h);
	h(err, view_str(words), tags[tag].arg);
	turn();
}

static void seat_comes(size_t i, int err)
{
	seat_wait_h *h = waits[i].h;

	assert_non_null(h);
	waits[i].h = NULL;
	if (!err)
		seats[i].state = SEAT_UP;
	h(err, waits[i].arg);
	turn();
}

static void hears(size_t i, enum ircp_verb verb, unsigned kind,
		  const char *other)
{
	const struct ircp p = { .verb = verb, .kind = kind,
				.place = VIEW("#Lobby"),
				.nick = verb == IRCP_NICK_IS ?
						view_str(other) :
						VIEW_NONE,
				.other = view_str(other),
				.text = VIEW("words") };

	assert_false(igate_puppets.parcel(&seats[i], &p));
	turn();
}

/* alice has said 1, and it is not told of. */
static void comes_in(void)
{
	up();
	say(&alice, 1, "hi");
	assert_told("> wake alice\n");
	seat_comes(0, 0);
	assert_told("> alice join1 #lobby\n");
	hears(0, IRCP_JOINED, 0, "");
	assert_told("> alice say0 #lobby hi\n");
}

static void a_member_speaks_by_his_own_seat(void **state)
{
	(void)state;
	comes_in();
	assert_int_equal(seats[0].holds, 1);
	say(&alice, 2, "more");
	assert_told("> alice say0 #lobby more\n");
	answer(0, 0, "");
	answer(1, 0, "");
	assert_told("delivered 7 1\ndelivered 7 2\n");
}

static void the_key_of_the_channel_goes_along(void **state)
{
	(void)state;
	conf.key = "sesame";
	up();
	say(&alice, 1, "hi");
	seat_comes(0, 0);
	assert_told("> wake alice\n> alice join1 #lobby sesame\n");
}

/* His own words wait in their order; those of others pass. */
static void words_wait_for_their_speaker_alone(void **state)
{
	(void)state;
	comes_in();
	say(&bob, 2, "b1");
	say(&bob, 3, "b2");
	say(&alice, 4, "a2");
	assert_told("> wake bob\n> alice say0 #lobby a2\n");
	seat_comes(1, 0);
	hears(1, IRCP_JOINED, 0, "");
	assert_told("> bob join1 #lobby\n> bob say0 #lobby b1\n"
		    "> bob say0 #lobby b2\n");
}

static void others_speak_by_the_relay(void **state)
{
	struct member xavier = { .nick = VIEW("x") };

	(void)state;
	assert_int_equal(try_say(&alice, 1, "not up"), ENOTSUP);
	conf.max_puppets = 1;
	comes_in();
	assert_int_equal(try_say(&bob, 2, "too many"), ENOTSUP);
	assert_int_equal(addr_parse(&xavier.addr, VIEW("xmpp:x@b.org")), 0);
	assert_int_equal(try_say(&xavier, 3, "of XMPP"), ENOTSUP);
	mem_deref(xavier.addr);
	conf.identity = IGATE_BY_RELAY;
	leg.id = 8;
	up();
	assert_int_equal(try_say(&alice, 4, "by the relay"), ENOTSUP);
	leg.id = 7;
}

/* What could not be said by himself goes back, and then by the relay. */
static void no_seat_means_the_relay(void **state)
{
	(void)state;
	up();
	say(&alice, 1, "hi");
	seat_comes(0, ETIMEDOUT);
	assert_told("> wake alice\nfailed 7 1 again not in the channel\n");
	assert_int_equal(try_say(&alice, 1, "hi"), ENOTSUP);
	wake_err = EACCES;
	say(&bob, 2, "ho");
	assert_told("> wake bob\nfailed 7 2 again not in the channel\n");
	assert_int_equal(try_say(&bob, 2, "ho"), ENOTSUP);
	clock_advance(61 * 1000);
	turn();
	wake_err = 0;
	say(&alice, 3, "again");
	assert_told("> wake alice\n");
	assert_int_equal(try_say(&bob, 4, "still not"), ENOTSUP);
}

static void who_is_banned_is_not_passed_on(void **state)
{
	(void)state;
	up();
	say(&alice, 1, "hi");
	seat_comes(0, 0);
	buf_clear(&told);
	hears(0, IRCP_LEFT, IRCP_LEFT_REFUSED, "474");
	assert_told("tell alice *** irc:net/#lobby has banned you: what you "
		    "say is not passed on there (words)\n"
		    "failed 7 1 for good the channel does not want to hear "
		    "who says this\n");
	say(&alice, 2, "ho");
	assert_told("failed 7 2 for good the channel does not want to hear "
		    "who says this\n");
	clock_advance(10 * 60 * 1000 + 1);
	turn();
	say(&alice, 3, "let me in");
	assert_told("> alice join1 #lobby\n");
}

static void who_is_not_let_in_is_relayed(void **state)
{
	(void)state;
	up();
	say(&alice, 1, "hi");
	seat_comes(0, 0);
	buf_clear(&told);
	hears(0, IRCP_LEFT, IRCP_LEFT_REFUSED, "477");
	assert_true(was_told("under the name of the link (words)\n"
			     "failed 7 1 again"));
	assert_int_equal(try_say(&alice, 1, "hi"), ENOTSUP);
}

static void a_kick_silences_or_expels(void **state)
{
	(void)state;
	comes_in();
	answer(0, 0, "");
	buf_clear(&told);
	hears(0, IRCP_LEFT, IRCP_LEFT_KICKED, "");
	assert_told("tell alice *** irc:net/#lobby has kicked you: what you "
		    "say is not passed on there for ten minutes (words)\n");
	assert_int_equal(seats[0].holds, 0);
	conf.expels = true;
	up();
	say(&bob, 2, "hi");
	seat_comes(1, 0);
	hears(1, IRCP_JOINED, 0, "");
	buf_clear(&told);
	hears(1, IRCP_LEFT, IRCP_LEFT_BANNED, "");
	assert_told("kick bob *** bob was removed, as from irc:net/#lobby "
		    "(words)\n");
}

/* matrix-appservice-irc#453: +m is not to be got round. */
static void who_is_muted_is_told_once(void **state)
{
	(void)state;
	comes_in();
	say(&alice, 2, "ho");
	buf_clear(&told);
	answer(0, EACCES, "+m");
	answer(1, EACCES, "+m");
	assert_told("tell alice *** irc:net/#lobby did not take what you said "
		    "(+m)\nfailed 7 1 for good +m\nfailed 7 2 for good +m\n");
	say(&alice, 3, "and now");
	assert_told("> alice say0 #lobby and now\n");
	answer(2, 0, "");
	say(&alice, 4, "muted again");
	buf_clear(&told);
	answer(3, EACCES, "+m");
	assert_true(was_told("tell alice"));
}

static void puppets_are_known_by_their_nicks(void **state)
{
	(void)state;
	up();
	assert_false(voices->ours(&gate, &leg, VIEW("alice")));
	comes_in();
	assert_true(voices->ours(&gate, &leg, VIEW("ALICE")));
	assert_false(voices->ours(&gate, &leg, VIEW("bob")));
	hears(0, IRCP_NICK_IS, 0, "alice_");
	assert_true(voices->ours(&gate, &leg, VIEW("alice")));
	assert_true(voices->ours(&gate, &leg, VIEW("alice_")));
	clock_advance(61 * 1000);
	assert_false(voices->ours(&gate, &leg, VIEW("alice")));
	hears(0, IRCP_LEFT, IRCP_LEFT_ASKED, "");
	assert_true(voices->ours(&gate, &leg, VIEW("alice_")));
	clock_advance(61 * 1000);
	assert_false(voices->ours(&gate, &leg, VIEW("alice_")));
	answer(0, 0, "");
}

static void who_is_idle_or_no_member_leaves(void **state)
{
	(void)state;
	comes_in();
	answer(0, 0, "");
	buf_clear(&told);
	clock_advance(3601 * 1000);
	turn();
	assert_told("> alice part0 #lobby\n");
	assert_int_equal(seats[0].holds, 0);
	say(&alice, 2, "back");
	hears(0, IRCP_LEFT, IRCP_LEFT_ASKED, "");
	hears(0, IRCP_JOINED, 0, "");
	answer(1, 0, "");
	assert_told("> alice join1 #lobby\n> alice say0 #lobby back\n"
		    "delivered 7 2\n");
	watch.went(&alice, WENT_LEFT, NULL, watch.arg);
	assert_told("> alice part0 #lobby\n");
}

/* He hears on, and stays. */
static void who_is_there_by_himself_is_left_alone(void **state)
{
	(void)state;
	visits = true;
	up();
	say(&alice, 1, "hi");
	seat_comes(0, 0);
	hears(0, IRCP_JOINED, 0, "");
	answer(0, 0, "");
	assert_told("> wake alice\n> alice join0 #lobby\n"
		    "> alice say0 #lobby hi\ndelivered 7 1\n");
	watch.went(&alice, WENT_LEFT, NULL, watch.arg);
	assert_told("");
}

static void a_lost_seat_comes_back_for_words_alone(void **state)
{
	(void)state;
	comes_in();
	answer(0, EAGAIN, "broken");
	buf_clear(&told);
	igate_puppets.down(&seats[0], LOST_NET, VIEW("broken"));
	seats[0].state = SEAT_OFF;
	turn();
	assert_told("");
	assert_int_equal(seats[0].holds, 0);
	say(&alice, 1, "hi");
	assert_told("> wake alice\n");
}

/* The hub asks again for all that it was not told of: it is not said twice. */
static void a_lost_link_repeats_nothing(void **state)
{
	(void)state;
	comes_in();
	say(&alice, 2, "ho");
	OP(voices->down(&gate, &leg));
	answer(0, 0, "");
	buf_clear(&told);
	up();
	say(&alice, 1, "hi");
	say(&alice, 2, "ho");
	assert_told("delivered 7 1\n");
	answer(1, 0, "");
	assert_told("delivered 7 2\n");
}

static void a_link_away_for_long_takes_its_puppets_along(void **state)
{
	(void)state;
	comes_in();
	answer(0, 0, "");
	OP(voices->down(&gate, &leg));
	buf_clear(&told);
	clock_advance(60 * 1000);
	turn();
	assert_told("");
	clock_advance(61 * 1000);
	turn();
	assert_told("> alice part0 #lobby\n");
	up();
	say(&alice, 2, "hi");
	hears(0, IRCP_JOINED, 0, "");
	answer(1, 0, "");
	buf_clear(&told);
	leg.leaving = true;
	OP(voices->down(&gate, &leg));
	assert_told("> alice part0 #lobby\n");
}

static void an_unanswered_join_ends(void **state)
{
	(void)state;
	up();
	say(&alice, 1, "hi");
	seat_comes(0, 0);
	buf_clear(&told);
	clock_advance(61 * 1000);
	turn();
	assert_told("> alice part0 #lobby\n"
		    "failed 7 1 again not in the channel\n");
	hears(0, IRCP_JOINED, 0, "");
	assert_told("");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_member_speaks_by_his_own_seat),
		CASE(the_key_of_the_channel_goes_along),
		CASE(words_wait_for_their_speaker_alone),
		CASE(others_speak_by_the_relay),
		CASE(no_seat_means_the_relay),
		CASE(who_is_banned_is_not_passed_on),
		CASE(who_is_not_let_in_is_relayed),
		CASE(a_kick_silences_or_expels),
		CASE(who_is_muted_is_told_once),
		CASE(puppets_are_known_by_their_nicks),
		CASE(who_is_idle_or_no_member_leaves),
		CASE(who_is_there_by_himself_is_left_alone),
		CASE(a_lost_seat_comes_back_for_words_alone),
		CASE(a_lost_link_repeats_nothing),
		CASE(a_link_away_for_long_takes_its_puppets_along),
		CASE(an_unanswered_join_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
