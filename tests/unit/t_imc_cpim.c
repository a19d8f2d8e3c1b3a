/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts in CPIM: what we write, others and we can read. */
#include "test.h"

#include <errno.h>

#include "content.h"
#include "cpim.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_in_the_rfc),
		TEST(our_own_reader_takes_it),
		TEST(no_uri_makes_another_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
