/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utf8, log: text of peers made harmless. */
#include "buf.h"
#include "test.h"
#include "utf8.h"

static void code_points_are_decoded_and_encoded(void **state)
{
	static const uint32_t cps[] = { 0,	 0x41,	 0x7f,	  0x80,
					0x7ff,	 0x800,	 0xd7ff,  0xe000,
					0xfffd,	 0xffff, 0x10000, 0x1f600,
					0x10ffff };

	(void)state;
	for (size_t i = 0; i < sizeof(cps) / sizeof(cps[0]); i++) {
		struct buf b = { 0 };
		struct view v;

		utf8_put(&b, cps[i]);
		v = buf_view(&b);
		assert_true(utf8_valid(v));
		assert_int_equal(utf8_next(&v), cps[i]);
		assert_int_equal(v.n, 0);
		buf_free(&b);
	}
}

static void bad_sequences_are_told(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80",
		"\xed\xa0\x80",
		"\xf5",
		"\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80",
		"\xff",
		"\xc3",
		"\xe2\x82",
		"\xf0\x9f\x98",
		"a\xc3(",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_valid(view_str(bad[i])));
	assert_true(
		utf8_valid(VIEW("h\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80")));
	assert_true(utf8_valid(VIEW_NONE));
}

static void a_cut_never_splits_a_character(void **state)
{
	struct view v = VIEW("a\xf0\x9f\x98\x80z");

	(void)state;
	assert_int_equal(utf8_cut(v, 100), 6);
	assert_int_equal(utf8_cut(v, 6), 6);
	assert_int_equal(utf8_cut(v, 5), 5);
	for (size_t max = 1; max < 5; max++)
		assert_int_equal(utf8_cut(v, max), 1);
	assert_int_equal(utf8_cut(v, 0), 0);
	/* e + combining acute stays together; a lone mark may be cut. */
	assert_int_equal(utf8_cut(VIEW("xe\xcc\x81y"), 2), 1);
	assert_int_equal(utf8_cut(VIEW("e\xcc\x81y"), 2), 1);
	/* A family joined by U+200D. */
	assert_int_equal(utf8_cut(VIEW("a\xf0\x9f\x91\xa8\xe2\x80\x8d"
				       "\xf0\x9f\x91\xa9"),
				  9),
			 1);
}

static void expect_clean(const char *in, size_t n, const char *want)
{
	struct buf b = { 0 };

	utf8_clean(&b, view_mem(in, n));
	assert_string_equal(buf_str(&b), want);
	assert_true(utf8_valid(buf_view(&b)));
	buf_free(&b);
}

static void texts_are_cleaned(void **state)
{
	(void)state;
	expect_clean("a\0b\x01\x08\x1b[0m\x7f", 11, "ab[0m");
	expect_clean("one\r\ntwo\rthree\nfour", 19, "one\ntwo\nthree\nfour");
	expect_clean("a\r\r\nb", 5, "a\n\nb");
	expect_clean("a\xe2\x80\xa8"
		     "b\xe2\x80\xa9"
		     "c\xc2\x85"
		     "d\ve\ff",
		     16, "a\nb\nc\nd\ne\nf");
	expect_clean("\xff\xfe ok \xc3", 7,
		     "\xef\xbf\xbd\xef\xbf\xbd ok "
		     "\xef\xbf\xbd");
	expect_clean("\xed\xa0\x80x", 4,
		     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx");
	expect_clean("\xef\xbf\xbex\xef\xbf\xbf", 7, "x");
	expect_clean("tab\tand emoji \xf0\x9f\x98\x80", 18,
		     "tab\tand emoji \xf0\x9f\x98\x80");
}

static void what_shows_nothing_is_known(void **state)
{
	static const char *const none[] = {
		"", " \t\r\n\v", "\xc2\xa0\xe3\x80\x80", "\xe2\x80\x8b",
		"\xef\xbb\xbf", "\xe2\x80\xae\xc2\xad", "\x01\x7f\xc2\x85",
	};
	static const char *const some[] = {
		".", " x", "\xe2\x80\x8b-", "\xff", "\xf0\x9f\x98\x80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(utf8_shows(view_str(none[i])));
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_true(utf8_shows(view_str(some[i])));
}

static void expect_name(const char *in, size_t max, const char *want)
{
	struct buf b = { 0 };

	utf8_clean_name(&b, view_str(in), max);
	assert_string_equal(buf_str(&b), want);
	assert_true(b.n <= max || max == 0);
	buf_free(&b);
}

static void names_cannot_fake_a_prefix(void **state)
{
	(void)state;
	expect_name("alice", 64, "alice");
	expect_name("[op]<x>", 64, "(op)(x)");
	expect_name("a@b", 64, "a_b");
	expect_name("  a \t\r\n b  ", 64, "a b");
	expect_name("a\nb", 64, "a b");
	expect_name("\xe2\x80\xae"
		    "evil\xe2\x80\x8b",
		    64, "evil");
	expect_name("\xf3\xa0\x80\xa0tag", 64, "tag");
	expect_name("", 64, "?");
	expect_name("\xe2\x80\x8b\x01 ", 64, "?");
	expect_name("abcdef", 3, "abc");
	expect_name("ab cdef", 3, "ab");
	expect_name("a\xf0\x9f\x98\x80", 4, "a");
	expect_name("\xff", 64, "\xef\xbf\xbd");
}

static char seen[512];

static void keep_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(seen, sizeof(seen), "%s", line);
}

static void log_lines_are_one_harmless_line(void **state)
{
	(void)state;
	log_set_handler(keep_line, NULL);
	log_info("peer said %s", "a\r\nerror fake\x1b[31m \xff \xe2\x80\xae"
				 "x \xc3\xa4");
	assert_string_equal(seen, "peer said a\\x0d\\x0aerror fake\\x1b[31m "
				  "\\xff \\u202ex \xc3\xa4");
	seen[0] = '\0';
	log_debug("not at this level");
	assert_string_equal(seen, "");
	log_set_level(LOG_DEBUG);
	log_debug("now %d", 1);
	log_set_level(LOG_INFO);
	assert_string_equal(seen, "now 1");
}

static void log_levels_have_names(void **state)
{
	enum log_level level;

	(void)state;
	assert_int_equal(log_level_parse(&level, "warning"), 0);
	assert_int_equal(level, LOG_WARNING);
	assert_string_equal(log_level_name(level), "warning");
	assert_int_not_equal(log_level_parse(&level, "loud"), 0);
}

#define RLO "\xe2\x80\xae"
#define RLI "\xe2\x81\xa7"
#define PDF "\xe2\x80\xac"
#define PDI "\xe2\x81\xa9"
#define MARK "\xcc\x81"

static void expect_twice(const char *in, const char *want)
{
	expect_clean(in, strlen(in), want);
	expect_clean(want, strlen(want), want);
}

/* Catalogue XB05. */
static void directions_end_with_their_line(void **state)
{
	(void)state;
	expect_twice(RLO "evil", RLO "evil" PDF);
	expect_twice("a" RLI RLO "b\nc", "a" RLI RLO "b" PDF PDI "\nc");
	expect_twice(RLI "fine" PDI ".", RLI "fine" PDI ".");
	expect_twice("a" PDI PDF "b", "ab");
	expect_twice(RLI "a" PDF "b" PDI, RLI "ab" PDI);
}

static void many_directions_in_each_other_are_cut(void **state)
{
	struct buf in = { 0 }, out = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_adds(&in, RLO);
	utf8_clean(&out, buf_view(&in));
	assert_int_equal(out.n, 2 * 16 * 3);
	buf_free(&in);
	buf_free(&out);
}

static void a_character_keeps_eight_marks(void **state)
{
	struct buf in = { 0 }, want = { 0 };

	(void)state;
	buf_addc(&in, 'z');
	for (int i = 0; i < 10000; i++)
		buf_adds(&in, MARK);
	buf_adds(&in, "y" MARK);
	buf_addc(&want, 'z');
	for (int i = 0; i < 8; i++)
		buf_adds(&want, MARK);
	buf_adds(&want, "y" MARK);
	expect_clean(in.p, in.n, buf_str(&want));
	expect_twice("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
		     "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb");
	buf_free(&in);
	buf_free(&want);
}

static void expect_line(const char *in, size_t max, const char *want)
{
	struct buf out = { 0 };

	utf8_clean_line(&out, view_str(in), max);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

static void a_line_is_one_line(void **state)
{
	(void)state;
	expect_line(" a\r\n\t b\n", 100, "a b");
	expect_line("a\x01\x7f" "b\xff", 100, "ab");
	expect_line("a\xe2\x80\xa8" "b", 100, "a b");
	expect_line("abc \xc3\xa4", 5, "abc");
	expect_line("\n\r", 5, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(code_points_are_decoded_and_encoded),
		TEST(bad_sequences_are_told),
		TEST(a_cut_never_splits_a_character),
		TEST(texts_are_cleaned),
		TEST(directions_end_with_their_line),
		TEST(many_directions_in_each_other_are_cut),
		TEST(a_character_keeps_eight_marks),
		TEST(what_shows_nothing_is_known),
		TEST(names_cannot_fake_a_prefix),
		TEST(a_line_is_one_line),
		TEST(log_lines_are_one_harmless_line),
		TEST(log_levels_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
