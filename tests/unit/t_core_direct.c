/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inboxes: words from one to one, kept until they are delivered. */
#include "hub_rig.h"

enum { TIDY_MS = 10 * 60 * 1000 + 100 };

static int try_direct(const char *from, const char *to, const char *text,
		      const char *dedupe)
{
	struct hub_say say = { .kind = MSG_TEXT };
	struct addr *addr = rig_addr(to);
	int err;

	say.from = rig_addr(from);
	say.text = view_str(text);
	say.dedupe = view_str(dedupe);
	err = hub_direct(rig.hub, addr, &say, rig_done, NULL);
	mem_deref(say.from);
	mem_deref(addr);
	return err;
}

static void direct(const char *from, const char *to, const char *text)
{
	size_t before = rig.done;

	assert_int_equal(try_direct(from, to, text, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	rig_settle();
}

static size_t inboxes(void)
{
	struct hub_stats st;

	hub_stats(rig.hub, &st);
	return st.inboxes;
}

static size_t got(const char *text)
{
	size_t i, n = 0;

	for (i = 0; i < rig.sip.count; i++)
		n += !strcmp(rig.sip.sent[i].text, text);
	return n;
}

static void fail_all(bool again)
{
	size_t i, n = rig.sip.count;

	for (i = 0; i < n; i++) {
		if (rig.sip.sent[i].answered)
			continue;
		rig.sip.sent[i].answered = true;
		hub_on_member_failed(rig.hub, rig.sip.sent[i].to,
				     rig.sip.sent[i].seq, again,
				     VIEW("SIP status 404"));
	}
	loop_turn(rig.loop, 0);
}

static void delivered_as_it_was_said(void **state)
{
	struct hub_stats st;

	(void)state;
	rig_start();
	direct("alice", "bob", "/me waves");
	assert_int_equal(rig.sip.count, 1);
	assert_string_equal(rig.sip.sent[0].text, "/me waves");
	assert_string_equal(rig.sip.sent[0].name, "alice");
	direct("bob", "bob", "a note");
	assert_int_equal(got("a note"), 1);
	rig_deliver_all();
	hub_stats(rig.hub, &st);
	assert_int_equal(st.accepted, 2);
	assert_int_equal(st.delivered, 2);
	assert_int_equal(st.rooms, 0);
	assert_int_equal(st.members, 0);
	assert_int_equal(hub_room_count(rig.hub), 0);
	assert_null(rig_find_room("bob"));
	rig_stop();
}

static void waits_over_a_restart_and_ends(void **state)
{
	struct addr *bob = rig_addr("bob");

	(void)state;
	rig_start();
	direct("alice", "bob", "one");
	direct("carol", "bob", "two");
	fail_all(true);
	rig_restart();
	assert_int_equal(inboxes(), 1);
	hub_member_awake(rig.hub, bob);
	rig_settle();
	assert_int_equal(got("one"), 1);
	rig_deliver_all();
	assert_int_equal(got("two"), 1);
	rig_settle();
	assert_int_equal(inboxes(), 1);
	rig_advance(TIDY_MS);
	rig_settle();
	assert_int_equal(inboxes(), 0);
	rig_restart();
	assert_int_equal(inboxes(), 0);
	assert_int_equal(rig.sip.count, 0);
	/* and from the beginning */
	direct("alice", "bob", "three");
	assert_int_equal(got("three"), 1);
	rig_deliver_all();
	rig_stop();
	mem_deref(bob);
}

/* The inbox is being taken away when the next message comes. */
static void a_message_meets_the_end(void **state)
{
	size_t before;

	(void)state;
	rig_start();
	direct("alice", "bob", "one");
	rig_deliver_all();
	rig_settle();
	clock_advance(TIDY_MS);
	loop_turn(rig.loop, 0); /* its end is on the way to the disk */
	assert_int_equal(inboxes(), 1);
	before = rig.done;
	assert_int_equal(try_direct("alice", "bob", "two", "k1"), 0);
	assert_int_equal(rig_answer(before), 0);
	rig_settle();
	assert_int_equal(inboxes(), 1);
	assert_int_equal(got("two"), 1);
	rig_restart(); /* nobody answered: it is still there */
	assert_int_equal(got("two"), 1);
	assert_int_equal(got("one"), 0);
	rig_deliver_all();
	rig_stop();
}

static void doubles_are_taken_once(void **state)
{
	size_t before;

	(void)state;
	rig_start();
	before = rig.done;
	assert_int_equal(try_direct("alice", "bob", "x", "key"), 0);
	assert_int_equal(rig_answer(before), 0);
	before = rig.done;
	assert_int_equal(try_direct("alice", "bob", "x", "key"), 0);
	assert_int_equal(rig_answer(before), EEXIST);
	rig_settle();
	assert_int_equal(got("x"), 1);
	rig_deliver_all();
	/* also when the inbox is gone meanwhile */
	rig_advance(TIDY_MS);
	rig_settle();
	assert_int_equal(inboxes(), 0);
	before = rig.done;
	assert_int_equal(try_direct("alice", "bob", "x", "key"), 0);
	assert_int_equal(rig_answer(before), EEXIST);
	direct("alice", "bob", "y");
	assert_int_equal(got("y"), 1);
	rig_deliver_all();
	rig_restart();
	assert_int_equal(rig.sip.count, 0);
	rig_stop();
}

static void the_sender_hears_of_a_refusal(void **state)
{
	(void)state;
	rig_start();
	direct("alice", "bob", "one");
	fail_all(false);
	assert_int_equal(rig.told, 1);
	assert_string_equal(rig.told_to, "sip:alice@confab.example");
	assert_string_equal(rig.told_text, "*** [bob] did not get your "
					   "message: SIP status 404");
	rig_stop();
}

static void too_much_is_cut_and_told(void **state)
{
	struct addr *bob = rig_addr("bob");
	char text[16];
	int i;

	(void)state;
	rig.wait_msgs = 10;
	rig_start();
	direct("alice", "bob", "m0");
	fail_all(true);
	for (i = 1; i < 25; i++) {
		char from[2] = { (char)('c' + i / 10), '\0' };

		snprintf(text, sizeof(text), "m%d", i);
		direct(from, "bob", text);
	}
	fake_clear(&rig.sip);
	rig_advance(2000);
	rig_settle();
	assert_string_equal(rig.told_text, "*** [bob] did not get your "
			    "message: too much is waiting for him");
	hub_member_awake(rig.hub, bob);
	rig_settle();
	rig_deliver_all();
	assert_int_equal(got("m14"), 0);
	assert_int_equal(got("m15"), 1);
	assert_int_equal(got("m24"), 1);
	assert_string_equal(rig.told_to, "sip:bob@confab.example");
	assert_string_equal(rig.told_text, "*** 15 messages are lost: you "
			    "were away, and there is no room for more");
	rig_stop();
	mem_deref(bob);
}

static int flood(const char *from, const char *to, int count)
{
	size_t before = rig.done;
	char text[16];
	int i, err, taken = 0;

	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%d", i);
		err = try_direct(from, to, text, NULL);
		if (err)
			assert_int_equal(err, EDQUOT);
		else
			taken++;
	}
	AWAIT(rig.done == before + (size_t)taken);
	rig_settle();
	return taken;
}

static void nobody_fills_it_for_the_others(void **state)
{
	struct addr *bob = rig_addr("bob");

	(void)state;
	rig.wait_msgs = 200;
	rig_start();
	assert_int_equal(flood("alice", "bob", 60), 20);
	assert_int_equal(flood("carol", "bob", 60), 20);
	/* those whom nobody here knows have one part together */
	assert_int_equal(flood("x@evil.example", "bob", 30), 30);
	assert_int_equal(flood("y@evil.example", "bob", 30), 10);
	assert_int_equal(flood("z@other.example", "bob", 30), 0);
	assert_int_equal(flood("dan", "bob", 5), 5);
	/* another's inbox is another's */
	assert_int_equal(flood("alice", "dan", 5), 5);
	fail_all(true);
	assert_int_equal(flood("alice", "bob", 1), 0);
	/* what he has got makes room */
	hub_member_awake(rig.hub, bob);
	rig_settle();
	rig_deliver_all();
	rig_settle();
	assert_int_equal(flood("alice", "bob", 60), 20);
	assert_int_equal(flood("z@other.example", "bob", 30), 30);
	rig_deliver_all();
	rig_stop();
	mem_deref(bob);
}

static void large_ones_fill_a_part_as_well(void **state)
{
	static char text[8001];
	int i, err = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	rig_start();
	for (i = 0; i < 50 && !err; i++)
		err = try_direct("alice", "bob", text, NULL);
	assert_int_equal(err, EDQUOT);
	assert_int_equal(i, 14); /* of 1 MiB a tenth */
	assert_int_equal(try_direct("carol", "bob", text, NULL), 0);
	AWAIT(rig.done == 14);
	rig_settle();
	rig_deliver_all();
	rig_stop();
}

static void invented_names_have_an_end(void **state)
{
	char to[40];
	int i, err = 0;

	(void)state;
	rig_start();
	for (i = 0; i < 1000 && !err; i++) {
		snprintf(to, sizeof(to), "x%d@other.example", i);
		err = try_direct("alice", to, "x", NULL);
	}
	assert_int_equal(err, EBUSY);
	assert_int_equal(i, 201);
	assert_int_equal(try_direct("alice", "x7@other.example", "y", NULL),
			 0);
	assert_int_equal(try_direct("alice", "bob", "y", NULL), 0);
	assert_int_equal(try_direct("carol", to, "y", NULL), 0);
	AWAIT(rig.done == 203);
	rig_settle();
	/* the other side does not know them */
	fail_all(false);
	rig_settle();
	fail_all(false);
	rig_advance(TIDY_MS);
	for (i = 0; i < 5; i++) {
		rig_settle();
		rig_advance(200);
	}
	assert_int_equal(inboxes(), 0);
	assert_int_equal(try_direct("alice", to, "x", NULL), 0);
	AWAIT(rig.done == 204);
	rig_settle();
	rig_deliver_all();
	rig_stop();
}

static void what_cannot_be(void **state)
{
	struct hub_say say = { .text = VIEW("x") };
	struct addr *far;

	(void)state;
	rig_start();
	assert_int_equal(try_direct("alice", "bob", "\x01", NULL), EBADMSG);
	assert_int_equal(inboxes(), 0); /* nothing would ever end it */
	say.from = rig_addr("alice");
	assert_int_equal(addr_parse(&far, VIEW("net:place@host")), 0);
	assert_int_equal(hub_direct(rig.hub, far, &say, rig_done, NULL),
			 ENOTSUP);
	mem_deref(far);
	mem_deref(say.from);
	hub_stop(rig.hub);
	assert_int_equal(try_direct("alice", "bob", "x", NULL), ESHUTDOWN);
	rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(delivered_as_it_was_said),
		RIG_TEST(waits_over_a_restart_and_ends),
		RIG_TEST(a_message_meets_the_end),
		RIG_TEST(doubles_are_taken_once),
		RIG_TEST(the_sender_hears_of_a_refusal),
		RIG_TEST(too_much_is_cut_and_told),
		RIG_TEST(nobody_fills_it_for_the_others),
		RIG_TEST(large_ones_fill_a_part_as_well),
		RIG_TEST(invented_names_have_an_end),
		RIG_TEST(what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
