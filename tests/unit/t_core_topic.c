/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core/topic: a room's topic and those of the places it is linked with. */
#include "hub_rig.h"

static struct room *room;
static struct leg *one, *two;

static void set(const char *text)
{
	const struct hub_room_change c = { .what = ROOM_SET_SUBJECT,
					   .subject = view_str(text) };
	size_t before = rig.done;

	assert_int_equal(hub_room_change(room, &c, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
}

static void there(const struct leg *l, enum hub_subject how, const char *text)
{
	hub_on_subject(rig.hub, l->id, how, VIEW("carol"), view_str(text));
	rig_settle();
}

static void ours_is(const char *text)
{
	assert_int_equal(room->subject.n, strlen(text));
	assert_memory_equal(room->subject.p, text, room->subject.n);
}

static void asked(size_t count, const char *text)
{
	assert_int_equal(rig.net.topics, count);
	if (count)
		assert_string_equal(rig.net.topic, text);
}

static void lobby(void)
{
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	one = rig_link_up(room, "one", "net:one");
}

static void both_ways_without_echo(void **state)
{
	(void)state;
	lobby();
	there(one, SUBJECT_FOUND, "");
	set("tea");
	asked(1, "tea");
	there(one, SUBJECT_OURS, "tea");
	ours_is("tea");
	asked(1, "tea");
	there(one, SUBJECT_SET, "coffee\r\nnow");
	ours_is("coffee now");
	asked(1, "tea");
	assert_int_equal(fake_got(&rig.sip, rig_find(room, "alice")->id,
				  "*** carol@home has set the topic: coffee "
				  "now"), 1);
	there(one, SUBJECT_SET, "");
	ours_is("");
	asked(1, "tea");
	rig_stop();
}

/* Two links: from one it goes to the other. */
static void all_places_have_it(void **state)
{
	(void)state;
	lobby();
	two = rig_link_up(room, "two", "net:two");
	there(one, SUBJECT_SET, "milk");
	asked(1, "milk");
	assert_int_equal(two->topic_out, 1);
	assert_int_equal(one->topic_out, 0);
	there(two, SUBJECT_OURS, "milk");
	asked(1, "milk");
	rig_stop();
}

static void the_newest_counts(void **state)
{
	(void)state;
	lobby();
	set("ours");
	/* set there before ours came */
	there(one, SUBJECT_SET, "theirs");
	ours_is("ours");
	there(one, SUBJECT_OURS, "ours");
	ours_is("ours");
	/* and after it */
	set("ours 2");
	there(one, SUBJECT_OURS, "ours 2");
	there(one, SUBJECT_SET, "theirs 2");
	ours_is("theirs 2");
	/* one of ours after another */
	set("a");
	set("b");
	there(one, SUBJECT_OURS, "a");
	ours_is("b");
	there(one, SUBJECT_OURS, "b");
	ours_is("b");
	/* by our name, from elsewhere */
	there(one, SUBJECT_OURS, "c");
	ours_is("c");
	rig_stop();
}

static void again(const char *text)
{
	hub_on_lost(rig.hub, one->id, LOST_NET, VIEW("x"));
	if (text)
		set(text);
	hub_on_attached(rig.hub, one->id, VIEW("confab"));
}

static void compared_after_an_outage(void **state)
{
	(void)state;
	lobby();
	there(one, SUBJECT_FOUND, "first");
	ours_is("first");
	again(NULL);
	there(one, SUBJECT_FOUND, "second");
	ours_is("second");
	asked(0, "");
	again("third");
	there(one, SUBJECT_FOUND, "second");
	ours_is("third");
	asked(1, "third");
	there(one, SUBJECT_OURS, "third");
	again(NULL);
	there(one, SUBJECT_FOUND, "third");
	asked(1, "third");
	rig_stop();
}

static void restart(void)
{
	rig_restart();
	room = rig_find_room("lobby");
	assert_non_null(room);
	one = CONTAINER(list_first(&room->legs), struct leg, in_room);
	hub_on_attached(rig.hub, one->id, VIEW("confab"));
	rig.net.topics = 0;
}

/* Who has changed it while confabd was away, or right before? */
static void compared_after_a_restart(void **state)
{
	(void)state;
	lobby();
	there(one, SUBJECT_FOUND, "first");
	restart();
	ours_is("first");
	there(one, SUBJECT_FOUND, "first");
	asked(0, "");
	restart();
	/* theirs is newer */
	there(one, SUBJECT_FOUND, "second");
	ours_is("second");
	asked(0, "");
	/* ours is, and it had not come there yet */
	set("third");
	restart();
	there(one, SUBJECT_FOUND, "second");
	ours_is("third");
	asked(1, "third");
	there(one, SUBJECT_OURS, "third");
	/* taken away there */
	restart();
	there(one, SUBJECT_FOUND, "");
	ours_is("");
	asked(0, "");
	/* and here */
	set("fourth");
	there(one, SUBJECT_OURS, "fourth");
	set("");
	restart();
	there(one, SUBJECT_FOUND, "fourth");
	ours_is("");
	asked(1, "");
	rig_stop();
}

/* A new link to the same place knows nothing of an old one. */
static void what_is_unlinked_is_forgotten(void **state)
{
	size_t before;

	(void)state;
	lobby();
	there(one, SUBJECT_FOUND, "first");
	before = rig.done;
	assert_int_equal(hub_link_remove(rig.hub, one, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	one = rig_link_up(room, "one", "net:one");
	assert_null(one->topic);
	restart();
	assert_null(one->topic);
	rig_stop();
}

static void the_first_time(void **state)
{
	(void)state;
	lobby();
	set("ours");
	again(NULL);
	mem_free(one->topic);
	one->topic = NULL;
	there(one, SUBJECT_FOUND, "");
	ours_is("ours");
	asked(2, "ours");
	rig_stop();
}

static void refused_and_late(void **state)
{
	(void)state;
	lobby();
	set("ours");
	there(one, SUBJECT_REFUSED, "no right");
	ours_is("ours");
	there(one, SUBJECT_SET, "theirs");
	ours_is("theirs");
	rig.net.topic_err = EBUSY;
	set("later");
	asked(1, "ours");
	rig.net.topic_err = 0;
	rig_say(room, "alice", "hi");
	hub_on_delivered(rig.hub, one->id, rig.net.sent[0].seq);
	asked(2, "later");
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(both_ways_without_echo),
		RIG_TEST(all_places_have_it),
		RIG_TEST(the_newest_counts),
		RIG_TEST(compared_after_an_outage),
		RIG_TEST(compared_after_a_restart),
		RIG_TEST(what_is_unlinked_is_forgotten),
		RIG_TEST(the_first_time),
		RIG_TEST(refused_and_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
