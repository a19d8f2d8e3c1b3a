/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who takes no invitations from whom. */
#include "test.h"

#include "blocks.h"

static struct addr *addr(const char *text)
{
	struct addr *a;

	assert_int_equal(addr_parse(&a, view_str(text)), 0);
	return a;
}

static void of_one_user_only(void **state)
{
	struct addr *a = addr("sip:a@h"), *b = addr("sip:b@h");
	struct blocks *bs = blocks_new();

	(void)state;
	assert_false(blocks_has(bs, a, b));
	blocks_add(bs, a, b);
	blocks_add(bs, a, b);
	assert_true(blocks_has(bs, a, b));
	assert_false(blocks_has(bs, b, a));
	assert_int_equal(blocks_count(bs, a), 1);
	assert_int_equal(blocks_count(bs, b), 0);
	blocks_remove(bs, b, a);
	assert_true(blocks_has(bs, a, b));
	blocks_remove(bs, a, b);
	blocks_remove(bs, a, b);
	assert_false(blocks_has(bs, a, b));
	blocks_free(bs);
	mem_deref(a);
	mem_deref(b);
}

static void walked_one_by_one(void **state)
{
	struct addr *me = addr("sip:me@h"), *you = addr("sip:you@h");
	struct blocks *bs = blocks_new();
	struct block *b = NULL;
	unsigned n = 0;

	(void)state;
	for (int i = 0; i < BLOCKS_USER_MAX; i++) {
		char text[32];
		struct addr *other;

		snprintf(text, sizeof(text), "sip:u%d@h", i);
		other = addr(text);
		blocks_add(bs, me, other);
		blocks_add(bs, other, you);
		mem_deref(other);
	}
	while ((b = blocks_next(bs, me, b)) != NULL) {
		assert_ptr_equal(b->user, me);
		assert_true(view_starts(b->other->text, VIEW("sip:u")));
		n++;
	}
	assert_int_equal(n, BLOCKS_USER_MAX);
	assert_int_equal(blocks_count(bs, me), BLOCKS_USER_MAX);
	blocks_free(bs);
	mem_deref(me);
	mem_deref(you);
}

static void damaged_rows_stay_out(void **state)
{
	const struct store_block bad[] = {
		{ VIEW("sip:me@h"), VIEW("nonsense") },
		{ VIEW(""), VIEW("sip:you@h") },
	};
	const struct store_block good = { VIEW("sip:me@h"),
					  VIEW("sip:you@h") };
	struct addr *me = addr("sip:me@h"), *you = addr("sip:you@h");
	struct blocks *bs = blocks_new();

	(void)state;
	blocks_load(bs, &bad[0]);
	blocks_load(bs, &bad[1]);
	assert_int_equal(blocks_count(bs, me), 0);
	blocks_load(bs, &good);
	assert_true(blocks_has(bs, me, you));
	blocks_free(bs);
	mem_deref(me);
	mem_deref(you);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_one_user_only),
		TEST(walked_one_by_one),
		TEST(damaged_rows_stay_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
