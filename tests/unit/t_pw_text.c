/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain text to markup and back, lines, pins. */
#include "test.h"
#include "pw_text.h"

static void check_plain(const char *html, const char *want)
{
	struct buf b = { 0 };

	pw_plain(&b, html);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

static void check_escape(struct view text, const char *want)
{
	struct buf b = { 0 };

	pw_escape(&b, text);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

static void markup_becomes_text(void **state)
{
	(void)state;
	check_plain("a &lt;b&gt; &amp; c", "a <b> & c");
	check_plain("<b>bold</b> <i>it</i>", "bold it");
	check_plain("one<br>two<BR/>three", "one\ntwo\nthree");
	check_plain("see <img id=\"3\"> and <IMG SRC='x'>",
		    "see [image] and [image]");
	check_plain("one\ntwo", "one\ntwo");
	check_plain("so <img with no end", "so ");
	check_plain("<a href=\"http://x.org/\">this</a>",
		    "this (http://x.org/)");
	check_plain("", "");
	check_plain(NULL, "");
	check_plain("bad \xff byte", "bad \xef\xbf\xbd byte");
}

static void text_becomes_markup(void **state)
{
	(void)state;
	check_escape(VIEW("1 < 2 & \"x\"\nnext"),
		     "1 &lt; 2 &amp; &quot;x&quot;\nnext");
	check_escape(VIEW("a\x01\x08\x1b" "b"), "ab");
	check_escape(VIEW("&amp;"), "&amp;amp;");
	check_escape(VIEW_NONE, "");
}

static void text_comes_back_as_it_was(void **state)
{
	static const char *const texts[] = {
		"plain", "<&\"'>", "two\nlines", "  spaces  kept ",
		"caf\xc3\xa9 \xf0\x9f\x98\x80", "&lt;", "</b>", "<br>",
		"<img>", "a < b > c", "http://x.org/?a=1&b=2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf b = { 0 };

		pw_escape(&b, view_str(texts[i]));
		check_plain(buf_str(&b), texts[i]);
		buf_free(&b);
	}
}

static void reasons_are_one_short_line(void **state)
{
	char much[2000];
	struct buf b = { 0 };

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	pw_line(&b, "a<br>b\n\n c &amp; d");
	assert_string_equal(buf_str(&b), "a b c & d");
	buf_clear(&b);
	pw_line(&b, much);
	assert_true(b.n <= 300);
	buf_free(&b);
}

static void check_lines(const char *text, const char *const *want)
{
	struct view v = view_str(text);
	struct buf line = { 0 };
	unsigned count = 0;

	for (; *want; want++) {
		assert_true(pw_next_line(&v, &count, &line));
		assert_string_equal(buf_str(&line), *want);
	}
	assert_false(pw_next_line(&v, &count, &line));
	buf_free(&line);
}

static void the_fifth_line_is_all_the_rest(void **state)
{
	const char *const few[] = { "a", "b", NULL };
	const char *const many[] = { "1", "2", "3", "4", "5 6 7", NULL };
	const char *const none[] = { NULL };

	(void)state;
	check_lines("a\n\n  \n b \n", few);
	check_lines("1\n2\n3\n4\n5\n6\n7", many);
	check_lines(" \n\n ", none);
	check_lines("", none);
}

static void emotes_are_known(void **state)
{
	struct view v = VIEW("/me waves"), no = VIEW("/mean"),
		    late = VIEW(" /me x");

	(void)state;
	assert_true(pw_is_emote(&v));
	assert_view(v, "waves");
	assert_false(pw_is_emote(&no));
	assert_false(pw_is_emote(&late));
	assert_view(no, "/mean");
}

static void pins_are_compared(void **state)
{
	unsigned char sum[32];
	char pin[65], colons[100];

	(void)state;
	for (int i = 0; i < 32; i++) {
		sum[i] = (unsigned char)(i * 7 + 130);
		snprintf(pin + 2 * i, 3, "%02x", sum[i]);
		snprintf(colons + 3 * i, 4, i < 31 ? "%02X:" : "%02X", sum[i]);
	}
	assert_true(pw_pin_eq(pin, sum, 32));
	assert_true(pw_pin_eq(colons, sum, 32));
	assert_false(pw_pin_eq(pin, sum, 20));
	assert_false(pw_pin_eq("", sum, 32));
	assert_false(pw_pin_eq("zz", sum, 32));
	pin[63] ^= 1;
	assert_false(pw_pin_eq(pin, sum, 32));
	pin[63] = 0;
	assert_false(pw_pin_eq(pin, sum, 32));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(markup_becomes_text),
		TEST(text_becomes_markup),
		TEST(text_comes_back_as_it_was),
		TEST(reasons_are_one_short_line),
		TEST(the_fifth_line_is_all_the_rest),
		TEST(emotes_are_known),
		TEST(pins_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
