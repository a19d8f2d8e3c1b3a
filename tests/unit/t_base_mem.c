/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mem, hash, list: objects and where they are kept. */
#include <stdlib.h>

#include "clock.h"
#include "hash.h"
#include "list.h"
#include "test.h"

struct thing {
	struct hnode node, other;
	struct lnode link;
	uint64_t key;
	int *gone;
};

static void thing_destroy(void *obj)
{
	struct thing *t = obj;

	if (t->gone)
		(*t->gone)++;
	/* A destructor may use its own object as an argument. */
	mem_ref(t);
	mem_deref(t);
}

static void objects_die_with_their_last_reference(void **state)
{
	int gone = 0;
	struct thing *t = mem_new(sizeof(*t), thing_destroy);

	(void)state;
	t->gone = &gone;
	assert_int_equal(t->key, 0);
	assert_int_equal(mem_refs(t), 1);
	assert_ptr_equal(mem_ref(t), t);
	assert_int_equal(mem_refs(t), 2);
	assert_null(mem_deref(t));
	assert_int_equal(gone, 0);
	assert_int_equal(mem_live(), 1);
	assert_null(mem_deref(t));
	assert_int_equal(gone, 1);
	assert_int_equal(mem_live(), 0);
	assert_null(mem_ref(NULL));
	assert_null(mem_deref(NULL));
	assert_int_equal(mem_refs(NULL), 0);
}

static void strings_are_copied(void **state)
{
	char *a = mem_strndup("abcdef", 3);
	char *b = mem_printf("%s-%d", a, 7);

	(void)state;
	assert_string_equal(a, "abc");
	assert_string_equal(b, "abc-7");
	mem_free(a);
	mem_wipe_free(b, 5);
	mem_wipe_free(NULL, 0);
	mem_scrub_free(mem_strdup("secret"));
	mem_scrub_free(NULL);
}

static void siphash_gives_the_published_values(void **state)
{
	/* Reference vectors: key 00..0f, message 00..n-1. */
	static const struct {
		size_t n;
		uint64_t h;
	} want[] = {
		{ 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd },
		{ 7, 0xab0200f58b01d137 },  { 8, 0x93f5f5799a932462 },
		{ 15, 0xa129ca6149be45e5 }, { 63, 0x958a324ceb064572 },
	};
	uint8_t key[16], msg[64];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(msg); i++)
		msg[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_true(siphash(key, msg, want[i].n) == want[i].h);
}

static void hashes_know_letter_case_or_not(void **state)
{
	char text[600];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_true(hash_view(VIEW("room")) == hash_view(VIEW("room")));
	assert_true(hash_view(VIEW("room")) != hash_view(VIEW("Room")));
	assert_true(hash_iview(VIEW("room")) == hash_iview(VIEW("RooM")));
	assert_true(hash_iview(VIEW("room")) != hash_iview(VIEW("rooms")));
	assert_true(hash_iview(view_mem(text, 600)) !=
		    hash_iview(view_mem(text, 599)));
	assert_true(hash_u64(1) != hash_u64(2));
}

static struct thing *find(struct htable *t, uint64_t key)
{
	struct hnode *n = htable_find(t, key / 2);

	while (n && CONTAINER(n, struct thing, node)->key != key)
		n = htable_more(n);
	return n ? CONTAINER(n, struct thing, node) : NULL;
}

static void tables_find_what_was_added(void **state)
{
	enum { COUNT = 1000 };
	struct htable t = { 0 };
	struct thing *all = calloc(COUNT, sizeof(*all));
	struct hnode *n = NULL;
	size_t pos = 0, seen = 0;

	(void)state;
	assert_null(find(&t, 1));
	htable_del(&t, &all[0].node);
	/* Two keys share each hash. */
	for (uint64_t i = 0; i < COUNT; i++) {
		all[i].key = i;
		htable_add(&t, &all[i].node, i / 2);
	}
	assert_int_equal(t.count, COUNT);
	for (uint64_t i = 0; i < COUNT; i++)
		assert_ptr_equal(find(&t, i), &all[i]);
	while ((n = htable_each(&t, &pos, n)))
		seen++;
	assert_int_equal(seen, COUNT);
	for (uint64_t i = 0; i < COUNT; i += 2)
		htable_del(&t, &all[i].node);
	htable_del(&t, &all[0].node);
	assert_int_equal(t.count, COUNT / 2);
	assert_null(find(&t, 4));
	assert_ptr_equal(find(&t, 5), &all[5]);
	for (seen = 0; htable_pop(&t); seen++)
		continue;
	assert_int_equal(seen, COUNT / 2);
	htable_free(&t);
	free(all);
}

static void tables_are_emptied_while_they_are_filled(void **state)
{
	enum { COUNT = 300 };
	struct thing *all = calloc(COUNT, sizeof(*all));
	struct htable t = { 0 };
	size_t popped = 0, i;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		/* Downwards: each comes before what was popped. */
		htable_add(&t, &all[i].node, COUNT - i);
		htable_add(&t, &all[i].other, COUNT * 2 + i);
		popped += htable_pop(&t) != NULL;
	}
	assert_int_equal(popped, COUNT);
	assert_int_equal(t.count, COUNT);
	while (htable_pop(&t))
		popped++;
	assert_int_equal(popped, 2 * COUNT);
	assert_int_equal(t.count, 0);
	assert_null(htable_pop(&t));
	htable_add(&t, &all[0].node, 0);
	assert_ptr_equal(htable_pop(&t), &all[0].node);
	htable_free(&t);
	free(all);
}

static void lists_keep_order_and_allow_removal(void **state)
{
	struct thing a = { .key = 1 }, b = { .key = 2 }, c = { .key = 3 };
	struct lnode *n, *nx;
	struct list l;
	int sum = 0;

	(void)state;
	list_init(&l);
	assert_true(list_empty(&l));
	assert_null(list_first(&l));
	assert_null(list_shift(&l));
	list_append(&l, &b.link);
	list_append(&l, &c.link);
	list_prepend(&l, &a.link);
	LIST_EACH (&l, n, nx) {
		struct thing *t = CONTAINER(n, struct thing, link);

		sum = sum * 10 + (int)t->key;
		if (t == &b)
			list_remove(&l, n);
	}
	assert_int_equal(sum, 123);
	assert_int_equal(l.count, 2);
	list_remove(&l, &b.link);
	assert_int_equal(l.count, 2);
	assert_ptr_equal(list_shift(&l), &a.link);
	assert_ptr_equal(list_next(&l, &c.link), NULL);
	assert_ptr_equal(list_shift(&l), &c.link);
	assert_true(list_empty(&l));
}

static void time_can_be_frozen(void **state)
{
	(void)state;
	clock_freeze(1000, 5000);
	assert_int_equal(now_ms(), 1000);
	clock_advance(500);
	assert_int_equal(now_ms(), 1500);
	assert_int_equal(wall_ms(), 5500);
	clock_thaw();
	assert_true(wall_ms() > 1600000000000);
	assert_true(rand_u64() != rand_u64());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(objects_die_with_their_last_reference),
		TEST(strings_are_copied),
		TEST(siphash_gives_the_published_values),
		TEST(hashes_know_letter_case_or_not),
		TEST(tables_find_what_was_added),
		TEST(tables_are_emptied_while_they_are_filled),
		TEST(lists_keep_order_and_allow_removal),
		TEST(time_can_be_frozen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
