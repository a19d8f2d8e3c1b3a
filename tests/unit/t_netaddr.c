/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses as text and back, equality, masks. */
#include "test.h"

#include <errno.h>

#include "netaddr.h"

static struct netaddr addr(const char *text)
{
	struct netaddr a;

	assert_int_equal(netaddr_parse(&a, view_str(text)), 0);
	return a;
}


static void round_trip(void **state)
{
	static const char *const texts[] = { "127.0.0.1:5060", "0.0.0.0:0",
		"255.255.255.255:65535", "[::1]:5060", "[::]:1",
		"[2001:db8::1:0:2]:5061", "[::ffff:10.0.0.1]:7" };
	char got[NETADDR_TEXT_MAX];
	struct netaddr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		a = addr(texts[i]);
		assert_string_equal(netaddr_str(got, &a), texts[i]);
	}
}


static void longest_text_fits(void **state)
{
	struct netaddr a =
		addr("[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
	char got[NETADDR_TEXT_MAX];

	(void)state;
	assert_string_equal(netaddr_str(got, &a),
		"[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}


static void refuses_bad_text(void **state)
{
	static const char *const bad[] = { "", ":", "127.0.0.1", "127.0.0.1:",
		"127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 1",
		"127.0.0.1:5060x", "127.0.0:1", "127.0.0.256:1", "::1:5060",
		"[::1]", "[::1:5060", "::1]:5060", "[127.0.0.1]:1",
		"[fe80::1%eth0]:1", "localhost:5060", "1.2.3.4.5:1",
		"[]:1", "[1:2:3:4:5:6:7:8:9]:1", " 1.2.3.4:1",
		"[11111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bb]:1" };
	struct netaddr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(netaddr_parse(&a, view_str(bad[i])), EBADMSG);
	assert_int_equal(netaddr_parse(&a, VIEW("1.2.3.4\0:1")), EBADMSG);
	assert_int_equal(netaddr_set(&a, VIEW("1.2.3.4\0"), 1), EBADMSG);
	assert_int_equal(netaddr_set(&a, VIEW_NONE, 1), EBADMSG);
}


static void sets_from_an_address(void **state)
{
	struct netaddr a;
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(netaddr_set(&a, VIEW("[2001:DB8::1]"), 5), 0);
	assert_int_equal(netaddr_family(&a), AF_INET6);
	assert_int_equal(netaddr_port(&a), 5);
	assert_int_equal(netaddr_len(&a), sizeof(struct sockaddr_in6));
	netaddr_put_ip(&b, &a);
	assert_view(buf_view(&b), "2001:db8::1");
	buf_clear(&b);
	assert_int_equal(netaddr_set(&a, VIEW("10.1.2.3"), 80), 0);
	assert_int_equal(netaddr_family(&a), AF_INET);
	assert_int_equal(netaddr_len(&a), sizeof(struct sockaddr_in));
	netaddr_set_port(&a, 81);
	netaddr_put(&b, &a);
	assert_view(buf_view(&b), "10.1.2.3:81");
	buf_free(&b);
}


static void compares(void **state)
{
	struct netaddr a = addr("10.0.0.1:5060"), b = addr("10.0.0.1:5060");
	struct netaddr v6 = addr("[::1]:5060"), none = { 0 };

	(void)state;
	assert_true(netaddr_eq(&a, &b));
	assert_true(netaddr_hash(&a) == netaddr_hash(&b));
	/* What lies behind the address does not count. */
	b.u.in.sin_zero[3] = 7;
	assert_true(netaddr_eq(&a, &b));
	assert_true(netaddr_hash(&a) == netaddr_hash(&b));
	b = addr("10.0.0.1:5061");
	assert_false(netaddr_eq(&a, &b));
	assert_true(netaddr_hash(&a) != netaddr_hash(&b));
	b = addr("10.0.0.2:5060");
	assert_false(netaddr_eq(&a, &b));
	assert_false(netaddr_eq(&a, &v6));
	assert_false(netaddr_eq(&a, &none));
	assert_true(netaddr_eq(&none, &none));
	b = addr("[::1]:5060");
	assert_true(netaddr_eq(&v6, &b));
	assert_true(netaddr_hash(&v6) == netaddr_hash(&b));
	b.u.in6.sin6_flowinfo = 9;
	assert_true(netaddr_eq(&v6, &b));
	assert_true(netaddr_hash(&v6) == netaddr_hash(&b));
	b.u.in6.sin6_scope_id = 2;
	assert_false(netaddr_eq(&v6, &b));
	b = addr("[::2]:5060");
	assert_true(netaddr_hash(&v6) != netaddr_hash(&b));
}


static void no_family_is_harmless(void **state)
{
	struct netaddr none = { 0 };
	char got[NETADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(netaddr_len(&none), 0);
	assert_int_equal(netaddr_port(&none), 0);
	netaddr_set_port(&none, 5);
	netaddr_unmap(&none);
	assert_false(netaddr_is_loopback(&none));
	assert_false(netaddr_is_any(&none));
	assert_string_equal(netaddr_str(got, &none), "?:0");
	(void)netaddr_hash(&none);
}


static void knows_what_is_near(void **state)
{
	static const char *const near[] = {
		"0.0.0.0:1", "0.1.2.3:1", "127.9.8.7:1", "169.254.0.1:1",
		"224.0.0.1:1", "255.255.255.255:1", "[::]:1", "[::1]:1",
		"[fe80::1]:1", "[febf::1]:1", "[ff02::1]:1",
		"[::ffff:127.0.0.1]:1", "[::ffff:169.254.1.1]:1",
	};
	static const char *const far[] = {
		"10.0.0.1:1", "169.253.0.1:1", "192.0.2.1:1", "223.0.0.1:1",
		"[2001:db8::1]:1", "[fec0::1]:1", "[fe00::1]:1",
		"[::ffff:10.0.0.1]:1",
	};
	struct netaddr none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		struct netaddr a = addr(near[i]);

		assert_true(netaddr_is_near(&a));
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		struct netaddr a = addr(far[i]);

		assert_false(netaddr_is_near(&a));
	}
	assert_false(netaddr_is_near(&none));
}


static void knows_loopback_and_any(void **state)
{
	struct netaddr a;

	(void)state;
	a = addr("127.9.8.7:1");
	assert_true(netaddr_is_loopback(&a));
	a = addr("128.0.0.1:1");
	assert_false(netaddr_is_loopback(&a));
	a = addr("[::1]:1");
	assert_true(netaddr_is_loopback(&a));
	a = addr("[::ffff:127.0.0.1]:1");
	assert_true(netaddr_is_loopback(&a));
	a = addr("[::ffff:10.0.0.1]:1");
	assert_false(netaddr_is_loopback(&a));
	a = addr("0.0.0.0:1");
	assert_true(netaddr_is_any(&a));
	a = addr("[::]:1");
	assert_true(netaddr_is_any(&a));
	a = addr("[::ffff:0.0.0.0]:1");
	assert_true(netaddr_is_any(&a));
	a = addr("[::1]:1");
	assert_false(netaddr_is_any(&a));
}


static void unmaps(void **state)
{
	struct netaddr a = addr("[::ffff:10.0.0.1]:7"), b = addr("10.0.0.1:7");
	struct netaddr c = addr("[::10.0.0.1]:7"), d = c;

	(void)state;
	assert_false(netaddr_eq(&a, &b));
	netaddr_unmap(&a);
	assert_true(netaddr_eq(&a, &b));
	netaddr_unmap(&c);
	assert_true(netaddr_eq(&c, &d));
}


static bool has(const char *mask, const char *text)
{
	struct netaddr a = addr(text);
	struct netmask m;

	assert_int_equal(netmask_parse(&m, view_str(mask)), 0);
	return netmask_has(&m, &a);
}


static void masks(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.255.1.2:5"));
	assert_false(has("10.0.0.0/8", "11.0.0.0:5"));
	assert_true(has("10.9.9.9/8", "10.1.1.1:5"));
	assert_true(has("10.0.0.128/25", "10.0.0.129:5"));
	assert_false(has("10.0.0.128/25", "10.0.0.127:5"));
	assert_true(has("10.0.0.1", "10.0.0.1:9"));
	assert_false(has("10.0.0.1", "10.0.0.0:9"));
	assert_true(has("0.0.0.0/0", "1.2.3.4:5"));
	assert_false(has("0.0.0.0/0", "[2001:db8::1]:5"));
	assert_true(has("::/0", "[2001:db8::1]:5"));
	assert_false(has("::/0", "1.2.3.4:5"));
	assert_true(has("2001:db8::/32", "[2001:db8:ffff::]:5"));
	assert_false(has("2001:db8::/32", "[2001:db9::]:5"));
	assert_true(has("2001:db8::/33", "[2001:db8:7fff::]:5"));
	assert_false(has("2001:db8::/33", "[2001:db8:8000::]:5"));
	assert_true(has("::1", "[::1]:5"));
	assert_true(has("127.0.0.0/8", "[::ffff:127.0.0.1]:5"));
	assert_true(has("::ffff:127.0.0.0/104", "127.0.0.1:5"));
	assert_true(has("::ffff:127.0.0.0/104", "[::ffff:127.0.0.1]:5"));
	assert_false(has("::ffff:127.0.0.0/104", "128.0.0.1:5"));
	assert_true(has("::ffff:10.0.0.1", "10.0.0.1:5"));
	assert_false(has("::ffff:0.0.0.0/95", "10.0.0.1:5"));
}


static void refuses_bad_masks(void **state)
{
	static const char *const bad[] = { "", "/", "/8", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129",
		"10.0.0/8", "localhost", "10.0.0.0/08x", "10.0.0.1:5/8" };
	struct netmask m;
	struct netaddr a = addr("0.0.0.0:0");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(netmask_parse(&m, view_str(bad[i])), EBADMSG);
	memset(&m, 0, sizeof(m));
	assert_false(netmask_has(&m, &a));
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trip),
		TEST(longest_text_fits),
		TEST(refuses_bad_text),
		TEST(sets_from_an_address),
		TEST(compares),
		TEST(no_family_is_harmless),
		TEST(knows_what_is_near),
		TEST(knows_loopback_and_any),
		TEST(unmaps),
		TEST(masks),
		TEST(refuses_bad_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
