/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server transactions on a clock of our own: repeated and late requests. */
#include "test.h"

#include <errno.h>

#include "clock.h"
#include "stxn_priv.h"

enum { DONE_MAX = 3000 };

static struct wheel *wheel;
static struct stxns *set;
static uint64_t now;
static unsigned sent, stuck;
static uint64_t stuck_id;
static char last[100];
static uint16_t last_port;
static const struct answer ok = { .status = 202 };
static const struct answer fault = { .status = 500 };

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
	stxn_answer(set, id, &fault, VIEW("500"));
}

static int setup(void **state)
{
	const struct stxn_ops ops = { on_send, on_stuck, NULL };

	if (test_setup(state))
		return 1;
	now = 1000;
	clock_freeze(now, 0);
	sent = stuck = 0;
	wheel = wheel_new(now);
	set = stxns_new(wheel, 3, DONE_MAX, NULL, &ops);
	return 0;
}

static int teardown(void **state)
{
	stxns_free(set);
	wheel_free(wheel);
	clock_thaw();
	return test_teardown(state);
}

static void advance(uint64_t ms)
{
	now += ms;
	clock_advance(ms);
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

static enum stxn_state state_of(const struct stxn_key *key)
{
	struct answer again;

	return stxns_find(set, key, &again);
}

static void test_absorbed_and_repeated(void **state)
{
	const struct stxn_key key = { 1, 2 }, other = { 1, 3 };
	uint64_t id = begin(&key, SIP_UDP);
	struct answer again;
	struct view head;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(state_of(&key), STXN_WAITING);
	assert_int_equal(state_of(&other), STXN_NONE);
	assert_int_equal(sent, 0);

	assert_true(stxn_head(set, id, &head));
	assert_view(head, "head");
	stxn_answer(set, id, &ok, VIEW("202"));
	assert_int_equal(sent, 1);
	assert_int_equal(last_port, 1);
	assert_false(stxn_head(set, id, &head));
	stxn_answer(set, id, &fault, VIEW("500"));
	assert_int_equal(sent, 1);

	assert_int_equal(stxns_find(set, &key, &again), STXN_DONE);
	assert_int_equal(again.status, 202);
	assert_int_equal(again.reason.n, 0);
	assert_int_equal(again.lines.n, 0);
	assert_int_equal(state_of(&other), STXN_NONE);
}

/* Whatever was said, it is said again. */
static void test_reason_and_headers_are_kept(void **state)
{
	const struct sip_header after = { VIEW("Retry-After"), VIEW("7") };
	const struct answer busy = { .status = 480, .reason = VIEW("Later"),
				     .headers = &after, .count = 1 };
	const struct stxn_key key = { 5, 6 };
	struct answer again;

	(void)state;
	stxn_answer(set, begin(&key, SIP_UDP), &busy, VIEW("480"));
	assert_int_equal(stxns_find(set, &key, &again), STXN_DONE);
	assert_int_equal(again.status, 480);
	assert_view(again.reason, "Later");
	assert_view(again.lines, "Retry-After: 7\r\n");
}

static void test_timer_j(void **state)
{
	const struct stxn_key key = { 1, 2 }, later = { 3, 4 };

	(void)state;
	stxn_answer(set, begin(&key, SIP_UDP), &ok, VIEW("202"));
	advance(20000);
	stxn_answer(set, begin(&later, SIP_UDP), &ok, VIEW("202"));
	advance(11900);
	assert_int_equal(state_of(&key), STXN_DONE);
	advance(200);
	assert_int_equal(state_of(&key), STXN_NONE);
	assert_int_equal(state_of(&later), STXN_DONE);
	assert_int_equal(stxns_count(set), 0);
	advance(20000);
	assert_int_equal(dones_count(stxns_done(set)), 0);
	assert_int_equal(dones_bytes(stxns_done(set)), 0);
}

static void answer_many(uint64_t from, uint64_t to)
{
	struct stxn_key key = { 0, 0 };

	/* Neighbours, so that they stand in each other's way. */
	for (key.b = from; key.b < to; key.b++) {
		key.a = key.b / 3;
		stxn_answer(set, begin(&key, SIP_UDP), &ok, VIEW("202"));
	}
}

static unsigned known_of(uint64_t from, uint64_t to)
{
	struct stxn_key key = { 0, 0 };
	unsigned n = 0;

	for (key.b = from; key.b < to; key.b++) {
		key.a = key.b / 3;
		n += state_of(&key) == STXN_DONE;
	}
	return n;
}

/* Nobody is refused because many were served before. */
static void test_the_oldest_answers_go_first(void **state)
{
	struct dones *done = stxns_done(set);

	(void)state;
	answer_many(0, 10000);
	assert_int_equal(dones_count(done), DONE_MAX);
	assert_int_equal(known_of(0, 10000 - DONE_MAX), 0);
	assert_int_equal(known_of(10000 - DONE_MAX, 10000), DONE_MAX);
	assert_in_range(dones_bytes(done) / DONE_MAX, 1, 100);

	dones_halve(done);
	assert_int_equal(known_of(0, 10000), DONE_MAX / 2);
	assert_int_equal(known_of(10000 - DONE_MAX / 2, 10000), DONE_MAX / 2);
	answer_many(10000, 10100);
	assert_int_equal(known_of(10000 - DONE_MAX / 2, 10100),
			 DONE_MAX / 2 + 100);
}

static void test_tcp_is_over_at_once(void **state)
{
	const struct stxn_key key = { 1, 2 };

	(void)state;
	stxn_answer(set, begin(&key, SIP_TCP), &ok, VIEW("202"));
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
	stxn_answer(set, id, &ok, VIEW("202"));
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

static struct stxn_key key_from(const char *text, const char *ip,
				uint16_t port)
{
	static struct prescan pre;
	struct parsed req = { 0 };
	struct netaddr src;
	struct stxn_key key;

	assert_int_equal(netaddr_set(&src, view_str(ip), port), 0);

	prescan(&pre, view_str(text), 8192);
	via_parse(&req.via, pre.first[HDR_VIA]);
	stxn_key(set, &key, &pre, &req, &src);
	return key;
}

static struct stxn_key key_of(const char *text)
{
	return key_from(text, "192.0.2.1", 5060);
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

/* Nobody begins another's transaction before him. */
static void test_whose_keys(void **state)
{
	static const char text[] = MAGIC "\r\n\r\n";
	struct stxn_key a = key_of(text), b = key_from(text, "192.0.2.1", 9);

	(void)state;
	assert_true(a.a == b.a && a.b == b.b);
	b = key_from(text, "192.0.2.2", 5060);
	assert_false(a.a == b.a || a.b == b.b);
	a = key_from(text, "2001:db8::1", 5060);
	b = key_from(text, "2001:db8::2", 5060);
	assert_false(a.a == b.a || a.b == b.b);
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
		TEST(test_reason_and_headers_are_kept),
		TEST(test_the_oldest_answers_go_first),
		TEST(test_tcp_is_over_at_once),	  TEST(test_stuck),
		TEST(test_limit),		  TEST(test_magic_keys),
		TEST(test_whose_keys),
		TEST(test_old_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
