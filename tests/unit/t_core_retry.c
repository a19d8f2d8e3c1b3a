/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members who can't be reached, who lag behind, and who meet a restart. */
#include "hub_rig.h"

static struct room *room;

/* alice speaks, bob listens. */
static struct member *alice_and_bob(void)
{
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	return rig_join(room, "bob");
}

static void fail_once(const struct member *m, uint64_t seq)
{
	hub_on_member_failed(rig.hub, m->id, seq, true, VIEW("no answer"));
	loop_turn(rig.loop, 0);
}

static void awake(const struct addr *a)
{
	hub_member_awake(rig.hub, a);
	loop_turn(rig.loop, 0);
}

static void put_off_and_tried_again(void **state)
{
	static const uint64_t wait_s[] = { 30, 120, 600, 3600, 3600, 3600 };
	struct member *b;
	size_t i;

	(void)state;
	b = alice_and_bob();
	rig_say_many(room, "alice", "m", 3);
	assert_int_equal(rig.sip.count, 3);
	fail_once(b, 2);
	fail_once(b, 3);
	fail_once(b, 1);
	for (i = 0; i < sizeof(wait_s) / sizeof(wait_s[0]); i++) {
		fake_clear(&rig.sip);
		rig_say(room, "alice", "more");
		rig_advance(wait_s[i] * 1000 - 20);
		assert_int_equal(rig.sip.count, 0);
		rig_advance(50);
		/* Only the lowest one. */
		assert_int_equal(rig.sip.count, 1);
		assert_string_equal(rig.sip.sent[0].text, "m1");
		fail_once(b, 1);
	}
	rig_stop();
}

static void one_success_opens_the_gate(void **state)
{
	struct member *b;

	(void)state;
	b = alice_and_bob();
	rig_say_many(room, "alice", "m", 3);
	fail_once(b, 1);
	fail_once(b, 2);
	fail_once(b, 3);
	fake_clear(&rig.sip);
	rig_say_many(room, "alice", "n", 20);
	rig_advance(30100);
	assert_int_equal(rig.sip.count, 1);
	assert_int_equal(rig.sip.sent[0].seq, 1);
	rig_deliver_all();
	assert_int_equal(rig.sip.count, 23);
	assert_int_equal(b->tries, 0);
	assert_int_equal(b->cur.acked, 23);
	rig_say(room, "alice", "live");
	assert_int_equal(fake_got(&rig.sip, b->id, "live"), 1);
	/* The steps begin anew. */
	fail_once(b, 24);
	fake_clear(&rig.sip);
	rig_advance(30100);
	assert_int_equal(rig.sip.count, 1);
	rig_stop();
}

static void awake_tries_at_once(void **state)
{
	struct addr *bob = rig_addr("bob"), *carol = rig_addr("carol");
	struct member *b;

	(void)state;
	b = alice_and_bob();
	awake(bob);
	rig_say_many(room, "alice", "m", 2);
	fail_once(b, 1);
	/* Number 2 is still under way: no second attempt beside it. */
	awake(bob);
	assert_int_equal(rig.sip.count, 2);
	fail_once(b, 2);
	awake(carol);
	assert_int_equal(rig.sip.count, 2);
	awake(bob);
	assert_int_equal(rig.sip.count, 3);
	assert_int_equal(rig.sip.sent[2].seq, 1);
	awake(bob);
	assert_int_equal(rig.sip.count, 3);
	rig_delivered(b, 1);
	assert_int_equal(rig.sip.count, 4);
	assert_int_equal(rig.sip.sent[3].seq, 2);
	mem_deref(bob);
	mem_deref(carol);
	rig_stop();
}

static void given_up_is_told(void **state)
{
	struct hub_stats st;
	struct member *b;

	(void)state;
	b = alice_and_bob();
	rig_say_many(room, "alice", "m", 2);
	hub_on_member_failed(rig.hub, b->id, 1, false, VIEW("404"));
	rig_delivered(b, 2);
	assert_int_equal(b->cur.acked, 2);
	rig_say(room, "alice", "x");
	assert_int_equal(rig.sip.count, 3);
	hub_stats(rig.hub, &st);
	assert_int_equal(st.given_up, 1);
	assert_int_equal(st.failed, 1);
	assert_int_equal(st.delivered, 1);
	assert_int_equal(st.accepted, 3);
	rig_stop();
}

static void strange_answers_do_no_harm(void **state)
{
	struct member *b;

	(void)state;
	b = alice_and_bob();
	rig_say_many(room, "alice", "m", 2);
	rig_delivered(b, 2);
	rig_delivered(b, 2);
	rig_delivered(b, 99);
	rig_delivered(b, 0);
	hub_on_member_delivered(rig.hub, 12345, 1);
	hub_on_member_failed(rig.hub, 12345, 1, true, VIEW(""));
	assert_int_equal(b->cur.acked, 0);
	rig_delivered(b, 1);
	rig_delivered(b, 1);
	assert_int_equal(b->cur.acked, 2);
	assert_int_equal(rig.sip.count, 2);
	rig_stop();
}

/* Far more than memory keeps: pages of the journal, holes among them. */
static void a_laggard_gets_all_in_order(void **state)
{
	struct member *b, *c;
	size_t i, done;

	(void)state;
	b = alice_and_bob();
	c = rig_join(room, "carol");
	rig_say_many(room, "alice", "m", 1);
	fail_once(b, 1);
	for (i = 0; i < 3; i++) {
		rig_say_many(room, "alice", "n", 59);
		assert_int_equal(rig_try_say(room, "alice", "k", "key"), 0);
		rig_settle();
	}
	done = rig.done;
	rig_advance(30100);
	rig_deliver_all();
	rig_settle();
	rig_deliver_all();
	assert_int_equal(rig.done, done);
	assert_int_equal(b->cur.acked, 181);
	assert_int_equal(c->cur.acked, 181);
	assert_int_equal(fake_got(&rig.sip, b->id, "n59"), 3);
	assert_int_equal(fake_got(&rig.sip, b->id, "k"), 1);
	assert_int_equal(fake_got(&rig.sip, b->id, "m1"), 2);
	rig_stop();
}

static void nothing_twice_for_what_was_flushed(void **state)
{
	struct member *b;
	uint64_t ids[4];
	size_t i;

	(void)state;
	b = alice_and_bob();
	rig_say_many(room, "alice", "m", 4);
	for (i = 0; i < 4; i++)
		ids[i] = rig.sip.sent[i].id;
	rig_delivered(b, 1);
	rig_delivered(b, 2);
	rig_delivered(b, 4);
	rig_restart();
	room = rig_find_room("lobby");
	b = rig_find(room, "bob");
	assert_non_null(b);
	assert_int_equal(b->state, MEMBER_JOINED);
	assert_int_equal(b->role, ROLE_MEMBER);
	/* 4 was answered, but not the one before it: it comes again, as the
	 * same message. */
	AWAIT(rig.sip.count == 2);
	assert_int_equal(rig.sip.sent[0].id, ids[2]);
	assert_int_equal(rig.sip.sent[1].id, ids[3]);
	assert_string_equal(rig.sip.sent[0].text, "m3");
	assert_string_equal(rig.sip.sent[0].name, "alice");
	rig_say(room, "alice", "new");
	assert_int_equal(rig.sip.count, 3);
	assert_int_equal(rig.sip.sent[2].seq, 5);
	rig_stop();
}

static void cursors_are_flushed_every_second(void **state)
{
	struct member *b;

	(void)state;
	b = alice_and_bob();
	rig_say_many(room, "alice", "m", 2);
	rig_deliver_all();
	assert_int_equal(b->cur.acked, 2);
	rig_advance(1100);
	rig_say_many(room, "alice", "n", 1);
	rig_deliver_all();
	assert_int_equal(b->cur.acked, 3);
	/* Killed: what was not flushed comes again, the rest does not. */
	hub_free(rig.hub);
	rig.hub = NULL;
	rig_close();
	fake_clear(&rig.sip);
	rig_start();
	AWAIT(rig.sip.count == 1);
	assert_string_equal(rig.sip.sent[0].text, "n1");
	rig_stop();
}

static void many_laggards_share_a_page(void **state)
{
	struct store_stats before, after;
	char user[16];
	int i;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	for (i = 0; i < 50; i++) {
		snprintf(user, sizeof(user), "u%d", i);
		rig_join(room, user);
	}
	rig_say_many(room, "alice", "m", 5);
	rig_stop();
	fake_clear(&rig.sip);
	rig_open();
	store_stats(rig.store, &before);
	assert_int_equal(hub_start(rig.hub), 0);
	store_stats(rig.store, &after);
	assert_int_equal(after.queued - before.queued, 1);
	AWAIT(rig.sip.count == 250);
	rig_settle();
	assert_int_equal(rig.sip.count, 250);
	rig_stop();
}

static void laggards_share_a_fanout(void **state)
{
	struct member *b, *c;
	size_t i;

	(void)state;
	b = alice_and_bob();
	c = rig_join(room, "carol");
	rig_say_many(room, "alice", "m", 2 * CURSOR_WINDOW);
	assert_int_equal(rig.sip.calls, CURSOR_WINDOW);
	fake_clear(&rig.sip);
	for (i = 1; i <= CURSOR_WINDOW; i++) {
		hub_on_member_delivered(rig.hub, b->id, i);
		hub_on_member_delivered(rig.hub, c->id, i);
	}
	rig_settle();
	assert_int_equal(rig.sip.calls, CURSOR_WINDOW);
	assert_int_equal(rig.sip.count, 2 * CURSOR_WINDOW);
	for (i = 0; i < rig.sip.count; i++)
		assert_int_equal(rig.sip.sent[i].seq,
				 CURSOR_WINDOW + 1 + i / 2);
	rig_stop();
}

/* What waits for the end of the turn goes before a newer message, and not to
 * who left meanwhile. */
static void late_ones_keep_the_order(void **state)
{
	struct member *b;
	uint64_t gone;
	size_t i;

	(void)state;
	b = alice_and_bob();
	gone = rig_join(room, "carol")->id;
	rig_say_many(room, "alice", "m", CURSOR_WINDOW + 1);
	fake_clear(&rig.sip);
	assert_int_equal(hub_member_remove(room, rig_find(room, "carol"),
					   VIEW_NONE, NULL, NULL),
			 0);
	assert_int_equal(rig_try_say(room, "alice", "live", NULL), 0);
	for (i = 1; i <= CURSOR_WINDOW; i++) {
		hub_on_member_delivered(rig.hub, gone, i);
		hub_on_member_delivered(rig.hub, b->id, i);
	}
	rig_settle();
	assert_int_equal(fake_got(&rig.sip, gone, "live"), 0);
	assert_int_equal(fake_got(&rig.sip, b->id, "m9"), 1);
	assert_int_equal(fake_got(&rig.sip, b->id, "live"), 1);
	assert_string_equal(rig.sip.sent[rig.sip.count - 1].text, "live");
	/* Stopped with something waiting: nothing goes out any more. */
	rig_say_many(room, "alice", "n", CURSOR_WINDOW);
	fake_clear(&rig.sip);
	rig_delivered(b, CURSOR_WINDOW + 1);
	hub_on_member_delivered(rig.hub, b->id, CURSOR_WINDOW + 2);
	rig.sip.count = 0;
	rig_stop();
	assert_int_equal(rig.sip.count, 0);
}

static void what_expired_is_counted(void **state)
{
	const uint64_t day = 24 * 3600 * 1000;
	struct hub_stats st;
	struct member *b;
	int i;

	(void)state;
	b = alice_and_bob();
	rig_say_many(room, "alice", "old", 3);
	fail_once(b, 1);
	fail_once(b, 2);
	fail_once(b, 3);
	clock_advance(6 * day);
	rig_say_many(room, "alice", "new", 1);
	clock_advance(day + 60000);
	/* His attempts go on until the journal forgets. */
	for (i = 0; i < 8; i++) {
		rig_advance(300000);
		fail_once(b, b->cur.acked + 1);
	}
	hub_stats(rig.hub, &st);
	assert_int_equal(st.given_up, 3);
	assert_int_equal(b->cur.acked, 3);
	fake_clear(&rig.sip);
	rig_advance(3600100);
	assert_int_equal(rig.sip.count, 1);
	assert_string_equal(rig.sip.sent[0].text, "new1");
	rig_stop();
}

static void too_many_are_pruned(void **state)
{
	struct member *b;
	int i;

	(void)state;
	rig.wait_msgs = 2000;
	b = alice_and_bob(); /* keep_msgs is 1,000 */
	for (i = 0; i < 11; i++)
		rig_say_many(room, "alice", "m", 100);
	fake_clear(&rig.sip);
	/* The window is still under way: those answers settle it. */
	for (i = 1; i <= CURSOR_WINDOW; i++)
		fail_once(b, (uint64_t)i);
	rig_advance(599000);
	fail_once(b, 1);
	rig_advance(2000);
	assert_int_equal(b->cur.acked, 100);
	rig_advance(120000);
	assert_int_equal(rig.sip.sent[rig.sip.count - 1].seq, 101);
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(put_off_and_tried_again),
		RIG_TEST(one_success_opens_the_gate),
		RIG_TEST(awake_tries_at_once),
		RIG_TEST(given_up_is_told),
		RIG_TEST(strange_answers_do_no_harm),
		RIG_TEST(a_laggard_gets_all_in_order),
		RIG_TEST(nothing_twice_for_what_was_flushed),
		RIG_TEST(cursors_are_flushed_every_second),
		RIG_TEST(many_laggards_share_a_page),
		RIG_TEST(laggards_share_a_fanout),
		RIG_TEST(late_ones_keep_the_order),
		RIG_TEST(what_expired_is_counted),
		RIG_TEST(too_many_are_pruned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
