/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's side of a UDP socket, with real sockets: what a rule is for is
 * dropped and counted, and nothing else is. */
#include "test.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "udp.h"

enum { FAR = 10000, MANY = 4000 };

static struct loop *l;
static struct udp *server;
static int heavy = -1, quiet = -1;
static unsigned got, got_answers;

static void on_packet(char *p, size_t n, const struct netaddr *src, void *arg)
{
	(void)src;
	(void)arg;
	got++;
	got_answers += n >= 4 && !memcmp(p, "SIP/", 4);
}

static struct netaddr ip(const char *text)
{
	struct netaddr a;

	assert_int_equal(netaddr_set(&a, view_str(text), 0), 0);
	return a;
}

static struct udp_rule rule(const char *src, uint32_t pass)
{
	return (struct udp_rule){ .src = ip(src), .pass = pass };
}

static int client(const char *at)
{
	struct netaddr a = ip(at);
	int fd = socket(netaddr_family(&a), SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, &a.u.sa, netaddr_len(&a)), 0);
	return fd;
}

static int setup(void **state)
{
	struct netaddr any = ip("127.0.0.1");
	int err = test_setup(state);

	got = got_answers = 0;
	if (err || loop_new(&l) ||
	    udp_open(&server, l, &any, 0, on_packet, NULL))
		return -1;
	heavy = client("127.0.0.2");
	quiet = client("127.0.0.3");
	return 0;
}

static int teardown(void **state)
{
	udp_close(server);
	server = NULL;
	loop_free(l);
	close(heavy);
	close(quiet);
	return test_teardown(state);
}

static void say(int fd, const char *text)
{
	const struct netaddr *to = udp_local(server);

	assert_int_equal(sendto(fd, text, strlen(text), 0, &to->u.sa,
				netaddr_len(to)), strlen(text));
}

/* On loopback a packet is there when its send returns. */
static unsigned heard(void)
{
	unsigned n;

	udp_look(server);
	n = got;
	got = 0;
	return n;
}

static void sieve(const struct udp_rule *r, size_t n)
{
	assert_int_equal(udp_sieve(server, r, n), 0);
}

static void who_has_a_rule_is_dropped_and_counted(void **state)
{
	struct udp_rule r = rule("127.0.0.2", 0);
	int i;

	(void)state;
	sieve(&r, 1);
	for (i = 0; i < 10; i++)
		say(heavy, "MESSAGE sip:b");
	say(quiet, "MESSAGE sip:b");
	assert_int_equal(heard(), 1);
	assert_int_equal(udp_lost(server), 10);
	assert_int_equal(udp_lost(server), 10);
}

static void without_rules_all_is_as_before(void **state)
{
	struct udp_rule r = rule("127.0.0.2", 0);

	(void)state;
	sieve(&r, 1);
	sieve(NULL, 0);
	say(heavy, "MESSAGE sip:b");
	assert_int_equal(heard(), 1);
	assert_int_equal(udp_lost(server), 0);
	sieve(NULL, 0);
}

static void new_rules_take_the_place_of_the_old(void **state)
{
	struct udp_rule r = rule("127.0.0.2", 0), s = rule("127.0.0.3", 0);

	(void)state;
	sieve(&r, 1);
	sieve(&s, 1);
	say(heavy, "MESSAGE sip:b");
	assert_int_equal(heard(), 1);
	say(quiet, "MESSAGE sip:b");
	assert_int_equal(heard(), 0);
}

static void a_share_gets_through(void **state)
{
	struct udp_rule r = rule("127.0.0.2", UINT32_C(1) << 30);
	unsigned n = 0, i;

	(void)state;
	sieve(&r, 1);
	for (i = 0; i < MANY; i++) {
		say(heavy, "MESSAGE sip:b");
		n += heard();
	}
	/* A quarter of 4,000; ten times the deviation of 27 about it. */
	assert_in_range(n, 730, 1270);
	assert_int_equal(udp_lost(server), MANY - n);
}

static void answers_pass_unless_told_otherwise(void **state)
{
	struct udp_rule r = rule("127.0.0.2", 0);

	(void)state;
	sieve(&r, 1);
	say(heavy, "SIP/2.0 200 OK");
	say(heavy, "SIP/");
	say(heavy, "SIPS");
	assert_int_equal(heard(), 2);
	assert_int_equal(got_answers, 2);
	r.answers = true;
	sieve(&r, 1);
	say(heavy, "SIP/2.0 200 OK");
	assert_int_equal(heard(), 0);
}

/* A load from beyond a packet's end would drop it. */
static void short_packets_of_others_pass(void **state)
{
	struct udp_rule r = rule("127.0.0.2", 0);

	(void)state;
	sieve(&r, 1);
	say(quiet, "");
	say(quiet, "x");
	say(quiet, "\r\n\r");
	say(heavy, "");
	say(heavy, "\r\n\r");
	assert_int_equal(heard(), 3);
}

static void many_name(char text[32], unsigned i)
{
	snprintf(text, 32, "127.9.%u.%u", i / 200, 1 + i % 200);
}

static struct udp_rule *rules_new(unsigned n)
{
	struct udp_rule *r = mem_array(NULL, n, sizeof(*r));
	char text[32];
	unsigned i;

	for (i = 0; i < n; i++) {
		many_name(text, i);
		r[i] = rule(text, 0);
	}
	return r;
}

/* However they stand in the search. */
static void of_many_rules_each_counts(void **state)
{
	struct udp_rule *r = rules_new(UDP_FILTER_RULES);
	char text[32];
	unsigned i;
	int fd;

	(void)state;
	if (udp_sieve(server, r, UDP_FILTER_RULES)) {
		mem_free(r);
		skip(); /* less memory than that is allowed here */
	}
	mem_free(r);
	for (i = 0; i <= UDP_FILTER_RULES; i++) {
		many_name(text, i);
		fd = client(text);
		say(fd, "MESSAGE sip:b");
		close(fd);
		assert_int_equal(heard(), i == UDP_FILTER_RULES);
	}
}

static void what_is_too_many_is_said(void **state)
{
	struct udp_rule *r = rules_new(UDP_FILTER_RULES + 1);

	(void)state;
	assert_int_equal(udp_sieve(server, r, UDP_FILTER_RULES + 1), E2BIG);
	mem_free(r);
	say(quiet, "MESSAGE sip:b");
	assert_int_equal(heard(), 1);
}

static void of_two_rules_for_one_the_first_counts(void **state)
{
	struct udp_rule r[] = { rule("127.0.0.2", 0),
				rule("127.0.0.2", UINT32_MAX),
				rule("127.0.0.2", UINT32_MAX) };

	(void)state;
	sieve(r, 3);
	say(heavy, "MESSAGE sip:b");
	assert_int_equal(heard(), 0);
}

static bool six_open(void)
{
	struct netaddr any = ip("::1");

	udp_close(server);
	server = NULL;
	return !udp_open(&server, l, &any, 0, on_packet, NULL);
}

static void ipv6_sources_are_known_by_their_64(void **state)
{
	struct udp_rule r[] = { rule("127.0.0.2", 0), rule("2001:db8::", 0),
				rule("0:0:1::", 0), rule("::77", 0) };
	int fd;

	(void)state;
	if (!six_open())
		skip(); /* no IPv6 here */
	fd = client("::1");
	sieve(r, 3);
	say(fd, "MESSAGE sip:b");
	assert_int_equal(heard(), 1);
	sieve(r, 4);
	say(fd, "MESSAGE sip:b");
	say(fd, "SIP/2.0 200 OK");
	close(fd);
	assert_int_equal(heard(), 1);
	assert_int_equal(got_answers, 1);
	assert_int_equal(udp_lost(server), 1);
}

static void rules_of_the_other_family_are_none(void **state)
{
	struct udp_rule r = rule("2001:db8::", 0);

	(void)state;
	sieve(&r, 1);
	say(heavy, "MESSAGE sip:b");
	assert_int_equal(heard(), 1);
}

/* No room in the socket: lost as well, and counted. */
static void what_finds_no_room_is_counted(void **state)
{
	static char big[60000];
	const struct netaddr *to = udp_local(server);
	unsigned sent = udp_recv_room(server) / sizeof(big) * 2, i;

	(void)state;
	for (i = 0; i < sent; i++)
		(void)sendto(heavy, big, sizeof(big), 0, &to->u.sa,
			     netaddr_len(to));
	i = heard();
	assert_in_range(i, 1, sent - 1);
	assert_int_equal(udp_lost(server), sent - i);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_has_a_rule_is_dropped_and_counted),
		T(without_rules_all_is_as_before),
		T(new_rules_take_the_place_of_the_old),
		T(a_share_gets_through),
		T(answers_pass_unless_told_otherwise),
		T(short_packets_of_others_pass),
		T(of_many_rules_each_counts),
		T(what_is_too_many_is_said),
		T(of_two_rules_for_one_the_first_counts),
		T(ipv6_sources_are_known_by_their_64),
		T(rules_of_the_other_family_are_none),
		T(what_finds_no_room_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
