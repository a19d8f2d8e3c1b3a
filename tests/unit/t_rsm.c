/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages of a list of the letters a to j. */
#include "rsm.h"
#include "test.h"

#define LETTERS "abcdefghij"

static void request(struct buf *b, const char *max, const char *after,
		    const char *before)
{
	elem_open(b, "query", "q");
	elem_open(b, "set", NS_RSM);
	if (max)
		elem_leaf(b, "max", NULL, view_str(max));
	if (after)
		elem_leaf(b, "after", NULL, view_str(after));
	if (before)
		elem_leaf(b, "before", NULL, view_str(before));
	elem_close(b);
	elem_close(b);
}

/* What is on the page, and what is said of it. */
static bool page(struct buf *out, struct elem *set, struct buf *said,
		 struct view flat)
{
	struct elem query, top;
	struct rsm r;
	bool lost;

	elem_read(&query, flat);
	rsm_read(&r, &query);
	while (rsm_walk(&r))
		for (const char *p = LETTERS; *p; p++)
			if (rsm_wants(&r) && rsm_is_in(&r, view_mem(p, 1)))
				buf_addc(out, *p);
	lost = r.lost;
	elem_open(said, "top", "t");
	rsm_put(&r, said);
	elem_close(said);
	elem_read(&top, buf_view(said));
	if (!elem_child(set, &top, "set", NS_RSM))
		set->name = VIEW_NONE;
	return !lost;
}

static void test_pages(void **state)
{
	static const struct {
		const char *max, *after, *before, *items, *first;
	} rows[] = {
		{ "3", NULL, NULL, "abc", "0" },
		{ "3", "c", NULL, "def", "3" },
		{ "3", "i", NULL, "j", "9" },
		{ "3", "j", NULL, "", NULL },
		{ "3", NULL, "", "hij", "7" },
		{ "3", NULL, "h", "efg", "4" },
		{ "3", NULL, "c", "ab", "0" },
		{ "3", NULL, "a", "", NULL },
		{ "0", NULL, NULL, "", NULL },
		{ "3", "b", "g", "def", "3" },
		{ "9", "b", "d", "c", "2" },
		{ "9", "d", "b", "", NULL },
		{ "9", "d", "d", "", NULL },
		{ "99999999999999999999999", NULL, NULL, LETTERS, "0" },
		{ "-1", NULL, NULL, LETTERS, "0" },
		{ NULL, NULL, NULL, LETTERS, "0" },
		{ "3", "nobody", NULL, NULL, NULL },
		{ "3", NULL, "nobody", NULL, NULL },
		{ "3", "nobody", "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf flat = { 0 }, out = { 0 }, said = { 0 };
		struct elem set, first;

		request(&flat, rows[i].max, rows[i].after, rows[i].before);
		assert_int_equal(page(&out, &set, &said, buf_view(&flat)),
				 rows[i].items != NULL);
		assert_string_equal(buf_str(&out),
				    rows[i].items ? rows[i].items : "");
		assert_int_equal(set.name.n > 0, rows[i].items != NULL);
		if (rows[i].items)
			assert_true(view_eqs(elem_child_words(&set, "count",
							      NULL), "10"));
		if (rows[i].first) {
			assert_true(elem_child(&first, &set, "first", NULL));
			assert_true(view_eqs(elem_get(&first, "index"),
					     rows[i].first));
		}
		buf_free(&flat);
		buf_free(&out);
		buf_free(&said);
	}
}

/* Who has not asked for pages hears nothing of them, unless he gets one. */
static void test_not_asked(void **state)
{
	struct buf flat = { 0 }, out = { 0 }, said = { 0 };
	struct elem set;

	(void)state;
	elem_leaf(&flat, "query", "q", VIEW_NONE);
	assert_true(page(&out, &set, &said, buf_view(&flat)));
	assert_string_equal(buf_str(&out), LETTERS);
	assert_int_equal(set.name.n, 0);
	buf_free(&flat);
	buf_free(&out);
	buf_free(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pages),
		TEST(test_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
