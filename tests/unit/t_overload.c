/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is put off when too much comes, and who is not. */
#include "sip_rig.h"

#include "load_priv.h"
#include "share_priv.h"
#include "sieve_priv.h"
#include "sift_priv.h"
#include "sip_priv.h"

static const char *const stranger = "10.0.0.0/8", *const proxy = "127.0.0.0/8";

static struct sip_stats stats_now(void)
{
	struct sip_stats st;

	sip_stats(edge, &st);
	return st;
}

static void options(unsigned n, const char *method)
{
	char text[500];

	snprintf(text, sizeof(text),
		 "%s sip:lobby@d SIP/2.0\r\nVia: SIP/2.0/UDP c;rport;"
		 "branch=z9hG4bKo%u\r\nFrom: <sip:alice@b>;tag=1\r\n"
		 "To: <sip:lobby@d>\r\nCall-ID: %u\r\nCSeq: 1 %s\r\n"
		 "User-Agent: so that the answer is no longer than this is, "
		 "which would be withheld where it is not known who asks\r\n"
		 "Content-Length: 0\r\n\r\n", method, n, n, method);
	udp_put(text, strlen(text));
}

/* 200, then 503 with Retry-After, then nothing at all. */
static void test_a_source_has_its_rate(void **state)
{
	const struct sip_limits limits = { .source_rate = 2,
					   .source_burst = 3 };
	unsigned i;

	(void)state;
	edge_open(stranger, &limits);
	for (i = 0; i < 3; i++) {
		options(i, "OPTIONS");
		assert_true(received(udp));
		starts("SIP/2.0 200 ");
	}
	for (; i < 6; i++) {
		options(i, "OPTIONS");
		assert_true(received(udp));
		starts("SIP/2.0 503 ");
		has("\r\nRetry-After: ");
	}
	/* fewer than the kernel would drop some of from then on */
	for (; i < SIEVE_HEAVY; i++)
		options(i, "OPTIONS");
	assert_true(silent(udp));
	assert_int_equal(stats_now().dropped, SIEVE_HEAVY - 6);

	clock_advance(500);
	options(i++, "OPTIONS");
	assert_true(received(udp));
	starts("SIP/2.0 200 ");
	options(i, "OPTIONS");
	assert_true(received(udp));
	starts("SIP/2.0 503 ");
}

static void flood(unsigned from, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		options(from + i, "OPTIONS");
		if (i % 32 == 0)
			turns();
	}
	while (!silent(udp))
		;
}

static void flood_on(void)
{
	const struct sip_limits limits = { .source_rate = 2,
					   .source_burst = 3 };

	edge_open(stranger, &limits);
	flood(0, 1000);
	assert_int_equal(stats_now().dropped, 994);
	assert_int_equal(sift_rules(edge->sift), 0);
	clock_advance(SIEVE_MS + WHEEL_TICK_MS);
	turns();
	assert_int_equal(sift_rules(edge->sift), 1);
}

/* What is dropped without a word, by whomever. */
static void test_the_kernel_drops_what_is_too_much(void **state)
{
	uint64_t lost;

	(void)state;
	flood_on();
	lost = transport_lost(edge->transport);
	flood(1000, 500);
	lost = transport_lost(edge->transport) - lost;
	assert_in_range(lost, 250, 500);
	assert_int_equal(stats_now().dropped, 994 + 500);
}

static void test_the_kernel_drops_nothing_when_it_is_over(void **state)
{
	int i;

	(void)state;
	flood_on();
	for (i = 0; i < 10; i++) {
		clock_advance(SIEVE_MS + WHEEL_TICK_MS);
		turns();
	}
	assert_int_equal(sift_rules(edge->sift), 0);
	options(5000, "OPTIONS");
	assert_true(received(udp));
	starts("SIP/2.0 200 ");
	assert_int_equal(transport_lost(edge->transport), 0);
}

static void stray(void)
{
	const char *text = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP "
			   "c;branch=z9hG4bKnone\r\nCSeq: 1 MESSAGE\r\n\r\n";

	udp_put(text, strlen(text));
}

/* Answers to nothing, which would pass otherwise. */
static void test_a_flood_of_answers_is_dropped(void **state)
{
	int i;

	(void)state;
	edge_open(stranger, NULL);
	for (i = 0; i < 600; i++) {
		stray();
		turns();
	}
	clock_advance(SIEVE_MS + WHEEL_TICK_MS);
	turns();
	assert_int_equal(sift_rules(edge->sift), 1);
	for (i = 0; i < 200; i++)
		stray();
	turns();
	assert_in_range(transport_lost(edge->transport), 100, 200);
}

static void test_who_is_trusted_is_not_sieved(void **state)
{
	int i;

	(void)state;
	edge_open(proxy, NULL);
	for (i = 0; i < 600; i++) {
		stray();
		turns();
	}
	clock_advance(SIEVE_MS + WHEEL_TICK_MS);
	turns();
	assert_int_equal(sift_rules(edge->sift), 0);
}

static void test_who_is_trusted_has_none(void **state)
{
	const struct sip_limits limits = { .source_rate = 2,
					   .source_burst = 3 };
	unsigned i;

	(void)state;
	edge_open(proxy, &limits);
	for (i = 0; i < 50; i++) {
		options(i, "OPTIONS");
		assert_true(received(udp));
		starts("SIP/2.0 200 ");
	}
	assert_int_equal(stats_now().dropped, 0);
}

static void message(unsigned n, const char *from)
{
	char text[500];

	snprintf(text, sizeof(text),
		 "MESSAGE sip:lobby@d SIP/2.0\r\nVia: SIP/2.0/UDP c;rport;"
		 "branch=z9hG4bKm%u\r\nFrom: <sip:%s@b>;tag=1\r\n"
		 "To: <sip:lobby@d>\r\nCall-ID: %u\r\nCSeq: 1 MESSAGE\r\n"
		 "Content-Length: 2\r\n\r\nhi", n, from, n);
	udp_put(text, strlen(text));
}

/* Its sockets are read now and then only while some may not be served. */
static void looks(void)
{
	clock_advance(2 * WHEEL_TICK_MS);
	turns();
}

/* The disk stands still: those who say most wait, and then are put off before
 * they are parsed. Who is quiet is served. */
static void test_the_quiet_are_served(void **state)
{
	const uint64_t late = (uint64_t)LOAD_RATE * LOAD_LATE_MS / 1000;
	unsigned i, taken;

	(void)state;
	edge_open(proxy, NULL);
	answer_code = 0;
	for (i = 0; i < late + 300; i++) {
		message(i, "loud");
		if (i % 32 == 0)
			turns();
	}
	turns();
	taken = requests;
	assert_in_range(taken, late, late + 1);
	assert_int_equal(stats_now().load, SIP_LATE);
	assert_true(silent(udp));

	message(i++, "quiet");
	looks();
	assert_int_equal(requests, taken + 1);

	clock_advance(300);
	looks();
	assert_int_equal(requests, taken + 1);
	/* It is told so some times. */
	assert_true(received(udp));
	starts("SIP/2.0 503 ");
	has("\r\nRetry-After: ");
	while (!silent(udp))
		;
	assert_int_equal(stats_now().overload, 200);
	assert_int_equal(stats_now().dropped, late + 300 - taken - 200);
	assert_int_equal(stats_now().requests_in, late + 301);

	sip_answer(edge, last_txn, 202, NULL, NULL, 0);
	assert_true(received(udp));
	starts("SIP/2.0 202 ");
}

/* As soon as the disk has caught up. */
static void test_who_waits_is_served_in_order(void **state)
{
	const uint64_t late = (uint64_t)LOAD_RATE * LOAD_LATE_MS / 1000;
	unsigned i;

	(void)state;
	edge_open(proxy, NULL);
	answer_code = 0;
	for (i = 0; i < late + 100; i++) {
		message(i, "loud");
		if (i % 32 == 0)
			turns();
	}
	turns();
	assert_in_range(requests, late, late + 1);
	answer_code = 202;
	sip_answer(edge, last_txn, 202, NULL, NULL, 0);
	sip_answer(edge, last_txn - 1, 202, NULL, NULL, 0);
	turns();
	assert_int_equal(requests, late + 100);
	assert_int_equal(stats_now().overload + stats_now().dropped, 0);
	/* What waits is known even now, and is no new request. */
	message(0, "loud");
	turns();
	assert_int_equal(stats_now().retransmits_in, 1);
	assert_int_equal(requests, late + 100);
}

/* What waited when we end gets an answer. */
static void test_draining(void **state)
{
	const uint64_t late = (uint64_t)LOAD_RATE * LOAD_LATE_MS / 1000;
	unsigned i;

	(void)state;
	edge_open(proxy, NULL);
	answer_code = 0;
	for (i = 0; i < late + 20; i++) {
		message(i, "loud");
		if (i % 32 == 0)
			turns();
	}
	turns();
	assert_in_range(requests, late, late + 1);
	sip_drain(edge);
	looks();
	assert_in_range(stats_now().overload, 19, 20);
	assert_true(received(udp));
	starts("SIP/2.0 503 ");
}

static void test_memory_is_a_limit_for_all(void **state)
{
	const struct sip_limits limits = { .memory = 1 };
	int fd;

	(void)state;
	edge_open(proxy, &limits);
	ask(MESSAGE("a"), "SIP/2.0 503 ");
	assert_int_equal(stats_now().load, SIP_FULL);
	assert_true(stats_now().memory > 1);
	assert_int_equal(requests, 0);
	fd = tcp_open();
	assert_true(tcp_ended(fd));
	close(fd);
	/* Who asks whether we are there is told. */
	ask(REQUEST("OPTIONS", "b") "\r\n", "SIP/2.0 200 ");
}

static size_t used;
static unsigned looked;

static size_t look(void)
{
	looked++;
	return used;
}

static void test_memory_is_looked_at_seldom(void **state)
{
	struct load l = { .memory_max = 100, .memoryh = look };

	(void)state;
	used = 100;
	looked = 0;
	assert_false(load_memory_full(&l));
	used = 101;
	assert_false(load_memory_full(&l));
	assert_int_equal(looked, 1);
	clock_advance(LOAD_MEMORY_MS);
	assert_true(load_memory_full(&l));
	assert_int_equal(load_level(&l, 0), SIP_FULL);
	assert_int_equal(looked, 2);
}

static void window(struct load *l, size_t waiting, unsigned answered)
{
	load_level(l, waiting);
	while (answered--)
		load_answered(l);
	clock_advance(LOAD_WINDOW_MS);
	load_level(l, waiting);
}

/* What the disk can do is seen when it has enough to do. */
static void test_a_slow_disk(void **state)
{
	struct load l = { 0 };
	int i;

	(void)state;
	/* Little to do says nothing. */
	for (i = 0; i < 50; i++)
		window(&l, LOAD_FEW - 1, 5);
	assert_int_equal(load_level(&l, 499), SIP_CALM);
	assert_int_equal(load_level(&l, 500), SIP_LATE);
	assert_int_equal(load_level(&l, 750), SIP_BUSY);
	for (i = 0; i < 50; i++)
		window(&l, LOAD_FEW, 50);
	assert_in_range(l.rate, 480, 520);
	assert_int_equal(load_level(&l, LOAD_FEW), SIP_LATE);
	assert_int_equal(load_level(&l, 100), SIP_BUSY);
	assert_int_equal(load_level(&l, 400), SIP_FULL);
	/* A few that hang are no load. */
	assert_int_equal(load_level(&l, LOAD_FEW - 1), SIP_CALM);
	/* Nothing is answered at all: still a number. */
	for (i = 0; i < 100; i++)
		window(&l, LOAD_FEW, 0);
	assert_int_equal(load_level(&l, LOAD_FEW), SIP_FULL);
}

static void test_shares(void **state)
{
	const struct bucket_rate rate = { 1, 1000, 1 };
	struct shares *ss = shares_new(2);
	uint64_t who;

	(void)state;
	/* All in one row. */
	for (who = 2; who <= 2 * SHARE_WAYS; who += 2)
		assert_true(bucket_take(&shares_of(ss, who)->taken, &rate,
					1000 + who));
	for (who = 2; who <= 2 * SHARE_WAYS; who += 2)
		assert_false(bucket_take(&shares_of(ss, who)->taken, &rate,
					 1000 + who));
	/* One more: the first is forgotten, the others are not. */
	assert_true(bucket_take(&shares_of(ss, 100)->taken, &rate, 1500));
	assert_int_equal(shares_of(ss, 4)->who, 4);
	assert_false(bucket_take(&shares_of(ss, 4)->taken, &rate, 1100));
	assert_true(bucket_take(&shares_of(ss, 2)->taken, &rate, 1100));
	shares_free(ss);
}

/* Strangers, however many, make only strangers forgotten. */
static void test_who_is_known_stays(void **state)
{
	struct shares *ss = shares_new(2);
	uint64_t who;

	(void)state;
	shares_of(ss, 2)->known = true;
	for (who = 4; who < 1000; who += 2)
		shares_of(ss, who)->taken.full_us = who;
	assert_true(shares_of(ss, 2)->known);
	assert_false(shares_of(ss, 4)->known);
	for (who = 4; who < 1000; who += 2)
		shares_of(ss, who)->known = true;
	assert_int_equal(shares_of(ss, 998)->who, 998);
	shares_free(ss);
}

static void test_a_bucket_is_given_back(void **state)
{
	const struct bucket_rate rate = { 1, 1000, 2 }, none = { 0 };
	struct bucket b = { 0 };

	(void)state;
	bucket_give(&b, &rate);
	bucket_give(&b, &none);
	assert_int_equal(b.full_us, 0);
	assert_true(bucket_take(&b, &rate, 5000));
	assert_true(bucket_take(&b, &rate, 5000));
	assert_false(bucket_take(&b, &rate, 5000));
	bucket_give(&b, &rate);
	assert_true(bucket_take(&b, &rate, 5000));
	assert_false(bucket_take(&b, &rate, 5000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_source_has_its_rate),
		TEST(test_the_kernel_drops_what_is_too_much),
		TEST(test_the_kernel_drops_nothing_when_it_is_over),
		TEST(test_a_flood_of_answers_is_dropped),
		TEST(test_who_is_trusted_is_not_sieved),
		TEST(test_who_is_trusted_has_none),
		TEST(test_the_quiet_are_served),
		TEST(test_who_waits_is_served_in_order),
		TEST(test_draining),
		TEST(test_memory_is_a_limit_for_all),
		TEST(test_memory_is_looked_at_seldom),
		TEST(test_a_slow_disk),
		TEST(test_shares),
		TEST(test_who_is_known_stays),
		TEST(test_a_bucket_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
