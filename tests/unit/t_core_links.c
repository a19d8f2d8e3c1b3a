/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links: added, removed, configured, and what crosses them. */
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

static void a_peer_makes_no_notices(void **state)
{
	struct hub_heard in = { .nick = VIEW("bob"),
				.kind = MSG_NOTICE,
				.text = VIEW("*** alice has left"),
				.time_ms = UINT64_MAX };
	struct leg *l;

	(void)state;
	lobby();
	l = rig_link_up(room, "one", "net:one");
	hub_on_message(rig.hub, l->id, &in);
	rig_settle();
	assert_int_equal(rig.sip.count, 1);
	assert_int_equal(rig.sip.sent[0].kind, MSG_TEXT);
	assert_string_equal(rig.sip.sent[0].name, "bob@home");
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
		RIG_TEST(a_peer_makes_no_notices),
		RIG_TEST(conflicts_are_refused),
		RIG_TEST(a_removed_link_is_gone),
		RIG_TEST(links_survive_a_restart),
		RIG_TEST(the_file_says_what_is_linked),
		RIG_TEST(unknown_networks_stay_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
