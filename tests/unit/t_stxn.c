/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server transactions on a clock of our own: repeated and late requests. */
#include "test.h"

#include <errno.h>

#include "stxn_priv.h"

static struct wheel *wheel;
static struct stxns *set;
static uint64_t now;
static unsigned sent, stuck;
static uint64_t stuck_id;
static char last[100];
static uint16_t last_port;

static void on_send(const struct sip_flow *flow, struct view text, void *arg)
{
	(void)arg;
	sent++;
	last_port = netaddr_port(&flow->peer);
	assert_int_equal(view_copy(last, sizeof(last), text), 0);
}

static void on_stuck(uint64_t id, void *arg)
{
	(void)arg;
	stuck++;
	stuck_id = id;
	stxn_answer(set, id, VIEW("500"));
}

static int setup(void **state)
{
	const struct stxn_ops ops = { on_send, on_stuck, NULL };

	if (test_setup(state))
		return 1;
	now = 1000;
	sent = stuck = 0;
	wheel = wheel_new(now);
	set = stxns_new(wheel, 3, NULL, &ops);
	return 0;
}

static int teardown(void **state)
{
	stxns_free(set);
	wheel_free(wheel);
	return test_teardown(state);
}

static void advance(uint64_t ms)
{
	now += ms;
	wheel_advance(wheel, now);
}

static struct sip_flow flow_new(enum sip_transport transport, uint16_t port)
{
	struct sip_flow flow = { .transport = transport };

	netaddr_set(&flow.peer, VIEW("192.0.2.1"), port);
	return flow;
}

static uint64_t begin(const struct stxn_key *key, enum sip_transport transport)
{
	struct sip_flow flow = flow_new(transport, 1);
	uint64_t id;

	assert_int_equal(stxn_new(set, &id, key, &flow, VIEW("head")), 0);
	return id;
}

static void test_absorbed_and_repeated(void **state)
{
	const struct stxn_key key = { 1, 2 }, other = { 1, 3 };
	struct sip_flow again = flow_new(SIP_UDP, 2);
	uint64_t id = begin(&key, SIP_UDP);
	struct view head;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_true(stxns_repeat(set, &key, &again));
	assert_false(stxns_repeat(set, &other, &again));
	assert_int_equal(sent, 0);

	assert_true(stxn_head(set, id, &head));
	assert_view(head, "head");
	stxn_answer(set, id, VIEW("202"));
	assert_int_equal(sent, 1);
	assert_int_equal(last_port, 1);
	assert_false(stxn_head(set, id, &head));
	stxn_answer(set, id, VIEW("500"));
	assert_int_equal(sent, 1);

	/* Where the repeated request came from. */
	assert_true(stxns_repeat(set, &key, &again));
	assert_int_equal(sent, 2);
	assert_string_equal(last, "202");
	assert_int_equal(last_port, 2);
}

static void test_timer_j(void **state)
{
	const struct stxn_key key = { 1, 2 };
	struct sip_flow flow = flow_new(SIP_UDP, 1);

	(void)state;
	stxn_answer(set, begin(&key, SIP_UDP), VIEW("202"));
	advance(31900);
	assert_true(stxns_repeat(set, &key, &flow));
	advance(200);
	assert_false(stxns_repeat(set, &key, &flow));
	assert_int_equal(stxns_count(set), 0);
}

static void test_tcp_is_over_at_once(void **state)
{
	const struct stxn_key key = { 1, 2 };

	(void)state;
	stxn_answer(set, begin(&key, SIP_TCP), VIEW("202"));
	assert_int_equal(sent, 1);
	assert_int_equal(stxns_count(set), 0);
}

static void test_stuck(void **state)
{
	const struct stxn_key key = { 1, 2 };
	uint64_t id = begin(&key, SIP_UDP);

	(void)state;
	advance(STXN_WAIT_MS - 100);
	assert_int_equal(stuck, 0);
	advance(200);
	assert_int_equal(stuck, 1);
	assert_int_equal(stuck_id, id);
	assert_string_equal(last, "500");
	stxn_answer(set, id, VIEW("202"));
	assert_int_equal(sent, 1);
}

static void test_limit(void **state)
{
	struct sip_flow flow = flow_new(SIP_UDP, 1);
	struct stxn_key key = { 0, 0 };
	uint64_t id;

	(void)state;
	for (key.a = 0; key.a < 3; key.a++)
		begin(&key, SIP_UDP);
	assert_int_equal(stxn_new(set, &id, &key, &flow, VIEW("h")), ENOBUFS);
}

static struct stxn_key key_of(const char *text)
{
	static struct prescan pre;
	struct parsed req = { 0 };
	struct stxn_key key;

	prescan(&pre, view_str(text), 8192);
	via_parse(&req.via, pre.first[HDR_VIA]);
	stxn_key(set, &key, &pre, &req);
	return key;
}

static bool same(const char *one, const char *two)
{
	struct stxn_key a = key_of(one), b = key_of(two);

	return a.a == b.a && a.b == b.b;
}

#define MAGIC "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx"
#define OLD(branch, seq)                                                      \
	"MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h" branch                \
	"\r\nFrom: x\r\n"                                                     \
	"To: y\r\nCall-ID: z\r\nCSeq: " seq " MESSAGE\r\n\r\n"

static void test_magic_keys(void **state)
{
	(void)state;
	assert_true(same(MAGIC "\r\n\r\n", MAGIC ";rport\r\nTo: b\r\n\r\n"));
	assert_false(same(MAGIC "\r\n\r\n", MAGIC "y\r\n\r\n"));
	assert_false(same(MAGIC "\r\n\r\n",
			  "MESSAGE sip:a@b SIP/2.0\r\n"
			  "Via: SIP/2.0/UDP i;branch=z9hG4bKx\r\n\r\n"));
	assert_false(same(MAGIC "\r\n\r\n",
			  "MESSAGE sip:a@b SIP/2.0\r\n"
			  "Via: SIP/2.0/UDP h:5061;branch=z9hG4bKx\r\n\r\n"));
	assert_false(same(MAGIC "\r\n\r\n",
			  "OPTIONS sip:a@b SIP/2.0\r\n"
			  "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n\r\n"));
}

/* RFC 3261 17.2.3, and RFC 4475 3.2.1 for the bare cookie. */
static void test_old_keys(void **state)
{
	(void)state;
	assert_true(same(OLD("", "1"), OLD("", "1")));
	assert_false(same(OLD("", "1"), OLD("", "2")));
	assert_false(same(OLD(";branch=1", "1"), OLD(";branch=2", "1")));
	assert_true(same(OLD(";branch=z9hG4bK", "1"),
			 OLD(";branch=z9hG4bK", "1")));
	assert_false(same(OLD(";branch=z9hG4bK", "1"),
			  OLD(";branch=z9hG4bK", "2")));
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_absorbed_and_repeated), TEST(test_timer_j),
		TEST(test_tcp_is_over_at_once),	  TEST(test_stuck),
		TEST(test_limit),		  TEST(test_magic_keys),
		TEST(test_old_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
