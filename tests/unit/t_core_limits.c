/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that are no two rooms, what new rooms are like, and the counts that
 * limits are held against. */
#include "hub_rig.h"

static int try_room(const char *name)
{
	struct room *room;
	size_t before = rig.done;
	int err = hub_room_create(rig.hub, &room, view_str(name),
				  VIEW("confab.example"), 0, NULL, rig_done,
				  NULL);

	return err ? err : rig_answer(before);
}

static void one_room_for_all_spellings(void **state)
{
	static const char *const same[] = { "ROOM", "Room", "rooM" };
	static const char *const never[] = { "room.", "room..", "r%6Fom",
					     "%72oom", "r\xc3\xb6om",
					     "ro\xcc\x88om", "r%C3%B6om",
					     "ro%CC%88om", "room%00" };
	size_t i;

	(void)state;
	rig_start();
	assert_int_equal(try_room("room"), 0);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_int_equal(try_room(same[i]), EEXIST);
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_int_equal(try_room(never[i]), EBADMSG);
	assert_int_equal(hub_room_count(rig.hub), 1);
	assert_int_equal(try_room(".room"), 0);
	assert_int_equal(try_room("ro.om"), 0);
	rig_stop();
}

static void new_rooms_have_the_notices_of_the_file(void **state)
{
	struct hub_room_change c = { .what = ROOM_SET_NOTICES,
				     .notices = NOTICES_OFF };

	(void)state;
	rig.notices = NOTICES_QUIET;
	rig_start();
	assert_int_equal(rig_room("old")->notices, NOTICES_QUIET);
	assert_int_equal(rig_room("own")->notices, NOTICES_QUIET);
	assert_int_equal(hub_room_change(rig_find_room("own"), &c, rig_done,
					 NULL),
			 0);
	rig_settle();
	rig.notices = NOTICES_ALL;
	rig_restart();
	assert_int_equal(rig_room("new")->notices, NOTICES_ALL);
	assert_int_equal(rig_find_room("old")->notices, NOTICES_QUIET);
	assert_int_equal(rig_find_room("own")->notices, NOTICES_OFF);
	rig_stop();
}

static void set(struct member *m, unsigned what, enum member_role role,
		enum member_state to)
{
	const struct hub_member_change c = { .what = what,
					     .role = role,
					     .state = to };
	size_t before = rig.done;

	assert_int_equal(hub_member_change(m, &c, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
}

static void counts_are(const struct addr *a, unsigned places, unsigned owned)
{
	assert_int_equal(a->places, places);
	assert_int_equal(a->owned, owned);
}

static void places_are_counted(void **state)
{
	struct addr *a = rig_addr("alice");
	struct room *one, *two;
	size_t before;

	(void)state;
	rig_start();
	one = rig_room("one");
	two = rig_room("two");
	counts_are(a, 0, 0);
	rig_join(one, "alice");
	assert_int_equal(rig_try_join(two, "alice", MEMBER_INVITED, ""), 0);
	counts_are(a, 2, 0);
	set(rig_find(two, "alice"), MEMBER_SET_STATE, 0, MEMBER_JOINED);
	counts_are(a, 2, 0);
	set(rig_find(two, "alice"), MEMBER_SET_ROLE, ROLE_OWNER, 0);
	counts_are(a, 2, 1);
	rig_restart();
	counts_are(a, 2, 1);

	set(rig_find(rig_find_room("one"), "alice"), MEMBER_SET_STATE, 0,
	    MEMBER_BANNED);
	counts_are(a, 1, 1);
	before = rig.done;
	assert_int_equal(hub_room_destroy(rig_find_room("two"), VIEW_NONE,
					  rig_done, NULL),
			 0);
	assert_int_equal(rig_answer(before), 0);
	counts_are(a, 0, 0);
	rig_stop();
	mem_deref(a);
}

static void owners_of_new_rooms_are_counted(void **state)
{
	struct addr *a = rig_addr("alice");
	struct room *room;
	struct member *m;
	size_t before;

	(void)state;
	rig_start();
	before = rig.done;
	assert_int_equal(hub_room_create(rig.hub, &room, VIEW("hers"),
					 VIEW("confab.example"), 0, a,
					 rig_done, NULL),
			 0);
	counts_are(a, 1, 1);
	assert_int_equal(rig_answer(before), 0);
	m = room_member(room, a);
	rig_join(room, "bob");
	set(rig_find(room, "bob"), MEMBER_SET_ROLE, ROLE_OWNER, 0);
	set(m, MEMBER_SET_ROLE, ROLE_MEMBER, 0);
	counts_are(a, 1, 0);
	before = rig.done;
	assert_int_equal(hub_member_remove(room, m, VIEW_NONE, rig_done, NULL),
			 0);
	assert_int_equal(rig_answer(before), 0);
	counts_are(a, 0, 0);
	rig_stop();
	mem_deref(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(one_room_for_all_spellings),
		RIG_TEST(new_rooms_have_the_notices_of_the_file),
		RIG_TEST(places_are_counted),
		RIG_TEST(owners_of_new_rooms_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
