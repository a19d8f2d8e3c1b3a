/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Client transactions on a clock of our own: lost, late, false answers. */
#include "test.h"

#include <stdio.h>

#include "clock.h"
#include "ctxn_priv.h"

static struct wheel *wheel;
static struct ctxns *set;
static uint64_t now;
static unsigned sent, overs;
static int last_status;
static uint64_t last_a, sent_at[20];

static void on_send(struct ctxn *c, void *arg)
{
	(void)arg;
	assert_non_null(c->tmpl);
	sent_at[sent++ % 20] = now;
}

static void on_over(struct ctxn *done, int status, void *arg)
{
	(void)arg;
	overs++;
	last_status = status;
	last_a = done->a;
	mem_deref(done->tmpl);
	mem_deref(done->dest);
}

static int setup(void **state)
{
	const struct ctxn_ops ops = { on_send, on_over, NULL };

	if (test_setup(state))
		return 1;
	now = 1000;
	sent = overs = 0;
	last_status = 0;
	wheel = wheel_new(now);
	set = ctxns_new(wheel, 2000, NULL, &ops);
	return 0;
}

static int teardown(void **state)
{
	ctxns_free(set);
	wheel_free(wheel);
	return test_teardown(state);
}

static void advance(uint64_t ms)
{
	uint64_t end = now + ms;

	while (now < end) {
		now += WHEEL_TICK_MS;
		wheel_advance(wheel, now);
	}
}

static struct ctxn *begin_with(uint64_t a, bool tcp, uint64_t wish)
{
	struct ctxn *c = ctxn_new(set, wish);

	assert_non_null(c);
	c->tmpl = mem_new(sizeof(*c->tmpl), NULL);
	c->tmpl->txns = set;
	c->tmpl->method = VIEW("MESSAGE");
	c->dest = mem_new(sizeof(*c->dest), NULL);
	c->a = a;
	c->transport = tcp ? SIP_TCP : SIP_UDP;
	ctxn_start(set, c);
	return c;
}

static struct ctxn *begin(uint64_t a, bool tcp)
{
	return begin_with(a, tcp, rand_u64());
}

static struct ctxn *begin_as(uint64_t a, uint64_t wish)
{
	return begin_with(a, false, wish);
}

static struct view branch_text(char dst[64], uint64_t id, uint64_t check)
{
	int n = snprintf(dst, 64, "z9hG4bK%016lx%016lx", id, check);

	return view_mem(dst, (size_t)n);
}

static enum ctxn_match answer_to(struct view branch, int status)
{
	return ctxns_answer(set, branch, VIEW("MESSAGE"), status);
}

static enum ctxn_match answer(uint64_t id, int status)
{
	char text[64];

	return answer_to(branch_text(text, id, ctxn_check(set, id)), status);
}

static void test_fresh(void **state)
{
	struct ctxn *c, *d;
	uint64_t id;

	(void)state;
	begin(1, false);
	begin(2, true); /* a stream has its own pace */
	c = begin(3, false);
	id = ctxn_id(c);
	assert_int_equal(ctxns_fresh(set), 2);
	assert_int_equal(answer(id, 100), CTXN_TAKEN);
	assert_int_equal(ctxns_fresh(set), 2);
	assert_int_equal(answer(id, 200), CTXN_TAKEN);
	assert_int_equal(ctxns_fresh(set), 1);
	d = ctxn_new(set, rand_u64());
	d->tmpl = mem_new(sizeof(*d->tmpl), NULL);
	d->tmpl->txns = set;
	ctxn_fail(set, d); /* never went out */
	assert_int_equal(ctxns_fresh(set), 1);
	advance(SIP_T1_MS + WHEEL_TICK_MS); /* sent again: not any more */
	assert_int_equal(ctxns_fresh(set), 0);
	advance(SIP_TXN_MS);
	assert_int_equal(ctxns_count(set), 0);
	assert_int_equal(ctxns_fresh(set), 0);
}

static void test_other_method(void **state)
{
	struct view branch;
	struct ctxn *c = begin(7, false);
	uint64_t id = ctxn_id(c);
	char text[64];

	(void)state;
	branch = branch_text(text, id, ctxn_check(set, id));
	assert_int_equal(ctxns_answer(set, branch, VIEW("NOTIFY"), 200),
			 CTXN_STRAY);
	assert_int_equal(overs, 0);
	assert_int_equal(answer_to(branch, 200), CTXN_TAKEN);
	assert_int_equal(overs, 1);
}

static void test_answered(void **state)
{
	uint64_t id = ctxn_id(begin(7, false));

	(void)state;
	assert_int_equal(ctxns_count(set), 1);
	assert_int_equal(answer(id, 202), CTXN_TAKEN);
	assert_int_equal(overs, 1);
	assert_int_equal(last_status, 202);
	assert_int_equal(last_a, 7);
	assert_int_equal(ctxns_count(set), 0);
	advance(60000);
	assert_int_equal(sent, 0);
	assert_int_equal(overs, 1);
}

/* RFC 3261 17.1.2.2: 500 ms, doubling to 4 s, given up at 32 s. */
static void test_lost(void **state)
{
	static const uint64_t due[] = { 500,   1500,  3500,  7500,  11500,
					15500, 19500, 23500, 27500, 31500 };
	size_t i;

	(void)state;
	begin(1, false);
	advance(31990);
	assert_int_equal(sent, 10);
	for (i = 0; i < 10; i++)
		assert_in_range(sent_at[i] - 1000, due[i],
				due[i] + 10 * (i + 1));
	assert_int_equal(overs, 0);
	advance(200);
	assert_int_equal(sent, 10);
	assert_int_equal(overs, 1);
	assert_int_equal(last_status, 408);
	assert_int_equal(ctxns_stats(set)->timeouts, 1);
	assert_int_equal(ctxns_stats(set)->retransmits, 10);
}

static void test_answered_late(void **state)
{
	uint64_t id = ctxn_id(begin(1, false));

	(void)state;
	advance(20000);
	assert_int_equal(answer(id, 200), CTXN_TAKEN);
	assert_int_equal(last_status, 200);
	/* Again, as the answers to the retransmissions come in. */
	assert_int_equal(answer(id, 200), CTXN_LATE);
	assert_int_equal(answer(id, 486), CTXN_LATE);
	assert_int_equal(overs, 1);
}

/* A provisional answer slows it down, and does not end it. */
static void test_proceeding(void **state)
{
	uint64_t id = ctxn_id(begin(1, false));

	(void)state;
	advance(600);
	assert_int_equal(answer(id, 100), CTXN_TAKEN);
	assert_int_equal(overs, 0);
	advance(1000);
	assert_int_equal(sent, 2);
	advance(3800);
	assert_int_equal(sent, 2);
	advance(300);
	assert_int_equal(sent, 3);
	advance(32000);
	assert_int_equal(last_status, 408);
}

static void test_tcp(void **state)
{
	uint64_t id = ctxn_id(begin(1, true));

	(void)state;
	advance(31900);
	assert_int_equal(sent, 0);
	assert_int_equal(overs, 0);
	advance(200);
	assert_int_equal(last_status, 408);
	assert_int_equal(answer(id, 200), CTXN_LATE);
}

static void test_slot_used_again(void **state)
{
	struct ctxn *c = begin(1, false);
	uint64_t first = ctxn_id(c), second;

	(void)state;
	assert_int_equal(answer(first, 200), CTXN_TAKEN);
	assert_ptr_equal(begin(2, false), c);
	second = ctxn_id(c);
	assert_true(first != second);
	assert_int_equal(answer(first, 200), CTXN_LATE);
	assert_int_equal(overs, 1);
	assert_int_equal(answer(second, 200), CTXN_TAKEN);
	assert_int_equal(last_a, 2);
}

static void test_false_answers(void **state)
{
	uint64_t id = ctxn_id(begin(1, false));
	char text[64];
	struct view v;
	size_t n;

	(void)state;
	assert_int_equal(answer_to(VIEW("z9hG4bKx"), 200), CTXN_STRAY);
	v = branch_text(text, id, ctxn_check(set, id) ^ 1);
	assert_int_equal(answer_to(v, 200), CTXN_STRAY);
	v = branch_text(text, id + 1, ctxn_check(set, id));
	assert_int_equal(answer_to(v, 200), CTXN_STRAY);
	v = branch_text(text, id, ctxn_check(set, id));
	for (n = 0; n < v.n; n++)
		assert_int_equal(answer_to(view_head(v, n), 200),
				 CTXN_STRAY);
	text[10] = 'g';
	assert_int_equal(answer_to(v, 200), CTXN_STRAY);
	assert_int_equal(overs, 0);
}

static void test_failed(void **state)
{
	struct ctxn *c = begin(9, false);
	uint64_t id = ctxn_id(c);

	(void)state;
	ctxn_fail(set, c);
	assert_int_equal(overs, 0);
	assert_int_equal(answer(id, 200), CTXN_LATE);
	advance(20);
	assert_int_equal(overs, 1);
	assert_int_equal(last_status, 503);
}

static void test_connection_lost(void **state)
{
	uint64_t id;

	(void)state;
	begin(1, true)->u.conn = 5;
	begin(2, true)->u.conn = 6;
	begin(3, true)->u.conn = 5;
	begin(4, false);
	ctxns_conn_gone(set, 5, 2);
	id = ctxn_id(begin(5, true));
	advance(20);
	assert_int_equal(overs, 2);
	assert_int_equal(last_status, 503);
	assert_int_equal(ctxns_count(set), 3);
	assert_int_equal(answer(id, 200), CTXN_TAKEN);
}

static void test_limit(void **state)
{
	uint64_t ids[2000];
	size_t i;

	(void)state;
	for (i = 0; i < 2000; i++)
		ids[i] = ctxn_id(begin(i, false));
	assert_null(ctxn_new(set, 1));
	for (i = 0; i < 2000; i += 2) {
		assert_int_equal(answer(ids[i], 200), CTXN_TAKEN);
		assert_int_equal(last_a, i);
	}
	assert_int_equal(ctxns_count(set), 1000);
	for (i = 0; i < 1000; i++)
		begin(i, false);
	assert_null(ctxn_new(set, 1));
}

/* Neighbours and equals in the table: each is found, whoever went before. */
static void test_crowded_ids(void **state)
{
	const struct ctxn_ops ops = { on_send, on_over, NULL };
	struct ctxns *own = set;
	size_t i, n;

	(void)state;
	ctxns_free(own);
	for (n = 0; n < 60; n++) {
		uint64_t ids[60];

		set = ctxns_new(wheel, 2000, NULL, &ops);
		for (i = 0; i < 60; i++) {
			ids[i] = ctxn_id(begin_as(i, i % 3 ? 1020 : 5));
			assert_true(ids[i] >= 5);
		}
		assert_int_equal(answer(ids[n], 200), CTXN_TAKEN);
		for (i = 0; i < 60; i++) {
			assert_int_equal(answer(ids[i], 200),
					 i == n ? CTXN_LATE : CTXN_TAKEN);
			if (i != n)
				assert_int_equal(last_a, i);
		}
		assert_int_equal(ctxns_count(set), 0);
		ctxns_free(set);
	}
	set = ctxns_new(wheel, 2000, NULL, &ops);
}

/* What a device answered before a restart ends what was sent again. */
static void test_same_id_after_restart(void **state)
{
	static const uint8_t key[CTXN_KEY] = "sixteen letters";
	const struct ctxn_ops ops = { on_send, on_over, NULL };
	uint64_t id, again, check;

	(void)state;
	ctxns_free(set);
	set = ctxns_new(wheel, 2000, key, &ops);
	id = ctxn_wish(set, 77, 5);
	check = ctxn_check(set, id);
	assert_true(id != ctxn_wish(set, 77, 6));
	assert_true(id != ctxn_wish(set, 78, 5));
	ctxns_free(set);
	set = ctxns_new(wheel, 2000, key, &ops);
	again = ctxn_id(begin_as(1, ctxn_wish(set, 77, 5)));
	assert_true(again == id);
	assert_true(ctxn_check(set, again) == check);
	/* The same copy twice at once: each has an id of its own. */
	assert_true(ctxn_id(begin_as(2, id)) == id + 1);
	assert_int_equal(answer(id, 200), CTXN_TAKEN);
	assert_int_equal(last_a, 1);
	assert_int_equal(answer(id + 1, 200), CTXN_TAKEN);
	assert_int_equal(last_a, 2);
}

static void test_peer(void **state)
{
	static const char *const texts[] = { "192.0.2.1:5060",
					     "[2001:db8::1]:9" };
	struct ctxn *c = begin(1, false);
	struct netaddr a, b;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(netaddr_parse(&a, view_str(texts[i])), 0);
		ctxn_set_peer(c, &a);
		ctxn_get_peer(c, &b);
		assert_true(netaddr_eq(&a, &b));
	}
	assert_string_equal(ctxn_state_name((enum ctxn_state)c->state),
			    "trying");
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answered),
		TEST(test_other_method),
		TEST(test_fresh),	    TEST(test_lost),
		TEST(test_answered_late),   TEST(test_proceeding),
		TEST(test_tcp),		    TEST(test_slot_used_again),
		TEST(test_false_answers),   TEST(test_failed),
		TEST(test_connection_lost), TEST(test_limit),
		TEST(test_crowded_ids), TEST(test_same_id_after_restart),
		TEST(test_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
