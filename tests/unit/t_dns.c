/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Look-ups, against a name server of a few lines on the same loop. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "dns.h"
#include "zone.h"

enum { FAR = 10000 };

static struct loop *l;
static struct dns *d;

static const struct record records[] = {
	{ "v4.test", TYPE_A, 60, "192.0.2.1" },
	{ "both.test", TYPE_A, 60, "192.0.2.2" },
	{ "both.test", TYPE_AAAA, 60, "2001:db8::2" },
	{ "brief.test", TYPE_A, 0, "192.0.2.3" },
	{ "old.test", TYPE_A, 86400, "192.0.2.4" },
	{ "two.test", TYPE_A, 20, "192.0.2.5" },
	{ "two.test", TYPE_A, 60, "192.0.2.6" },
	{ "_s._tcp.test", TYPE_SRV, 60, "20 0 5220 v4.test" },
	{ "_s._tcp.test", TYPE_SRV, 60, "10 5 5221 both.test" },
	{ "_s._tcp.test", TYPE_SRV, 60, "10 0 5222 gone.test" },
	{ "_none._tcp.test", TYPE_SRV, 60, "0 0 0 ." },
	{ "_bad._tcp.test", TYPE_SRV, 60, "0 0 1 gone.test" },
	{ "_w._tcp.test", TYPE_SRV, 60, "1 1 1 v4.test" },
	{ "_w._tcp.test", TYPE_SRV, 60, "1 99 2 v4.test" },
	{ "_mute._tcp.test", TYPE_SRV, 60, "1 0 1 v4.test" },
	{ "_mute._tcp.test", TYPE_SRV, 60, "2 0 2 silent.test" },
	{ "naptr.test", TYPE_NAPTR, 60, "50 50 s SIPS+D2T _sips._tcp.test" },
	{ "naptr.test", TYPE_NAPTR, 60, "90 50 s SIP+D2T _sip._tcp.test" },
	{ "naptr.test", TYPE_NAPTR, 60, "50 10 S SIP+D2U _sip._udp.test" },
	{ "naptr.test", TYPE_NAPTR, 60, "1 1 u E2U+sip elsewhere.test" },
	{ "naptr.test", TYPE_NAPTR, 60, "1 1 s ALONGSERVICENAME+D2U x.test" },
	{ "useless.test", TYPE_NAPTR, 60, "1 1 a SIP+D2U x.test" },
};

/* The asking side */

static struct answer {
	unsigned calls;
	int err;
	char why[100];
	size_t count;
	struct netaddr addrs[DNS_ADDRS_MAX];
	struct dns_query *q;
	bool cancel_inside, free_inside, again;
} got, other;

static void on_answer(int err, const char *why, const struct netaddr *addrs,
		      size_t count, void *arg)
{
	struct answer *a = arg;

	a->calls++;
	a->err = err;
	snprintf(a->why, sizeof(a->why), "%s", why);
	a->count = count;
	assert_true(count <= DNS_ADDRS_MAX);
	assert_int_equal(!err, count > 0);
	memcpy(a->addrs, addrs, count * sizeof(*addrs));
	if (a->cancel_inside)
		dns_cancel(a->q);
	if (a->free_inside) {
		dns_free(d);
		d = NULL;
	}
	if (a->again) {
		a->again = false;
		dns_lookup(&a->q, d, "127.0.0.1", 1, on_answer, a);
	}
}


static int setup(void **state)
{
	int err = test_setup(state);
	struct netaddr any;
	char at[NETADDR_TEXT_MAX];

	if (err || loop_new(&l))
		return -1;
	memset(&srv, 0, sizeof(srv));
	zone = records;
	zone_count = sizeof(records) / sizeof(*records);
	memset(&got, 0, sizeof(got));
	memset(&other, 0, sizeof(other));
	clock_freeze(now_ms(), 0);
	loop_turn(l, 0);
	netaddr_parse(&any, VIEW("127.0.0.1:0"));
	if (udp_open(&server, l, &any, 1500, on_question, NULL) ||
	    dns_new(&d, l))
		return -1;
	return dns_set_servers(d, netaddr_str(at, udp_local(server)));
}


static int teardown(void **state)
{
	dns_free(d);
	d = NULL;
	udp_close(server);
	loop_free(l);
	clock_thaw();
	return test_teardown(state);
}


static void begin(struct answer *a, const char *host)
{
	unsigned calls = a->calls;

	assert_int_equal(dns_lookup(&a->q, d, host, 5060, on_answer, a), 0);
	assert_int_equal(a->calls, calls); /* never before it returned */
}


static void await(struct answer *a)
{
	unsigned calls = a->calls;

	while (a->calls == calls)
		loop_turn(l, FAR);
	assert_int_equal(a->calls, calls + 1);
}


static void look(const char *host)
{
	begin(&got, host);
	await(&got);
}


static void look_srv(const char *name)
{
	assert_int_equal(dns_lookup_srv(&got.q, d, name, on_answer, &got), 0);
	await(&got);
}


static bool found(const char *text)
{
	struct netaddr a;
	size_t i;

	assert_int_equal(netaddr_parse(&a, view_str(text)), 0);
	for (i = 0; i < got.count; i++)
		if (netaddr_eq(&got.addrs[i], &a))
			return true;
	return false;
}


static void numbers_need_no_server(void **state)
{
	(void)state;
	look("127.0.0.1");
	assert_int_equal(got.count, 1);
	assert_true(found("127.0.0.1:5060"));
	look("2001:db8::7");
	assert_true(found("[2001:db8::7]:5060"));
	look("[::1]");
	assert_true(found("[::1]:5060"));
	/* RFC 6761 6.3 */
	look("LocalHost");
	assert_true(found("127.0.0.1:5060"));
	assert_true(found("[::1]:5060"));
	assert_int_equal(srv.asked, 0);
}


static void finds_addresses(void **state)
{
	(void)state;
	look("v4.test");
	assert_int_equal(got.err, 0);
	assert_string_equal(got.why, "");
	assert_int_equal(got.count, 1);
	assert_true(found("192.0.2.1:5060"));
	look("both.test");
	assert_int_equal(got.count, 2);
	assert_true(found("192.0.2.2:5060"));
	assert_true(found("[2001:db8::2]:5060"));
}


static void at_most_sixteen(void **state)
{
	(void)state;
	look("crowd.test");
	assert_int_equal(got.count, DNS_ADDRS_MAX);
	assert_true(found("192.0.2.100:5060"));
}


/* Each look-up of a name asks twice: A and AAAA. */
static void answers_stay_for_their_ttl(void **state)
{
	unsigned asked;

	(void)state;
	look("two.test"); /* 20 s and 60 s: the shorter one counts */
	asked = srv.asked;
	assert_true(asked > 0);
	look("TWO.test");
	assert_int_equal(got.count, 2);
	clock_advance(19999);
	look("two.test");
	assert_int_equal(srv.asked, asked);
	clock_advance(1);
	look("two.test");
	assert_int_equal(srv.asked, 2 * asked);
	assert_int_equal(got.count, 2);
}


static void ttls_have_bounds(void **state)
{
	unsigned asked;

	(void)state;
	look("brief.test");
	asked = srv.asked;
	clock_advance(999);
	look("brief.test");
	assert_int_equal(srv.asked, asked);
	clock_advance(1);
	look("brief.test");
	assert_int_equal(srv.asked, 2 * asked);
	look("old.test");
	asked = srv.asked;
	clock_advance(5 * 60 * 1000 - 1);
	look("old.test");
	assert_int_equal(srv.asked, asked);
	clock_advance(1);
	look("old.test");
	assert_true(srv.asked > asked);
}


static void no_such_name_is_kept_ten_seconds(void **state)
{
	unsigned asked;

	(void)state;
	look("gone.test");
	assert_int_equal(got.err, ENOENT);
	assert_string_equal(got.why, "Domain name not found");
	asked = srv.asked;
	clock_advance(9999);
	look("gone.test");
	assert_int_equal(got.err, ENOENT);
	assert_int_equal(srv.asked, asked);
	clock_advance(1);
	look("gone.test");
	assert_true(srv.asked > asked);
}


static void server_trouble_is_not_kept(void **state)
{
	unsigned asked;

	(void)state;
	look("fail.test");
	assert_int_equal(got.err, EAGAIN);
	assert_true(strlen(got.why) > 0);
	asked = srv.asked;
	look("fail.test");
	assert_true(srv.asked > asked);
}


static void bad_names_are_not_asked_for(void **state)
{
	static const char *const bad[] = { "", ".", ".x", "a b", "a/b", "a\n",
		"caf\xc3\xa9.test", "x@y", "1.2.3.4:5060", "*.test" };
	char longer[300];
	size_t i;

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		look(bad[i]);
		assert_int_equal(got.err, ENOENT);
		assert_string_equal(got.why, "not a host name");
	}
	look(longer);
	assert_int_equal(got.err, ENOENT);
	look_srv("");
	assert_int_equal(got.err, ENOENT);
	assert_int_equal(srv.asked, 0);
}


static void the_same_name_is_asked_for_once(void **state)
{
	unsigned once;

	(void)state;
	look("both.test");
	once = srv.asked;
	begin(&got, "v4.test");
	begin(&other, "V4.test");
	await(&got);
	while (!other.calls)
		loop_turn(l, FAR);
	assert_int_equal(srv.asked, 2 * once);
	assert_int_equal(other.count, 1);
}


static void gives_up_after_ten_seconds(void **state)
{
	(void)state;
	begin(&got, "silent.test");
	while (!srv.asked)
		loop_turn(l, FAR);
	clock_advance(DNS_TIMEOUT_MS - 20);
	loop_turn(l, 0);
	assert_int_equal(got.calls, 0);
	clock_advance(40);
	await(&got);
	assert_int_equal(got.err, ETIMEDOUT);
	/* The next one joins what c-ares is still about. */
	begin(&got, "silent.test");
	dns_cancel(got.q);
}


static void cancelled_ones_stay_silent(void **state)
{
	(void)state;
	begin(&got, "v4.test");
	begin(&other, "v4.test");
	dns_cancel(got.q);
	await(&other);
	assert_int_equal(got.calls, 0);
	/* A ready one, and SRV in each of its stages. */
	begin(&got, "127.0.0.1");
	dns_cancel(got.q);
	dns_lookup_srv(&got.q, d, "_s._tcp.test", on_answer, &got);
	dns_cancel(got.q);
	dns_lookup_srv(&got.q, d, "_mute._tcp.test", on_answer, &got);
	while (srv.asked_srv < 2 || srv.asked < 5)
		loop_turn(l, FAR);
	dns_cancel(got.q);
	dns_cancel(NULL);
	look("both.test");
	assert_int_equal(got.calls, 1);
}


static void handlers_may_do_anything(void **state)
{
	(void)state;
	got.cancel_inside = true;
	got.again = true;
	begin(&got, "v4.test");
	while (got.calls < 2)
		loop_turn(l, FAR);
	assert_true(found("127.0.0.1:1"));
	got.cancel_inside = false;
	begin(&other, "127.0.0.2");
	got.free_inside = true;
	begin(&got, "127.0.0.1");
	dns_cancel(other.q);
	begin(&other, "127.0.0.3"); /* ready behind it: never handed up */
	await(&got);
	assert_null(d);
	loop_turn(l, 0);
	assert_int_equal(other.calls, 0);
}


static void freeing_ends_what_runs(void **state)
{
	(void)state;
	begin(&got, "silent.test");
	begin(&other, "127.0.0.1");
	dns_lookup_srv(&got.q, d, "_s._tcp.test", on_answer, &got);
	dns_free(d);
	d = NULL;
	loop_turn(l, 0);
	assert_int_equal(got.calls + other.calls, 0);
	dns_free(NULL);
}


static void srv_in_the_order_of_priority(void **state)
{
	struct netaddr last;

	(void)state;
	look_srv("_s._tcp.test");
	assert_int_equal(got.err, 0);
	assert_int_equal(got.count, 3);
	assert_true(found("192.0.2.2:5221"));
	assert_true(found("[2001:db8::2]:5221"));
	netaddr_parse(&last, VIEW("192.0.2.1:5220"));
	assert_true(netaddr_eq(&got.addrs[2], &last));
}


static void srv_without_a_service(void **state)
{
	(void)state;
	look_srv("_none._tcp.test");
	assert_int_equal(got.err, ENOENT);
	assert_string_equal(got.why, "the service is not offered there");
	look_srv("_gone._tcp.test");
	assert_int_equal(got.err, ENOENT);
	look_srv("_bad._tcp.test"); /* its only target has no address */
	assert_int_equal(got.err, ENOENT);
	look_srv("v4.test"); /* a name, but not of a service */
	assert_int_equal(got.err, ENOENT);
}


static void srv_by_weight(void **state)
{
	unsigned i, heavy = 0;

	(void)state;
	for (i = 0; i < 200; i++) {
		look_srv("_w._tcp.test");
		assert_int_equal(got.count, 2);
		assert_int_equal(netaddr_port(&got.addrs[0]) +
				 netaddr_port(&got.addrs[1]), 3);
		heavy += netaddr_port(&got.addrs[0]) == 2;
	}
	/* 98 of 100 on average; fewer than 150 of 200: not in this life. */
	assert_true(heavy > 150);
	assert_int_equal(srv.asked_srv, 200); /* not cached */
}


static void srv_gives_what_it_has_in_time(void **state)
{
	(void)state;
	dns_lookup_srv(&got.q, d, "_mute._tcp.test", on_answer, &got);
	while (srv.asked < 5)
		loop_turn(l, FAR);
	clock_advance(DNS_TIMEOUT_MS + 20);
	await(&got);
	assert_int_equal(got.err, 0);
	assert_int_equal(got.count, 1);
	assert_true(found("192.0.2.1:1"));
}


static void the_cache_has_an_end(void **state)
{
	char host[32];
	unsigned i, asked;

	(void)state;
	look("v4.test");
	for (i = 0; i < 1100; i++) {
		snprintf(host, sizeof(host), "n%u.test", i);
		look(host);
	}
	asked = srv.asked;
	look("n1099.test");
	assert_int_equal(srv.asked, asked);
	look("v4.test"); /* thrown out as the oldest */
	assert_true(srv.asked > asked);
	assert_int_equal(got.err, 0);
}


static void too_many_at_a_time_are_refused(void **state)
{
	static struct dns_query *q[1024];
	char host[40];
	unsigned i;

	(void)state;
	srv.silent = true;
	for (i = 0; i < 1024; i++) {
		snprintf(host, sizeof(host), "silent.n%u.test", i);
		dns_lookup(&q[i], d, host, 1, on_answer, &other);
	}
	look("v4.test");
	assert_int_equal(got.err, EAGAIN);
	assert_string_equal(got.why, "too many look-ups at a time");
	assert_int_equal(other.calls, 0);
}


static void servers_can_be_set(void **state)
{
	(void)state;
	assert_int_equal(dns_set_servers(d, "nonsense"), EINVAL);
	assert_int_equal(dns_set_servers(d, "127.0.0.1:5353"), 0);
	begin(&got, "v4.test");
	assert_int_equal(dns_set_servers(d, "127.0.0.1:5354"), EBUSY);
}


#define DT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static struct dns_naptr naptr[DNS_NAPTR_MAX];

static void on_naptr(int err, const char *why, const struct dns_naptr *list,
		     size_t count, void *arg)
{
	struct answer *a = arg;

	a->calls++;
	a->err = err;
	snprintf(a->why, sizeof(a->why), "%s", why);
	a->count = count;
	if (count)
		memcpy(naptr, list, count * sizeof(*list));
}


static void look_naptr(const char *name)
{
	unsigned calls = got.calls;

	assert_int_equal(dns_lookup_naptr(&got.q, d, name, on_naptr, &got),
			 0);
	assert_int_equal(got.calls, calls);
	await(&got);
}


static void services_come_in_their_order(void **state)
{
	(void)state;
	look_naptr("naptr.test");
	assert_int_equal(got.err, 0);
	assert_int_equal(got.count, 3);
	assert_string_equal(naptr[0].service, "SIP+D2U");
	assert_string_equal(naptr[0].name, "_sip._udp.test");
	assert_string_equal(naptr[1].service, "SIPS+D2T");
	assert_string_equal(naptr[2].service, "SIP+D2T");
	assert_int_equal(naptr[2].order, 90);
}


static void no_services(void **state)
{
	static const char *const names[] = { "useless.test", "gone.test",
					     "v4.test", "not a name", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		look_naptr(names[i]);
		assert_int_equal(got.err, ENOENT);
		assert_int_equal(got.count, 0);
	}
	look_naptr("fail.test");
	assert_int_equal(got.err, EAGAIN);
	/* one that is not waited for */
	dns_lookup_naptr(&other.q, d, "silent.test", on_naptr, &other);
	dns_cancel(other.q);
	look_naptr("naptr.test");
	assert_int_equal(other.calls, 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		DT(services_come_in_their_order),
		DT(no_services),
		DT(numbers_need_no_server),
		DT(finds_addresses),
		DT(at_most_sixteen),
		DT(answers_stay_for_their_ttl),
		DT(ttls_have_bounds),
		DT(no_such_name_is_kept_ten_seconds),
		DT(server_trouble_is_not_kept),
		DT(bad_names_are_not_asked_for),
		DT(the_same_name_is_asked_for_once),
		DT(gives_up_after_ten_seconds),
		DT(cancelled_ones_stay_silent),
		DT(handlers_may_do_anything),
		DT(freeing_ends_what_runs),
		DT(srv_in_the_order_of_priority),
		DT(srv_without_a_service),
		DT(srv_by_weight),
		DT(srv_gives_what_it_has_in_time),
		DT(the_cache_has_an_end),
		DT(too_many_at_a_time_are_refused),
		DT(servers_can_be_set),
	};

	/* Search domains of this machine would ask for more names. */
	setenv("LOCALDOMAIN", "", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
