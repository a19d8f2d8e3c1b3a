/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STUN Binding, with the vectors of RFC 5769. */
#include "test.h"

#include "stun_priv.h"

#define ID "\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
#define BINDING VIEW("\0\1\0\0" ID)

static struct buf out;

static void test_ipv4(void **state)
{
	struct netaddr src;

	(void)state;
	netaddr_parse(&src, VIEW("192.0.2.1:32853"));
	assert_true(stun_is(BINDING));
	assert_true(stun_answer(&out, BINDING, &src));
	assert_int_equal(out.n, 32);
	assert_memory_equal(out.p, "\1\1\0\x0c" ID "\0\x20\0\x08\0\1\xa1\x47"
				   "\xe1\x12\xa6\x43", 32);
	buf_free(&out);
}

static void test_ipv6(void **state)
{
	struct netaddr src;

	(void)state;
	netaddr_parse(&src, VIEW("[2001:db8:1234:5678:11:2233:4455:6677]"
				 ":32853"));
	assert_true(stun_answer(&out, BINDING, &src));
	assert_int_equal(out.n, 44);
	assert_memory_equal(out.p, "\1\1\0\x18" ID "\0\x20\0\x14\0\2\xa1\x47"
				   "\x01\x13\xa9\xfa\xa5\xd3\xf1\x79"
				   "\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9", 44);
	buf_free(&out);
}

static void answered(struct view packet, bool want)
{
	struct netaddr src;

	netaddr_parse(&src, VIEW("192.0.2.1:1"));
	assert_true(stun_is(packet));
	assert_int_equal(stun_answer(&out, packet, &src), want);
	assert_int_equal(out.n > 0, want);
	buf_free(&out);
}

static void test_only_what_is_plain(void **state)
{
	(void)state;
	/* SOFTWARE need not be understood, and is padded */
	answered(VIEW("\0\1\0\x08" ID "\x80\x22\0\3abc\0"), true);
	/* USERNAME has to be */
	answered(VIEW("\0\1\0\x08" ID "\0\x06\0\4user"), false);
	/* lengths that are not true */
	answered(VIEW("\0\1\0\x08" ID), false);
	answered(VIEW("\0\1\0\0" ID "\x80\x22\0\3abc\0"), false);
	answered(VIEW("\0\1\0\x08" ID "\x80\x22\0\x44" "abc\0"), false);
	answered(VIEW("\0\1\0\3" ID "\x80\x22\0"), false);
	/* an indication, an answer, an Allocate */
	answered(VIEW("\0\x11\0\0" ID), false);
	answered(VIEW("\1\1\0\0" ID), false);
	answered(VIEW("\0\3\0\0" ID), false);
}

static void test_what_is_none(void **state)
{
	(void)state;
	assert_false(stun_is(VIEW("OPTIONS sip:a SIP/2.0\r\n\r\n")));
	assert_false(stun_is(view_head(BINDING, 19)));
	assert_false(stun_is(VIEW("\0\1\0\0" "0123456789abcdef")));
	assert_false(stun_is(VIEW("\x80\1\0\0" ID)));
	assert_false(stun_is(VIEW_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ipv4),
		TEST(test_ipv6),
		TEST(test_only_what_is_plain),
		TEST(test_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
