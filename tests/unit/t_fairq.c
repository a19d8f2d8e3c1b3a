/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has his turn when, and how much may wait; who speaks. */
#include "test.h"

#include <stdio.h>

#include "fairq_priv.h"
#include "mem.h"
#include "who_priv.h"

static bool put(struct fairq *q, enum fairq_class class, uint64_t who,
		const char *text)
{
	static uint64_t ms;
	const struct fairq_packet p = { .who = who, .at_ms = ++ms };

	return fairq_put(q, class, &p, view_str(text));
}

static void takes(struct fairq *q, enum fairq_class loudest, const char *want)
{
	struct fairq_packet *p = fairq_take(q, loudest);

	assert_non_null(p);
	if (!view_eqs(view_mem(p->bytes, p->n), want))
		fail_msg("wanted %s, got %.*s", want, (int)p->n, p->bytes);
	mem_free(p);
}

static void test_turns(void **state)
{
	struct fairq *q = fairq_new(100, 10000);

	(void)state;
	assert_null(fairq_take(q, FAIRQ_LOUD));
	assert_true(put(q, FAIRQ_LOUD, 1, "a1"));
	assert_true(put(q, FAIRQ_LOUD, 1, "a2"));
	assert_true(put(q, FAIRQ_LOUD, 1, "a3"));
	assert_true(put(q, FAIRQ_LOUD, 2, "b1"));
	assert_true(put(q, FAIRQ_QUIET, 3, "c1"));
	assert_true(put(q, FAIRQ_KNOWN, 4, "d1"));
	assert_int_equal(fairq_count(q), 6);
	assert_null(fairq_take(q, FAIRQ_NONE));
	takes(q, FAIRQ_LOUD, "d1");
	takes(q, FAIRQ_LOUD, "c1");
	assert_null(fairq_take(q, FAIRQ_QUIET));
	takes(q, FAIRQ_LOUD, "a1");
	takes(q, FAIRQ_LOUD, "b1");
	takes(q, FAIRQ_LOUD, "a2");
	takes(q, FAIRQ_LOUD, "a3");
	assert_int_equal(fairq_count(q), 0);
	fairq_free(q);
}

/* Nobody is passed by himself. */
static void test_order_is_kept(void **state)
{
	struct fairq *q = fairq_new(100, 10000);

	(void)state;
	assert_true(put(q, FAIRQ_LOUD, 1, "a1"));
	assert_true(put(q, FAIRQ_KNOWN, 1, "a2"));
	assert_true(put(q, FAIRQ_KNOWN, 2, "b1"));
	assert_true(put(q, FAIRQ_LOUD, 2, "b2"));
	assert_true(put(q, FAIRQ_QUIET, 3, "c1"));
	takes(q, FAIRQ_LOUD, "c1");
	assert_null(fairq_take(q, FAIRQ_QUIET));
	takes(q, FAIRQ_LOUD, "a1");
	takes(q, FAIRQ_LOUD, "b1");
	takes(q, FAIRQ_LOUD, "a2");
	takes(q, FAIRQ_LOUD, "b2");
	fairq_free(q);
}

/* However many are quiet, the loud are not forgotten. */
static void test_the_last_are_served(void **state)
{
	struct fairq *q = fairq_new(100, 10000);
	struct fairq_packet *p;
	unsigned i, loud = 0;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_true(put(q, FAIRQ_LOUD, 1, "loud"));
	for (i = 0; i < 20; i++)
		assert_true(put(q, FAIRQ_KNOWN, 100 + i, "known"));
	for (i = 0; i < 16; i++) {
		p = fairq_take(q, FAIRQ_LOUD);
		loud += p->who == 1;
		mem_free(p);
	}
	assert_int_equal(loud, 2);
	fairq_free(q);
}

static unsigned fill(struct fairq *q, enum fairq_class class, uint64_t who)
{
	unsigned n = 0;

	while (put(q, class, who, "0123456789"))
		n++;
	return n;
}

static void test_room_in_packets(void **state)
{
	struct fairq *q = fairq_new(80, 1000000);
	unsigned i;

	(void)state;
	/* One alone has half of the loud's half, the next half of the rest. */
	assert_int_equal(fill(q, FAIRQ_LOUD, 1), 20);
	assert_int_equal(fill(q, FAIRQ_LOUD, 2), 10);
	for (i = 3; put(q, FAIRQ_LOUD, i, "x"); i++)
		;
	assert_int_equal(fairq_count(q), 40);
	/* There is room for others. */
	for (; put(q, FAIRQ_QUIET, i, "x"); i++)
		;
	assert_int_equal(fairq_count(q), 60);
	for (; put(q, FAIRQ_KNOWN, i, "x"); i++)
		;
	assert_int_equal(fairq_count(q), 80);
	fairq_free(q);
}

static void test_room_in_bytes(void **state)
{
	struct fairq *q = fairq_new(1000, 400);

	(void)state;
	assert_int_equal(fill(q, FAIRQ_LOUD, 1), 10);
	assert_true(put(q, FAIRQ_KNOWN, 2, "x"));
	assert_false(fairq_put(q, FAIRQ_KNOWN,
			       &(struct fairq_packet){ .who = 3 },
			       view_mem((char[300]){ 0 }, 300)));
	assert_true(fairq_put(q, FAIRQ_KNOWN,
			      &(struct fairq_packet){ .who = 3 },
			      view_mem((char[299]){ 0 }, 299)));
	fairq_free(q);
}

static void test_stale(void **state)
{
	struct fairq *q = fairq_new(100, 10000);
	struct fairq_packet p = { .who = 1, .at_ms = 10 }, *old;

	(void)state;
	assert_null(fairq_stale(q, UINT64_MAX));
	assert_true(fairq_put(q, FAIRQ_LOUD, &p, VIEW("a1")));
	p.at_ms = 20;
	p.who = 2;
	assert_true(fairq_put(q, FAIRQ_KNOWN, &p, VIEW("b1")));
	p.at_ms = 30;
	p.who = 1;
	assert_true(fairq_put(q, FAIRQ_LOUD, &p, VIEW("a2")));
	assert_null(fairq_stale(q, 10));
	old = fairq_stale(q, 21);
	assert_int_equal(old->who, 1);
	mem_free(old);
	takes(q, FAIRQ_LOUD, "b1");
	assert_null(fairq_stale(q, 21));
	takes(q, FAIRQ_LOUD, "a2");
	fairq_free(q);
}

static uint64_t who(const char *lines, bool asserted)
{
	char text[600];

	snprintf(text, sizeof(text),
		 "MESSAGE sip:r@d SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n%s\r\n\r\n"
		 "From: <sip:body@d>\r\nP-Asserted-Identity: sip:body@d\r\n",
		 lines);
	return who_speaks(view_str(text), asserted);
}

static void test_who_speaks(void **state)
{
	static const char *const alice[] = {
		"From: <sip:alice@d>;tag=1", "From: <sip:alice@d>;tag=2",
		"f:sip:alice@d;tag=3", "FROM \t: \"b <x>, c\" <sip:alice@d>",
		"From: Al <sip:alice@D;x=y>", "From: <sip:%61Lice@d?a=b>",
		"To: <sip:bob@d>\r\nFrom: sip:alice@d\r\nFrom: sip:bob@d",
		"From: <sip:alice@d>\r\nP-Asserted-Identity: <sip:bob@d>",
	};
	static const char *const nobody[] = {
		"Fromage: <sip:alice@d>", "From: <>", "From: \"<sip:alice@d>",
		"From:\r\n <sip:alice@d>", "From <sip:alice@d>", "", "f",
	};
	uint64_t a = who(alice[0], false), n = who(nobody[0], false);
	size_t i;

	(void)state;
	assert_int_not_equal(a, n);
	assert_int_not_equal(a, who("From: <sip:bob@d>", false));
	assert_int_not_equal(a, who("From: <sip:alice@e>", false));
	for (i = 0; i < sizeof(alice) / sizeof(alice[0]); i++)
		assert_int_equal(who(alice[i], false), a);
	for (i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++)
		assert_int_equal(who(nobody[i], false), n);
	assert_int_equal(who("From: <sip:bob@d>\r\n"
			     "P-Asserted-Identity: \"A\" <sip:alice@d>", true),
			 a);
	assert_int_equal(who("From: <sip:alice@d>", true), a);
	assert_int_equal(who_speaks(VIEW_NONE, true), n);
	assert_int_equal(who_speaks(VIEW("From: <sip:alice@d>\n"), false), a);
	assert_int_equal(who_speaks(VIEW("From: <sip:alice@d>"), false), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_turns),
		TEST(test_order_is_kept),
		TEST(test_the_last_are_served),
		TEST(test_room_in_packets),
		TEST(test_room_in_bytes),
		TEST(test_stale),
		TEST(test_who_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
