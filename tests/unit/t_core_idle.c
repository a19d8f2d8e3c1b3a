/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a member costs who does nothing, in bytes of malloc. */
#include <malloc.h>

#include "hub_rig.h"

enum { ROOMS = 100, EACH = 100, MEMBERS = ROOMS * EACH, MEMBER_MAX = 400 };

static void put_room(struct store_txn *t, uint64_t id)
{
	struct store_room sr = { .id = id, .domain = VIEW("confab.example") };
	char name[32];

	snprintf(name, sizeof(name), "room%u", (unsigned)id);
	sr.name = view_str(name);
	store_put_room(t, &sr);
}

static void put_member(struct store_txn *t, uint64_t room, uint64_t id,
		       uint64_t acked)
{
	struct store_member sm = { .id = id,
				   .room = room,
				   .role = ROLE_MEMBER,
				   .state = MEMBER_JOINED,
				   .acked = acked,
				   .joined_ms = 1 };
	char addr[64];

	snprintf(addr, sizeof(addr), "sip:user%u@confab.example",
		 (unsigned)id);
	sm.addr = view_str(addr);
	store_put_member(t, &sm);
}

static void fill(uint64_t acked)
{
	struct store_txn *t;
	unsigned r, m;

	rig_open();
	for (r = 0; r < ROOMS; r++) {
		t = store_begin(rig.store);
		put_room(t, r + 1);
		for (m = 0; m < EACH; m++)
			put_member(t, r + 1, r * EACH + m + 1, acked);
		store_commit(t, rig_done, NULL);
	}
	AWAIT(rig.done == ROOMS);
	assert_int_equal(rig.err, 0);
	rig_close();
}

static size_t used(void)
{
	struct mallinfo2 mi = mallinfo2();

	return mi.uordblks + mi.hblkhd;
}

static void no_room(const struct store_room *r, void *arg)
{
	(void)r;
	(void)arg;
}

static void no_member(const struct store_member *m, void *arg)
{
	(void)m;
	(void)arg;
}

static void an_idle_member_is_small(void **state)
{
	const struct store_load nothing = { .room = no_room,
					    .member = no_member };
	struct hub *empty;
	size_t before;
	struct hub_conf conf = { .domain = "confab.example" };

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* its memory is not malloc's */
#endif
	fill(0);
	rig_open();
	conf.loop = rig.loop;
	conf.store = rig.store;
	assert_int_equal(hub_new(&empty, &conf), 0);
	assert_int_equal(hub_add_face(empty, &sip_ops, &rig.sip), 0);
	hub_free(rig.hub);
	rig.hub = empty;
	/* what the data base keeps of its file is there already */
	assert_int_equal(store_load(rig.store, &nothing), 0);
	before = used();
	assert_int_equal(hub_load(rig.hub), 0);
	print_message("%zu bytes a member\n", (used() - before) / MEMBERS);
	assert_true(used() - before <= (size_t)MEMBERS * MEMBER_MAX);
	assert_true(used() - before >= MEMBERS * sizeof(struct member));
	rig_close();
}

/* What was needed while he was away goes when he is back. */
static void who_was_away_is_small_again(void **state)
{
	struct room *room;
	struct member *b;

	(void)state;
	rig_start();
	room = rig_room("lobby");
	rig_join(room, "alice");
	b = rig_join(room, "bob");
	assert_null(b->more);
	rig_say(room, "alice", "hello");
	assert_null(b->more);
	hub_on_member_failed(rig.hub, b->id, 1, true, VIEW("no answer"));
	assert_non_null(b->more);
	assert_int_equal(member_failed_ms(b), now_ms());
	rig_advance(600100);
	assert_non_null(b->more); /* still away */
	rig_delivered(b, 1);
	rig_advance(600100);
	assert_null(b->more);
	assert_int_equal(member_failed_ms(b), 0);
	/* alice has spoken: that is asked for */
	assert_non_null(rig_find(room, "alice")->more);
	rig_stop();
}

static void count_reset(const struct store_member *m, void *arg)
{
	*(size_t *)arg += m->acked == 0;
}

/* They do not all fit into one transaction. */
static void many_cursors_are_written(void **state)
{
	struct store_stats before, after;
	char why[200];
	size_t reset = 0;
	const struct store_load look = { .member = count_reset,
					 .arg = &reset };

	(void)state;
	fill(5); /* ahead of their rooms: set back at the start */
	rig_open();
	store_stats(rig.store, &before);
	assert_int_equal(hub_start(rig.hub), 0);
	rig_settle();
	store_stats(rig.store, &after);
	assert_int_equal(after.failed, 0);
	assert_int_equal(after.transactions - before.transactions, 3);
	rig_close();
	assert_int_equal(store_open(&rig.store, rig.dir, rig_wake, NULL, why,
				    sizeof(why)),
			 0);
	assert_int_equal(store_load(rig.store, &look), 0);
	assert_int_equal(reset, MEMBERS);
	store_close(rig.store);
}

static void put_old_words(void)
{
	struct store_msg sm = { .seq = 1,
				.id = 1,
				.from = VIEW("sip:user1@confab.example"),
				.name = VIEW("user1"),
				.text = VIEW("old"),
				.time_ms = 1 };
	struct store_txn *t;

	rig_open();
	for (sm.room = 1; sm.room <= ROOMS; sm.room++) {
		t = store_begin(rig.store);
		store_put_msg(t, &sm);
		store_commit(t, NULL, NULL);
	}
	rig_close();
}

static void on_words(int err, const struct store_msg *msgs, size_t count,
		     void *arg)
{
	(void)msgs;
	assert_int_equal(err, 0);
	*(size_t *)arg += count;
}

/* In how many rooms something is left. */
static size_t words_left(void)
{
	size_t left = 0;
	uint64_t r;

	for (r = 1; r <= ROOMS; r++)
		store_read(rig.store, r, 0, 1, on_words, &left);
	rig_settle();
	return left;
}

static void many_rooms_expire_in_turns(void **state)
{
	size_t left;
	int turns;

	(void)state;
	fill(1);
	put_old_words();
	rig_start();
	rig_advance(599000);
	assert_int_equal(words_left(), ROOMS);
	rig_advance(1010);
	left = words_left();
	assert_true(left > 0 && left < ROOMS);
	for (turns = 0; left && turns < 3; turns++) {
		rig_advance(110);
		left = words_left();
	}
	assert_int_equal(left, 0);
	/* And again: what comes later is found as well. */
	rig_stop();
	put_old_words();
	rig_start();
	rig_advance(600010);
	rig_advance(110);
	assert_int_equal(words_left(), 0);
	rig_advance(600010);
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(an_idle_member_is_small),
		RIG_TEST(who_was_away_is_small_again),
		RIG_TEST(many_cursors_are_written),
		RIG_TEST(many_rooms_expire_in_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
