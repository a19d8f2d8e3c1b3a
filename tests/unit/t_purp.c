/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parcels there and back, and all that is refused. */
#include <errno.h>

#include "test.h"
#include "clock.h"
#include "parcel.h"

static const struct purp full = {
	.verb = PURP_HEARD,
	.kind = 1,
	.number = UINT64_MAX,
	.time_ms = 17,
	.past = true,
	.who = { "caf\xc3\xa9", 5 },
	.place = { "#l", 2 },
	.other = { "o", 1 },
	.text = { "two\nlines \x01", 11 },
	.id = { "id-1", 4 },
};

static void put(struct buf *b, const struct purp *p)
{
	assert_int_equal(purp_put(b, p), 0);
}

static void same(const struct purp *a, const struct purp *b)
{
	assert_int_equal(a->verb, b->verb);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->past, b->past);
	assert_true(a->number == b->number);
	assert_true(a->time_ms == b->time_ms);
	assert_true(view_eq(a->who, b->who));
	assert_true(view_eq(a->place, b->place));
	assert_true(view_eq(a->other, b->other));
	assert_true(view_eq(a->text, b->text));
	assert_true(view_eq(a->id, b->id));
}

static void all_of_it_comes_back(void **state)
{
	struct buf b = { 0 };
	struct purp p;

	(void)state;
	put(&b, &full);
	assert_int_equal(purp_get(&p, buf_view(&b)), 0);
	same(&p, &full);
	buf_free(&b);
}

static void each_verb_comes_back_empty(void **state)
{
	(void)state;
	for (unsigned verb = PURP_NONE + 1; verb < PURP_VERBS; verb++) {
		struct purp p, one = { .verb = (enum purp_verb)verb };
		struct buf b = { 0 };

		put(&b, &one);
		assert_int_equal(purp_get(&p, buf_view(&b)), 0);
		same(&p, &one);
		buf_free(&b);
	}
}

static int read_back(const struct purp *p)
{
	struct purp again;
	struct buf b = { 0 };
	int err;

	put(&b, p);
	err = purp_get(&again, buf_view(&b));
	buf_free(&b);
	return err;
}

static void kinds_have_their_range(void **state)
{
	static const struct {
		enum purp_verb verb;
		unsigned max;
	} rows[] = {
		{ PURP_SAY, 2 },       { PURP_HEARD, 2 },
		{ PURP_TYPING, 1 },    { PURP_IS_TYPING, 1 },
		{ PURP_STATUS, PURP_SHOWS - 1 },
		{ PURP_SHOW, PURP_SHOWS - 1 },
		{ PURP_CONTACT, 1 },   { PURP_ASKED, 1 },
		{ PURP_QUESTION, 1 },  { PURP_LEFT, 1 },
		{ PURP_PEOPLE, PURP_IS_THERE },
		{ PURP_NOTICE, 0 },    { PURP_ADD, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct purp p = { .verb = rows[i].verb, .kind = rows[i].max };

		assert_int_equal(read_back(&p), 0);
		p.kind++;
		assert_int_equal(read_back(&p), EBADMSG);
	}
}

static void verbs_have_their_range(void **state)
{
	struct purp p = { .verb = PURP_NONE };

	(void)state;
	assert_int_equal(read_back(&p), EBADMSG);
	p.verb = PURP_VERBS;
	assert_int_equal(read_back(&p), EBADMSG);
}

static void whatever_is_cut_off_is_refused(void **state)
{
	struct buf b = { 0 };
	struct purp p;
	size_t last;

	(void)state;
	put(&b, &full);
	/* What the last text lacks nobody can see. */
	last = b.n - full.id.n;
	for (size_t n = 0; n < last; n++)
		assert_int_equal(purp_get(&p, view_head(buf_view(&b), n)),
				 EBADMSG);
	buf_addc(&b, '\0');
	assert_int_equal(purp_get(&p, buf_view(&b)), EBADMSG);
	buf_free(&b);
}

static void nonsense_is_refused(void **state)
{
	static const struct view bad[] = {
		{ "", 0 },
		{ "x", 1 },
		{ "14 0 0 0 0", 10 },
		{ "14 0 0 0\0\0\0\0\0", 13 },
		{ "14 0 0 0 0\0\0\0\0", 14 },
		{ "14 0 0 0 0\0\0\0\0\0\0", 16 },
		{ "14 0 0 0 0 0\0\0\0\0\0", 17 },
		{ "14 0 0 0 2\0\0\0\0\0", 15 },
		{ "-1 0 0 0 0\0\0\0\0\0", 15 },
		{ "14 0 99999999999999999999 0 0\0\0\0\0\0", 34 },
		{ "14 0 0 0 0\0\xff\0\0\0\0", 16 },
		{ "14 0 0 0 0\0\0\0\0\0\xc3", 16 },
	};
	struct purp p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(purp_get(&p, bad[i]), EBADMSG);
	assert_int_equal(
		purp_get(&p, view_mem("14 0 0 0 0\0\0\0\0\0", 15)), 0);
}

static void random_bytes_are_refused(void **state)
{
	char bytes[64];
	struct purp p;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		rand_bytes(bytes, sizeof(bytes));
		assert_int_equal(
			purp_get(&p, view_mem(bytes, (size_t)i % 65)),
			EBADMSG);
	}
}

static void what_can_not_cross_is_said(void **state)
{
	static char much[256 * 1024];
	struct purp p = { .verb = PURP_SAY };
	struct buf b = { 0 };

	(void)state;
	memset(much, 'x', sizeof(much));
	p.text = view_mem(much, sizeof(much));
	assert_int_equal(purp_put(&b, &p), EMSGSIZE);
	p.text.n -= 200;
	put(&b, &p);
	buf_clear(&b);
	p.who = view_mem(much, 200);
	assert_int_equal(purp_put(&b, &p), EMSGSIZE);
	p.who = VIEW("a\0b");
	p.text = VIEW_NONE;
	assert_int_equal(purp_put(&b, &p), EBADMSG);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_it_comes_back),
		TEST(each_verb_comes_back_empty),
		TEST(kinds_have_their_range),
		TEST(verbs_have_their_range),
		TEST(whatever_is_cut_off_is_refused),
		TEST(nonsense_is_refused),
		TEST(random_bytes_are_refused),
		TEST(what_can_not_cross_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
