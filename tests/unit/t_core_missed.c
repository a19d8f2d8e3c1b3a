/* SPDX-License-Identifier: GPL-3.0-or-later */
/* History, the fate of a message, and what members do not get. */
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

static void not_taken(const struct member *m, uint64_t seq, bool again,
		 const char *why)
{
	hub_on_member_failed(rig.hub, m->id, seq, again, view_str(why));
	loop_turn(rig.loop, 0);
}

/* ---- history ---- */

struct heard {
	size_t calls, count;
	int err;
	char text[8][32];
};

static void on_history(int err, struct msg *const *msgs, size_t count,
		       void *arg)
{
	struct heard *got = arg;
	size_t i;

	got->calls++;
	got->err = err;
	got->count = count;
	for (i = 0; i < count && i < 8; i++)
		view_copy(got->text[i], 32, msgs[i]->text);
}

static void history_is_for_all(void **state)
{
	struct heard got = { 0 };

	(void)state;
	alice_and_bob();
	rig_say_many(room, "alice", "m", 5);
	assert_int_equal(rig_try_join(room, "carol", MEMBER_JOINED, "in"), 0);
	rig_say(room, "bob", "/me waves");
	hub_history(room, 3, on_history, &got);
	assert_int_equal(got.calls, 0);
	rig_settle();
	assert_int_equal(got.calls, 1);
	assert_int_equal(got.err, 0);
	assert_int_equal(got.count, 3);
	assert_string_equal(got.text[0], "m4");
	assert_string_equal(got.text[1], "m5");
	assert_string_equal(got.text[2], "waves");
	hub_history(room, 100000, on_history, &got);
	hub_room_destroy(room, VIEW_NONE, NULL, NULL);
	rig_settle();
	assert_int_equal(got.count, 6);
	rig_stop();
}

static size_t history_now(struct heard *got, size_t count)
{
	memset(got, 0, sizeof(*got));
	hub_history(room, count, on_history, got);
	rig_settle();
	assert_int_equal(got->calls, 1);
	assert_int_equal(got->err, 0);
	return got->count;
}

/* However much the room has learned of where its words are. */
static void history_among_notices(void **state)
{
	struct heard got;

	(void)state;
	alice_and_bob();
	assert_int_equal(history_now(&got, 3), 0);
	assert_int_equal(rig_try_join(room, "carol", MEMBER_JOINED, "in"), 0);
	assert_int_equal(history_now(&got, 3), 0);
	rig_say(room, "bob", "one");
	assert_int_equal(rig_try_join(room, "dave", MEMBER_JOINED, "in"), 0);
	assert_int_equal(history_now(&got, 3), 1);
	assert_string_equal(got.text[0], "one");
	rig_say(room, "alice", "two");
	assert_int_equal(rig_try_join(room, "erin", MEMBER_JOINED, "in"), 0);
	assert_int_equal(history_now(&got, 1), 1);
	assert_string_equal(got.text[0], "two");
	assert_int_equal(history_now(&got, 3), 2);
	assert_string_equal(got.text[0], "one");
	hub_history(room, 3, on_history, &got); /* asked before it is said */
	rig_say(room, "alice", "three");
	assert_int_equal(history_now(&got, 3), 3);
	assert_string_equal(got.text[2], "three");
	rig_stop();
}

static void history_of_a_room_that_ended(void **state)
{
	struct heard got = { 0 };

	(void)state;
	alice_and_bob();
	hub_room_destroy(room, VIEW_NONE, NULL, NULL);
	hub_history(room, 3, on_history, &got);
	rig_settle();
	assert_int_equal(got.calls, 1);
	assert_int_equal(got.err, ENOENT);
	rig_stop();
}

/* ---- fate ---- */

static int fate(struct hub_fate *f, struct buf *details, const char *user)
{
	struct addr *a = rig_addr(user);
	int err;

	buf_clear(details);
	err = hub_fate(f, details, room, a);
	mem_deref(a);
	return err;
}

static void fate_counts_everybody(void **state)
{
	struct buf d = { 0 };
	struct member *b, *c;
	struct hub_fate f;
	struct leg *l;

	(void)state;
	b = alice_and_bob();
	c = rig_join(room, "carol");
	rig_join(room, "dave");
	l = rig_link_up(room, "link", "net:place");
	assert_int_equal(fate(&f, &d, "alice"), ENOENT);
	assert_int_equal(fate(&f, &d, "mallory"), ENOENT);
	rig_say_many(room, "alice", "m", 2);
	rig_join(room, "erin"); /* came later: it is none of hers */
	assert_int_equal(fate(&f, &d, "alice"), 0);
	assert_int_equal(f.seq, 2);
	assert_int_equal(f.time_ms, wall_ms());
	assert_int_equal(f.delivered, 0);
	assert_int_equal(f.waiting, 4);
	rig_delivered(b, 2); /* not in order, and yet arrived */
	not_taken(c, 1, true, "x");
	not_taken(c, 2, false, "404 Not\nFound");
	hub_on_failed(rig.hub, l->id, 2, false, VIEW("too long"));
	assert_int_equal(fate(&f, &d, "alice"), 0);
	assert_int_equal(f.delivered, 1);
	assert_int_equal(f.waiting, 1);
	assert_int_equal(f.failed, 2);
	assert_view(buf_view(&d), "carol: failed: 404 Not Found\n"
				  "dave: waiting\n"
				  "link link: failed: too long\n");
	assert_int_equal(hub_fate(&f, NULL, room, b->addr), ENOENT);
	buf_free(&d);
	rig_stop();
}

static void fate_details_end(void **state)
{
	struct buf d = { 0 };
	struct hub_fate f;
	char name[16];
	size_t i, lines = 0;

	(void)state;
	alice_and_bob();
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "u%zu", i);
		rig_join(room, name);
	}
	rig_say(room, "alice", "x");
	assert_int_equal(fate(&f, &d, "alice"), 0);
	assert_int_equal(f.waiting, 31);
	for (i = 0; i < d.n; i++)
		lines += d.p[i] == '\n';
	assert_int_equal(lines, 20);
	buf_free(&d);
	rig_stop();
}

/* ---- refused for good ---- */

static void the_sender_is_told_once(void **state)
{
	struct member *b;

	(void)state;
	b = alice_and_bob();
	rig_join(room, "carol");
	rig_say_many(room, "alice", "m", 3);
	rig_say_many(room, "carol", "c", 1);
	not_taken(b, 1, false, "404 Not Found");
	assert_int_equal(rig.told, 1);
	assert_string_equal(rig.told_to, "sip:alice@confab.example");
	assert_string_equal(rig.told_text,
			    "*** [bob] did not get your message in lobby: "
			    "404 Not Found");
	not_taken(b, 2, false, "404 Not Found");
	assert_int_equal(rig.told, 1);
	not_taken(b, 4, false, "404 Not Found");
	assert_int_equal(rig.told, 2);
	assert_string_equal(rig.told_to, "sip:carol@confab.example");
	/* He takes one: the next refusal is news. */
	rig_delivered(b, 3);
	rig_say(room, "alice", "x");
	not_taken(b, 5, false, "404 Not Found");
	assert_int_equal(rig.told, 3);
	rig_stop();
}

/* More was said meanwhile than memory keeps. */
static void the_sender_of_an_old_one_is_told(void **state)
{
	struct member *b;

	(void)state;
	b = alice_and_bob();
	rig_join(room, "carol");
	rig_say(room, "carol", "early");
	rig_say_many(room, "alice", "m", ROOM_RECENT + 1);
	not_taken(b, 1, false, "404 Not\nFound");
	rig_settle();
	assert_int_equal(rig.told, 1);
	assert_string_equal(rig.told_to, "sip:carol@confab.example");
	assert_string_equal(rig.told_text,
			    "*** [bob] did not get your message in lobby: "
			    "404 Not Found");
	assert_int_equal(b->cur.acked, 1);
	/* A number that is no message has no sender. */
	not_taken(b, 500, false, "404");
	rig_settle();
	assert_int_equal(rig.told, 1);
	rig_stop();
}

static void notices_and_links_are_not_told(void **state)
{
	struct member *b;
	struct leg *l;

	(void)state;
	b = alice_and_bob();
	l = rig_link_up(room, "link", "net:place");
	rig_hear(l, "ivan", "hello", NULL);
	assert_int_equal(rig_try_join(room, "carol", MEMBER_JOINED, "in"), 0);
	rig_settle();
	not_taken(b, 1, false, "404");
	not_taken(b, 2, false, "404");
	assert_int_equal(rig.told, 0);
	rig_stop();
}

/* ---- too much ---- */

/* A second, until the disk has answered. */
static void tick(void)
{
	rig_advance(1010);
	rig_settle();
}

static void who_is_away_keeps_the_newest(void **state)
{
	struct member *b;
	struct hub_fate f;
	struct addr *bob;
	int i;

	(void)state;
	rig.wait_msgs = 50;
	b = alice_and_bob();
	rig_join(room, "carol");
	rig_say(room, "carol", "first");
	not_taken(b, 1, true, "no answer");
	for (i = 0; i < 7; i++)
		rig_say_many(room, "alice", "m", 100);
	tick();
	tick();
	assert_int_equal(room->committed, 701);
	assert_int_equal(b->cur.acked, 651);
	/* Each sender once. */
	assert_int_equal(rig.told, 2);
	assert_string_equal(rig.told_to, "sip:alice@confab.example");
	assert_string_equal(rig.told_text,
			    "*** [bob] did not get your message in lobby: "
			    "too much is waiting for him");
	rig_say_many(room, "carol", "n", 10);
	tick();
	assert_int_equal(b->cur.acked, 661);
	assert_int_equal(rig.told, 2);
	assert_int_equal(hub_fate(&f, NULL, room,
				  rig_find(room, "carol")->addr),
			 0);
	assert_int_equal(f.seq, 711);
	/* What he got before is not what is left: the newest, in order. */
	fake_clear(&rig.sip);
	bob = rig_addr("bob");
	hub_member_awake(rig.hub, bob);
	mem_deref(bob);
	rig_settle();
	assert_int_equal(rig.sip.count, 1);
	assert_int_equal(rig.sip.sent[0].to, b->id);
	assert_int_equal(rig.sip.sent[0].seq, 662);
	rig_delivered(b, 662);
	rig_settle();
	assert_int_equal(rig.told, 3);
	assert_string_equal(rig.told_to, "sip:bob@confab.example");
	assert_string_equal(rig.told_text,
			    "*** 661 messages in lobby are lost: you were "
			    "away, and there is no room for more");
	rig_deliver_all();
	assert_int_equal(b->cur.acked, 711);
	/* Told once, and told again in his next absence. */
	assert_int_equal(rig.told, 3);
	rig_say(room, "alice", "x");
	not_taken(b, 712, true, "no answer");
	rig_say_many(room, "alice", "m", 51);
	tick();
	assert_int_equal(rig.told, 4);
	assert_string_equal(rig.told_to, "sip:alice@confab.example");
	rig_stop();
}

/* 1,000 bytes each. */
static void say_big(int n)
{
	char big[1001];

	memset(big, 'x', 1000);
	big[1000] = '\0';
	while (n--)
		rig_say(room, "alice", big);
}

static void ticks(void)
{
	tick();
	tick();
	tick();
}

static void bytes_count_as_well(void **state)
{
	struct member *b;

	(void)state;
	rig.wait_bytes = 16005;
	b = alice_and_bob();
	rig_say(room, "alice", "first");
	not_taken(b, 1, true, "no answer");
	say_big(16);
	ticks();
	assert_int_equal(b->cur.acked, 0);
	say_big(1);
	ticks();
	/* Down to 14,000. */
	assert_int_equal(room->committed, 18);
	assert_int_equal(b->cur.acked, 4);
	assert_int_equal(rig.told, 1);
	say_big(2);
	ticks();
	assert_int_equal(b->cur.acked, 4);
	say_big(1);
	ticks();
	assert_int_equal(b->cur.acked, 7);
	rig_stop();
}

/* Whatever bob's device is sent fails, and all others take everything. */
static void bob_takes_nothing(const struct member *b)
{
	size_t i;

	for (i = 0; i < rig.sip.count; i++) {
		struct sent *s = &rig.sip.sent[i];

		if (s->answered)
			continue;
		s->answered = true;
		if (s->to == b->id)
			not_taken(b, s->seq, true, "no answer");
		else
			hub_on_member_delivered(rig.hub, s->to, s->seq);
		rig_settle();
	}
}

static void bytes_from_before_a_restart_count(void **state)
{
	struct member *b;

	(void)state;
	rig.wait_bytes = 16005;
	b = alice_and_bob();
	rig_say(room, "alice", "first");
	not_taken(b, 1, true, "no answer");
	say_big(12);
	rig_restart();
	room = rig_find_room("lobby");
	b = rig_find(room, "bob");
	AWAIT(rig.sip.count == CURSOR_WINDOW);
	bob_takes_nothing(b);
	say_big(3);
	ticks();
	assert_int_equal(b->cur.acked, 0);
	say_big(2);
	ticks();
	assert_int_equal(room->committed, 18);
	assert_int_equal(b->cur.acked, 4);
	rig_stop();
}

/* What comes in while the sums are read is in none of them twice. */
static void words_meet_the_reading_of_sizes(void **state)
{
	struct member *b;
	int i;

	(void)state;
	rig.wait_msgs = 300;
	rig.wait_bytes = 100000;
	b = alice_and_bob();
	rig_say_many(room, "alice", "m", 280);
	bob_takes_nothing(b);
	clock_advance(1010);
	loop_turn(rig.loop, 0); /* asks for the first page */
	for (i = 0; i < 70; i++)
		say_big(1);
	ticks();
	/* Those before 51 are too many; 7/8 of what may wait are left. */
	assert_int_equal(b->cur.acked, 50);
	say_big(30);
	ticks();
	assert_int_equal(room->committed, 380);
	assert_int_equal(b->cur.acked, 380 - 87);
	rig_stop();
}

static void a_trimmed_cursor_survives(void **state)
{
	struct member *b;

	(void)state;
	rig.wait_msgs = 20;
	b = alice_and_bob();
	rig_say(room, "alice", "first");
	not_taken(b, 1, true, "no answer");
	rig_say_many(room, "alice", "m", 60);
	tick();
	tick();
	assert_int_equal(b->cur.acked, 41);
	rig_restart();
	room = rig_find_room("lobby");
	assert_int_equal(rig_find(room, "bob")->cur.acked, 41);
	rig_stop();
}

static void expiry_is_told(void **state)
{
	const uint64_t day = 24 * 3600 * 1000;
	struct member *b;
	size_t i;

	(void)state;
	b = alice_and_bob();
	rig_say_many(room, "alice", "old", 2);
	not_taken(b, 1, true, "no answer");
	not_taken(b, 2, true, "no answer");
	clock_advance(7 * day);
	for (i = 0; i < 8; i++) {
		rig_advance(300000);
		not_taken(b, b->cur.acked + 1, true, "no answer");
	}
	rig_settle();
	assert_int_equal(b->cur.acked, 2);
	assert_int_equal(rig.told, 1);
	assert_string_equal(rig.told_text,
			    "*** [bob] did not get your message in lobby: "
			    "he was away too long");
	rig_say(room, "alice", "new");
	rig_advance(3600100);
	assert_int_equal(fake_got(&rig.sip, b->id, "new"), 1);
	rig_delivered(b, 3);
	assert_int_equal(rig.told, 2);
	assert_string_equal(rig.told_to, "sip:bob@confab.example");
	rig_stop();
}

/* Each sender, however much it is: not of the first page only. */
/* The journal is looked through every ten minutes only. */
static void what_is_too_old_is_not_delivered(void **state)
{
	const uint64_t day = 24 * 3600 * 1000;
	struct member *b;

	(void)state;
	b = alice_and_bob();
	rig_say(room, "alice", "old");
	not_taken(b, 1, true, "no answer");
	fake_clear(&rig.sip);
	clock_advance(7 * day + 1);
	rig_say(room, "alice", "new");
	rig_settle();
	assert_int_equal(fake_got(&rig.sip, b->id, "old"), 0);
	assert_int_equal(fake_got(&rig.sip, b->id, "new"), 1);
	assert_int_equal(b->cur.acked, 1);
	assert_int_equal(rig.told, 1);
	assert_string_equal(rig.told_text,
			    "*** [bob] did not get your message in lobby: "
			    "he was away too long");
	rig_delivered(b, 2);
	assert_int_equal(rig.told, 2);
	assert_string_equal(rig.told_to, "sip:bob@confab.example");
	rig_stop();
}

/* It is let go while a first attempt is made: what comes of that counts. */
static void what_was_under_way_is_told_too(void **state)
{
	const uint64_t day = 24 * 3600 * 1000;
	struct member *b;
	size_t i;

	(void)state;
	b = alice_and_bob();
	rig_join(room, "carol");
	rig_say(room, "carol", "gets there");
	rig_say(room, "alice", "no answer");
	rig_say(room, "carol", "refused");
	clock_advance(7 * day);
	for (i = 0; i < 4; i++) {
		rig_advance(300000);
		rig_settle();
	}
	assert_int_equal(rig.told, 0);
	assert_int_equal(b->cur.acked, 0);
	rig_delivered(b, 1);
	assert_int_equal(rig.told, 0);
	not_taken(b, 2, true, "no answer");
	assert_int_equal(rig.told, 1);
	assert_string_equal(rig.told_to, "sip:alice@confab.example");
	assert_string_equal(rig.told_text,
			    "*** [bob] did not get your message in lobby: "
			    "he was away too long");
	not_taken(b, 3, false, "SIP status 404");
	assert_int_equal(rig.told, 2);
	assert_string_equal(rig.told_to, "sip:carol@confab.example");
	assert_int_equal(b->cur.acked, 3);
	rig_say(room, "alice", "new");
	rig_settle();
	rig_delivered(b, 4);
	rig_stop();
}

static void all_expiry_is_told(void **state)
{
	const uint64_t day = 24 * 3600 * 1000;
	struct member *b;
	size_t i;

	(void)state;
	rig.wait_msgs = 2000;
	b = alice_and_bob();
	rig_join(room, "carol");
	rig_join(room, "dave");
	rig_say_many(room, "alice", "old", 600);
	rig_say(room, "carol", "old as well");
	bob_takes_nothing(b);
	clock_advance(7 * day);
	rig_say(room, "dave", "new");
	for (i = 0; i < 8; i++) {
		rig_advance(300000);
		bob_takes_nothing(b);
	}
	rig_settle();
	assert_int_equal(b->cur.acked, 601);
	assert_int_equal(rig.told, 2);
	assert_string_equal(rig.told_to, "sip:carol@confab.example");
	assert_string_equal(rig.told_text,
			    "*** [bob] did not get your message in lobby: "
			    "he was away too long");
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(history_is_for_all),
		RIG_TEST(history_among_notices),
		RIG_TEST(history_of_a_room_that_ended),
		RIG_TEST(fate_counts_everybody),
		RIG_TEST(fate_details_end),
		RIG_TEST(the_sender_is_told_once),
		RIG_TEST(what_was_under_way_is_told_too),
		RIG_TEST(the_sender_of_an_old_one_is_told),
		RIG_TEST(notices_and_links_are_not_told),
		RIG_TEST(who_is_away_keeps_the_newest),
		RIG_TEST(bytes_count_as_well),
		RIG_TEST(bytes_from_before_a_restart_count),
		RIG_TEST(words_meet_the_reading_of_sizes),
		RIG_TEST(a_trimmed_cursor_survives),
		RIG_TEST(expiry_is_told),
		RIG_TEST(what_is_too_old_is_not_delivered),
		RIG_TEST(all_expiry_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
