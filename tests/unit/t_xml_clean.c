/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may stand in a stanza, and that it comes back as it was meant. */
#include "test.h"

#include "stanza.h"
#include "xml.h"

#define FFFD "\xef\xbf\xbd"

struct row {
	const char *in;
	size_t n;
	const char *out;
};

#define ROW(in, out) { in, sizeof(in) - 1, out }

/* Each of these, sent as it is, made a real server close the stream; or must
 * come through unchanged. */
static const struct row rows[] = {
	ROW("", ""),
	ROW("plain", "plain"),
	ROW("a\0b", "ab"),
	ROW("a\x01" "b", "ab"),
	ROW("a\x08" "b", "ab"),
	ROW("a\x1b[31mb", "a[31mb"),
	ROW("\x02" "bold\x02", "bold"),
	ROW("\x0b\x0c\x1f", ""),
	ROW("tab\tlf\ncr\r", "tab\tlf\ncr\r"),
	ROW("latin-1: \xe9.", "latin-1: " FFFD "."),
	ROW("\xc0\x80", FFFD FFFD),
	ROW("\xed\xa0\x80", FFFD FFFD FFFD),
	ROW("\xed\xa0\xbd\xed\xb8\x80", FFFD FFFD FFFD FFFD FFFD FFFD),
	ROW("\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD),
	ROW("\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD),
	ROW("cut \xf0\x9f\x98", "cut " FFFD),
	ROW("\xff\xfe", FFFD FFFD),
	ROW("a\xef\xbf\xbe" "b\xef\xbf\xbf" "c", "abc"),
	ROW("\x7f \xc2\x85 \xef\xb7\x90", "\x7f \xc2\x85 \xef\xb7\x90"),
	ROW("\xf0\x9f\x98\x80 \xe2\x80\xae", "\xf0\x9f\x98\x80 \xe2\x80\xae"),
	ROW("]]> <&\"'>", "]]> <&\"'>"),
	ROW("&#1;&nbsp;<!--x--><?pi?>", "&#1;&nbsp;<!--x--><?pi?>"),
	ROW("</body><presence type=\"unavailable\"/>",
	    "</body><presence type=\"unavailable\"/>"),
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void each_payload(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct buf b = { 0 };

		xml_clean(&b, view_mem(rows[i].in, rows[i].n));
		assert_string_equal(buf_str(&b), rows[i].out);
		assert_int_equal(b.n, strlen(rows[i].out));
		buf_free(&b);
	}
}

static void twice_is_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct buf once = { 0 }, twice = { 0 };

		xml_clean(&once, view_mem(rows[i].in, rows[i].n));
		xml_clean(&twice, buf_view(&once));
		assert_true(view_eq(buf_view(&once), buf_view(&twice)));
		buf_free(&once);
		buf_free(&twice);
	}
}

/* What a parser makes of the text node: line ends become LF (XML 2.11). */
static void assert_read_back(xmpp_stanza_t *s, const char *want)
{
	struct buf got = { 0 }, lf = { 0 };

	in_text(&got, s, 4096);
	for (const char *p = want; *p; p++)
		buf_addc(&lf, *p == '\r' ? '\n' : *p);
	assert_string_equal(buf_str(&got), buf_str(&lf));
	buf_free(&got);
	buf_free(&lf);
}

/* libstrophe's serialiser and its parser: the text comes back as it was, so
 * no byte of it has become markup. */
static void through_the_serialiser(void **state)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		xmpp_stanza_t *s = out_stanza(ctx, "message", NULL, VIEW_NONE,
					      VIEW_NONE), *back;
		struct view in = view_mem(rows[i].in, rows[i].n);
		char *xml;
		size_t n;

		out_text(out_child(s, "body", NULL), in);
		out_attr(s, "id", in);
		assert_int_equal(xmpp_stanza_to_text(s, &xml, &n), 0);
		assert_null(strstr(xml, "]]>"));
		assert_null(strstr(xml, "<presence"));
		back = xmpp_stanza_new_from_string(ctx, xml);
		assert_non_null(back);
		assert_non_null(in_child(back, "body", NULL));
		assert_read_back(in_child(back, "body", NULL), rows[i].out);
		xmpp_stanza_release(back);
		xmpp_free(ctx, xml);
		xmpp_stanza_release(s);
	}
	xmpp_ctx_free(ctx);
}

static void quotes_in_an_attribute(void **state)
{
	static const char text[] = "a\"b'c<d>&e";
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *s = out_stanza(ctx, "presence", NULL, view_str(text),
				      VIEW_NONE), *back;
	char *xml;
	size_t n;

	(void)state;
	assert_int_equal(xmpp_stanza_to_text(s, &xml, &n), 0);
	back = xmpp_stanza_new_from_string(ctx, xml);
	assert_non_null(back);
	assert_view(in_attr(back, "to"), text);
	xmpp_stanza_release(back);
	xmpp_free(ctx, xml);
	xmpp_stanza_release(s);
	xmpp_ctx_free(ctx);
}

static void error_answers(void **state)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *in = xmpp_stanza_new_from_string(ctx,
		"<message from='r@h/n' id='7' type='chat'><body>x</body>"
		"</message>");
	xmpp_stanza_t *out = out_error(in, "cancel", "not-acceptable",
				       VIEW("no \x01<thanks>"));
	struct buf text = { 0 };
	struct in_error e;

	(void)state;
	assert_view(in_attr(out, "to"), "r@h/n");
	assert_view(in_attr(out, "id"), "7");
	assert_view(in_attr(out, "type"), "error");
	in_error(&e, out);
	assert_view(e.type, "cancel");
	assert_view(e.condition, "not-acceptable");
	in_error_text(&text, out);
	assert_string_equal(buf_str(&text), ": no <thanks>");
	in_error(&e, in);
	assert_int_equal(e.type.n + e.condition.n, 0);
	buf_free(&text);
	xmpp_stanza_release(out);
	xmpp_stanza_release(in);
	xmpp_ctx_free(ctx);
}

static void status_codes(void **state)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *x = xmpp_stanza_new_from_string(ctx,
		"<x xmlns='" NS_MUC_USER "'><item nick='a'/>"
		"<status code='110'/> <status code='-1'/><status/>"
		"<status code='4294967405'/><status code='307'/></x>");
	unsigned codes[IN_CODES_MAX];

	(void)state;
	assert_int_equal(in_codes(codes, x), 2);
	assert_int_equal(codes[0], 110);
	assert_int_equal(codes[1], 307);
	assert_int_equal(in_codes(codes, NULL), 0);
	xmpp_stanza_release(x);
	xmpp_ctx_free(ctx);
}

static void escaping(void **state)
{
	struct buf b = { 0 };

	(void)state;
	xml_escape(&b, VIEW("<a b='c' d=\"e\">&\x01\xff"));
	assert_string_equal(buf_str(&b), "&lt;a b=&apos;c&apos; "
			    "d=&quot;e&quot;&gt;&amp;" FFFD);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_payload),
		TEST(twice_is_once),
		TEST(through_the_serialiser),
		TEST(quotes_in_an_attribute),
		TEST(error_answers),
		TEST(status_codes),
		TEST(escaping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
