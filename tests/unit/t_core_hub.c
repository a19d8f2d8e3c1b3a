/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hub: rooms, members, and words fanned out to them. */
#include "hub_rig.h"

static void rooms_are_made_once(void **state)
{
	struct room *room, *other = NULL;

	(void)state;
	rig_start();
	room = rig_room("Lobby");
	assert_ptr_equal(rig_find_room("lOBBY"), room);
	assert_ptr_equal(hub_room_by_id(rig.hub, room->id), room);
	assert_null(rig_find_room("lobb"));
	assert_view(room_name(room), "Lobby");
	assert_int_equal(hub_room_count(rig.hub), 1);
	assert_int_equal(hub_room_create(rig.hub, &other, VIEW("lobby"),
					 VIEW("CONFAB.example"), 0, NULL,
					 rig_done, NULL),
			 EEXIST);
	assert_null(other);
	rig_stop();
}

static void room_names_are_checked(void **state)
{
	static const char *const bad[] = { "",	  "a b",  "a@b",      "a/b",
					   "a%4", "a%zz", "\xc3\xa9", "a\n",
					   "a;b", "%", "a.",  "..",
					   "%61", "a%C3%A9", "." };
	char longname[ROOM_NAME_MAX + 1];
	size_t i;

	(void)state;
	rig_start();
	memset(longname, 'a', sizeof(longname));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hub_room_create(rig.hub, NULL,
						 view_str(bad[i]), VIEW("h"),
						 0, NULL, rig_done, NULL),
				 EBADMSG);
	assert_int_equal(hub_room_create(rig.hub, NULL,
					 view_mem(longname, sizeof(longname)),
					 VIEW("h"), 0, NULL, NULL, NULL),
			 EBADMSG);
	assert_int_equal(hub_room_count(rig.hub), 0);
	rig_room("-~!$&'=_.+Z9");
	rig_settle();
	assert_int_equal(rig.done, 1);
	rig_stop();
}

static void everybody_but_the_sender(void **state)
{
	struct member *a, *b, *c;
	struct room *room;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	a = rig_join(room, "alice");
	b = rig_join(room, "bob");
	c = rig_join(room, "carol@other.example");
	rig_say(room, "alice", "hello");
	assert_int_equal(rig.sip.calls, 1);
	assert_int_equal(rig.sip.count, 2);
	assert_int_equal(fake_got(&rig.sip, a->id, "hello"), 0);
	assert_int_equal(fake_got(&rig.sip, b->id, "hello"), 1);
	assert_int_equal(fake_got(&rig.sip, c->id, "hello"), 1);
	assert_string_equal(rig.sip.sent[0].name, "alice");
	assert_int_equal(a->cur.acked, 1);
	assert_int_equal(b->cur.acked, 0);

	rig_say(room, "carol@other.example", "/me waves");
	assert_string_equal(rig.sip.sent[2].name, "carol@other.example");
	assert_string_equal(rig.sip.sent[2].text, "waves");
	assert_int_equal(rig.sip.sent[2].kind, MSG_EMOTE);
	rig_stop();
}

static void in_order_whatever_the_answers(void **state)
{
	struct member *b;
	struct room *room;
	size_t i;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	b = rig_join(room, "bob");
	rig_say_many(room, "alice", "m", 30);
	assert_int_equal(rig.sip.count, CURSOR_WINDOW);
	/* The window does not move before the first is answered. */
	for (i = CURSOR_WINDOW; i > 1; i--)
		rig_delivered(b, i);
	assert_int_equal(rig.sip.count, CURSOR_WINDOW);
	assert_int_equal(b->cur.acked, 0);
	rig_delivered(b, 1);
	assert_int_equal(b->cur.acked, CURSOR_WINDOW);
	assert_int_equal(rig.sip.count, 2 * CURSOR_WINDOW);
	rig_deliver_all();
	assert_int_equal(rig.sip.count, 30);
	for (i = 0; i < 30; i++)
		assert_int_equal(rig.sip.sent[i].seq, i + 1);
	assert_int_equal(b->cur.acked, 30);
	rig_stop();
}

static void who_may_not_speak(void **state)
{
	struct hub_stats st;
	struct room *room;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	assert_int_equal(rig_try_join(room, "ivy", MEMBER_INVITED, ""), 0);
	assert_int_equal(rig_try_say(room, "mallory", "x", NULL), EACCES);
	assert_int_equal(rig_try_say(room, "ivy", "x", NULL), EACCES);
	assert_int_equal(rig_try_say(room, "alice", "\x01 \n", NULL), EBADMSG);
	hub_stats(rig.hub, &st);
	assert_int_equal(st.refused, 3);
	assert_int_equal(st.members, 2);
	assert_int_equal(room->head, 0);
	rig_say(room, "alice", "x");
	assert_int_equal(rig.sip.count, 0); /* invited: gets nothing */
	rig_stop();
}

static void a_request_counts_once(void **state)
{
	struct member *b;
	struct room *room;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	b = rig_join(room, "bob");
	assert_int_equal(rig_try_say(room, "alice", "one", "key"), 0);
	assert_int_equal(rig_answer(2 + 1), 0);
	assert_int_equal(rig_try_say(room, "alice", "one", "key"), 0);
	assert_int_equal(rig_answer(3 + 1), EEXIST);
	rig_say(room, "alice", "two");
	assert_int_equal(fake_got(&rig.sip, b->id, "one"), 1);
	assert_int_equal(fake_got(&rig.sip, b->id, "two"), 1);
	/* Number 2 is a hole, and holds up nobody. */
	rig_deliver_all();
	assert_int_equal(b->cur.acked, 3);
	assert_int_equal(rig_find(room, "alice")->cur.acked, 3);
	rig_stop();
}

static void the_newcomer_hears_of_himself(void **state)
{
	struct member *a, *b;
	struct room *room;
	struct hub_stats st;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	a = rig_join(room, "alice");
	rig_say(room, "alice", "before");
	assert_int_equal(
		rig_try_join(room, "bob", MEMBER_JOINED, "*** bob has joined"),
		0);
	rig_settle();
	b = rig_find(room, "bob");
	assert_int_equal(fake_got(&rig.sip, a->id, "*** bob has joined"), 1);
	assert_int_equal(fake_got(&rig.sip, b->id, "*** bob has joined"), 1);
	assert_int_equal(fake_got(&rig.sip, b->id, "before"), 0);
	assert_int_equal(rig_try_join(room, "bob", MEMBER_JOINED, ""), EEXIST);
	hub_stats(rig.hub, &st);
	assert_int_equal(st.notices, 1);
	rig_stop();
}

static void the_leaver_hears_it_and_nothing_after(void **state)
{
	struct member *a, *b;
	struct room *room;
	uint64_t gone;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	a = rig_join(room, "alice");
	b = rig_join(room, "bob");
	gone = b->id;
	assert_int_equal(hub_member_remove(room, b, VIEW("*** bob left"),
					   rig_done, NULL),
			 0);
	assert_int_equal(hub_member_remove(room, b, VIEW("*** bob left"),
					   rig_done, NULL),
			 ENOENT);
	assert_int_equal(rig_try_say(room, "bob", "no", NULL), EACCES);
	assert_ptr_equal(rig_find(room, "bob"), b);
	assert_int_equal(rig_answer(3), 0);
	rig_settle();
	assert_null(rig_find(room, "bob"));
	assert_int_equal(fake_got(&rig.sip, gone, "*** bob left"), 1);
	assert_int_equal(fake_got(&rig.sip, a->id, "*** bob left"), 1);
	rig_say(room, "alice", "after");
	assert_int_equal(fake_got(&rig.sip, gone, "after"), 0);
	hub_on_member_delivered(rig.hub, gone, 1);
	hub_on_member_failed(rig.hub, gone, 1, true, VIEW("x"));
	rig_restart();
	assert_null(rig_find(rig_find_room("lobby"), "bob"));
	rig_stop();
}

static void the_leaver_who_lags_hears_it_too(void **state)
{
	struct member *b;
	struct room *room;
	uint64_t gone;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	b = rig_join(room, "bob");
	gone = b->id;
	rig_say_many(room, "alice", "m", CURSOR_WINDOW + 3);
	assert_int_equal(hub_member_remove(room, b, VIEW("bye"), NULL, NULL),
			 0);
	rig_settle();
	assert_int_equal(fake_got(&rig.sip, gone, "bye"), 1);
	rig_stop();
}

/* What the disk says of bob's cursor and the link's. */
static uint64_t on_disk[2];

static void see_member(const struct store_member *m, void *arg)
{
	(void)arg;
	if (view_eqs(m->addr, "sip:bob@confab.example"))
		on_disk[0] = m->acked;
}

static void see_link(const struct store_link *l, void *arg)
{
	(void)arg;
	on_disk[1] = l->acked;
}

/* The daemon dies here: no cursor is written any more. */
static void die_and_look(void)
{
	static const struct store_load look = { .member = see_member,
						.link = see_link };
	char why[200];

	rig_close();
	assert_int_equal(store_open(&rig.store, rig.dir, rig_wake, NULL, why,
				    sizeof(why)),
			 0);
	assert_int_equal(store_load(rig.store, &look), 0);
	store_close(rig.store);
	fake_clear(&rig.sip);
	fake_clear(&rig.net);
}

/* Cursors beyond the journal: a commit failed, and then the daemon died. */
static void cursors_ahead(void)
{
	struct room *room = rig_room("lobby");
	struct store_txn *t;
	struct member *b;
	struct leg *l;

	rig_join(room, "alice");
	b = rig_join(room, "bob");
	l = rig_link_up(room, "link", "net:place");
	rig_say(room, "alice", "first");
	rig_deliver_all();
	hub_stop(rig.hub);
	t = store_begin(rig.store);
	store_member_cursor(t, b->id, room->head + 1);
	store_link_cursor(t, l->id, room->head + 1);
	store_commit(t, NULL, NULL);
	die_and_look();
	assert_int_equal(on_disk[0], 2);
	assert_int_equal(on_disk[1], 2);
}

/* The number is given out again, and one more crash must not hide its
 * text. */
static void a_number_given_again_is_heard(void **state)
{
	struct room *room;
	struct member *b;
	struct leg *l;

	(void)state;
	rig_start();
	cursors_ahead();
	rig_start();
	rig_say(rig_find_room("lobby"), "alice", "again");
	die_and_look();
	assert_int_equal(on_disk[0], 1);
	assert_int_equal(on_disk[1], 1);

	rig_start();
	room = rig_find_room("lobby");
	b = rig_find(room, "bob");
	l = hub_link(rig.hub, VIEW("link"));
	assert_int_equal(room->head, 2);
	hub_on_attached(rig.hub, l->id, VIEW("confab"));
	rig_settle();
	assert_int_equal(fake_got(&rig.sip, b->id, "again"), 1);
	assert_int_equal(fake_got(&rig.net, l->id, "again"), 1);
	rig_stop();
}

static void a_failed_commit_is_taken_back(void **state)
{
	struct store_room sr = { .id = 77,
				 .name = VIEW("taken"),
				 .domain = VIEW("confab.example") };
	struct store_txn *t;
	struct room *room;
	uint64_t id;

	(void)state;
	rig_start();
	/* The store knows a room that the hub does not. */
	t = store_begin(rig.store);
	store_put_room(t, &sr);
	store_commit(t, NULL, NULL);
	assert_int_equal(hub_room_create(rig.hub, &room, VIEW("taken"),
					 VIEW("confab.example"), 0, NULL,
					 rig_done, NULL),
			 0);
	assert_int_equal(hub_room_count(rig.hub), 1);
	assert_int_equal(rig_answer(0), EEXIST);
	assert_int_equal(hub_room_count(rig.hub), 0);

	/* The hub knows a room that the store does not. */
	room = rig_room("lobby");
	rig_join(room, "alice");
	rig_join(room, "bob");
	id = room->id;
	t = store_begin(rig.store);
	store_del_room(t, id);
	store_commit(t, NULL, NULL);
	assert_int_equal(rig_try_join(room, "carol", MEMBER_JOINED, "hi"),
			 ENOENT);
	assert_null(rig_find(room, "carol"));
	assert_int_equal(rig_try_say(room, "alice", "x", NULL), 0);
	assert_int_equal(rig_answer(rig.done), ENOENT);
	assert_int_equal(rig_try_link(room, "l", "net:x", false), ENOENT);
	assert_null(hub_link(rig.hub, VIEW("l")));
	assert_int_equal(rig.sip.count, 0);
	assert_int_equal(rig_find(room, "bob")->cur.acked, 2);
	rig_stop();
}

static void unanswered_changes_hear_shutdown(void **state)
{
	struct room *room;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	assert_int_equal(rig_try_say(room, "alice", "x", NULL), 0);
	hub_stop(rig.hub);
	assert_int_equal(rig_try_say(room, "alice", "y", NULL), ESHUTDOWN);
	hub_free(rig.hub);
	assert_int_equal(rig.done, 3);
	assert_int_equal(rig.err, ESHUTDOWN);
	rig.hub = NULL;
	rig_close();
	assert_int_equal(rig.done, 3);
	assert_int_equal(rig.sip.stops, 1);
	assert_int_equal(rig.sip.count, 0);
}

static void names_cannot_be_taken(void **state)
{
	static const char *const names[][2] = {
		{ "alice", "alice" },
		{ "alice@CONFAB.example", "alice" },
		{ "alice@other.example", "alice@other.example" },
		{ "jos%C3%A9", "jos\xc3\xa9" },
		{ "a%20b", "a b" },
		{ "%61lice", "%61lice" },
		{ "bob%40libera", "bob%40libera" },
		{ "x%5D%3A", "x%5D%3A" },
		{ "x%0Ay", "x%0Ay" },
		{ "x%E2%80%AEy", "x%E2%80%AEy" },
		{ "x%C3", "x%C3" },
		{ "x%", "x%" },
		{ "a@[::1]", "a@(::1)" },
	};
	size_t i;

	(void)state;
	rig_open();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct addr *a = rig_addr(names[i][0]);
		struct buf b = { 0 };

		hub_name_user(rig.hub, &b, a);
		assert_string_equal(buf_str(&b), names[i][1]);
		buf_free(&b);
		mem_deref(a);
	}
	rig_stop();
}

static void long_names_show_the_cut(void **state)
{
	char user[400];
	struct buf one = { 0 }, two = { 0 };
	struct addr *a;

	(void)state;
	rig_open();
	memset(user, 'u', sizeof(user));
	assert_int_equal(addr_new(&a, VIEW("sip"), view_mem(user, 64),
				  VIEW("h.example"), VIEW_NONE),
			 0);
	hub_name_user(rig.hub, &one, a);
	mem_deref(a);
	assert_int_equal(addr_new(&a, VIEW("sip"), view_mem(user, 400),
				  VIEW("h.example"), VIEW_NONE),
			 0);
	hub_name_user(rig.hub, &two, a);
	mem_deref(a);
	assert_true(two.n <= MSG_NAME_MAX);
	assert_string_not_equal(buf_str(&one), buf_str(&two));
	assert_non_null(strstr(buf_str(&two), "\xe2\x80\xa6@h.example"));
	buf_free(&one);
	buf_free(&two);
	rig_stop();
}

static void a_room_is_full_some_day(void **state)
{
	char user[32];
	struct room *room;
	int i;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	for (i = 0; i < ROOM_MEMBERS_MAX; i++) {
		struct hub_join join = { .state = MEMBER_JOINED };

		snprintf(user, sizeof(user), "u%d", i);
		join.addr = rig_addr(user);
		assert_int_equal(hub_member_add(room, &join, NULL, NULL), 0);
		mem_deref(join.addr);
	}
	assert_int_equal(rig_try_join(room, "late", MEMBER_JOINED, ""), EBUSY);
	rig_settle();
	rig_say(room, "u7", "hello");
	assert_int_equal(rig.sip.calls, 1);
	assert_int_equal(rig.sip.count, ROOM_MEMBERS_MAX - 1);
	rig_stop();
}

static void things_print_themselves(void **state)
{
	struct buf b = { 0 };
	struct sink out = sink_buf(&b);
	struct room *room;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	rig_link_up(room, "lobby-n", "net:place");
	room_print(&out, room);
	member_print(&out, rig_find(room, "alice"));
	leg_print(&out, hub_link(rig.hub, VIEW("LOBBY-N")));
	assert_string_equal(
		buf_str(&b),
		"sip:lobby@confab.example public members 1 links 1 "
		"messages 0\n"
		"sip:alice@confab.example member joined behind 0\n"
		"lobby-n up sip:lobby@confab.example net:place as confab no "
		"traffic\n");
	buf_free(&b);
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(rooms_are_made_once),
		RIG_TEST(room_names_are_checked),
		RIG_TEST(everybody_but_the_sender),
		RIG_TEST(in_order_whatever_the_answers),
		RIG_TEST(who_may_not_speak),
		RIG_TEST(a_request_counts_once),
		RIG_TEST(the_newcomer_hears_of_himself),
		RIG_TEST(the_leaver_hears_it_and_nothing_after),
		RIG_TEST(the_leaver_who_lags_hears_it_too),
		RIG_TEST(a_failed_commit_is_taken_back),
		RIG_TEST(unanswered_changes_hear_shutdown),
		RIG_TEST(names_cannot_be_taken),
		RIG_TEST(a_number_given_again_is_heard),
		RIG_TEST(long_names_show_the_cut),
		RIG_TEST(a_room_is_full_some_day),
		RIG_TEST(things_print_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
