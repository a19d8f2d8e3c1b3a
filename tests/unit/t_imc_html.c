/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words in HTML. */
#include "test.h"

#include "html.h"

static void reads(const char *html, const char *expected)
{
	struct buf b = { 0 };

	html_text(&b, view_str(html));
	assert_string_equal(buf_str(&b), expected);
	buf_free(&b);
}

static void tags_go(void **state)
{
	(void)state;
	reads("hello", "hello");
	reads("<font color=\"#ff0000\" face='>'>red</font> dwarf",
	      "red dwarf");
	reads("<html><head><title>no</title></head><BODY>yes</BODY></html>",
	      "yes");
	reads("a<span\n>b</span >c", "abc");
	reads("x<img src=\"http://h/i.png\" alt=\"pic\"/>y", "xy");
	reads("", "");
}

static void lines_break(void **state)
{
	(void)state;
	reads("a<br>b<BR/>c<br />d", "a\nb\nc\nd");
	reads("<p>one</p>\r\n<p>two</p>", "one\ntwo");
	reads("list:<ul><li>a</li><li>b</li></ul>end", "list:\na\nb\nend");
	reads("<div><div><p>#join</p></div></div>", "#join");
	reads("a<br><br>b<br><br>", "a\n\nb");
}

static void spaces_are_one(void **state)
{
	(void)state;
	reads("  a \r\n\t b&nbsp;&#32;c  ", "a b c");
	reads("<p> a </p> <p> b </p>", "a\nb");
	reads("a <b> b</b>", "a b");
}

static void what_is_not_to_be_read(void **state)
{
	(void)state;
	reads("a<script>if (1 < 2) alert('</b>')</script>b", "ab");
	reads("a<STYLE type=x>p > b {}</Style >b", "ab");
	reads("a<!-- <b>no</b> --> b", "a b");
	reads("<!DOCTYPE html><?xml version='1'?>a", "a");
	reads("a<script>never closed", "a");
	reads("a<!-- never closed", "a");
	reads("a<b never closed", "a");
	reads("a<scripted>b", "ab");
	reads("a<script></scripts>b</script>c", "ac");
}

static void entities(void **state)
{
	(void)state;
	reads("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2");
	reads("&#65;&#x42;&#X43; &euro;&hellip;",
	      "ABC \xe2\x82\xac\xe2\x80\xa6");
	reads("&lt;b&gt;", "<b>");
	reads("&amp;lt;", "&lt;");
	reads("R&D &; &nosuch; &#; &#x; &#12a; &toolongtobeone;",
	      "R&D &; &nosuch; &#; &#x; &#12a; &toolongtobeone;");
	reads("&#0;&#xd800;&#x110000;&#999999;",
	      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	      "\xf3\xb4\x88\xbf");
}

static void what_is_no_tag_is_text(void **state)
{
	(void)state;
	reads("1 < 2, <3 and <", "1 < 2, <3 and <");
	reads("a > b", "a > b");
	reads("</>", "</>");
}

static void links_are_kept(void **state)
{
	(void)state;
	reads("see <a href=\"http://h/?a=1&amp;b=2\">this</a>!",
	      "see this (http://h/?a=1&b=2)!");
	reads("<a href=http://h/x>http://h/x</a>", "http://h/x");
	reads("<a href='mailto:a@b'>a@b</a>", "a@b");
	reads("<a href='https://h'><img src=x></a>", "https://h");
	reads("a <A HREF=\"sip:x@h\">x", "a x (sip:x@h)");
	reads("<a name=here>here</a>", "here");
	reads("<a href=http://a>1<a href=http://b>2</a>",
	      "1 (http://a)2 (http://b)");
}

static void links_that_are_not_shown(void **state)
{
	(void)state;
	reads("<a href=\"javascript:alert(1)\">x</a>", "x");
	reads("<a href=\"/relative\">x</a>", "x");
	reads("<a href=\"http://a b\">x</a>", "x");
	reads("<a href=\"http://a&#10;[bob]: hi\">x</a>", "x");
	reads("<a href=\"http://a&lt;b\">x</a>", "x");
	reads("<a href=\"\">x</a>", "x");
}

static void nul_is_a_byte(void **state)
{
	struct buf b = { 0 };

	(void)state;
	html_text(&b, VIEW("a\0<b>b\0</b>"));
	assert_int_equal(b.n, 4);
	assert_memory_equal(b.p, "a\0b\0", 4);
	buf_free(&b);
}

static void every_cut_is_survived(void **state)
{
	static const char whole[] =
		"<p class='a'>x &amp; y<a href=\"http://h\">t</a><!-- c -->"
		"<script>s</script><br/>end";
	struct buf b = { 0 };

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *exact = mem_alloc(n);

		memcpy(exact, whole, n);
		buf_clear(&b);
		html_text(&b, view_mem(exact, n));
		assert_true(b.n <= n + 1);
		mem_free(exact);
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tags_go),
		TEST(lines_break),
		TEST(spaces_are_one),
		TEST(what_is_not_to_be_read),
		TEST(entities),
		TEST(what_is_no_tag_is_text),
		TEST(links_are_kept),
		TEST(links_that_are_not_shown),
		TEST(nul_is_a_byte),
		TEST(every_cut_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
