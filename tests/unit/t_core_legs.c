/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Legs: lost and back, pauses, what is too old, failures. */
#include <errno.h>

#include "hub_rig.h"

static struct room *room;

static void lobby(void)
{
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
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

/* Nothing is left in doubt that the server could still confirm. */
static void the_end_waits_for_what_is_under_way(void **state)
{
	struct leg *l;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	l = rig_link_up(room, "one", "net:one");
	assert_int_equal(hub_draining(rig.hub), 0);
	rig_say(room, "alice", "first");
	assert_int_equal(fake_got(&rig.net, l->id, "first"), 1);
	hub_drain(rig.hub);
	rig_say(room, "alice", "second");
	assert_int_equal(hub_draining(rig.hub), 1);
	assert_int_equal(fake_got(&rig.net, l->id, "second"), 0);
	rig_deliver_all();
	assert_int_equal(hub_draining(rig.hub), 0);
	rig_restart();
	l = hub_link(rig.hub, VIEW("one"));
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	rig_settle();
	assert_int_equal(fake_got(&rig.net, l->id, "first"), 0);
	assert_int_equal(fake_got(&rig.net, l->id, "second"), 1);
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
	/* m1 made a notice to the owners */
	assert_int_equal(l->cur.acked, 4);
	hub_stats(rig.hub, &st);
	assert_int_equal(st.given_up, 2);
	assert_int_equal(st.failed, 3);
	assert_int_equal(l->failed, 3);
	rig_stop();
}

static int expel(const char *shown, bool ban)
{
	return hub_expel(room, view_str(shown), ban, VIEW("by alice"));
}

static void people_behind_links_are_thrown_out(void **state)
{
	struct leg *one;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	assert_int_equal(expel("bob@home", false), ENOENT);
	one = rig_link_up(room, "one", "net:one");
	assert_int_equal(expel("bob@HOME", false), 0);
	assert_string_equal(rig.net.expelled, "bob (by alice)");
	assert_int_equal(expel("bob@x@home", true), 0);
	assert_string_equal(rig.net.expelled, "bob@x (by alice), kept out");
	assert_int_equal(expel("bob", false), ENOENT);
	assert_int_equal(expel("@home", false), ENOENT);
	assert_int_equal(expel("bob@ex.org", false), ENOENT);
	/* He may be in either. */
	rig_link_up(room, "two", "net:two");
	rig.net.expels = 0;
	assert_int_equal(expel("bob@home", false), 0);
	assert_int_equal(rig.net.expels, 2);
	hub_on_lost(rig.hub, one->id, LOST_NET, VIEW("gone"));
	assert_int_equal(expel("bob@home", false), 0);
	assert_int_equal(rig.net.expels, 3);
	rig_stop();
}

/* The configuration has changed under what was stored. */
static void a_stored_link_that_may_not_be_any_more(void **state)
{
	struct leg *l;

	(void)state;
	lobby();
	rig_link_up(room, "one", "net:one");
	rig_stop();
	fake_clear(&rig.sip);
	fake_clear(&rig.net);
	rig.net.not_any_more = true;
	rig_start();
	l = hub_link(rig.hub, VIEW("one"));
	assert_non_null(l);
	assert_int_equal(l->state, LEG_LOST);
	assert_string_equal(l->error, "cannot work as configured: this is a "
				      "place of our own");
	assert_int_equal(rig.net.attached, 0);
	/* and if it may be again */
	rig.net.not_any_more = false;
	hub_link_kick(rig.hub, l);
	assert_int_equal(rig.net.attached, 1);
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(lost_and_back),
		RIG_TEST(pauses_grow),
		RIG_TEST(one_account_knocks_once),
		RIG_TEST(refusal_of_attach_is_a_loss),
		RIG_TEST(old_talk_is_not_poured_out),
		RIG_TEST(too_much_talk_is_not_poured_out),
		RIG_TEST(all_old_is_told_as_well),
		RIG_TEST(the_end_waits_for_what_is_under_way),
		RIG_TEST(failures_of_a_leg),
		RIG_TEST(people_behind_links_are_thrown_out),
		RIG_TEST(a_stored_link_that_may_not_be_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
