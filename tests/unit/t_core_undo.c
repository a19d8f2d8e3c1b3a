/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes that the disk refuses are taken back, in whatever order. */
#include "store_disk.h"
#include "hub_rig.h"

static struct room *room;

static struct member *lobby(void)
{
	rig_start();
	room = rig_room("lobby");
	return rig_join(room, "bob");
}

static void set_nick(struct member *m, const char *nick)
{
	struct hub_member_change c = { .what = MEMBER_SET_NICK };

	c.nick = view_str(nick);
	assert_int_equal(hub_member_change(m, &c, rig_done, NULL), 0);
}

static void set_much(struct member *m)
{
	struct hub_member_change c = {
		.what = MEMBER_SET_ROLE | MEMBER_SET_MUTED | MEMBER_SET_AWAY |
			MEMBER_SET_STATE | MEMBER_SET_NICK,
		.role = ROLE_ADMIN,
		.state = MEMBER_BANNED,
		.muted_until_ms = 7,
	};

	c.away = VIEW("out");
	c.nick = VIEW("robert");
	c.notice = VIEW("gone");
	assert_int_equal(hub_member_change(m, &c, rig_done, NULL), 0);
}

static void break_disk(void)
{
	fail_call(DOOR_SYNC, 1, true);
}

static void mend_disk(void)
{
	rig_settle();
	heal();
	expect_log(test_log_errors);
}

static void assert_untouched(const struct member *m)
{
	assert_view(m->nick, "bob");
	assert_false(m->own_nick);
	assert_int_equal(m->role, ROLE_MEMBER);
	assert_int_equal(m->state, MEMBER_JOINED);
	assert_int_equal(member_muted_until_ms(m), 0);
	assert_null(member_away(m));
	assert_int_equal(room->own_nicks, 0);
	assert_int_equal(room->banned, 0);
	assert_int_equal(m->addr->places, 1);
	assert_int_equal(m->addr->owned, 0);
}

static void a_member_is_as_before(void **state)
{
	struct member *m;

	(void)state;
	m = lobby();
	break_disk();
	set_much(m);
	assert_int_equal(m->state, MEMBER_BANNED);
	mend_disk();
	assert_int_not_equal(rig.err, 0);
	assert_untouched(m);
	rig_stop();
	rig_start();
	room = rig_find_room("lobby");
	assert_untouched(rig_find(room, "bob"));
	rig_stop();
}

/* Refused first to last: the second one must not bring the first back. */
static void a_row_of_changes_goes_back(void **state)
{
	struct member *m;

	(void)state;
	m = lobby();
	break_disk();
	set_nick(m, "one");
	set_nick(m, "two");
	set_much(m);
	mend_disk();
	assert_untouched(m);
	rig_stop();
}

/* The first is refused, the second is not: what it did not mean to change is
 * as before, on the disk as well. */
static void the_second_one_counts(void **state)
{
	struct hub_member_change c = { .what = MEMBER_SET_ROLE,
				       .role = ROLE_ADMIN };
	struct member *m;
	size_t before;

	(void)state;
	m = lobby();
	before = rig.done;
	gate_shut();
	set_nick(m, "one");
	gate_await();
	fail_call(DOOR_SYNC, 1, false);
	assert_int_equal(hub_member_change(m, &c, rig_done, NULL), 0);
	gate_open();
	AWAIT(rig.done == before + 2);
	mend_disk();
	assert_int_equal(rig.err, 0);
	assert_view(m->nick, "bob");
	assert_int_equal(m->role, ROLE_ADMIN);
	rig_stop();
	rig_start();
	m = rig_find(rig_find_room("lobby"), "bob");
	assert_view(m->nick, "bob");
	assert_int_equal(m->role, ROLE_ADMIN);
	rig_stop();
}

static void a_room_is_as_before(void **state)
{
	struct hub_room_change c = { .what = ROOM_SET_FLAGS |
					     ROOM_SET_NOTICES |
					     ROOM_SET_SUBJECT,
				     .flags = ROOM_PRIVATE,
				     .notices = NOTICES_OFF };

	(void)state;
	lobby();
	break_disk();
	c.subject = VIEW("one");
	assert_int_equal(hub_room_change(room, &c, NULL, NULL), 0);
	c.subject = VIEW("two");
	assert_int_equal(hub_room_change(room, &c, NULL, NULL), 0);
	assert_view(room->subject, "two");
	assert_int_equal(hub_room_destroy(room, VIEW("end"), NULL, NULL), 0);
	mend_disk();
	assert_int_equal(room->subject.n, 0);
	assert_int_equal(room->flags, 0);
	assert_int_equal(room->notices, NOTICES_ALL);
	assert_false(room->ending);
	assert_int_equal(rig.sip.count, 0);
	rig_say(room, "bob", "still here");
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_member_is_as_before),
		RIG_TEST(a_row_of_changes_goes_back),
		RIG_TEST(the_second_one_counts),
		RIG_TEST(a_room_is_as_before),
	};

	return cmocka_run_group_tests(tests, disk_install, NULL);
}
