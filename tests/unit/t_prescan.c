/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pre-scan: lines, folds, limits, and what is refused at once. */
#include "test.h"

#include <stdio.h>

#include "prescan_priv.h"

#define REQ "MESSAGE sip:a@b SIP/2.0\r\n"

static struct prescan pre;

static void scan(const char *p, size_t n)
{
	prescan(&pre, view_mem(p, n), 8192);
}

#define SCAN(lit) scan(lit, sizeof(lit) - 1)

static void refused(const char *reason)
{
	assert_int_equal(pre.status, 400);
	assert_string_equal(pre.reason, reason);
}

static void test_plain(void **state)
{
	(void)state;
	SCAN(REQ "Via: SIP/2.0/UDP h\r\nl: 5\r\n\r\nhello");
	assert_int_equal(pre.status, 0);
	assert_false(pre.response);
	assert_view(pre.method, "MESSAGE");
	assert_view(pre.ruri, "sip:a@b");
	assert_int_equal(pre.lines, 2);
	assert_int_equal(pre.vias, 1);
	assert_view(pre.first[HDR_VIA], "SIP/2.0/UDP h");
	assert_true(pre.has_length);
	assert_int_equal(pre.length, 5);
	assert_int_equal(pre.size, sizeof(REQ "Via: SIP/2.0/UDP h\r\n"
					      "l: 5\r\n\r\n") - 1);
}

static void test_folds_and_compact(void **state)
{
	(void)state;
	SCAN(REQ "v :\r\n SIP/2.0/UDP h\r\n\t;branch=1 ,\r\n SIP/2.0/TCP i\r\n"
		 "TO\t: x\r\ns:\r\n\r\n");
	assert_int_equal(pre.status, 0);
	assert_int_equal(pre.lines, 3);
	assert_int_equal(pre.vias, 2);
	assert_view(pre.first[HDR_TO], "x");
	assert_non_null(pre.first[HDR_TEXT].p);
	assert_int_equal(pre.first[HDR_TEXT].n, 0);
	assert_null(pre.first[HDR_FROM].p);
}

static void test_length(void **state)
{
	static const char *const bad[] = {
		"-1", "+5", "5x", "0x5", "", "99999999999999999999",
		"4294967301", "5 5", "-999",
	};
	char text[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), REQ "Content-Length: %s\r\n\r\n",
			 bad[i]);
		scan(text, strlen(text));
		refused("Bad Content-Length");
	}
	SCAN(REQ "L:\t5\r\n\r\n");
	assert_int_equal(pre.length, 5);
	SCAN(REQ "Content-Length : 5 \r\n\r\n");
	assert_int_equal(pre.length, 5);
	SCAN(REQ "Content-Length: 5\r\nl: 6\r\n\r\n");
	refused("More Than One Content-Length");
	SCAN(REQ "Content-Length: 5\r\nContent-Length: 5\r\n\r\n");
	refused("More Than One Content-Length");
}

static void test_doubles(void **state)
{
	(void)state;
	SCAN(REQ "From: a\r\nf: b\r\n\r\n");
	refused("More Than One From");
	SCAN(REQ "Call-ID: a\r\ni: a\r\n\r\n");
	refused("More Than One Call-ID");
	SCAN(REQ "Max-Forwards: 1\r\nMax-Forwards: 1\r\n\r\n");
	refused("More Than One Max-Forwards");
	SCAN(REQ "To:\r\nTo: b\r\n\r\n");
	refused("More Than One To");
}

static void test_line_ends(void **state)
{
	(void)state;
	SCAN("MESSAGE sip:a@b SIP/2.0\nVia: x\n\n");
	refused("Line Ends Without CR");
	SCAN(REQ "Via: x\nTo: y\r\n\r\n");
	refused("Line Ends Without CR");
	assert_view(pre.first[HDR_TO], "y");
	SCAN(REQ "Via: x\ry\r\n\r\n");
	refused("Control Character In A Header");
	SCAN(REQ "Via: x\r\r\n\r\n");
	refused("Control Character In A Header");
	SCAN(REQ "Via: x\r\n");
	refused("No Empty Line After The Headers");
	assert_view(pre.first[HDR_VIA], "x");
	SCAN("");
	refused("No Empty Line After The Headers");
	SCAN("\r\n");
	refused("Malformed Request Line");
}

static void test_controls(void **state)
{
	(void)state;
	SCAN(REQ "Subject: a\0b\r\n\r\n");
	refused("Control Character In A Header");
	SCAN(REQ "Subject: \"\\\0\"\r\n\r\n");
	refused("Control Character In A Header");
	SCAN(REQ "To: \"a\0b\" <sip:a@b>\r\n\r\n");
	refused("Control Character In A Header");
	/* RFC 4475 3.1.1.2: a quoted pair may be any octet below 128. */
	SCAN(REQ "To: \"a\\\0\\\a\" <sip:a@b>\r\n\r\n");
	assert_int_equal(pre.status, 0);
	SCAN(REQ "To: \\\0 <sip:a@b>\r\n\r\n");
	refused("Control Character In A Header");
}

static void test_quotes(void **state)
{
	(void)state;
	SCAN(REQ "To: \"Mr. J. User <sip:j@b>\r\n\r\n");
	refused("Quoted String Does Not End");
	SCAN(REQ "From: \"abc\\\" <sip:a@b>\r\n\r\n");
	refused("Quoted String Does Not End");
	SCAN(REQ "Subject: 5\" long\r\nCall-ID: a\"b\r\n\r\n");
	assert_int_equal(pre.status, 0);
}

static void test_lines(void **state)
{
	(void)state;
	SCAN(REQ "Foobar roobar\r\nTo: x\r\n\r\n");
	refused("Malformed Header Line");
	assert_view(pre.first[HDR_TO], "x");
	SCAN(REQ ": x\r\n\r\n");
	refused("Malformed Header Line");
	SCAN(REQ "a b: x\r\n\r\n");
	refused("Malformed Header Line");
	SCAN(REQ " folded: x\r\n\r\n");
	refused("Malformed Header Line");
}

static void test_start(void **state)
{
	(void)state;
	SCAN("INVITE sip:u@b; lr SIP/2.0\r\n\r\n");
	refused("Malformed Request Line");
	assert_view(pre.method, "INVITE");
	SCAN("INVITE  sip:u@b  SIP/2.0\r\n\r\n");
	refused("Malformed Request Line");
	SCAN("INVITE sip:u@b\r\n\r\n");
	refused("Malformed Request Line");
	SCAN("INV@TE sip:u@b SIP/2.0\r\n\r\n");
	refused("Malformed Request Line");
	SCAN("OPTIONS sip:u@b SIP/2.\r\n\r\n");
	refused("Malformed Request Line");
	SCAN("OPTIONS sip:u@b sip/2.0\r\n\r\n");
	assert_int_equal(pre.status, 0);
	SCAN("OPTIONS sip:u@b SIP/7.0\r\nVia: x\r\n\r\n");
	assert_int_equal(pre.status, 505);
	assert_view(pre.first[HDR_VIA], "x");
	SCAN("SIP/2.0 200 OK\r\n\r\n");
	assert_true(pre.response);
	assert_int_equal(pre.status, 0);
	SCAN("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	refused("Malformed Request Line");
}

static size_t repeat(char *dst, const char *head, const char *unit, size_t n,
		     const char *tail)
{
	char *p = stpcpy(dst, head);

	while (n--)
		p = stpcpy(p, unit);
	return (size_t)(stpcpy(p, tail) - dst);
}

static void test_limits(void **state)
{
	static char text[70000];
	size_t n;

	(void)state;
	scan(text, repeat(text, REQ, "a:b\r\n", 64, "\r\n"));
	assert_int_equal(pre.status, 0);
	scan(text, repeat(text, REQ, "a:b\r\n", 65, "\r\n"));
	refused("Too Many Headers");
	scan(text, repeat(text, REQ "Contact: <sip:a@b>", ";a", 32,
			  "\r\n\r\n"));
	assert_int_equal(pre.status, 0);
	scan(text, repeat(text, REQ "Contact: <sip:a@b>", ";a", 33,
			  "\r\n\r\n"));
	refused("Too Many Parameters");
	scan(text, repeat(text, REQ "Contact: <sip:a@b?x", "&a", 33,
			  ">\r\n\r\n"));
	refused("Too Many Parameters");
	scan(text, repeat(text, REQ "Accept: a", ",a", 129, "\r\n\r\n"));
	refused("Too Many Values");
	scan(text, repeat(text, REQ "Subject: a", ",;", 1000, "\r\n\r\n"));
	assert_int_equal(pre.status, 0);
	scan(text, repeat(text, REQ "Via: a", ",a", 16, "\r\n\r\n"));
	assert_int_equal(pre.vias, 17);
	n = repeat(text, REQ "Via: x\r\nContact: <sip:a@b>", ";a", 32677,
		   "\r\n\r\n");
	scan(text, n);
	assert_int_equal(pre.status, 513);
	assert_view(pre.first[HDR_VIA], "x");
}

static void test_head_size(void **state)
{
	static char text[9000];
	size_t n = repeat(text, REQ "Subject: ", "a",
			  8192 - sizeof(REQ "Subject: ") + 1 - 4,
			  "\r\n\r\nbody");

	(void)state;
	assert_int_equal(n, 8196);
	scan(text, n);
	assert_int_equal(pre.status, 0);
	assert_int_equal(pre.size, 8192);
	n = repeat(text, REQ "Subject: ", "a",
		   8193 - sizeof(REQ "Subject: ") + 1 - 4, "\r\n\r\nbody");
	scan(text, n);
	assert_int_equal(pre.status, 513);
}

static void test_stream(void **state)
{
	const char text[] = "\r\n\r\nA\r\nb: c\r\n\r\nrest";
	struct view v = VIEW("A\r\nb: c\r\n\r\nrest");
	size_t from = 0, n;

	(void)state;
	assert_int_equal(prescan_blank(view_str(text)), 4);
	assert_int_equal(prescan_blank(VIEW("\r\n")), 2);
	for (n = 0; n < 11; n++)
		assert_int_equal(prescan_head(view_head(v, n), &from), 0);
	assert_int_equal(prescan_head(view_head(v, 11), &from), 11);
	from = 0;
	assert_int_equal(prescan_head(v, &from), 11);
}

/* No prefix of a message is read beyond its end; for the sanitizers. */
static void test_prefixes(void **state)
{
	const char text[] =
		REQ "v:\r\n x;a=\"\\\"\"\r\nTo: <a>\r\nl: 0\r\n\r\n";
	size_t n;
	char *copy;

	(void)state;
	for (n = 0; n < sizeof(text) - 1; n++) {
		copy = mem_alloc(n);
		memcpy(copy, text, n);
		scan(copy, n);
		assert_int_equal(pre.status, 400);
		mem_free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),     TEST(test_folds_and_compact),
		TEST(test_length),    TEST(test_doubles),
		TEST(test_line_ends), TEST(test_controls),
		TEST(test_quotes),    TEST(test_lines),
		TEST(test_start),     TEST(test_limits),
		TEST(test_head_size), TEST(test_stream),
		TEST(test_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
