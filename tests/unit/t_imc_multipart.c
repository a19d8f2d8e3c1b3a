/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's words in a multipart body. */
#include <errno.h>

#include "test.h"

#include "content.h"
#include "mime.h"

#define PLAIN "Content-Type: text/plain\r\n\r\n"
#define HTML  "Content-Type: text/html; charset=utf-8\r\n\r\n"

static enum content take(struct buf *out, const char *params,
			 const char *body)
{
	const struct content_in in = { .type = VIEW("multipart/mixed"),
				       .params = view_str(params),
				       .body = view_str(body) };

	return content_read(out, &in);
}

static void is_text(const char *body, const char *expected)
{
	struct buf b = { 0 };

	assert_int_equal(take(&b, "boundary=b", body), CONTENT_TEXT);
	assert_string_equal(buf_str(&b), expected);
	buf_free(&b);
}

static void is_kind(const char *params, const char *body,
		    enum content expected)
{
	struct buf b = { 0 };

	assert_int_equal(take(&b, params, body), expected);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void the_first_plain_part_counts(void **state)
{
	(void)state;
	is_text("--b\r\n" PLAIN "one\r\n--b\r\n" PLAIN "two\r\n--b--\r\n",
		"one");
	is_text("--b\n" HTML "<b>h</b>\n--b\n" PLAIN "p\n--b--", "p");
	is_text("--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\n\r\n"
		"no type\r\n--b--", "no type");
	is_text("preamble\r\n--b  \r\n" PLAIN "a\r\n\r\n--b--\r\nepilogue",
		"a");
}

static void else_the_first_html_part(void **state)
{
	(void)state;
	is_text("--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\n" HTML
		"<i>h</i>\r\n--b--", "h");
}

static void a_file_is_no_text(void **state)
{
	(void)state;
	is_text("--b\r\nContent-Disposition: attachment; filename=x\r\n" PLAIN
		"file\r\n--b\r\n" HTML "said\r\n--b--", "said");
	is_kind("boundary=b", "--b\r\nContent-Type: image/png\r\n\r\nx\r\n"
			      "--b--", CONTENT_FOREIGN);
}

static void multipart_in_multipart(void **state)
{
	(void)state;
	is_text("--b\r\nContent-Type: multipart/alternative; boundary=\"c d\""
		"\r\n\r\n--c d\r\n" HTML "<b>no</b>\r\n--c d\r\n" PLAIN
		"yes\r\n--c d--\r\n--b--", "yes");
	is_text("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
		"--c\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n"
		"--d\r\n" PLAIN "third\r\n--d--\r\n--c--\r\n--b--", "third");
	is_kind("boundary=b",
		"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
		"--c\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n"
		"--d\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n"
		"--e\r\n" PLAIN "4th\r\n--e--\r\n--d--\r\n--c--\r\n--b--",
		CONTENT_FOREIGN);
}

static void encodings(void **state)
{
	(void)state;
	is_text("--b\r\nContent-Transfer-Encoding: quoted-printable\r\n" PLAIN
		"caf=C3=A9 a=\r\nb =3D =zz\r\n--b--",
		"caf\xc3\xa9 ab = =zz");
	is_text("--b\r\nContent-Transfer-Encoding: Base64\r\n" PLAIN
		"I2pv\r\naW4=\r\n--b--", "#join");
	is_text("--b\r\nContent-Transfer-Encoding: x-y\r\n" PLAIN
		"no\r\n--b\r\n" PLAIN "yes\r\n--b--", "yes");
}

static void broken_ones(void **state)
{
	(void)state;
	is_kind("", "--b\r\n" PLAIN "x\r\n--b--", CONTENT_BROKEN);
	is_kind("boundary=\"\"", "--\r\n" PLAIN "x\r\n----", CONTENT_BROKEN);
	is_kind("boundary=\"b \"", "--b \r\n" PLAIN "x\r\n--b --",
		CONTENT_BROKEN);
	is_kind("boundary=\"b\x01\"", "--b\x01\r\n\r\nx\r\n--b\x01--",
		CONTENT_BROKEN);
	is_kind("boundary=b", "x", CONTENT_BROKEN);
	is_kind("boundary=b", "--b\r\n" PLAIN "x\r\n--b\r\n", CONTENT_BROKEN);
	is_kind("boundary=b", "--b\r\n" PLAIN "x", CONTENT_BROKEN);
	is_kind("boundary=b", "--bb\r\n" PLAIN "x\r\n--b--x",
		CONTENT_BROKEN);
	is_kind("boundary=01234567890123456789012345678901234567890123456789"
		"012345678901234567890", "x", CONTENT_BROKEN);
}

static void a_line_that_only_looks_like_one(void **state)
{
	(void)state;
	is_text("--b\r\n" PLAIN "a\r\n--bc\r\n --b\r\n--b--",
		"a\r\n--bc\r\n --b");
}

static void too_many_parts(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int n = 0; n < CONTENT_PARTS_MAX; n++)
		buf_adds(&b, "--b\r\n" PLAIN "x\r\n");
	buf_adds(&b, "--b--");
	is_text(buf_str(&b), "x");
	b.n -= 2;
	buf_adds(&b, "\r\n" PLAIN "x\r\n--b--");
	is_kind("boundary=b", buf_str(&b), CONTENT_BROKEN);
	buf_free(&b);
}

static void parameters(void **state)
{
	struct view v = VIEW("a=1; B=\"x;\\\"y\" ;c; boundary = \"q\"");

	(void)state;
	assert_true(view_eqs(mime_param(v, "a"), "1"));
	assert_true(view_eqs(mime_param(v, "b"), "x;\\\"y"));
	assert_true(view_eqs(mime_param(v, "boundary"), "q"));
	assert_true(view_empty(mime_param(v, "c")));
	assert_true(view_empty(mime_param(v, "d")));
	assert_true(view_eqs(mime_value(VIEW("A:\n x\nB: y\r\n\tz\r\n"), "a"),
			     "x"));
	assert_true(view_eqs(mime_value(VIEW("A:\n x\nB: y\r\n\tz\r\n"), "b"),
			     "y\r\n\tz"));
	assert_true(view_empty(mime_value(VIEW("A:\nB: c\n"), "a")));
	assert_true(view_empty(mime_param(VIEW("x=\"open;boundary=b"),
					  "boundary")));
}

static void every_cut_is_survived(void **state)
{
	static const char whole[] =
		"--b\r\nContent-Type: multipart/mixed;\r\n boundary=c\r\n\r\n"
		"--c\r\n" PLAIN "x\r\n--c--\r\n--b--";
	struct buf b = { 0 };
	size_t texts = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *exact = mem_alloc(n);
		const struct content_in in = {
			.type = VIEW("multipart/related"),
			.params = VIEW("boundary=b"),
			.body = view_mem(exact, n),
		};

		memcpy(exact, whole, n);
		buf_clear(&b);
		texts += content_read(&b, &in) == CONTENT_TEXT;
		mem_free(exact);
	}
	assert_int_equal(texts, 1);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_plain_part_counts),
		TEST(else_the_first_html_part),
		TEST(a_file_is_no_text),
		TEST(multipart_in_multipart),
		TEST(encodings),
		TEST(broken_ones),
		TEST(a_line_that_only_looks_like_one),
		TEST(too_many_parts),
		TEST(parameters),
		TEST(every_cut_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
