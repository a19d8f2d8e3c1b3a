/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a MESSAGE's body is taken for. */
#include "test.h"

#include "content.h"

#define CPIM_HEAD "From: <im:a@example.org>\r\nDateTime: 2020-01-01\r\n\r\n"

static enum content take(struct buf *out, const char *type,
			 const char *charset, struct view body)
{
	const struct content_in in = { .type = view_str(type),
				       .charset = view_str(charset),
				       .body = body };

	buf_clear(out);
	return content_read(out, &in);
}

static void assert_text(const char *type, const char *charset,
			const char *body, const char *expected)
{
	struct buf b = { 0 };

	assert_int_equal(take(&b, type, charset, view_str(body)),
			 CONTENT_TEXT);
	assert_string_equal(buf_str(&b), expected);
	buf_free(&b);
}

static void assert_kind(const char *type, const char *charset,
			const char *body, enum content expected)
{
	struct buf b = { 0 };

	assert_int_equal(take(&b, type, charset, view_str(body)), expected);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void plain_text(void **state)
{
	(void)state;
	assert_text("text/plain", "", "hello", "hello");
	assert_text("TEXT/Plain", "utf-8", "h\xc3\xa9", "h\xc3\xa9");
	assert_text("text/plain", "\"UTF-8\"", "hello", "hello");
	assert_text("text/plain", "US-ASCII", "hello", "hello");
	assert_text("", "", "no type at all", "no type at all");
}

static void latin1_becomes_utf8(void **state)
{
	(void)state;
	assert_text("text/plain", "ISO-8859-1", "caf\xe9 \xa9",
		    "caf\xc3\xa9 \xc2\xa9");
	assert_text("text/plain", "latin1", "\xff", "\xc3\xbf");
}

static void other_charsets_become_utf8(void **state)
{
	(void)state;
	assert_text("text/plain", "windows-1252", "\x80 \x93x\x94",
		    "\xe2\x82\xac \xe2\x80\x9cx\xe2\x80\x9d");
	assert_text("text/plain", "CP1251", "\xcf", "\xd0\x9f");
	assert_text("text/plain", "ISO-8859-15", "\xa4", "\xe2\x82\xac");
	assert_text("text/plain", "iso8859-5", "\xbf", "\xd0\x9f");
	/* 0x81 is nothing in windows-1252 */
	assert_text("text/plain", "windows-1252", "a\x81""b",
		    "a\xef\xbf\xbd" "b");
}

static void utf16(const char *charset, struct view body, const char *expected)
{
	struct buf b = { 0 };

	assert_int_equal(take(&b, "text/plain", charset, body), CONTENT_TEXT);
	assert_string_equal(buf_str(&b), expected);
	buf_free(&b);
}

static void utf16_in_either_order(void **state)
{
	(void)state;
	utf16("utf-16", VIEW("\0h\0i"), "hi");
	utf16("utf-16", VIEW("\xfe\xff\0h\0i"), "hi");
	utf16("utf-16", VIEW("\xff\xfeh\0i\0"), "hi");
	utf16("UTF-16LE", VIEW("h\0i\0\r\0\n\0"), "hi");
	utf16("utf-16be", VIEW("\xd8\x3d\xde\x00"), "\xf0\x9f\x98\x80");
	/* half a pair, and half a unit at the end */
	utf16("utf-16be", VIEW("\xd8\x3d\0h"), "\xef\xbf\xbdh");
	utf16("utf-16be", VIEW("\0h\0"), "h\xef\xbf\xbd");
}

static void html_is_stripped(void **state)
{
	(void)state;
	assert_text("text/html", "", "<body><p>#join <b>x</b></p></body>",
		    "#join x");
	assert_text("Text/HTML", "iso-8859-1", "<i>caf\xe9</i>",
		    "caf\xc3\xa9");
	assert_kind("text/html", "", "<p></p>", CONTENT_NOTHING);
}

static void a_typing_notice_is_kept_as_it_is(void **state)
{
	char large[CONTENT_TYPING_MAX + 2];
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(take(&b, CONTENT_TYPE_TYPING, "",
			      VIEW("<isComposing/>\r\n")), CONTENT_TYPING);
	assert_string_equal(buf_str(&b), "<isComposing/>\r\n");
	assert_int_equal(take(&b, "message/cpim", "",
			      VIEW(CPIM_HEAD "Content-Type: "
				   CONTENT_TYPE_TYPING "\r\n\r\n<x/>")),
			 CONTENT_TYPING);
	assert_string_equal(buf_str(&b), "<x/>");
	buf_free(&b);
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	assert_kind(CONTENT_TYPE_TYPING, "", large, CONTENT_NOTHING);
}

static void line_ends_behind_go(void **state)
{
	(void)state;
	assert_text("text/plain", "", "a\r\nb\r\n\r\n", "a\r\nb");
	assert_text("text/plain", "", "  spaced  ", "  spaced  ");
}

static void a_receipt_is_kept_as_it_is(void **state)
{
	char large[CONTENT_TYPING_MAX + 2];
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(take(&b, "Message/IMDN+xml", "", VIEW("<imdn/>")),
			 CONTENT_RECEIPT);
	assert_string_equal(buf_str(&b), "<imdn/>");
	assert_int_equal(take(&b, "message/cpim", "",
			      VIEW(CPIM_HEAD "Content-Type: "
				   "message/imdn+xml\r\n\r\n<x/>")),
			 CONTENT_RECEIPT);
	assert_string_equal(buf_str(&b), "<x/>");
	buf_free(&b);
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	assert_kind("message/imdn+xml", "", large, CONTENT_NOTHING);
}

static void the_wrapper_is_shown(void **state)
{
	struct content_in in = { .type = VIEW("message/cpim"),
				 .body = VIEW(CPIM_HEAD "\r\nx") };
	struct buf b = { 0 };
	struct view head;

	(void)state;
	assert_int_equal(content_read_cpim(&b, &head, &in), CONTENT_TEXT);
	assert_view(head, "From: <im:a@example.org>\r\nDateTime: "
			  "2020-01-01\r\n");
	in.type = VIEW("text/plain");
	assert_int_equal(content_read_cpim(&b, &head, &in), CONTENT_TEXT);
	assert_int_equal(head.n, 0);
	buf_free(&b);
}

static void nothing_to_say(void **state)
{
	(void)state;
	assert_kind("text/plain", "", "", CONTENT_NOTHING);
	assert_kind("", "", "\r\n\r\n", CONTENT_NOTHING);
	assert_kind("message/cpim", "", "", CONTENT_NOTHING);
	assert_kind("image/png", "", "", CONTENT_NOTHING);
}

static void foreign_types(void **state)
{
	(void)state;
	assert_kind("text/plainer", "", "x", CONTENT_FOREIGN);
	assert_kind("application/vnd.3gpp.sms", "", "x", CONTENT_FOREIGN);
	assert_kind("multipart/signed", "", "x", CONTENT_FOREIGN);
	assert_kind("text/html", "koi8-r", "x", CONTENT_FOREIGN);
	assert_kind("text/plain", "utf-7", "x", CONTENT_FOREIGN);
	assert_kind("text/plain", "utf-16//IGNORE", "xx", CONTENT_FOREIGN);
	assert_kind("text/plain", "iso-8859-17", "x", CONTENT_FOREIGN);
	assert_kind("text/plain", "iso-8859-", "x", CONTENT_FOREIGN);
	assert_kind("text/plain", "windows-1249", "x", CONTENT_FOREIGN);
	assert_kind("text/plain", "koi8-r", "x", CONTENT_FOREIGN);
}

static void cpim_is_unwrapped(void **state)
{
	(void)state;
	assert_text("message/cpim", "",
		    CPIM_HEAD "Content-type: text/plain; charset=utf-8\r\n"
			      "Content-ID: <1@example.org>\r\n\r\nhello\r\n",
		    "hello");
	assert_text("Message/CPIM", "",
		    "From: <im:a@example.org>\n\nContent-Type:text/plain\n\n"
		    "#join", "#join");
	assert_text("message/cpim", "", CPIM_HEAD "\r\nno type", "no type");
	assert_text("message/cpim", "", "\r\n\r\nno head", "no head");
	assert_text("message/cpim", "",
		    CPIM_HEAD "Content-Type: text/plain;\r\n"
			      " charset=\"ISO-8859-1\"\r\n\r\n\xe9",
		    "\xc3\xa9");
	assert_text("message/cpim", "",
		    CPIM_HEAD "Content-Type: text/plain\r\n"
			      "Content-Transfer-Encoding: 8BIT\r\n\r\nx", "x");
}

static void cpim_around_other_things(void **state)
{
	(void)state;
	assert_text("message/cpim", "",
		    CPIM_HEAD "Content-Type: text/html\r\n\r\n<b>x</b>", "x");
	assert_text("message/cpim", "",
		    CPIM_HEAD "Content-Type: multipart/mixed; boundary=b\r\n"
			      "\r\n--b\r\n\r\nin it\r\n--b--", "in it");
	assert_kind("message/cpim", "",
		    CPIM_HEAD "Content-Type: message/cpim\r\n\r\nx\n\ny\n\nz",
		    CONTENT_FOREIGN);
	assert_text("message/cpim", "",
		    CPIM_HEAD "Content-Type: text/plain\r\n"
			      "Content-Transfer-Encoding: base64\r\n\r\neA==",
		    "x");
	assert_kind("message/cpim", "",
		    CPIM_HEAD "Content-Type: text/plain\r\n"
			      "Content-Transfer-Encoding: x-zip\r\n\r\neA==",
		    CONTENT_FOREIGN);
	assert_kind("message/cpim", "",
		    CPIM_HEAD "Content-Type: text/plain\r\n\r\n\r\n",
		    CONTENT_NOTHING);
}

static void broken_cpim(void **state)
{
	(void)state;
	assert_kind("message/cpim", "", "x", CONTENT_BROKEN);
	assert_kind("message/cpim", "", "From: x\r\n\r\n", CONTENT_BROKEN);
	assert_kind("message/cpim", "", "From: x\r\n\r\nContent-Type: t",
		    CONTENT_BROKEN);
	assert_kind("message/cpim", "", "From: x\r\nTo: y\r\n",
		    CONTENT_BROKEN);
}

/* A body is bytes: each cut of a good one, in memory of just its size. */
static void every_prefix_is_survived(void **state)
{
	static const char whole[] =
		CPIM_HEAD "Content-Type: text/plain;\r\n charset=\"utf-8\";"
			  "x\r\n\r\nhello";
	struct buf b = { 0 };

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *part = mem_strndup(whole, n);
		char *exact = mem_alloc(n);

		memcpy(exact, part, n);
		take(&b, "message/cpim", "", view_mem(exact, n));
		mem_free(exact);
		mem_free(part);
	}
	assert_string_equal(buf_str(&b), "hello");
	buf_free(&b);
}

static void nul_is_kept_for_who_cleans(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(take(&b, "text/plain", "", VIEW("a\0b")),
			 CONTENT_TEXT);
	assert_int_equal(b.n, 3);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_text),
		TEST(latin1_becomes_utf8),
		TEST(other_charsets_become_utf8),
		TEST(utf16_in_either_order),
		TEST(html_is_stripped),
		TEST(a_typing_notice_is_kept_as_it_is),
		TEST(line_ends_behind_go),
		TEST(a_receipt_is_kept_as_it_is),
		TEST(the_wrapper_is_shown),
		TEST(nothing_to_say),
		TEST(foreign_types),
		TEST(cpim_is_unwrapped),
		TEST(cpim_around_other_things),
		TEST(broken_cpim),
		TEST(every_prefix_is_survived),
		TEST(nul_is_kept_for_who_cleans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
