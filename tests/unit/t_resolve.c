/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 3263: where a URI's servers are. The name server is a fake one. */
#include <errno.h>
#include <stdio.h>

#include "test.h"

#include "clock.h"
#include "hops_priv.h"

struct dns {
	char asked[128]; /* the newest question: "name" or "host:port" */
	unsigned questions, cancelled;
	dns_h *h;        /* NULL: none is open */
	dns_naptr_h *naptrh; /* likewise */
	void *arg;
};

static struct dns dns;

static int ask(struct dns_query **qp, dns_h *h, void *arg)
{
	assert_null(dns.h);
	dns.questions++;
	dns.h = h;
	dns.arg = arg;
	*qp = (struct dns_query *)&dns;
	return 0;
}

int dns_lookup(struct dns_query **qp, struct dns *d, const char *host,
	       uint16_t port, dns_h *h, void *arg)
{
	snprintf(d->asked, sizeof(d->asked), "%s:%u", host, port);
	return ask(qp, h, arg);
}

int dns_lookup_srv(struct dns_query **qp, struct dns *d, const char *name,
		   dns_h *h, void *arg)
{
	snprintf(d->asked, sizeof(d->asked), "%s", name);
	return ask(qp, h, arg);
}

int dns_lookup_naptr(struct dns_query **qp, struct dns *d, const char *name,
		     dns_naptr_h *h, void *arg)
{
	assert_null(d->h);
	snprintf(d->asked, sizeof(d->asked), "naptr %s", name);
	d->questions++;
	d->naptrh = h;
	d->arg = arg;
	*qp = (struct dns_query *)d;
	return 0;
}

void dns_cancel(struct dns_query *q)
{
	if (!q)
		return;
	assert_ptr_equal(q, &dns);
	dns.cancelled++;
	dns.h = NULL;
	dns.naptrh = NULL;
}

static void answer(int err, const char *const *texts, size_t count)
{
	struct netaddr addrs[4];
	dns_h *h = dns.h;

	assert_non_null(h);
	for (size_t n = 0; n < count; n++)
		assert_int_equal(netaddr_parse(&addrs[n],
					       view_str(texts[n])), 0);
	dns.h = NULL;
	h(err, err ? "no luck" : NULL, addrs, count, dns.arg);
}

static void answer_naptr(int err, const struct dns_naptr *list, size_t count)
{
	dns_naptr_h *h = dns.naptrh;

	assert_non_null(h);
	dns.naptrh = NULL;
	h(err, err ? "no luck" : NULL, list, count, dns.arg);
}

static struct loop *loop;
static struct netmask closed; /* where nobody may send to */

static bool on_allow(const struct netaddr *a, void *arg)
{
	assert_ptr_equal(arg, &closed);
	return !netmask_has(&closed, a);
}

static int make(struct resolve **p, const char *uri, struct buf *why)
{
	const struct resolve_conf conf = {
		.loop = loop,
		.dns = &dns,
		.what = "outbound_proxy",
		.allowh = on_allow,
		.arg = &closed,
	};

	assert_int_equal(netmask_parse(&closed, VIEW("10.0.0.0/8")), 0);
	return resolve_new(p, &conf, view_str(uri), why);
}

static struct resolve *start(const char *uri)
{
	struct resolve *p = NULL;
	struct buf why = { 0 };

	memset(&dns, 0, sizeof(dns));
	clock_freeze(1000000, 1000000);
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(make(&p, uri, &why), 0);
	assert_int_equal(why.n, 0);
	return p;
}

static struct sip_flow flow_for(const struct resolve *p, uint64_t who)
{
	struct sip_flow f = { .transport = SIP_WS };

	assert_true(resolve_flow(p, who, &f));
	return f;
}

/* By way of the one that everybody is sent to. */
static void broken(struct resolve *p)
{
	struct sip_flow f = flow_for(p, 0);

	resolve_heard(p, &f, 1, HOP_BROKEN);
}

/* By way of the one that who is sent to. */
static void heard(struct resolve *p, uint64_t who, enum hop_sign sign)
{
	struct sip_flow f = flow_for(p, who);

	resolve_heard(p, &f, who, sign);
}

static bool is_first(const struct resolve *p, uint64_t who)
{
	struct sip_flow f = flow_for(p, who);
	char text[SIP_FLOW_TEXT_MAX];

	return strcmp(sip_flow_str(text, &f), "udp:192.0.2.1:5060") == 0;
}

static void stop(struct resolve *p)
{
	resolve_free(p);
	loop_free(loop);
	clock_thaw();
}

static void wait_ms(uint64_t ms)
{
	clock_advance(ms);
	loop_turn(loop, 0);
}

static void assert_flow(const struct resolve *p, const char *expected)
{
	char text[SIP_FLOW_TEXT_MAX];
	struct sip_flow f;

	assert_true(resolve_flow(p, 0, &f));
	assert_string_equal(sip_flow_str(text, &f), expected);
}

static void assert_no_flow(const struct resolve *p)
{
	struct sip_flow f;

	assert_false(resolve_flow(p, 0, &f));
}

static void a_port_means_addresses(void **state)
{
	static const char *const one[] = { "192.0.2.1:5070" };
	struct resolve *p = start("sip:proxy.example:5070");

	(void)state;
	assert_string_equal(dns.asked, "proxy.example:5070");
	assert_no_flow(p);
	answer(0, one, 1);
	assert_flow(p, "udp:192.0.2.1:5070");
	stop(p);
}

static void a_number_is_not_asked_by_srv(void **state)
{
	struct resolve *p = start("sip:192.0.2.1;transport=TCP");

	(void)state;
	assert_string_equal(dns.asked, "192.0.2.1:5060");
	stop(p);
	p = start("sip:[2001:db8::1];lr");
	assert_string_equal(dns.asked, "2001:db8::1:5060");
	stop(p);
	assert_int_equal(dns.cancelled, 1);
}

static void a_bare_name_is_asked_by_srv(void **state)
{
	static const char *const two[] = { "192.0.2.1:5062",
					   "[2001:db8::2]:5063" };
	struct resolve *p = start("sip:proxy.example;transport=tcp");

	(void)state;
	assert_string_equal(dns.asked, "_sip._tcp.proxy.example");
	answer(0, two, 2);
	assert_flow(p, "tcp:192.0.2.1:5062");
	assert_int_equal(dns.questions, 1);
	stop(p);
}

static void a_domain_is_asked_by_naptr(void **state)
{
	static const struct dns_naptr list[] = {
		{ 10, 10, "SIPS+D2T", "_sips._tcp.a.example" },
		{ 20, 10, "SIP+D2S", "_sip._sctp.a.example" },
		{ 30, 10, "SIP+D2U", "_sip._udp.b.example" },
	};
	static const char *const tls[] = { "192.0.2.1:5061" };
	static const char *const udp[] = { "192.0.2.2:5060" };
	struct resolve *p = start("sip:example.net");
	struct sip_flow f;

	(void)state;
	assert_string_equal(dns.asked, "naptr example.net");
	answer_naptr(0, list, 3);
	assert_string_equal(dns.asked, "_sips._tcp.a.example");
	answer(0, tls, 1);
	assert_no_flow(p);
	assert_string_equal(dns.asked, "_sip._udp.b.example");
	answer(0, udp, 1);
	assert_flow(p, "tls:192.0.2.1:5061");
	assert_true(resolve_flow(p, 0, &f));
	assert_string_equal(f.tls_name, "example.net");
	/* one service after the other */
	broken(p);
	assert_flow(p, "udp:192.0.2.2:5060");
	stop(p);
}

static void sips_is_for_tls_only(void **state)
{
	static const struct dns_naptr list[] = {
		{ 10, 10, "SIP+D2U", "_sip._udp.a.example" },
		{ 20, 10, "SIPS+D2T", "_sips._tcp.a.example" },
	};
	static const char *const one[] = { "192.0.2.1:5061" };
	struct resolve *p = start("sips:example.net");

	(void)state;
	answer_naptr(0, list, 2);
	assert_string_equal(dns.asked, "_sips._tcp.a.example");
	answer(ENOENT, NULL, 0);
	assert_string_equal(dns.asked, "example.net:5061");
	answer(0, one, 1);
	assert_flow(p, "tls:192.0.2.1:5061");
	stop(p);
	p = start("sips:example.net");
	answer_naptr(ENOENT, NULL, 0);
	assert_string_equal(dns.asked, "_sips._tcp.example.net");
	stop(p);
	p = start("sips:example.net;transport=tcp");
	answer_naptr(EAGAIN, NULL, 0);
	assert_string_equal(dns.asked, "_sips._tcp.example.net");
	stop(p);
	p = start("sip:192.0.2.1;transport=tls");
	assert_string_equal(dns.asked, "192.0.2.1:5061");
	stop(p);
}

static void by_tls_its_name_is_verified(void **state)
{
	static const char *const one[] = { "192.0.2.1:5071" };
	struct resolve *p = start("sip:proxy.example;transport=tls");
	struct sip_flow f;

	(void)state;
	assert_string_equal(dns.asked, "_sips._tcp.proxy.example");
	answer(ENOENT, NULL, 0);
	assert_string_equal(dns.asked, "proxy.example:5061");
	answer(0, one, 1);
	assert_flow(p, "tls:192.0.2.1:5071");
	assert_true(resolve_flow(p, 0, &f));
	assert_string_equal(f.tls_name, "proxy.example");
	stop(p);
	p = start("sip:[2001:db8::1];transport=tls");
	assert_string_equal(dns.asked, "2001:db8::1:5061");
	stop(p);
}

static void without_srv_the_usual_port(void **state)
{
	static const char *const one[] = { "192.0.2.1:5060" };
	struct resolve *p = start("sip:user@proxy.example");

	(void)state;
	answer_naptr(ENOENT, NULL, 0);
	assert_string_equal(dns.asked, "_sip._udp.proxy.example");
	answer(ENOENT, NULL, 0);
	assert_string_equal(dns.asked, "_sip._tcp.proxy.example");
	answer(ENOENT, NULL, 0);
	assert_string_equal(dns.asked, "proxy.example:5060");
	answer(0, one, 1);
	assert_flow(p, "udp:192.0.2.1:5060");
	stop(p);
}

static void what_is_closed_is_left_out(void **state)
{
	static const char *const both[] = { "10.0.0.1:5060",
					    "192.0.2.2:5060" };
	struct resolve *p = start("sip:evil.example:5060");

	(void)state;
	answer(0, both, 2);
	assert_flow(p, "udp:192.0.2.2:5060");
	broken(p);
	assert_flow(p, "udp:192.0.2.2:5060");
	stop(p);
	p = start("sip:evil.example:5060");
	answer(0, both, 1);
	assert_no_flow(p);
	stop(p);
}

static void it_is_asked_again_each_minute(void **state)
{
	static const char *const one[] = { "192.0.2.1:5060" };
	static const char *const other[] = { "192.0.2.9:5060" };
	struct resolve *p = start("sip:proxy.example:5060");

	(void)state;
	answer(0, one, 1);
	wait_ms(59000);
	assert_int_equal(dns.questions, 1);
	wait_ms(1100);
	assert_int_equal(dns.questions, 2);
	assert_flow(p, "udp:192.0.2.1:5060");
	answer(ETIMEDOUT, NULL, 0); /* the old one stays */
	assert_flow(p, "udp:192.0.2.1:5060");
	wait_ms(60100);
	answer(0, other, 1);
	assert_flow(p, "udp:192.0.2.9:5060");
	stop(p);
}

static void failures_move_on_and_ask_soon(void **state)
{
	static const char *const two[] = { "192.0.2.1:5060",
					   "192.0.2.2:5060" };
	struct resolve *p = start("sip:proxy.example:5060");
	const struct sip_flow none = { .transport = SIP_UDP };

	(void)state;
	resolve_heard(p, &none, 1, HOP_BROKEN); /* nothing is known yet */
	answer(0, two, 2);
	resolve_heard(p, &none, 1, HOP_BROKEN); /* none of ours */
	assert_flow(p, "udp:192.0.2.1:5060");
	broken(p);
	assert_flow(p, "udp:192.0.2.2:5060");
	broken(p);
	assert_flow(p, "udp:192.0.2.1:5060");
	assert_int_equal(dns.questions, 1);
	wait_ms(2100);
	assert_int_equal(dns.questions, 2);
	answer(0, two, 2);
	wait_ms(3000);
	assert_int_equal(dns.questions, 2);
	/* it is up again, and answers */
	wait_ms(HOPS_BROKEN_MS);
	answer(0, two, 2);
	heard(p, 5, HOP_ANSWERED);
	assert_flow(p, "udp:192.0.2.1:5060");
	stop(p);
}

static struct resolve *start_two(void)
{
	static const char *const two[] = { "192.0.2.1:5060",
					   "192.0.2.2:5060" };
	struct resolve *p = start("sip:proxy.example:5060");

	answer(0, two, 2);
	return p;
}

/* What is wrong with one recipient moves him alone. */
static void one_recipient_moves_nobody_else(void **state)
{
	struct resolve *p = start_two();
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		assert_int_equal(is_first(p, 7), i % 2 == 0);
		heard(p, 7, HOP_DOUBTED);
		assert_true(is_first(p, 8));
	}
	heard(p, 7, HOP_DOUBTED);
	assert_false(is_first(p, 7));
	/* somebody gets something: it was he */
	heard(p, 8, HOP_ANSWERED);
	assert_true(is_first(p, 7));
	/* and that the other one works says nothing of this one */
	heard(p, 7, HOP_DOUBTED);
	heard(p, 7, HOP_ANSWERED);
	assert_false(is_first(p, 7));
	assert_int_equal(dns.questions, 1);
	stop(p);
}

static void several_move_all(void **state)
{
	static const char *const two[] = { "192.0.2.1:5060",
					   "192.0.2.2:5060" };
	struct resolve *p = start_two();
	struct sip_flow first = flow_for(p, 0);

	(void)state;
	heard(p, 1, HOP_DOUBTED);
	heard(p, 2, HOP_DOUBTED);
	assert_true(is_first(p, 3));
	heard(p, 3, HOP_DOUBTED);
	assert_false(is_first(p, 4));
	/* looking it up again forgets nothing */
	wait_ms(2100);
	answer(0, two, 2);
	assert_false(is_first(p, 4));
	/* a late answer: it is there after all */
	resolve_heard(p, &first, 9, HOP_ANSWERED);
	assert_true(is_first(p, 4));
	stop(p);
}

static void doubts_get_old(void **state)
{
	struct resolve *p = start_two();

	(void)state;
	heard(p, 1, HOP_DOUBTED);
	heard(p, 2, HOP_DOUBTED);
	clock_advance(HOPS_DOUBT_MS);
	assert_true(is_first(p, 1));
	heard(p, 3, HOP_DOUBTED);
	assert_true(is_first(p, 4));
	stop(p);
}

static void a_single_one_is_used_whatever_comes(void **state)
{
	static const char *const one[] = { "192.0.2.1:5060" };
	struct resolve *p = start("sip:proxy.example:5060");
	uint64_t i;

	(void)state;
	answer(0, one, 1);
	for (i = 1; i < 10; i++) {
		heard(p, i, HOP_DOUBTED);
		assert_true(is_first(p, i));
	}
	broken(p);
	assert_true(is_first(p, 1));
	stop(p);
}

static void what_can_not_be_used(void **state)
{
	static const char *const bad[] = {
		"", "proxy.example", "sip:", "tel:+49", "im:a@b",
		"sip:proxy.example;transport=ws",
		"sip:proxy.example;transport=sctp",
		"sips:proxy.example;transport=udp",
	};
	struct resolve *p = NULL;
	struct buf why = { 0 };

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		buf_clear(&why);
		assert_int_equal(make(&p, bad[n], &why), EINVAL);
		assert_true(view_starts(buf_view(&why),
					VIEW("outbound_proxy: ")));
	}
	buf_free(&why);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_port_means_addresses),
		TEST(a_number_is_not_asked_by_srv),
		TEST(a_bare_name_is_asked_by_srv),
		TEST(a_domain_is_asked_by_naptr),
		TEST(sips_is_for_tls_only),
		TEST(by_tls_its_name_is_verified),
		TEST(without_srv_the_usual_port),
		TEST(what_is_closed_is_left_out),
		TEST(it_is_asked_again_each_minute),
		TEST(failures_move_on_and_ask_soon),
		TEST(one_recipient_moves_nobody_else),
		TEST(several_move_all),
		TEST(doubts_get_old),
		TEST(a_single_one_is_used_whatever_comes),
		TEST(what_can_not_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
