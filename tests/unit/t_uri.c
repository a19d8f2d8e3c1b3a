/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP URIs, name-addr, parameters, Via and flows. */
#include "test.h"

#include <errno.h>

#include "scan_priv.h"
#include "sip.h"
#include "text_priv.h"
#include "uri_priv.h"
#include "via_priv.h"

static void test_parts(void **state)
{
	struct sip_uri u;

	(void)state;
	assert_int_equal(sip_uri_parse(&u, VIEW("sip:alice@example.org")), 0);
	assert_view(u.scheme, "sip");
	assert_view(u.user, "alice");
	assert_view(u.host, "example.org");
	assert_int_equal(u.port, 0);
	assert_int_equal(u.params.n, 0);

	assert_int_equal(sip_uri_parse(&u, VIEW("SIPS:[2001:db8::1]:5061;"
						"transport=tcp;lr")), 0);
	assert_view(u.scheme, "SIPS");
	assert_int_equal(u.user.n, 0);
	assert_view(u.host, "[2001:db8::1]");
	assert_int_equal(u.port, 5061);
	assert_view(u.params, "transport=tcp;lr");

	/* RFC 4475 3.1.1.9: the semicolon belongs to the user. */
	assert_int_equal(sip_uri_parse(&u, VIEW("sip:user;par=u%40example.net@"
						"example.com")), 0);
	assert_view(u.user, "user;par=u%40example.net");
	assert_view(u.host, "example.com");
	/* RFC 5118 4.3: an address, not a port. */
	assert_int_equal(sip_uri_parse(&u, VIEW("sip:[2001:db8::10:5070]")),
			 0);
	assert_view(u.host, "[2001:db8::10:5070]");
	assert_int_equal(u.port, 0);
	assert_int_equal(sip_uri_parse(&u, VIEW("im:a@b")), 0);
	assert_int_equal(sip_uri_parse(&u, VIEW("pres:a@b")), 0);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"", "sip", "sip:", ":a@b", "sip:@b", "sip:a@", "sip:a@b@c",
		"sip:a@b:", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:5x",
		"sip:a b@c", "sip:a@b c", "sip:a@b\r\n", "<sip:a@b>",
		"sip:a%4@b", "sip:a%@b", "sip:a%zz@b", "sip:a@b%", "tel:+123",
		"http://x", "sip:2001:db8::10", "sip:[2001:db8::10", "sip:[]",
		"sip:[::1]x", "sip:a:secret@b", "sip:a:@b", "sip:a@b?x=y",
		"sip:a\"@b", "sip:a\\@b", "sip:\xc3\xa9@b", "1sip:a@b",
		"sip:a@b/c", "sip:a@b:5060:1",
	};
	struct sip_uri u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (sip_uri_parse(&u, view_str(bad[i])) != EBADMSG)
			fail_msg("taken: %s", bad[i]);
	}
}

static void test_sizes(void **state)
{
	char text[600] = "sip:";
	struct sip_uri u;
	size_t n;

	(void)state;
	memset(text + 4, 'a', 386);
	memcpy(text + 4 + 384, "@b", 2);
	assert_int_equal(sip_uri_parse(&u, view_mem(text, 4 + 386)), 0);
	memcpy(text + 4 + 384, "a@b", 3);
	assert_int_equal(sip_uri_parse(&u, view_mem(text, 4 + 387)), EBADMSG);
	memcpy(text + 4, "a@", 2);
	memset(text + 6, 'h', sizeof(text) - 6);
	for (n = 511; n <= 512; n++)
		assert_int_equal(sip_uri_parse(&u, view_mem(text, n)), 0);
	assert_int_equal(sip_uri_parse(&u, view_mem(text, 513)), EBADMSG);
}

static void test_any_scheme(void **state)
{
	struct uri_parts p;

	(void)state;
	assert_int_equal(uri_scan(&p, VIEW("soap.beep://192.0.2.103:3002")),
			 0);
	assert_false(p.chat);
	assert_int_equal(uri_scan(&p, VIEW("isbn:2983792873")), 0);
	assert_int_equal(uri_scan(&p, VIEW("sip:a:b@c?Route=%3Csip:x%3E")), 0);
	assert_true(p.chat);
	assert_true(p.password);
	assert_true(p.headers);
	/* RFC 4475 3.1.1.2 */
	assert_int_equal(uri_scan(&p, VIEW("sip:1_unusual.URI~(to-be!sure)"
					   "&isn't+it$/crazy?,/;;*:&it+has=1,"
					   "weird!*pas$wo~d_too.(doesn't-it)"
					   "@example.com")), 0);
	assert_view(p.uri.host, "example.com");
}

static void test_nameaddr(void **state)
{
	struct sip_nameaddr a;

	(void)state;
	assert_int_equal(scan_nameaddr(&a, VIEW("\"A \\\"<x>\" <sip:a@b;c>"
						" ; tag = 12 ;y")), 0);
	assert_view(a.uri, "sip:a@b;c");
	assert_view(a.tag, "12");
	assert_int_equal(scan_nameaddr(&a, VIEW("caller<sip:a@b>")), 0);
	assert_view(a.uri, "sip:a@b");
	assert_false(a.has_tag);
	/* RFC 3261 20.10: without <> the parameters are the header's. */
	assert_int_equal(scan_nameaddr(&a, VIEW("sip:a@b;tag=1;user=phone")),
			 0);
	assert_view(a.uri, "sip:a@b");
	assert_view(a.tag, "1");
	assert_int_equal(
		scan_nameaddr(&a, VIEW("\r\n sip:a@b ;\r\n tag\t= x")), 0);
	assert_view(a.tag, "x");
}

static void test_nameaddr_refused(void **state)
{
	static const char *const bad[] = {
		"", "<>", "<sip:a@b", "\"x <sip:a@b>", "\"x\" sip:a@b",
		"<sip:a@b>;tag=", "<sip:a@b>;tag=1;tag=2", "<sip:a@b>;;tag=1",
		"<sip:a@b> x", "<sip:a@b>;tag=\"q\"", "sip:a@b x;tag=1",
	};
	struct sip_nameaddr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (scan_nameaddr(&a, view_str(bad[i])) != EBADMSG)
			fail_msg("taken: %s", bad[i]);
	}
}

static void via_answer(const char *line, const char *src, const char *want)
{
	struct netaddr a;
	struct buf b = { 0 };
	struct via v;

	assert_int_equal(netaddr_parse(&a, view_str(src)), 0);
	assert_int_equal(via_parse(&v, view_str(line)), 0);
	via_put(&b, &v, &a);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

static void test_via(void **state)
{
	(void)state;
	via_answer("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx", "192.0.2.1:9",
		   "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx");
	via_answer("SIP/2.0/UDP h;branch=z9hG4bKx", "192.0.2.1:9",
		   "SIP/2.0/UDP h;branch=z9hG4bKx;received=192.0.2.1");
	/* RFC 3581 4: received goes with rport in any case. */
	via_answer("SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKx",
		   "192.0.2.1:9",
		   "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx;received=192.0.2.1"
		   ";rport=9");
	/* What the sender claims about itself is not repeated. */
	via_answer("SIP/2.0/UDP h;received=9.9.9.9;rport=1;branch=z9hG4bKx",
		   "[2001:db8::1]:9", "SIP/2.0/UDP h;branch=z9hG4bKx"
		   ";received=2001:db8::1;rport=9");
	via_answer("SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw",
		   "192.0.2.2:5060", "SIP  /   2.0   /UDP      192.0.2.2"
		   ";branch=390skdjuw");
	via_answer("SIP/2.0/TCP a , SIP/2.0/UDP b;branch=z9hG4bKy",
		   "192.0.2.1:9", "SIP/2.0/TCP a;received=192.0.2.1");
}

static void test_via_parts(void **state)
{
	struct via v;

	(void)state;
	assert_int_equal(via_parse(&v, VIEW("SIP/2.0/UDP [2001:db8::9]:55;"
					    "received=[2001:db8::9:255];"
					    "branch=z9hG4bKas3-111")), 0);
	assert_view(v.host, "[2001:db8::9]");
	assert_int_equal(v.port, 55);
	assert_view(v.branch, "z9hG4bKas3-111");
	assert_true(via_magic(&v));
	assert_int_equal(via_parse(&v, VIEW("SIP/2.0/UDP h;branch=z9hG4bK")),
			 0);
	assert_false(via_magic(&v));
	assert_int_equal(via_parse(&v, VIEW("SIP/2.0/TLS h")), 0);
	assert_false(via_magic(&v));
	assert_view(v.proto, "TLS");
}

static void test_via_refused(void **state)
{
	static const char *const bad[] = {
		"", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/3.0/UDP h", "UDP h",
		"SIP/2.0/UDP h:", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:99999",
		"SIP/2.0/UDP 192.0.2.15;;", "SIP/2.0/UDP h;branch=",
		"SIP/2.0/UDP h;branch=a;branch=b", "SIP/2.0/UDP h i",
		"SIP/2.0/UDP [::1", "SIP/2.0/UDP ,SIP/2.0/UDP h",
		"SIP/2.0/UDP [::1\r\n ;branch=a]", "SIP/2.0/UDP [::1;a]",
	};
	struct via v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (via_parse(&v, view_str(bad[i])) != EBADMSG)
			fail_msg("taken: %s", bad[i]);
	}
}

static void test_flow(void **state)
{
	static const char *const streams[] = { "tls:192.0.2.1:5061",
					       "ws:192.0.2.1:80",
					       "wss:[::1]:443" };
	size_t i;
	char text[SIP_FLOW_TEXT_MAX];
	struct sip_flow f;

	(void)state;
	assert_int_equal(sip_flow_parse(&f, VIEW("udp:192.0.2.1:5060")), 0);
	assert_int_equal(f.transport, SIP_UDP);
	assert_int_equal(f.conn, 0);
	assert_string_equal(sip_flow_str(text, &f), "udp:192.0.2.1:5060");
	assert_int_equal(sip_flow_parse(&f, VIEW("tcp:[2001:db8::1]:5")), 0);
	assert_string_equal(sip_flow_str(text, &f), "tcp:[2001:db8::1]:5");
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		assert_int_equal(sip_flow_parse(&f, view_str(streams[i])), 0);
		assert_true(sip_is_stream(f.transport));
		assert_int_equal(sip_is_ws(f.transport), i > 0);
		assert_string_equal(sip_flow_str(text, &f), streams[i]);
	}
	assert_int_equal(sip_flow_parse(&f, VIEW("ws")), EBADMSG);
	assert_int_equal(sip_flow_parse(&f, VIEW("sctp:192.0.2.1:5060")),
			 EBADMSG);
	assert_int_equal(sip_flow_parse(&f, VIEW("udp:example.org:5060")),
			 EBADMSG);
}

static void test_headers(void **state)
{
	const struct sip_header good = { VIEW("X-a"), VIEW("b\xc3\xa9") };
	const struct sip_header bad[] = {
		{ VIEW("X a"), VIEW("b") },  { VIEW(""), VIEW("b") },
		{ VIEW("X:"), VIEW("b") },   { VIEW("X"), VIEW("a\r\nb") },
		{ VIEW("X"), VIEW("a\rb") }, { VIEW("X"), VIEW("a\nb") },
		{ VIEW("X"), VIEW("a\0b") },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(text_put_headers(&b, &good, 1), 0);
	assert_string_equal(buf_str(&b), "X-a: b\xc3\xa9\r\n");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_put_headers(&b, &bad[i], 1), EBADMSG);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_parts),     TEST(test_refused),
		TEST(test_sizes),     TEST(test_any_scheme),
		TEST(test_nameaddr),  TEST(test_nameaddr_refused),
		TEST(test_via),	      TEST(test_via_parts),
		TEST(test_via_refused), TEST(test_flow),
		TEST(test_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
