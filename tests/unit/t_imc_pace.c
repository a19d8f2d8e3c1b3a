/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose turn it is. */
#include "test.h"

#include "pace.h"

static struct pace pace;
static struct pace_item items[4];

static void add(unsigned n, uint64_t room)
{
	items[n].room = room;
	pace_add(&pace, &items[n]);
}

static void nobody_waits(void **state)
{
	(void)state;
	pace_init(&pace);
	assert_true(pace_empty(&pace));
	assert_false(pace_has(&pace, 1));
	assert_null(pace_turn(&pace));
}

static void rooms_take_turns(void **state)
{
	(void)state;
	pace_init(&pace);
	add(0, 1);
	add(1, 1);
	add(2, 2);
	assert_true(pace_has(&pace, 1));
	assert_true(pace_has(&pace, 2));
	assert_false(pace_has(&pace, 3));
	assert_ptr_equal(pace_turn(&pace), &items[0]);
	assert_ptr_equal(pace_turn(&pace), &items[2]);
	assert_ptr_equal(pace_turn(&pace), &items[0]);
	pace_remove(&pace, &items[0]);
	assert_true(pace_has(&pace, 1));
	assert_ptr_equal(pace_turn(&pace), &items[2]);
	pace_remove(&pace, &items[2]);
	assert_false(pace_has(&pace, 2));
	assert_ptr_equal(pace_turn(&pace), &items[1]);
	pace_remove(&pace, &items[1]);
	assert_true(pace_empty(&pace));
	assert_null(pace_turn(&pace));
}

/* A room's texts keep their order, however others come and go. */
static void a_room_is_a_queue(void **state)
{
	(void)state;
	pace_init(&pace);
	add(0, 7);
	add(1, 8);
	add(2, 7);
	pace_remove(&pace, &items[0]);
	add(3, 7);
	assert_ptr_equal(pace_turn(&pace), &items[2]);
	pace_remove(&pace, &items[2]);
	assert_ptr_equal(pace_turn(&pace), &items[1]);
	assert_ptr_equal(pace_turn(&pace), &items[3]);
	pace_remove(&pace, &items[3]);
	pace_remove(&pace, &items[1]);
	assert_true(pace_empty(&pace));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_waits),
		TEST(rooms_take_turns),
		TEST(a_room_is_a_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
