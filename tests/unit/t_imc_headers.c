/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The extra_hdrs parameter, and dates. */
#include <errno.h>

#include "test.h"

#include "headers.h"

static void dates(void **state)
{
	char text[SIP_DATE_MAX];

	(void)state;
	/* the example of RFC 3261 20.17 */
	assert_view(sip_date(text, UINT64_C(1289690940000)),
		    "Sat, 13 Nov 2010 23:29:00 GMT");
	assert_view(sip_date(text, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_view(sip_date(text, UINT64_C(951782399999)),
		    "Mon, 28 Feb 2000 23:59:59 GMT");
	assert_true(sip_date(text, UINT64_MAX).n < SIP_DATE_MAX);
}

static void dates_are_read(void **state)
{
	static const char *const bad[] = {
		"",
		"Sat, 13 Nov 2010 23:29:00",
		"Sat, 13 Nov 2010 23:29:00 UTC",
		"Sat, 13 Nov 2010 23:29:00 GMT ",
		"13 Nov 2010 23:29:00 GMT",
		"Sat, 32 Nov 2010 23:29:00 GMT",
		"Sat, 00 Nov 2010 23:29:00 GMT",
		"Sat, 13 Nov 1969 23:29:00 GMT",
		"Sat, 13 Nov 2010 24:29:00 GMT",
		"Sat, 13 Nov 2010 23:60:00 GMT",
		"Sat, 13 Nov 2010 23:29:61 GMT",
		"Sat, 13 Nov 2010 2a:29:00 GMT",
		"Sat, 13 Nov 2010 -1:29:00 GMT",
		"Sat, 13 Nov",
		"Sat, 13 nov 2010 23:29:00 GMT",
	};
	uint64_t t = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sip_date_parse(&t, view_str(bad[i])),
				 EBADMSG);
	assert_int_equal(t, 7);
	assert_int_equal(sip_date_parse(&t, VIEW("Sat, 13 Nov 2010 23:29:00 "
						 "GMT")), 0);
	assert_int_equal(t, UINT64_C(1289690940000));
	assert_int_equal(sip_date_parse(&t, VIEW("Thu, 01 Jan 1970 00:00:00 "
						 "GMT")), 0);
	assert_int_equal(t, 0);
}

static void good_headers(void **state)
{
	struct headers h;
	struct buf why = { 0 };

	(void)state;
	assert_int_equal(headers_init(&h, "P-Flags: 3\r\nX-Room:\r\n"
					  "Organization: a: b", &why), 0);
	assert_int_equal(h.count, 4);
	assert_view(h.list[0].name, "Date");
	assert_view(h.list[1].name, "P-Flags");
	assert_view(h.list[1].value, "3");
	assert_view(h.list[2].name, "X-Room");
	assert_view(h.list[2].value, "");
	assert_view(h.list[3].value, "a: b");
	headers_free(&h);
	assert_int_equal(headers_init(&h, "", &why), 0);
	assert_int_equal(h.count, 1);
	headers_free(&h);
	assert_int_equal(headers_init(&h, NULL, &why), 0);
	assert_int_equal(h.count, 1);
	headers_free(&h);
	assert_int_equal(why.n, 0);
}

static void assert_refused(const char *extra, const char *expected)
{
	struct headers h;
	struct buf why = { 0 };

	assert_int_equal(headers_init(&h, extra, &why), EINVAL);
	assert_string_equal(buf_str(&why), expected);
	headers_free(&h);
	buf_free(&why);
}

static void bad_headers(void **state)
{
	(void)state;
	assert_refused("P-Flags", "extra_hdrs: \"P-Flags\" is no "
				  "\"Name: value\"");
	assert_refused("A: 1\r\nB C: 2", "extra_hdrs: \"B C: 2\" is no "
					 "\"Name: value\"");
	assert_refused(": 2", "extra_hdrs: \": 2\" is no \"Name: value\"");
	assert_refused("A: x\001y", "extra_hdrs: \"A: x\001y\" is no "
				    "\"Name: value\"");
	assert_refused("contact: <sip:x@y>", "extra_hdrs: \"contact: "
		       "<sip:x@y>\" is set by confab itself");
	assert_refused("V: x", "extra_hdrs: \"V: x\" is set by confab itself");
}

static void too_many(void **state)
{
	struct headers h;
	struct buf extra = { 0 }, why = { 0 };

	(void)state;
	for (int i = 0; i < 40; i++)
		buf_addf(&extra, "X-%d: y\r\n", i);
	assert_int_equal(headers_init(&h, buf_str(&extra), &why), EINVAL);
	assert_string_equal(buf_str(&why),
			    "extra_hdrs: \"X-31: y\" is one header too many");
	headers_free(&h);
	buf_free(&extra);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dates),
		TEST(dates_are_read),
		TEST(good_headers),
		TEST(bad_headers),
		TEST(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
