/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long texts in parts. */
#include "test.h"

#include "split.h"
#include "utf8.h"

/* The parts without marker and prefix must be the text again, in order, with
 * at most one space or line end lost between two. Returns their number. */
static unsigned check(struct view text, size_t prefix, size_t max)
{
	struct view left = view_from(text, prefix);
	struct buf part = { 0 }, marker = { 0 };
	struct split sp;
	unsigned n = 0;

	split_init(&sp, text, prefix, max);
	while (split_next(&sp, &part)) {
		struct view own = buf_view(&part);

		n++;
		assert_true(part.n <= max);
		if (sp.count > 1)
			buf_addf(&marker, "(%u/%u) ", n, sp.count);
		buf_addv(&marker, view_head(text, prefix));
		assert_true(view_starts(own, buf_view(&marker)));
		own = view_from(own, marker.n);
		if (n > 1 && !view_starts(left, own))
			left = view_from(left, 1);
		assert_true(view_starts(left, own));
		assert_true(utf8_valid(own));
		left = view_from(left, own.n);
		buf_clear(&part);
		buf_clear(&marker);
	}
	assert_int_equal(left.n, 0);
	assert_int_equal(n, sp.count);
	assert_true(split_is_done(&sp));
	assert_false(split_next(&sp, &part));
	buf_free(&part);
	buf_free(&marker);
	return n;
}

static void next_is(struct split *sp, const char *expected)
{
	struct buf b = { 0 };

	assert_true(split_next(sp, &b));
	assert_string_equal(buf_str(&b), expected);
	buf_free(&b);
}

static void what_fits_has_no_number(void **state)
{
	struct split sp;

	(void)state;
	split_init(&sp, VIEW("[a]: hello"), 5, 10);
	next_is(&sp, "[a]: hello");
	assert_true(split_is_done(&sp));
}

static void cut_behind_words(void **state)
{
	struct split sp;

	(void)state;
	split_init(&sp, VIEW("[a]: the quick brown fox jumps over the lazy "
			     "dog and goes home"), 5, 48);
	next_is(&sp, "(1/2) [a]: the quick brown fox jumps over the");
	next_is(&sp, "(2/2) [a]: lazy dog and goes home");
}

static void cut_at_lines_before_words(void **state)
{
	struct split sp;

	(void)state;
	split_init(&sp, VIEW("first line here it is\nsecond line which is "
			     "long"), 0, 40);
	next_is(&sp, "(1/2) first line here it is");
	next_is(&sp, "(2/2) second line which is long");
}

static void a_word_that_fits_just_so(void **state)
{
	char text[2 * 34 + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[34] = ' ';
	assert_int_equal(check(view_mem(text, 69), 0, 40), 2);
	text[34] = 'x';
	text[35] = ' ';
	assert_int_equal(check(view_mem(text, 69), 0, 40), 3);
}

static void no_character_is_cut(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int n = 0; n < 100; n++) /* a family: 18 bytes, one character */
		buf_adds(&b, "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9"
			     "\xe2\x80\x8d\xf0\x9f\x91\xa7");
	for (size_t max = 60; max < 100; max++)
		check(buf_view(&b), 0, max);
	buf_free(&b);
}

static void every_size_makes_the_text_again(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_adds(&b, "[alice]: ");
	for (unsigned n = 0; n < 400; n++)
		buf_addf(&b, n % 7 ? "word%u " : "line%u\xc3\xa9\n", n);
	buf_addc(&b, '.');
	for (size_t max = 64; max < b.n + 2; max += 1 + max / 50)
		check(buf_view(&b), 9, max);
	assert_int_equal(check(buf_view(&b), 9, b.n), 1);
	buf_free(&b);
}

static void numbers_may_grow(void **state)
{
	char text[16 * 1024];

	(void)state;
	memset(text, 'y', sizeof(text));
	/* 9 parts with one digit, 10 with two */
	assert_int_equal(check(view_mem(text, 9 * 94), 0, 100), 9);
	assert_int_equal(check(view_mem(text, 9 * 94 + 1), 0, 100), 10);
	assert_true(check(view_mem(text, sizeof(text)), 9, 160) > 100);
}

static void a_prefix_that_leaves_nothing(void **state)
{
	char text[300];
	struct buf b = { 0 };
	struct split sp;
	size_t sum = 0;

	(void)state;
	memset(text, 'z', sizeof(text));
	split_init(&sp, view_mem(text, sizeof(text)), 150, 160);
	for (; split_next(&sp, &b); buf_clear(&b)) {
		assert_true(b.n >= 150 + SPLIT_PART_MIN / 2);
		sum += b.n - 150 - strlen("(1/5) ");
	}
	assert_int_equal(sum, 150);
	assert_int_equal(sp.count, 5);
	buf_free(&b);
}

/* What one short message has room for. */
static void assert_short(struct view part)
{
	enum sms_alphabet a = sms_alphabet_of(part);

	assert_true(sms_size(part, a) <= sms_max(a));
}

static unsigned check_sms(const char *text, size_t prefix)
{
	struct view whole = view_str(text), own;
	struct view left = view_from(whole, prefix);
	struct buf part = { 0 };
	struct split sp;
	unsigned n = 0;

	split_init_sms(&sp, whole, prefix, 3000);
	while (split_next(&sp, &part)) {
		n++;
		assert_short(buf_view(&part));
		assert_true(utf8_valid(buf_view(&part)));
		own = buf_view(&part);
		if (sp.count > 1)
			view_cut(own, ')', &own, &own);
		own = view_from(own, prefix + (sp.count > 1));
		if (n > 1 && !view_starts(left, own))
			left = view_from(left, 1);
		assert_true(view_starts(left, own));
		left = view_from(left, own.n);
		buf_clear(&part);
	}
	/* a blank at the very end may stand where a part ends */
	assert_int_equal(view_trim(left).n, 0);
	assert_true(left.n <= 1);
	assert_int_equal(n, sp.count);
	buf_free(&part);
	return n;
}

/* times the same, behind a prefix. */
static unsigned sms_parts(const char *prefix, const char *one, unsigned times)
{
	struct buf b = { 0 };
	unsigned n;

	buf_adds(&b, prefix);
	while (times--)
		buf_adds(&b, one);
	n = check_sms(buf_str(&b), strlen(prefix));
	buf_free(&b);
	return n;
}

static void short_messages_are_counted_in_characters(void **state)
{
	(void)state;
	assert_int_equal(sms_parts("", "a", 160), 1);
	assert_int_equal(sms_parts("", "a", 161), 2);
	/* in the GSM alphabet, whatever they take in UTF-8 */
	assert_int_equal(sms_parts("", "\xc3\xa9", 160), 1); /* e acute */
	assert_int_equal(sms_parts("", "\xce\xa9", 160), 1); /* omega */
	assert_int_equal(sms_parts("", "\xc3\xa9", 161), 2);
	/* those behind an escape count twice */
	assert_int_equal(sms_parts("", "\xe2\x82\xac", 80), 1); /* euro */
	assert_int_equal(sms_parts("", "\xe2\x82\xac", 81), 2);
	assert_int_equal(sms_parts("[a]: ", "a", 153), 1);
	assert_int_equal(sms_parts("[a]: ", "a", 154), 2);
	/* the others make it 70 */
	assert_int_equal(sms_parts("", "\xc3\xa7", 70), 1); /* c cedilla */
	assert_int_equal(sms_parts("", "\xc3\xa7", 71), 2);
	assert_int_equal(sms_parts("", "`", 71), 2);
	assert_int_equal(sms_parts("", "\xf0\x9f\x98\x80", 35), 1);
	assert_int_equal(sms_parts("", "\xf0\x9f\x98\x80", 36), 2);
}

static void short_messages_make_the_text_again(void **state)
{
	static const char *const ones[] = { "word ", "\xc3\xa9t\xc3\xa9 ",
					    "\xd0\xb4\xd0\xb0 ", "a", "[x] ",
					    "\xf0\x9f\x98\x80",
					    "\xe2\x82\xac\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++)
		for (unsigned times = 1; times < 400; times += 13) {
			sms_parts("", ones[i], times);
			sms_parts("[alice@elsewhere]: ", ones[i], times);
		}
}

static void bytes_bound_short_messages_as_well(void **state)
{
	struct buf b = { 0 }, part = { 0 };
	struct split sp;

	(void)state;
	for (int n = 0; n < 150; n++)
		buf_adds(&b, "\xce\xa9");
	split_init_sms(&sp, buf_view(&b), 0, 200);
	assert_int_equal(sp.count, 2);
	while (split_next(&sp, &part)) {
		assert_true(part.n <= 200);
		buf_clear(&part);
	}
	buf_free(&part);
	buf_free(&b);
}

static void characters_count_once_each(void **state)
{
	struct buf b = { 0 }, part = { 0 };
	struct split sp;

	(void)state;
	for (int n = 0; n < 128; n++)
		buf_adds(&b, n % 2 ? "\xf0\x9f\x98\x80" : "a");
	split_init_chars(&sp, buf_view(&b), 0, 3000, 128);
	assert_int_equal(sp.count, 1);
	buf_addc(&b, '.');
	split_init_chars(&sp, buf_view(&b), 0, 3000, 128);
	assert_int_equal(sp.count, 2);
	while (split_next(&sp, &part)) {
		assert_true(sms_size(buf_view(&part), SMS_ANY) <= 128);
		buf_clear(&part);
	}
	/* bytes bound them as well */
	split_init_chars(&sp, buf_view(&b), 0, 100, 128);
	assert_int_equal(sp.count, 4);
	buf_free(&part);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_fits_has_no_number),
		TEST(cut_behind_words),
		TEST(cut_at_lines_before_words),
		TEST(a_word_that_fits_just_so),
		TEST(no_character_is_cut),
		TEST(every_size_makes_the_text_again),
		TEST(numbers_may_grow),
		TEST(a_prefix_that_leaves_nothing),
		TEST(short_messages_are_counted_in_characters),
		TEST(short_messages_make_the_text_again),
		TEST(bytes_bound_short_messages_as_well),
		TEST(characters_count_once_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
