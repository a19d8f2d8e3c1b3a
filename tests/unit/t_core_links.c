/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links: added, removed, lost, back, and what crosses them. */
#include "hub_rig.h"

static struct room *room;

static void lobby(void)
{
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
}

static void words_cross_once(void **state)
{
	struct member *a;
	struct hub_stats st;
	struct leg *l, *o;

	(void)state;
	lobby();
	a = rig_find(room, "alice");
	l = rig_link_up(room, "one", "net:one");
	o = rig_link_up(room, "two", "net:two");
	rig_say(room, "alice", "hello");
	assert_int_equal(fake_got(&rig.net, l->id, "hello"), 1);
	assert_int_equal(fake_got(&rig.net, o->id, "hello"), 1);
	rig_hear(l, "bob", "hi all", "id-1");
	rig_hear(l, "bob", "hi all", "id-1");
	rig_hear(o, "bob", "hi all", "id-1"); /* another link's id */
	assert_int_equal(fake_got(&rig.sip, a->id, "hi all"), 2);
	assert_string_equal(rig.sip.sent[0].name, "bob@home");
	assert_int_equal(fake_got(&rig.net, l->id, "hi all"), 1);
	assert_int_equal(fake_got(&rig.net, o->id, "hi all"), 1);
	rig_hear(l, "bob", "/me waves", "");
	assert_int_equal(rig.sip.sent[2].kind, MSG_EMOTE);
	rig_deliver_all();
	hub_stats(rig.hub, &st);
	assert_int_equal(st.heard, 3);
	assert_int_equal(st.relayed, 5);
	assert_int_equal(st.legs_up, 2);
	assert_int_equal(l->heard, 2);
	assert_int_equal(l->sent, 2);
	assert_int_equal(l->cur.acked, room->head);
	rig_stop();
}

static void notices_stay_here(void **state)
{
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	assert_int_equal(rig_try_join(room, "bob", MEMBER_JOINED, "*** bob"),
			 0);
	rig_settle();
	assert_int_equal(rig.sip.count, 2);
	assert_int_equal(rig.net.count, 0);
	assert_int_equal(l->cur.acked, 1);
	rig_stop();
}

static void nicks_cannot_be_forged(void **state)
{
	char nick[3000];
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	rig_hear(l, "a@b]: x\r\n[c", "1", "");
	rig_hear(l, "", "2", "");
	memset(nick, '/', sizeof(nick) - 1);
	nick[sizeof(nick) - 1] = '\0';
	rig_hear(l, nick, "3", "");
	assert_string_equal(rig.sip.sent[0].name, "a_b): x (c@home");
	assert_string_equal(rig.sip.sent[1].name, "?@home");
	assert_non_null(strstr(rig.sip.sent[2].name, "//"));
	assert_int_equal(rig.sip.count, 3);
	rig_stop();
}

static void long_words_are_cut_not_lost(void **state)
{
	char *text = mem_alloc(3 * MSG_TEXT_MAX + 1);
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	memset(text, 'x', 3 * MSG_TEXT_MAX);
	text[3 * MSG_TEXT_MAX] = '\0';
	rig_hear(l, "bob", text, "");
	memset(text, 0xff, 3 * MSG_TEXT_MAX);
	rig_hear(l, "bob", text, "");
	assert_int_equal(rig.sip.count, 2);
	rig_hear(l, "bob", "\x01", "");
	assert_int_equal(rig.sip.count, 2);
	mem_free(text);
	rig_stop();
}

static void lost_and_back(void **state)
{
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	rig_say(room, "alice", "m1");
	rig_say(room, "alice", "m2");
	hub_on_delivered(rig.hub, l->id, 1);
	hub_on_lost(rig.hub, l->id, LOST_NET, VIEW("broken\npipe"));
	assert_int_equal(l->state, LEG_LOST);
	assert_string_equal(l->error, "connection lost: broken pipe");
	rig_say(room, "alice", "m3");
	rig_hear(l, "bob", "not while it is down", "");
	assert_int_equal(rig.net.count, 2);
	assert_int_equal(rig.net.attached, 1);
	rig_advance(1250);
	assert_int_equal(l->state, LEG_JOINING);
	assert_int_equal(rig.net.attached, 2);
	hub_on_attached(rig.hub, l->id, VIEW("confab_"));
	assert_string_equal(l->own_nick, "confab_");
	/* m2 was under way and is sent again, m1 is not. */
	assert_int_equal(rig.net.count, 4);
	assert_string_equal(rig.net.sent[2].text, "m2");
	assert_string_equal(rig.net.sent[3].text, "m3");
	rig_deliver_all();
	assert_int_equal(l->cur.acked, 3);
	assert_int_equal(rig.sip.count, 0);
	rig_stop();
}

/* The pause before the next attempt. */
static uint64_t pause_s(const struct leg *l)
{
	uint64_t waited = 0;

	while (l->state == LEG_LOST && waited < 1000 * 1000) {
		rig_advance(100);
		waited += 100;
	}
	return waited / 1000;
}

static void pauses_grow(void **state)
{
	struct leg *l;
	uint64_t s;
	int i;

	(void)state;
	lobby();
	l = rig_link(room, "one", "net:one");
	for (i = 0; i < 11; i++) {
		uint64_t want = i < 9 ? 1u << i : 300;

		hub_on_lost(rig.hub, l->id, LOST_NET, VIEW("x"));
		s = pause_s(l);
		assert_in_range(s, want * 8 / 10, want * 12 / 10);
		assert_int_equal(l->state, LEG_JOINING);
	}
	/* Up for a minute: from the beginning. */
	hub_on_attached(rig.hub, l->id, VIEW("n"));
	rig_advance(61000);
	hub_on_lost(rig.hub, l->id, LOST_NET, VIEW("x"));
	assert_in_range(pause_s(l), 0, 1);
	hub_on_lost(rig.hub, l->id, LOST_REFUSED, VIEW("banned"));
	assert_in_range(pause_s(l), 48, 72);
	hub_on_lost(rig.hub, l->id, LOST_REFUSED, VIEW("banned"));
	assert_in_range(pause_s(l), 96, 144);
	rig_stop();
}

static void one_account_knocks_once(void **state)
{
	struct leg *l, *o;
	uint64_t s;

	(void)state;
	lobby();
	l = rig_link(room, "one", "net:one");
	o = rig_link(rig_room("other"), "two", "net:two");
	hub_on_lost(rig.hub, l->id, LOST_AUTH, VIEW("password"));
	rig_advance(100);
	hub_on_lost(rig.hub, o->id, LOST_AUTH, VIEW("password"));
	s = pause_s(l);
	assert_in_range(s, 47, 72);
	rig_advance(100);
	assert_int_equal(o->state, LEG_JOINING);
	assert_int_equal(rig.net.attached, 4);
	/* Not 60 s for each of them. */
	hub_on_lost(rig.hub, o->id, LOST_AUTH, VIEW("password"));
	hub_on_lost(rig.hub, l->id, LOST_AUTH, VIEW("password"));
	assert_in_range(pause_s(o), 96, 144);
	hub_on_lost(rig.hub, o->id, LOST_AUTH, VIEW("password"));
	hub_link_kick(rig.hub, o);
	assert_int_equal(o->state, LEG_JOINING);
	rig_stop();
}

static void refusal_of_attach_is_a_loss(void **state)
{
	struct leg *l;

	(void)state;
	lobby();
	rig.net.attach_err = ENOTCONN;
	assert_int_equal(rig_try_link(room, "one", "net:one", false), 0);
	l = hub_link(rig.hub, VIEW("one"));
	AWAIT(l->state == LEG_LOST);
	rig.net.attach_err = 0;
	assert_in_range(pause_s(l), 0, 1);
	assert_int_equal(l->state, LEG_JOINING);
	rig_stop();
}

static void old_talk_is_not_poured_out(void **state)
{
	struct hub_stats st;
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	rig_say(room, "alice", "before");
	rig_deliver_all();
	hub_on_lost(rig.hub, l->id, LOST_NET, VIEW("x"));
	rig_say_many(room, "alice", "old", 70);
	clock_advance(11 * 60 * 1000);
	rig_say_many(room, "alice", "new", 2);
	loop_turn(rig.loop, 0);
	AWAIT(l->state == LEG_JOINING);
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	AWAIT(rig.net.count == 4);
	assert_int_equal(rig.net.sent[1].seq, 0);
	assert_int_equal(rig.net.sent[1].kind, MSG_NOTICE);
	assert_string_equal(rig.net.sent[1].text,
			    "70 messages were not relayed while the link was "
			    "down");
	assert_string_equal(rig.net.sent[2].text, "new1");
	assert_string_equal(rig.net.sent[3].text, "new2");
	rig_deliver_all();
	assert_int_equal(l->cur.acked, 73);
	hub_stats(rig.hub, &st);
	assert_int_equal(st.skipped, 70);
	assert_int_equal(st.relayed, 3);
	rig_stop();
}

static void too_much_talk_is_not_poured_out(void **state)
{
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	hub_on_lost(rig.hub, l->id, LOST_NET, VIEW("x"));
	rig_say_many(room, "alice", "m", 201);
	hub_link_kick(rig.hub, l);
	rig.net.deliver_err = EBUSY;
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	rig_settle();
	assert_int_equal(rig.net.count, 0);
	/* Even the notice waits until the face has time. */
	rig.net.deliver_err = 0;
	rig_advance(1100);
	AWAIT(rig.net.count == 1 + CURSOR_WINDOW);
	assert_string_equal(rig.net.sent[0].text,
			    "1 message was not relayed while the link was "
			    "down");
	rig_deliver_all();
	assert_int_equal(rig.net.count, 201);
	assert_int_equal(l->cur.acked, 201);
	rig_stop();
}

static void all_old_is_told_as_well(void **state)
{
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	hub_on_lost(rig.hub, l->id, LOST_NET, VIEW("x"));
	rig_say_many(room, "alice", "m", 2);
	rig_advance(11 * 60 * 1000);
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	AWAIT(rig.net.count == 1);
	assert_string_equal(rig.net.sent[0].text,
			    "2 messages were not relayed while the link was "
			    "down");
	hub_on_delivered(rig.hub, l->id, 0);
	hub_on_failed(rig.hub, l->id, 0, true, VIEW("x"));
	rig_say(room, "alice", "live");
	assert_int_equal(rig.net.count, 2);
	rig_stop();
}

static void failures_of_a_leg(void **state)
{
	struct hub_stats st;
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	rig_say(room, "alice", "m1");
	hub_on_failed(rig.hub, l->id, 1, true, VIEW("flood"));
	rig_say(room, "alice", "m2");
	assert_int_equal(rig.net.count, 1);
	rig_advance(1100);
	assert_int_equal(rig.net.count, 3);
	hub_on_failed(rig.hub, l->id, 1, false, VIEW("too rude"));
	hub_on_delivered(rig.hub, l->id, 2);
	assert_int_equal(l->cur.acked, 2);
	rig.net.deliver_err = EMSGSIZE;
	rig_say(room, "alice", "m3");
	assert_int_equal(l->cur.acked, 3);
	hub_stats(rig.hub, &st);
	assert_int_equal(st.given_up, 2);
	assert_int_equal(st.failed, 3);
	assert_int_equal(l->failed, 3);
	rig_stop();
}

static void conflicts_are_refused(void **state)
{
	struct room *other;

	(void)state;
	lobby();
	other = rig_room("other");
	rig_link(room, "one", "net:one");
	assert_int_equal(rig_try_link(room, "ONE", "net:two", false), EEXIST);
	assert_int_equal(rig_try_link(room, "two", "net:ONE", false), EEXIST);
	assert_int_equal(rig_try_link(other, "two", "net:one", false), ELOOP);
	assert_int_equal(rig_try_link(other, "", "net:x", false), EINVAL);
	assert_int_equal(rig_try_link(other, "a b", "net:x", false), EINVAL);
	assert_int_equal(rig_try_link(other, "a", "", false), EINVAL);
	assert_int_equal(rig_try_link(other, "a", "nix:x", false), EINVAL);
	assert_int_equal(rig_try_link(other, "a", "sip:x@y", false), EINVAL);
	assert_int_equal(rig_try_link(other, "a", "net:bad", false), EINVAL);
	assert_int_equal(rig_try_link(other, "a", "net:x\n", false), EINVAL);
	assert_null(hub_link(rig.hub, VIEW("a")));
	rig_link(other, "two", "net:two");
	rig_link(room, "three", "net:three");
	assert_int_equal(room->legs.count, 2);
	rig_stop();
}

static void a_removed_link_is_gone(void **state)
{
	struct leg *l;
	uint64_t id;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	id = l->id;
	assert_int_equal(hub_link_remove(rig.hub, l, rig_done, NULL), 0);
	assert_int_equal(hub_link_remove(rig.hub, l, rig_done, NULL), ENOENT);
	rig_settle();
	assert_null(hub_link(rig.hub, VIEW("one")));
	assert_int_equal(rig.net.detached, 1);
	hub_on_attached(rig.hub, id, VIEW("x"));
	hub_on_lost(rig.hub, id, LOST_NET, VIEW("x"));
	hub_on_delivered(rig.hub, id, 1);
	hub_on_failed(rig.hub, id, 1, true, VIEW("x"));
	rig_say(room, "alice", "x");
	assert_int_equal(rig.net.count, 0);
	rig_link(room, "one", "net:one");
	rig_stop();
}

static void links_survive_a_restart(void **state)
{
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	rig_say(room, "alice", "m1");
	rig_say(room, "alice", "m2");
	hub_on_delivered(rig.hub, l->id, 1);
	rig_restart();
	l = hub_link(rig.hub, VIEW("one"));
	assert_non_null(l);
	assert_string_equal(l->target, "net:one");
	assert_string_equal(l->via, "home");
	assert_int_equal(l->state, LEG_JOINING);
	assert_int_equal(l->cur.acked, 1);
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	AWAIT(rig.net.count == 1);
	assert_string_equal(rig.net.sent[0].text, "m2");
	rig_stop();
}

static void restart_with(const struct hub_link *links, size_t count)
{
	rig_stop();
	fake_clear(&rig.net);
	rig_open();
	room = rig_find_room("lobby");
	hub_links_configured(rig.hub, links, count);
	for (; count; links++, count--)
		assert_int_equal(hub_link_add(rig.hub, room, links, NULL,
					      rig_done, NULL),
				 0);
	assert_int_equal(hub_start(rig.hub), 0);
	rig_settle();
}

static void the_file_says_what_is_linked(void **state)
{
	struct hub_link file[] = {
		{ VIEW("one"), VIEW("net:one"), VIEW("home"), VIEW(""), true },
		{ VIEW("two"), VIEW("net:two"), VIEW("home"), VIEW(""), true },
	};
	uint64_t one, two;
	struct leg *l;

	(void)state;
	lobby();
	rig_link(room, "mine", "net:mine");
	restart_with(file, 2);
	l = hub_link(rig.hub, VIEW("one"));
	one = l->id;
	two = hub_link(rig.hub, VIEW("two"))->id;
	hub_on_attached(rig.hub, one, VIEW("n"));
	rig_say(room, "alice", "m1");
	rig_deliver_all();

	/* The same again: cursors stay. Another nick: likewise. */
	file[1].nick = VIEW("gw");
	restart_with(file, 2);
	l = hub_link(rig.hub, VIEW("one"));
	assert_int_equal(l->id, one);
	assert_int_equal(l->cur.acked, 1);
	l = hub_link(rig.hub, VIEW("two"));
	assert_int_equal(l->id, two);
	assert_int_equal(l->cur.acked, 0);
	assert_string_equal(l->nick, "gw");
	assert_int_equal(rig.net.attached, 3);

	/* The two change places, in the same file. */
	file[0].target = VIEW("net:two");
	file[1].target = VIEW("net:one");
	restart_with(file, 2);
	l = hub_link(rig.hub, VIEW("one"));
	assert_int_not_equal(l->id, one);
	assert_string_equal(l->target, "net:two");
	assert_int_equal(l->cur.acked, 1);

	/* Gone from the file; the operator's own stays. */
	restart_with(file, 1);
	assert_null(hub_link(rig.hub, VIEW("two")));
	assert_non_null(hub_link(rig.hub, VIEW("mine")));
	restart_with(NULL, 0);
	assert_int_equal(room->legs.count, 1);
	rig_restart();
	assert_int_equal(rig_find_room("lobby")->legs.count, 1);
	rig_stop();
}

static void unknown_networks_stay_down(void **state)
{
	struct store_link sl = { .id = 5,
				 .label = VIEW("old"),
				 .target = VIEW("gone:x") };
	struct store_txn *t;
	struct leg *l;

	(void)state;
	lobby();
	sl.room = room->id;
	t = store_begin(rig.store);
	store_put_link(t, &sl);
	store_commit(t, NULL, NULL);
	rig_settle();
	rig_restart();
	room = rig_find_room("lobby");
	l = hub_link(rig.hub, VIEW("old"));
	assert_int_equal(l->state, LEG_DOWN);
	assert_string_equal(l->error, "this network is not configured");
	rig_say(room, "alice", "x");
	hub_link_kick(rig.hub, l);
	assert_int_equal(hub_link_remove(rig.hub, l, rig_done, NULL), 0);
	rig_settle();
	assert_null(hub_link(rig.hub, VIEW("old")));
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(words_cross_once),
		RIG_TEST(notices_stay_here),
		RIG_TEST(nicks_cannot_be_forged),
		RIG_TEST(long_words_are_cut_not_lost),
		RIG_TEST(lost_and_back),
		RIG_TEST(pauses_grow),
		RIG_TEST(one_account_knocks_once),
		RIG_TEST(refusal_of_attach_is_a_loss),
		RIG_TEST(old_talk_is_not_poured_out),
		RIG_TEST(too_much_talk_is_not_poured_out),
		RIG_TEST(all_old_is_told_as_well),
		RIG_TEST(failures_of_a_leg),
		RIG_TEST(conflicts_are_refused),
		RIG_TEST(a_removed_link_is_gone),
		RIG_TEST(links_survive_a_restart),
		RIG_TEST(the_file_says_what_is_linked),
		RIG_TEST(unknown_networks_stay_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
