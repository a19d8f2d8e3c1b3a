/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts in CPIM: what we write, others and we can read. */
#include "test.h"

#include <errno.h>

#include "content.h"
#include "cpim.h"
#include "xmltext.h"

static struct cpim message(const char *text)
{
	return (struct cpim){
		.from = VIEW("sip:lobby@confab.example"),
		.to = VIEW("sip:alice@confab.example"),
		.time_ms = UINT64_C(1289690940999),
		.text = view_str(text),
	};
}

static void as_in_the_rfc(void **state)
{
	const struct cpim c = message("[bob]: h\xc3\xa9\n\nTo: <x>");
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(cpim_add(&b, &c), 0);
	assert_string_equal(buf_str(&b),
			    "From: <sip:lobby@confab.example>\r\n"
			    "To: <sip:alice@confab.example>\r\n"
			    "DateTime: 2010-11-13T23:29:00Z\r\n"
			    "\r\n"
			    "Content-Type: text/plain;charset=UTF-8\r\n"
			    "\r\n"
			    "[bob]: h\xc3\xa9\n\nTo: <x>");
	assert_int_equal(cpim_overhead(&c) + c.text.n, b.n);
	buf_free(&b);
}

static void our_own_reader_takes_it(void **state)
{
	const struct cpim c = message("two\r\n\r\nparts");
	struct content_in in = { .type = VIEW(CPIM_TYPE) };
	struct buf b = { 0 }, text = { 0 };

	(void)state;
	assert_int_equal(cpim_add(&b, &c), 0);
	in.body = buf_view(&b);
	assert_int_equal(content_read(&text, &in), CONTENT_TEXT);
	assert_string_equal(buf_str(&text), "two\r\n\r\nparts");
	buf_free(&text);
	buf_free(&b);
}

static void no_uri_makes_another_header(void **state)
{
	static const char *const bad[] = {
		"", "sip:a@h>\r\nFrom: <sip:eve@h", "sip:a@h\nx", "sip:a b@h",
		"sip:a@h>", "<sip:a@h", "sip:a@h\x7f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cpim c = message("x");
		struct buf b = { 0 };

		c.from = view_str(bad[i]);
		assert_int_equal(cpim_add(&b, &c), EBADMSG);
		c.to = c.from;
		c.from = VIEW("sip:a@h");
		assert_int_equal(cpim_add(&b, &c), EBADMSG);
		assert_int_equal(b.n, 0);
	}
}

static void a_receipt_is_asked_for(void **state)
{
	struct cpim c = message("x");
	struct cpim_head head;
	struct buf b = { 0 };

	(void)state;
	c.id = VIEW("a-1");
	assert_int_equal(cpim_add(&b, &c), 0);
	assert_int_equal(cpim_overhead(&c) + 1, b.n);
	assert_non_null(strstr(buf_str(&b),
			       "NS: imdn <urn:ietf:params:imdn>\r\n"
			       "imdn.Message-ID: a-1\r\n"
			       "imdn.Disposition-Notification: "
			       "positive-delivery\r\n\r\nContent-Type"));
	cpim_read(&head, buf_view(&b));
	assert_view(head.from, "sip:lobby@confab.example");
	assert_view(head.id, "a-1");
	assert_true(head.receipt);
	buf_clear(&b);
	c.id = VIEW("a\r\nTo: <sip:eve@h>");
	assert_int_equal(cpim_add(&b, &c), EBADMSG);
	assert_false(cpim_id_ok(VIEW("")));
	assert_false(cpim_id_ok(VIEW("a b")));
	buf_free(&b);
}

static void heads_are_read(void **state)
{
	struct cpim_head h;

	(void)state;
	/* RFC 3862 5.1 */
	cpim_read(&h, VIEW("From: MR SANDERS <im:piglet@100akerwood.com>\r\n"
			   "To: Depressed Donkey <im:eeyore@x.com>\r\n"
			   "Subject: the weather will be fine today\r\n"
			   "Subject:;lang=fr beau temps prevu\r\n"
			   "NS: MyFeatures <mid:MessageFeatures@x.com>\r\n"
			   "MyFeatures.VitalMessageOption: Confirm\r\n"));
	assert_view(h.from, "im:piglet@100akerwood.com");
	assert_view(h.subject, "the weather will be fine today");
	assert_int_equal(h.id.n, 0);
	assert_false(h.receipt);
	/* another prefix, and others' names of the same sound */
	cpim_read(&h, VIEW("NS: x <urn:ietf:params:imdn>\n"
			   "x.Message-ID: 34jk324j\n"
			   "imdn.Message-ID: other\n"
			   "x.Disposition-Notification: display, "
			   "Positive-Delivery\n"));
	assert_view(h.id, "34jk324j");
	assert_true(h.receipt);
	cpim_read(&h, VIEW("imdn.Message-ID: 1\nimdn.Disposition-Notification:"
			   " negative-delivery\nFrom: nobody"));
	assert_view(h.id, "1");
	assert_false(h.receipt);
	assert_int_equal(h.from.n, 0);
	cpim_read(&h, VIEW("From <x>\n\n:\n.\nimdn.\nFrom: <"));
	assert_int_equal(h.from.n, 0);
}

static void a_report_is_read_again(void **state)
{
	const struct cpim_report r = {
		.from = VIEW("sip:a@h"), .to = VIEW("sip:b@h"),
		.id = VIEW("<1>&\""),    .own_id = VIEW("own"),
		.time_ms = UINT64_C(1289690940999),
	};
	struct cpim_report bad = r;
	struct content_in in = { .type = VIEW(CPIM_TYPE) };
	struct buf b = { 0 }, doc = { 0 }, id = { 0 };

	(void)state;
	assert_int_equal(cpim_add_report(&b, &r), 0);
	in.body = buf_view(&b);
	assert_int_equal(content_read(&doc, &in), CONTENT_RECEIPT);
	assert_true(xmltext_get(&id, buf_view(&doc), "message-id"));
	assert_string_equal(buf_str(&id), "<1>&\"");
	assert_true(xmltext_has(buf_view(&doc), "delivered"));
	buf_clear(&b);
	bad.own_id = VIEW("a b");
	assert_int_equal(cpim_add_report(&b, &bad), EBADMSG);
	bad = r;
	bad.to = VIEW("sip:b@h>");
	assert_int_equal(cpim_add_report(&b, &bad), EBADMSG);
	assert_int_equal(b.n, 0);
	buf_free(&b);
	buf_free(&doc);
	buf_free(&id);
}

static void assert_word(const char *doc, const char *expected)
{
	struct buf b = { 0 };

	if (expected) {
		assert_true(xmltext_get(&b, view_str(doc), "state"));
		assert_string_equal(buf_str(&b), expected);
	} else {
		assert_false(xmltext_get(&b, view_str(doc), "state"));
	}
	buf_free(&b);
}

static void words_out_of_xml(void **state)
{
	(void)state;
	assert_word("<isComposing><state>active</state>", "active");
	assert_word("<x:state\n a=\"1>2\"> idle\r\n</x:state>", "idle");
	assert_word("<!-- <state>no</state> --><state>yes</state>", "yes");
	assert_word("<![CDATA[<state>no]]><?xml a?><state>yes", "yes");
	assert_word("<state>&lt;a&amp;b&gt;&bad;&</state>", "<a&b>&bad;&");
	assert_word("<state/>", "");
	assert_word("</state>x", NULL);
	assert_word("<states>x</states><statex>", NULL);
	assert_word("<state", NULL);
	assert_word("<state a='>", NULL);
	assert_word("<!-- <state>", NULL);
	assert_word("", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_in_the_rfc),
		TEST(our_own_reader_takes_it),
		TEST(no_uri_makes_another_header),
		TEST(a_receipt_is_asked_for),
		TEST(heads_are_read),
		TEST(a_report_is_read_again),
		TEST(words_out_of_xml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
