/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where nobody may make us send to: sip_may_send(). */
#include "test.h"

#include <ifaddrs.h>
#include <string.h>
#include <sys/resource.h>

#include "sip.h"

static struct loop *loop;
static struct sip *edge;

static void edge_open(const char *local, const char *send_to)
{
	struct sip_listen listen = { .transport = SIP_TCP };
	struct netmask mask;
	const struct sip_conf conf = {
		.loop = loop,
		.listen = &listen,
		.listen_count = 1,
		.send_to = &mask,
		.send_to_count = send_to ? 1 : 0,
		.domain = "confab.example",
		.product = "confab/1",
	};
	char why[200];

	if (send_to)
		assert_int_equal(netmask_parse(&mask, view_str(send_to)), 0);
	assert_int_equal(netaddr_set(&listen.local, view_str(local), 0), 0);
	assert_int_equal(sip_new(&edge, &conf, why, sizeof(why)), 0);
}

static int setup(void **state)
{
	if (test_setup(state))
		return 1;
	assert_int_equal(loop_new(&loop), 0);
	return 0;
}

static int teardown(void **state)
{
	sip_free(edge);
	edge = NULL;
	loop_turn(loop, 0);
	loop_free(loop);
	return test_teardown(state);
}

static bool may(const char *ip, uint16_t port)
{
	struct netaddr a;

	assert_int_equal(netaddr_set(&a, view_str(ip), port), 0);
	return sip_may_send(edge, &a);
}

static uint16_t own_port(void)
{
	return netaddr_port(sip_local(edge, 0));
}

static void what_is_near_is_closed(void **state)
{
	static const char *const closed[] = {
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254",
		"224.0.1.75", "255.255.255.255", "::", "::1", "fe80::1",
		"ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1",
		"::ffff:169.254.169.254", "::ffff:0.0.0.0",
	};

	(void)state;
	edge_open("127.0.0.1", NULL);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (may(closed[i], 9))
			fail_msg("%s", closed[i]);
	assert_true(may("192.0.2.9", 5060));
	assert_true(may("10.0.0.9", 5060));
	assert_true(may("2001:db8::9", 5060));
	assert_true(may("::ffff:192.0.2.9", 5060));
}

static void what_is_named_is_open(void **state)
{
	(void)state;
	edge_open("127.0.0.1", "127.0.0.0/8");
	assert_true(may("127.0.0.1", 9));
	assert_true(may("::ffff:127.0.0.1", 9));
	assert_false(may("::1", 9));
	assert_false(may("169.254.1.1", 9));
}

static void a_mapped_one_is_of_ipv4(void **state)
{
	(void)state;
	edge_open("127.0.0.1", "::ffff:127.0.0.0/104");
	assert_true(may("127.0.0.1", 9));
	assert_false(may("169.254.1.1", 9));
}

static void our_own_sockets_never(void **state)
{
	(void)state;
	edge_open("127.0.0.1", "127.0.0.0/8");
	assert_false(may("127.0.0.1", own_port()));
	assert_false(may("::ffff:127.0.0.1", own_port()));
	assert_true(may("127.0.0.2", own_port()));
}

/* By any address that leads to it. */
static void nor_one_that_listens_everywhere(void **state)
{
	(void)state;
	edge_open("0.0.0.0", "0.0.0.0/0");
	assert_false(may("127.0.0.1", own_port()));
	assert_false(may("127.1.2.3", own_port()));
	assert_false(may("::ffff:127.0.0.1", own_port()));
	assert_false(may("0.0.0.0", own_port()));
	assert_true(may("127.0.0.1", 9));
	assert_true(may("203.0.113.9", own_port()));
}

/* The addresses of this machine but for loopback; some have none. */
static void nor_by_an_address_of_this_host(void **state)
{
	struct ifaddrs *all, *i;
	struct netaddr a;

	(void)state;
	edge_open("0.0.0.0", NULL);
	assert_int_equal(getifaddrs(&all), 0);
	for (i = all; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		memset(&a, 0, sizeof(a));
		memcpy(&a.u.in, i->ifa_addr, sizeof(a.u.in));
		netaddr_set_port(&a, own_port());
		assert_false(sip_may_send(edge, &a));
		netaddr_set_port(&a, 9);
		assert_true(netaddr_is_loopback(&a) ||
			    sip_may_send(edge, &a));
	}
	freeifaddrs(all);
}

/* Without a descriptor nobody could say, so it is refused. */
static void in_doubt_it_is_our_own(void **state)
{
	struct rlimit was, none;

	(void)state;
	edge_open("0.0.0.0", NULL);
	assert_true(may("203.0.113.9", own_port()));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_false(may("203.0.113.9", own_port()));
	assert_true(may("203.0.113.9", 9));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_near_is_closed),
		CASE(what_is_named_is_open),
		CASE(a_mapped_one_is_of_ipv4),
		CASE(our_own_sockets_never),
		CASE(nor_one_that_listens_everywhere),
		CASE(nor_by_an_address_of_this_host),
		CASE(in_doubt_it_is_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
