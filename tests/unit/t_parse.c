/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pre-scan, libosip2 in its arena, and our own checks, together. */
#include "test.h"

#include <stdio.h>

#include "parse_priv.h"

static struct prescan pre;
static struct parsed got;
static struct parser *parser;

static void run(const char *p, size_t n)
{
	prescan(&pre, view_mem(p, n), 8192);
	parser_run(parser, &got, &pre);
}

#define RUN(lit) run(lit, sizeof(lit) - 1)

#define VIA "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
#define FROM "From: <sip:a@b>;tag=1\r\n"
#define TO "To: <sip:c@d>\r\n"
#define ID "Call-ID: x@y\r\n"
#define CSEQ "CSeq: 1 MESSAGE\r\n"
#define HEAD "MESSAGE sip:r@d SIP/2.0\r\n" VIA FROM TO ID CSEQ

static void refused(int status, const char *reason)
{
	assert_int_equal(got.status, status);
	assert_string_equal(got.reason, reason);
}

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	parser = parser_new();
	return 0;
}

static int teardown(void **state)
{
	parser_free(parser);
	return test_teardown(state);
}

static void test_message(void **state)
{
	(void)state;
	RUN(HEAD "Max-Forwards: 70\r\n"
		 "c: text/plain ; charset = \"UTF-8\"\r\nl: 2\r\n\r\nhi");
	assert_int_equal(got.status, 0);
	assert_int_equal(got.method, SIP_MESSAGE);
	assert_view(got.ruri.uri.user, "r");
	assert_view(got.from_uri.uri.user, "a");
	assert_view(got.to_uri.uri.host, "d");
	assert_view(got.from.tag, "1");
	assert_view(got.call_id, "x@y");
	assert_int_equal(got.cseq, 1);
	assert_view(got.type, "text/plain");
	assert_view(got.charset, "UTF-8");
	assert_view(got.via.branch, "z9hG4bKx");
	assert_true(parser_used(parser) > 0);
}

static void test_mandatory(void **state)
{
	(void)state;
#define START "MESSAGE sip:r@d SIP/2.0\r\n"
	RUN(START FROM TO ID CSEQ "\r\n");
	refused(400, "No Via");
	RUN(START VIA TO ID CSEQ "\r\n");
	refused(400, "No From");
	RUN(START VIA FROM ID CSEQ "\r\n");
	refused(400, "No To");
	RUN(START VIA FROM TO CSEQ "\r\n");
	refused(400, "No Call-ID");
	RUN(START VIA FROM TO "i:\r\n" CSEQ "\r\n");
	refused(400, "No Call-ID");
	RUN(START VIA FROM TO ID "\r\n");
	refused(400, "No CSeq");
	RUN(START "\r\n");
	refused(400, "No Via");
}

static void cseq(const char *value, const char *reason)
{
	char text[400];

	snprintf(text, sizeof(text), START VIA FROM TO ID "CSeq: %s\r\n\r\n",
		 value);
	run(text, strlen(text));
	if (!reason)
		assert_int_equal(got.status, 0);
	else
		refused(400, reason);
}

static void test_cseq(void **state)
{
	(void)state;
	cseq("0 MESSAGE", NULL);
	cseq("0009\r\n  MESSAGE", NULL);
	assert_int_equal(got.cseq, 9);
	cseq("4294967295 MESSAGE", NULL);
	cseq("4294967296 MESSAGE", "Bad CSeq Number");
	cseq("36893488147419103232 MESSAGE", "Bad CSeq Number");
	cseq("-1 MESSAGE", "Bad CSeq Number");
	cseq("1 OPTIONS", "CSeq Method Is Another");
	cseq("1 message", "CSeq Method Is Another");
}

static void test_max_forwards(void **state)
{
	(void)state;
	RUN(HEAD "MaX-fOrWaRdS: 0068\r\n\r\n");
	assert_int_equal(got.status, 0);
	RUN(HEAD "Max-Forwards: 0\r\n\r\n");
	assert_int_equal(got.status, 0);
	RUN(HEAD "Max-Forwards: 256\r\n\r\n");
	refused(400, "Bad Max-Forwards");
	RUN(HEAD "Max-Forwards:\r\n\r\n");
	refused(400, "Bad Max-Forwards");
}

static void test_uris(void **state)
{
	(void)state;
	RUN("MESSAGE <sip:r@d> SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n");
	refused(400, "Malformed Request-URI");
	RUN("MESSAGE sip:r@d?Route=%3Csip:x%3E SIP/2.0\r\n" VIA FROM TO ID CSEQ
	    "\r\n");
	refused(400, "Malformed Request-URI");
	RUN("MESSAGE sip:2001:db8::10 SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n");
	refused(400, "Malformed Request-URI");
	RUN("MESSAGE soap.beep://192.0.2.103:3002 SIP/2.0\r\n" VIA FROM TO ID
	    CSEQ "\r\n");
	assert_int_equal(got.status, 0);
	assert_false(got.ruri.chat);
	RUN(START VIA "From: <sip:a%z@b>;tag=1\r\n" TO ID CSEQ "\r\n");
	refused(400, "Malformed From");
	RUN(START VIA FROM "To: \"W, T\" < sip:t@d >\r\n" ID CSEQ "\r\n");
	refused(400, "Malformed To");
	RUN(START VIA "From: <http://www.example.com>;tag=1\r\n"
		      "To: isbn:2983792873\r\n" ID CSEQ "\r\n");
	assert_int_equal(got.status, 0);
	RUN(START VIA "From: \"abc\\\" <sip:a@b>\r\n" TO ID CSEQ "\r\n");
	refused(400, "Quoted String Does Not End");
}

static void test_via_sanity(void **state)
{
	(void)state;
	RUN(START "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n" FROM TO ID CSEQ
		  "\r\n");
	refused(400, "Malformed Via");
	RUN(START "Via: SIP/2.0/UDP h:0\r\n" FROM TO ID CSEQ "\r\n");
	refused(400, "Malformed Via");
}

static void test_others_are_blamed(void **state)
{
	(void)state;
	RUN(HEAD "Contact: \"Joe\" sip:joe@example.org>;;;;\r\n\r\n");
	refused(400, "Malformed Header Contact");
	RUN(HEAD "Content-Type: text\r\n\r\n");
	refused(400, "Malformed Header Content-Type");
}

static void test_versions(void **state)
{
	(void)state;
	RUN("MESSAGE sip:r@d SIP/3.0\r\n" VIA FROM TO ID CSEQ "\r\n");
	refused(505, "Version Not Supported");
	assert_view(got.via.branch, "z9hG4bKx");
}

/* RFC 4475 3.1.1.2: any token is a method, any octet may be escaped. */
static void test_wide_characters(void **state)
{
	(void)state;
	RUN("!interesting-Method0123456789_*+`.%indeed'~ sip:r@d SIP/2.0\r\n"
	    "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\r\n"
	    "To: \"BEL:\\\a NUL:\\\0 DEL:\\\x7f\" <sip:c@d>\r\n"
	    "From: token1~` token2'+_ token3*%!.- <sip:m@example.com>"
	    ";fromParam''~+*_!.-%=\"\xd1\x80\";tag=_token~1'+`*%!-.\r\n"
	    "Call-ID: word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n"
	    "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\r\n"
	    "extensionHeader-!.%*+_`'~:\xef\xbb\xbf\xe5\xa4\xa7\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_int_equal(got.status, 0);
	assert_int_equal(got.method, SIP_UNKNOWN);
	assert_view(got.from.tag, "_token~1'+`*%!-.");
}

/* RFC 4475 3.1.1.1: folds, spaces and compact forms at their worst. */
static void test_tortuous(void **state)
{
	(void)state;
	RUN("INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n"
	    "TO :\r\n sip:vivekg@example.com ;   tag    = 1918181833n\r\n"
	    "from   : \"J Rosenberg \\\\\\\"\"       <sip:j@example.com>\r\n"
	    "  ;\r\n  tag = 98asjd8\r\n"
	    "Call-ID: wsinv.ndaksdj@192.0.2.1\r\n"
	    "cseq: 0009\r\n  INVITE\r\n"
	    "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdj\r\n"
	    "s :\r\nUnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
	    "Route:\r\n <sip:s.example.com;lr;unknownwith=value;novalue>\r\n"
	    "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
	    "  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  "
	    "192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
	    "m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam"
	    " =\r\n      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\n");
	assert_int_equal(got.status, 0);
	assert_view(got.to.tag, "1918181833n");
	assert_view(got.from.tag, "98asjd8");
	assert_view(got.via.branch, "390skdj");
	assert_int_equal(pre.vias, 3);
}

/* Odd but right, by RFC 4475 3.1.1 and RFC 5118 4: none of it is a fault. */
static void test_odd_but_right(void **state)
{
	static const char *const odd[] = {
		/* 3.1.1.9: a semicolon in the user part */
		"OPTIONS sip:user;par=u%40example.net@example.com "
		"SIP/2.0\r\n" VIA FROM "To: sip:j_user@example.com\r\n" ID
		"Accept: application/sdp, application/pkcs7-mime,\r\n"
		"        multipart/mixed, multipart/signed,\r\n"
		"        message/sip, message/sipfrag\r\nCSeq: 8 OPTIONS\r\n",
		/* 3.1.1.4: an escaped NUL */
		"REGISTER sip:example.com SIP/2.0\r\n" VIA
		"From: sip:null-%00-null@example.com;tag=83\r\n"
		"To: sip:null-%00-null@example.com\r\n" ID
		"CSeq: 1 REGISTER\r\nContact: <sip:%00@h.example.com>\r\n"
		"Contact: <sip:%00%00@h.example.com>\r\n",
		/* 3.1.1.5: a percent sign that escapes nothing */
		"RE%47IST%45R sip:registrar.example.com SIP/2.0\r\n" VIA
		"To: \"%Z%45\" <sip:resource@example.com>\r\n"
		"From: \"%Z%45\" "
		"<sip:resource@example.com>;tag=f232jadfj23\r\n" ID
		"CSeq: 29344 RE%47IST%45R\r\n"
		"Contact: <sip:a1@h.example.com>, <sip:a2@h.example.com>\r\n",
		/* 3.1.1.6: no space before the angle bracket */
		"OPTIONS sip:r@d SIP/2.0\r\n" VIA TO ID
		"From: caller<sip:caller@example.com>;tag=323\r\n"
		"CSeq: 60 OPTIONS\r\n",
		/* RFC 5118 4.5: received with and without brackets */
		"BYE sip:[2001:db8::10] SIP/2.0\r\n" FROM TO ID
		"Via: SIP/2.0/UDP [2001:db8::9:1]"
		";received=2001:db8::9:255;branch=z9hG4bKas3-111\r\n"
		"CSeq: 321 BYE\r\n",
		/* RFC 5118 4.9: IPv4 mapped into IPv6 */
		"OPTIONS sip:user@[::ffff:192.0.2.10]:19823 SIP/2.0\r\n" ID
		"Via: SIP/2.0/UDP "
		"[::ffff:192.0.2.2];branch=z9hG4bKbh19\r\n" FROM TO
		"Contact: \"T. desk phone\" <sip:t@"
		"[::ffff:192.0.2.2]>\r\nCSeq: 6 OPTIONS\r\n",
		/* RFC 2543: no branch, no tag, no Max-Forwards */
		"MESSAGE sip:r@d SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n"
		"From: <sip:+13035551111@h;user=phone>\r\n"
		"To: sip:+16505552222@ss1;user=phone\r\n" ID CSEQ,
	};
	char text[1000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		int n = snprintf(text, sizeof(text), "%s\r\n", odd[i]);

		run(text, (size_t)n);
		if (got.status)
			fail_msg("%s: %s", got.reason, text);
	}
}

/* A multipart's headers leaked for each Content-Type in it: the library sees
 * no body at all, and what it takes ends with the packet. */
static void test_body_is_not_parsed(void **state)
{
	static char text[8192];
	char *p = stpcpy(text, HEAD
			 "Content-Type: multipart/mixed;boundary=b\r\n\r\n");
	size_t first;

	(void)state;
	run(text, strlen(text));
	first = parser_used(parser);
	p = stpcpy(p, "--b\r\n");
	while (p < text + 7000)
		p = stpcpy(p, "Content-Type: text/plain\r\n");
	stpcpy(p, "\r\nhi\r\n--b--\r\n");
	run(text, strlen(text));
	assert_int_equal(got.status, 0);
	assert_int_equal(parser_used(parser), first);
}

static char *contact(char *p, const char *start)
{
	int i;

	p = stpcpy(p, start);
	for (i = 0; i < 32; i++)
		p = stpcpy(p, ";a");
	return p;
}

/* The most that the pre-scan lets through fits into the arena. */
static void test_greedy_heads(void **state)
{
	static char text[9000];
	char *p = stpcpy(text, HEAD);
	int i;

	(void)state;
	for (i = 0; i < 48; i++) {
		p = contact(p, "m:<sip:a@b>");
		p = contact(p, ",<sip:a@b>");
		p = stpcpy(p, "\r\n");
	}
	p = stpcpy(p, "\r\n");
	assert_in_range(p - text, 7000, 8192);
	run(text, (size_t)(p - text));
	assert_int_equal(pre.status, 0);
	assert_int_equal(got.status, 0);
	assert_in_range(parser_used(parser), 100000, 1024 * 1024);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_message),	     TEST(test_mandatory),
		TEST(test_cseq),	     TEST(test_max_forwards),
		TEST(test_uris),	     TEST(test_via_sanity),
		TEST(test_others_are_blamed), TEST(test_versions),
		TEST(test_wide_characters),  TEST(test_tortuous),
		TEST(test_odd_but_right),     TEST(test_body_is_not_parsed),
		TEST(test_greedy_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
