/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members and rooms change: roles, nicks, mutes, bans, subjects, the end. */
#include "hub_rig.h"

static struct room *room;

static int change(struct member *m, const struct hub_member_change *c)
{
	size_t before = rig.done;
	int err = hub_member_change(m, c, rig_done, NULL);

	return err ? err : rig_answer(before);
}

static int set_role(struct member *m, enum member_role role)
{
	struct hub_member_change c = { .what = MEMBER_SET_ROLE };

	c.role = role;
	return change(m, &c);
}

static int set_state(struct member *m, enum member_state state,
		     const char *notice)
{
	struct hub_member_change c = { .what = MEMBER_SET_STATE };
	int err;

	c.state = state;
	c.notice = view_str(notice);
	err = change(m, &c);
	rig_settle();
	return err;
}

static int set_nick(struct member *m, const char *nick)
{
	struct hub_member_change c = { .what = MEMBER_SET_NICK };

	c.nick = view_str(nick);
	return change(m, &c);
}

static int remove_him(struct member *m, const char *notice)
{
	size_t before = rig.done;
	int err = hub_member_remove(room, m, view_str(notice), rig_done, NULL);

	if (err)
		return err;
	err = rig_answer(before);
	rig_settle();
	return err;
}

static struct member *lobby_of_alice(void)
{
	struct addr *alice = rig_addr("alice");
	size_t before = rig.done;

	assert_int_equal(hub_room_create(rig.hub, &room, VIEW("lobby"),
					 VIEW("confab.example"), 0, alice,
					 rig_done, NULL),
			 0);
	assert_int_equal(rig_answer(before), 0);
	mem_deref(alice);
	return rig_find(room, "alice");
}

static void again(void)
{
	rig_restart();
	room = rig_find_room("lobby");
}

static void a_room_keeps_an_owner(void **state)
{
	struct member *a, *b;

	(void)state;
	rig_start();
	a = lobby_of_alice();
	assert_int_equal(set_role(a, ROLE_MEMBER), EPERM);
	b = rig_join(room, "bob");
	assert_int_equal(set_role(a, ROLE_ADMIN), EPERM);
	assert_int_equal(set_state(a, MEMBER_BANNED, ""), EPERM);
	assert_int_equal(remove_him(a, ""), EPERM);
	/* One who has not come yet is no owner. */
	assert_int_equal(set_role(b, ROLE_OWNER), 0);
	assert_int_equal(set_role(a, ROLE_MEMBER), 0);
	assert_int_equal(remove_him(b, ""), EPERM);
	again();
	a = rig_find(room, "alice");
	b = rig_find(room, "bob");
	assert_int_equal(a->role, ROLE_MEMBER);
	assert_int_equal(b->role, ROLE_OWNER);
	assert_int_equal(remove_him(a, ""), 0);
	assert_int_equal(remove_him(b, ""), 0);
	assert_int_equal(room->members.count, 0);
	rig_stop();
}

static void an_owner_may_leave_the_banned_behind(void **state)
{
	struct member *a, *b;

	(void)state;
	rig_start();
	a = lobby_of_alice();
	b = rig_join(room, "bob");
	assert_int_equal(set_state(b, MEMBER_BANNED, ""), 0);
	assert_int_equal(remove_him(a, ""), 0);
	rig_stop();
}

static void nicks_are_unique(void **state)
{
	struct member *a, *b, *c;

	(void)state;
	rig_start();
	a = lobby_of_alice();
	b = rig_join(room, "bob");
	assert_int_equal(set_nick(b, "ALICE"), EEXIST);
	assert_int_equal(set_nick(b, "\x01\xe2\x80\x8b"), EBADMSG);
	assert_int_equal(set_nick(b, "Car\nol"), 0);
	assert_int_equal(set_nick(b, "Carol"), 0);
	assert_view(b->nick, "Carol");
	assert_int_equal(set_nick(a, "carol"), EEXIST);
	rig_say(room, "bob", "hi");
	assert_string_equal(rig.sip.sent[0].name, "Carol");
	/* The one who is called so by his address comes second. */
	c = rig_join(room, "carol");
	assert_view(c->nick, "carol@confab.example");
	again();
	assert_view(rig_find(room, "bob")->nick, "Carol");
	assert_view(rig_find(room, "carol")->nick, "carol@confab.example");
	b = rig_find(room, "bob");
	assert_int_equal(set_nick(b, ""), 0);
	assert_view(b->nick, "bob");
	assert_false(b->own_nick);
	again();
	assert_view(rig_find(room, "bob")->nick, "bob");
	assert_view(rig_find(room, "carol")->nick, "carol");
	rig_stop();
}

static void assert_pick(const char *who, const char *wish, const char *got)
{
	struct addr *a = rig_addr(who);
	struct buf b = { 0 };

	assert_int_equal(hub_nick_pick(&b, room, a, view_str(wish)), 0);
	assert_view(buf_view(&b), got);
	buf_free(&b);
	mem_deref(a);
}

static void nobody_is_taken_for_another(void **state)
{
	char longest[65], cut[65];
	struct buf nick = { 0 };
	struct member *b, *c;

	(void)state;
	rig_start();
	(void)lobby_of_alice();
	b = rig_join(room, "bob");
	assert_int_equal(set_nick(b, "\u0430lice"), EEXIST);
	assert_pick("bob", "\u0430lice", "\u0430lice-2");
	assert_pick("bob", "Bob", "Bob");
	assert_pick("new", "b0b", "b0b-2");
	assert_pick("new", "new", "new");
	assert_int_equal(set_nick(b, "\u0430lice-2"), 0);
	assert_pick("bob", "\u0430lice", "\u0430lice-2");
	assert_pick("new", "a1ice", "a1ice-3");
	assert_int_equal(hub_nick_pick(&nick, room, b->addr, VIEW("ALICE")),
			 EADDRINUSE);
	buf_clear(&nick);
	assert_int_equal(hub_nick_pick(&nick, room, b->addr, VIEW("\x01")),
			 EBADMSG);
	buf_free(&nick);
	/* no longer than others */
	memset(longest, 'I', 64);
	longest[64] = '\0';
	assert_int_equal(set_nick(b, longest), 0);
	memset(longest, 'l', 64);
	memcpy(cut, longest, 65);
	memcpy(cut + 61, "-2", 3);
	assert_pick("new", longest, cut);
	/* who is called so by his address has the longer name */
	assert_int_equal(set_nick(b, "car\u043el"), 0);
	c = rig_join(room, "carol");
	assert_view(c->nick, "carol@confab.example");
	again();
	assert_view(rig_find(room, "carol")->nick, "carol@confab.example");
	assert_int_equal(set_nick(rig_find(room, "bob"), ""), 0);
	again();
	assert_view(rig_find(room, "carol")->nick, "carol");
	assert_int_equal(room->odd_nicks, 0);
	rig_stop();
}

static void the_muted_wait(void **state)
{
	struct hub_member_change c = { .what = MEMBER_SET_MUTED };
	struct member *b;

	(void)state;
	rig_start();
	lobby_of_alice();
	b = rig_join(room, "bob");
	c.muted_until_ms = wall_ms() + 60000;
	assert_int_equal(change(b, &c), 0);
	assert_int_equal(rig_try_say(room, "bob", "x", NULL), EAGAIN);
	rig_advance(60001);
	rig_say(room, "bob", "x");
	c.muted_until_ms = UINT64_MAX;
	assert_int_equal(change(b, &c), 0);
	again();
	b = rig_find(room, "bob");
	assert_true(member_muted_until_ms(b) == UINT64_MAX);
	assert_int_equal(rig_try_say(room, "bob", "x", NULL), EAGAIN);
	rig_stop();
}

static void away_is_kept(void **state)
{
	struct hub_member_change c = { .what = MEMBER_SET_AWAY };
	struct member *a;

	(void)state;
	rig_start();
	a = lobby_of_alice();
	c.away = VIEW(" at\nlunch\x07 ");
	assert_int_equal(change(a, &c), 0);
	assert_string_equal(member_away(a), "at lunch");
	again();
	a = rig_find(room, "alice");
	assert_string_equal(member_away(a), "at lunch");
	c.away = VIEW_NONE;
	assert_int_equal(change(a, &c), 0);
	assert_null(member_away(a));
	rig_stop();
}

static void the_banned_hear_nothing(void **state)
{
	struct member *b;
	size_t before;

	(void)state;
	rig_start();
	lobby_of_alice();
	b = rig_join(room, "bob");
	assert_int_equal(set_state(b, MEMBER_BANNED, "bob is banned"), 0);
	/* He is told why. */
	assert_int_equal(fake_got(&rig.sip, b->id, "bob is banned"), 1);
	assert_int_equal(rig.sip.count, 2);
	rig_say(room, "alice", "x");
	assert_int_equal(rig.sip.count, 2);
	assert_int_equal(rig_try_say(room, "bob", "y", NULL), EACCES);
	assert_int_equal(rig_try_join(room, "bob", MEMBER_JOINED, ""), EEXIST);
	assert_int_equal(set_state(b, MEMBER_JOINED, ""), EINVAL);
	assert_int_equal(set_state(b, MEMBER_BANNED, ""), EINVAL);
	assert_int_equal(room_member_count(room), 1);
	again();
	b = rig_find(room, "bob");
	assert_int_equal(b->state, MEMBER_BANNED);
	assert_int_equal(room_member_count(room), 1);
	before = rig.sip.count;
	assert_int_equal(remove_him(b, "bob may come again"), 0);
	assert_int_equal(rig.sip.count, before + 1); /* alice */
	assert_int_equal(room_member_count(room), 1);
	rig_stop();
}

/* What is under way to him when he is banned fails: nothing follows. */
static void the_banned_are_not_put_off(void **state)
{
	struct member *b;

	(void)state;
	rig_start();
	lobby_of_alice();
	b = rig_join(room, "bob");
	rig_say_many(room, "alice", "m", 3);
	hub_on_member_failed(rig.hub, b->id, 1, true, VIEW("no answer"));
	assert_int_equal(b->tries, 1);
	assert_int_equal(set_state(b, MEMBER_BANNED, ""), 0);
	assert_int_equal(b->tries, 0);
	hub_on_member_failed(rig.hub, b->id, 2, true, VIEW("no answer"));
	fake_clear(&rig.sip);
	rig_advance(31000);
	rig_advance(121000);
	assert_int_equal(rig.sip.count, 0);
	rig_stop();
}

static int invite(const char *user, const char *by)
{
	struct hub_join join = { .role = ROLE_MEMBER,
				 .state = MEMBER_INVITED };
	size_t before = rig.done;
	int err;

	join.addr = rig_addr(user);
	join.inviter = rig_addr(by);
	err = hub_member_add(room, &join, rig_done, NULL);
	mem_deref(join.addr);
	mem_deref(join.inviter);
	return err ? err : rig_answer(before);
}

static void the_invited_come_in(void **state)
{
	struct member *b;

	(void)state;
	rig_start();
	lobby_of_alice();
	assert_int_equal(invite("bob", "alice"), 0);
	rig_say(room, "alice", "before");
	again();
	b = rig_find(room, "bob");
	assert_int_equal(b->state, MEMBER_INVITED);
	assert_view(member_inviter(b)->text, "sip:alice@confab.example");
	assert_int_equal(set_state(b, MEMBER_JOINED, "bob is here"), 0);
	assert_int_equal(rig.sip.count, 2);
	assert_int_equal(fake_got(&rig.sip, b->id, "bob is here"), 1);
	rig_say(room, "alice", "after");
	assert_int_equal(fake_got(&rig.sip, b->id, "after"), 1);
	assert_int_equal(fake_got(&rig.sip, b->id, "before"), 0);
	/* No invitation is left to expire. */
	rig_advance(UINT64_C(8) * 24 * 3600 * 1000);
	assert_ptr_equal(rig_find(room, "bob"), b);
	rig_stop();
}

static void invitations_expire(void **state)
{
	const uint64_t day = 24 * 3600 * 1000;

	(void)state;
	rig_start();
	lobby_of_alice();
	assert_int_equal(invite("bob", "alice"), 0);
	rig_advance(6 * day);
	assert_int_equal(invite("carol", "alice"), 0);
	assert_int_equal(rig.told, 0);
	assert_int_equal(invite("bob", "alice"), EEXIST);
	again();
	rig_advance(day + 1000);
	assert_null(rig_find(room, "bob"));
	assert_int_equal(rig.told, 1);
	assert_string_equal(rig.told_to, "sip:alice@confab.example");
	assert_string_equal(rig.told_text,
			    "*** [bob] did not answer your invitation to "
			    "lobby: it has expired");
	assert_non_null(rig_find(room, "carol"));
	/* Overdue at the start. */
	rig_stop();
	clock_advance(9 * day);
	rig_start();
	room = rig_find_room("lobby");
	assert_non_null(rig_find(room, "carol"));
	rig_advance(61000);
	assert_null(rig_find(room, "carol"));
	assert_int_equal(rig.told, 2);
	rig_stop();
}

/* ---- who hears of it ---- */

static void set_notices(enum room_notices notices)
{
	struct hub_room_change c = { .what = ROOM_SET_NOTICES };
	size_t before = rig.done;

	c.notices = notices;
	assert_int_equal(hub_room_change(room, &c, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	fake_clear(&rig.sip);
}

static void notices_find_who_is_meant(void **state)
{
	struct member *a, *b, *c, *d;
	uint64_t e;

	(void)state;
	rig_start();
	a = lobby_of_alice();
	b = rig_join(room, "bob");
	c = rig_join(room, "carol");
	assert_int_equal(set_role(b, ROLE_ADMIN), 0);
	set_notices(NOTICES_QUIET);
	assert_int_equal(rig_try_join(room, "dave", MEMBER_JOINED, "d in"), 0);
	rig_settle();
	d = rig_find(room, "dave");
	assert_int_equal(rig.sip.count, 3);
	assert_int_equal(fake_got(&rig.sip, a->id, "d in"), 1);
	assert_int_equal(fake_got(&rig.sip, b->id, "d in"), 1);
	assert_int_equal(fake_got(&rig.sip, c->id, "d in"), 0);
	assert_int_equal(fake_got(&rig.sip, d->id, "d in"), 1);
	assert_int_equal(remove_him(c, "c out"), 0);
	assert_int_equal(rig.sip.count, 6); /* alice, bob, carol herself */
	rig_deliver_all();

	set_notices(NOTICES_OFF);
	assert_int_equal(rig_try_join(room, "erin", MEMBER_JOINED, "e in"), 0);
	rig_settle();
	e = rig_find(room, "erin")->id;
	assert_int_equal(rig.sip.count, 1);
	assert_int_equal(fake_got(&rig.sip, e, "e in"), 1);
	/* Kept over a restart, with its audience. */
	again();
	assert_int_equal(room->notices, NOTICES_OFF);
	rig_settle();
	assert_int_equal(fake_got(&rig.sip, e, "e in"), 1);
	assert_int_equal(rig.sip.count, 1);
	rig_stop();
}

static void big_rooms_are_quiet(void **state)
{
	char name[16];
	int i;

	(void)state;
	rig_start();
	lobby_of_alice();
	for (i = 0; i < ROOM_QUIET_ABOVE - 1; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		rig_join(room, name);
	}
	assert_int_equal(rig_try_join(room, "last", MEMBER_JOINED, "in"), 0);
	rig_settle();
	assert_int_equal(rig.sip.count, 2); /* alice and the last one */
	rig_stop();
}

/* ---- rooms ---- */

static void rooms_change(void **state)
{
	struct hub_room_change c = { .what = ROOM_SET_FLAGS |
					     ROOM_SET_SUBJECT };
	size_t before;

	(void)state;
	rig_start();
	lobby_of_alice();
	c.flags = ROOM_PRIVATE;
	c.subject = VIEW("tea\nand\x01 cake");
	c.notice = VIEW("topic");
	before = rig.done;
	assert_int_equal(hub_room_change(room, &c, rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	rig_settle();
	assert_int_equal(rig.sip.count, 1);
	again();
	assert_true(room_is_private(room));
	assert_view(room->subject, "tea and cake");
	rig_stop();
}

static void a_room_ends(void **state)
{
	struct member *a, *b;
	uint64_t aid, bid;
	size_t before;

	(void)state;
	rig_start();
	a = lobby_of_alice();
	b = rig_join(room, "bob");
	aid = a->id;
	bid = b->id;
	rig_link_up(room, "link", "net:place");
	rig_say_many(room, "alice", "m", CURSOR_WINDOW + 2);
	before = rig.done;
	assert_int_equal(hub_room_destroy(room, VIEW("the end"), rig_done,
					  NULL),
			 0);
	assert_int_equal(hub_room_destroy(room, VIEW_NONE, NULL, NULL),
			 ENOENT);
	assert_int_equal(remove_him(b, ""), ENOENT);
	assert_int_equal(set_role(b, ROLE_ADMIN), ENOENT);
	assert_int_equal(rig_try_join(room, "carol", MEMBER_JOINED, ""),
			 ENOENT);
	assert_int_equal(rig_try_say(room, "bob", "x", NULL), EACCES);
	assert_int_equal(rig_answer(before), 0);
	rig_settle();
	assert_int_equal(hub_room_count(rig.hub), 0);
	assert_null(hub_link(rig.hub, VIEW("link")));
	assert_int_equal(rig.net.detached, 1);
	/* Also to him whose window is full. */
	assert_int_equal(fake_got(&rig.sip, aid, "the end"), 1);
	assert_int_equal(fake_got(&rig.sip, bid, "the end"), 1);
	again();
	assert_null(room);
	rig_room("lobby"); /* the name is free */
	rig_stop();
}

static void limits_are_kept(void **state)
{
	(void)state;
	rig_start();
	lobby_of_alice();
	assert_int_equal(RIG_ROOMS, 5);
	rig_room("r2");
	rig_room("r3");
	rig_room("r4");
	rig_room("r5");
	assert_int_equal(hub_room_create(rig.hub, NULL, VIEW("r6"),
					 VIEW("confab.example"), 0, NULL, NULL,
					 NULL),
			 EBUSY);
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_room_keeps_an_owner),
		RIG_TEST(an_owner_may_leave_the_banned_behind),
		RIG_TEST(nicks_are_unique),
		RIG_TEST(nobody_is_taken_for_another),
		RIG_TEST(the_muted_wait),
		RIG_TEST(away_is_kept),
		RIG_TEST(the_banned_hear_nothing),
		RIG_TEST(the_banned_are_not_put_off),
		RIG_TEST(the_invited_come_in),
		RIG_TEST(invitations_expire),
		RIG_TEST(notices_find_who_is_meant),
		RIG_TEST(big_rooms_are_quiet),
		RIG_TEST(rooms_change),
		RIG_TEST(a_room_ends),
		RIG_TEST(limits_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
