/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a MESSAGE's body is taken for. */
#include "test.h"

#include "content.h"

#define CPIM_HEAD "From: <im:a@example.org>\r\nDateTime: 2020-01-01\r\n\r\n"

static enum content take(struct buf *out, const char *type,
			 const char *charset, struct view body)
{
	const struct content_in in = { view_str(type), view_str(charset),
				       body };

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

static void line_ends_behind_go(void **state)
{
	(void)state;
	assert_text("text/plain", "", "a\r\nb\r\n\r\n", "a\r\nb");
	assert_text("text/plain", "", "  spaced  ", "  spaced  ");
}

static void nothing_to_say(void **state)
{
	(void)state;
	assert_kind("text/plain", "", "", CONTENT_NOTHING);
	assert_kind("", "", "\r\n\r\n", CONTENT_NOTHING);
	assert_kind("message/cpim", "", "", CONTENT_NOTHING);
	assert_kind("image/png", "", "", CONTENT_NOTHING);
	assert_kind("application/im-iscomposing+xml", "", "<isComposing/>",
		    CONTENT_NOTHING);
	assert_kind("Message/IMDN+xml", "", "<imdn/>", CONTENT_NOTHING);
}

static void foreign_types(void **state)
{
	(void)state;
	assert_kind("text/html", "", "<b>x</b>", CONTENT_FOREIGN);
	assert_kind("text/plainer", "", "x", CONTENT_FOREIGN);
	assert_kind("application/vnd.3gpp.sms", "", "x", CONTENT_FOREIGN);
	assert_kind("multipart/mixed", "", "x", CONTENT_FOREIGN);
	assert_kind("text/plain", "utf-16", "x", CONTENT_FOREIGN);
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
	assert_kind("message/cpim", "",
		    CPIM_HEAD "Content-Type: text/html\r\n\r\nx",
		    CONTENT_FOREIGN);
	assert_kind("message/cpim", "",
		    CPIM_HEAD "Content-Type: message/cpim\r\n\r\nx\n\ny\n\nz",
		    CONTENT_FOREIGN);
	assert_kind("message/cpim", "",
		    CPIM_HEAD "Content-Type: text/plain\r\n"
			      "Content-Transfer-Encoding: base64\r\n\r\neA==",
		    CONTENT_FOREIGN);
	assert_kind("message/cpim", "",
		    CPIM_HEAD "Content-Type: message/imdn+xml\r\n\r\n<imdn/>",
		    CONTENT_NOTHING);
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
		TEST(line_ends_behind_go),
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
