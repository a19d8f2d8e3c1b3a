/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core/crowd: who comes and goes in a linked place, in few lines. */
#include "hub_rig.h"

static struct room *room;
static struct member *alice;
static struct leg *l;
static size_t present;

static void lobby(void)
{
	rig_start();
	room = rig_room("lobby");
	alice = rig_join(room, "alice");
	l = rig_link_up(room, "one", "net:one");
	rig_deliver_all();
	fake_clear(&rig.sip);
}

static void change(enum hub_change what, const char *nick, const char *other,
		   const char *reason)
{
	const struct hub_people p = { what, view_str(nick), view_str(other),
				      view_str(reason), present };

	hub_on_people(rig.hub, l->id, &p);
}

static void told(const char *text)
{
	size_t before = rig.sip.count;

	rig_advance(20000);
	assert_int_equal(rig.sip.count, before + 1);
	assert_string_equal(rig.sip.sent[before].text, text);
	rig_deliver_all();
}

static void told_nothing(void)
{
	size_t before = rig.sip.count;

	rig_advance(400000);
	assert_int_equal(rig.sip.count, before);
}

static void gathered_in_one_line(void **state)
{
	(void)state;
	lobby();
	change(PEOPLE_CAME, "bob", "", "");
	rig_settle();
	assert_int_equal(rig.sip.count, 0);
	change(PEOPLE_CAME, "carl", "", "");
	change(PEOPLE_WENT, "dan", "", "Ping timeout: 240 seconds");
	told("*** home: bob, carl came; dan left (Ping timeout: 240 seconds)");
	change(PEOPLE_RENAMED, "bob", "rob", "");
	change(PEOPLE_KICKED, "carl", "op", "spam\r\n\x02here");
	told("*** home: carl was removed by op (spam here); bob is now rob");
	told_nothing();
	rig_stop();
}

static void who_only_looked_in_is_left_out(void **state)
{
	(void)state;
	lobby();
	change(PEOPLE_CAME, "bob", "", "");
	change(PEOPLE_WENT, "bob", "", "bye");
	change(PEOPLE_WENT, "carl", "", "bye");
	change(PEOPLE_CAME, "carl", "", "");
	change(PEOPLE_RENAMED, "dan", "dan_", "");
	change(PEOPLE_RENAMED, "dan_", "dan", "");
	told_nothing();
	change(PEOPLE_CAME, "Guest12", "", "");
	change(PEOPLE_RENAMED, "Guest12", "eve", "");
	told("*** home: eve came");
	change(PEOPLE_RENAMED, "eve", "eve2", "");
	change(PEOPLE_RENAMED, "eve2", "eve3", "");
	told("*** home: eve is now eve3");
	rig_stop();
}

static void many(enum hub_change what, unsigned from, unsigned to)
{
	char nick[16];

	for (unsigned i = from; i < to; i++) {
		snprintf(nick, sizeof(nick), "n%u", i);
		change(what, nick, "", "a.example b.example");
	}
}

/* Five thousand go and come: two lines. */
static void a_split_is_a_line(void **state)
{
	(void)state;
	lobby();
	many(PEOPLE_SPLIT, 0, 5000);
	told("*** home: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 4990 more "
	     "were lost by a split of the network");
	many(PEOPLE_CAME, 1, 5000);
	told("*** home: 4999 of those lost by the split are back");
	change(PEOPLE_CAME, "n1", "", "");
	told("*** home: n1 came");
	rig_advance(1900000);
	change(PEOPLE_CAME, "n0", "", "");
	told("*** home: n0 came");
	rig_stop();
}

static void a_busy_place_gets_fewer_lines(void **state)
{
	size_t before;

	(void)state;
	lobby();
	for (unsigned i = 0; i < 10; i++) {
		change(PEOPLE_CAME, i % 2 ? "bob" : "carl", "", "");
		rig_advance(20000);
		rig_deliver_all();
	}
	before = rig.sip.count;
	assert_int_equal(before, 10);
	change(PEOPLE_WENT, "dan", "", "");
	rig_advance(100000);
	assert_int_equal(rig.sip.count, before);
	change(PEOPLE_WENT, "eve", "", "");
	rig_advance(200000);
	assert_int_equal(rig.sip.count, before + 1);
	assert_string_equal(rig.sip.sent[before].text,
			    "*** home: dan, eve left");
	rig_stop();
}

static void set_notices(enum room_notices notices)
{
	const struct hub_room_change c = { .what = ROOM_SET_NOTICES,
					   .notices = notices };
	size_t before = rig.done;

	assert_int_equal(hub_room_change(room, &c, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
}

static void as_the_room_has_its_notices(void **state)
{
	(void)state;
	lobby();
	set_notices(NOTICES_OFF);
	change(PEOPLE_CAME, "bob", "", "");
	told_nothing();
	set_notices(NOTICES_QUIET);
	change(PEOPLE_CAME, "carl", "", "");
	told_nothing(); /* alice is neither owner nor admin */
	set_notices(NOTICES_ALL);
	change(PEOPLE_CAME, "dan", "", "");
	told("*** home: dan came");
	rig_stop();
}

static void of_a_large_place_nothing_is_told(void **state)
{
	(void)state;
	lobby();
	present = ROOM_QUIET_ABOVE + 1;
	change(PEOPLE_CAME, "bob", "", "");
	told_nothing();
	present = ROOM_QUIET_ABOVE;
	change(PEOPLE_WENT, "bob", "", "");
	told("*** home: bob left");
	present = ROOM_QUIET_ABOVE + 1;
	many(PEOPLE_SPLIT, 0, 2);
	told("*** home: n0, n1 were lost by a split of the network");
	many(PEOPLE_CAME, 0, 3);
	told("*** home: 2 of those lost by the split are back");
	present = 0;
	rig_stop();
}

static void names_forge_nothing(void **state)
{
	(void)state;
	lobby();
	change(PEOPLE_CAME, "x]\n*** [root@home", "", "");
	told("*** home: x) *** (root_home came");
	rig_stop();
}

static void what_was_missed_is_said(void **state)
{
	(void)state;
	lobby();
	/* the first time nothing was missed */
	hub_on_missed(rig.hub, l->id);
	told_nothing();
	hub_on_lost(rig.hub, l->id, LOST_NET, VIEW("x"));
	rig_advance(263000);
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	hub_on_missed(rig.hub, l->id);
	set_notices(NOTICES_OFF);
	told("*** home: out of reach for 4 min; what was said there meanwhile "
	     "is missing here");
	/* and what could be had is not */
	hub_on_lost(rig.hub, l->id, LOST_NET, VIEW("x"));
	rig_advance(60000);
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	told_nothing();
	rig_stop();
}

static void of_a_stop_as_well(void **state)
{
	(void)state;
	lobby();
	rig_advance(61000);
	rig_restart();
	clock_advance(125000);
	l = hub_link(rig.hub, VIEW("one"));
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	hub_on_missed(rig.hub, l->id);
	told("*** home: out of reach for 2 min; what was said there meanwhile "
	     "is missing here");
	rig_stop();
}

/* The link goes in between. */
static void nothing_is_told_of_what_is_gone(void **state)
{
	size_t before;

	(void)state;
	lobby();
	change(PEOPLE_CAME, "bob", "", "");
	many(PEOPLE_SPLIT, 0, 10);
	before = rig.done;
	assert_int_equal(hub_link_remove(rig.hub, l, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	fake_clear(&rig.sip);
	told_nothing();
	hub_on_people(rig.hub, 12345, &(struct hub_people){ 0 });
	hub_on_missed(rig.hub, 12345);
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(gathered_in_one_line),
		RIG_TEST(who_only_looked_in_is_left_out),
		RIG_TEST(a_split_is_a_line),
		RIG_TEST(a_busy_place_gets_fewer_lines),
		RIG_TEST(as_the_room_has_its_notices),
		RIG_TEST(of_a_large_place_nothing_is_told),
		RIG_TEST(names_forge_nothing),
		RIG_TEST(what_was_missed_is_said),
		RIG_TEST(of_a_stop_as_well),
		RIG_TEST(nothing_is_told_of_what_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
