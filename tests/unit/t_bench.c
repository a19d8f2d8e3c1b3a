/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The load generator: that it sees what it is there to see. */
#include "test.h"

#include <errno.h>

#include "call.h"
#include "options.h"
#include "sipload.h"
#include "tally.h"
#include "words.h"

static const struct options crowd = {
	.domain = "bench.example", .prefix = "room",
	.rooms = 3, .members = 4, .messages = 30, .size = 40,
};

static void counts_each_copy_once(void **state)
{
	struct tally t;

	(void)state;
	tally_init(&t, 2, 3);
	assert_true(tally_count(&t, 1, 2, VIEW("z9hG4bKa"), 1000));
	assert_false(tally_count(&t, 1, 2, VIEW("z9hG4bKa"), 2000));
	assert_int_equal(t.repeated, 1);
	assert_int_equal(t.doubled, 0);
	assert_false(tally_count(&t, 1, 2, VIEW("z9hG4bKb"), 2000));
	assert_int_equal(t.doubled, 1);
	assert_true(tally_count(&t, 0, 2, VIEW("z9hG4bKa"), 3000));
	assert_int_equal(t.delivered, 2);
	assert_true(tally_spread(&t).max_ms == 3.0);
	tally_free(&t);
}

static void percentiles_are_of_what_arrived(void **state)
{
	struct spread s;
	struct tally t;
	size_t i;

	(void)state;
	tally_init(&t, 1, 1000);
	assert_true(tally_spread(&t).p99_ms == 0);
	for (i = 0; i < 100; i++)
		tally_count(&t, 0, 2 * i, VIEW("z"), 1000 * (100 - i));
	s = tally_spread(&t);
	assert_true(s.p50_ms == 51.0);
	assert_true(s.p99_ms == 99.0);
	assert_true(s.max_ms == 100.0);
	tally_free(&t);
}

static void knows_its_members(void **state)
{
	struct buf b = { 0 };
	struct seat who;

	(void)state;
	assert_view(words_member(&b, (struct seat){ 2, 3 }), "r2m3");
	assert_true(words_is_member(&who, &crowd, buf_view(&b)));
	assert_int_equal(who.room, 2);
	assert_int_equal(who.member, 3);
	assert_false(words_is_member(&who, &crowd, VIEW("r3m3")));
	assert_false(words_is_member(&who, &crowd, VIEW("r2m4")));
	assert_false(words_is_member(&who, &crowd, VIEW("r2")));
	assert_false(words_is_member(&who, &crowd, VIEW("alice")));
	buf_free(&b);
}

static void members_speak_in_turn(void **state)
{
	struct seat who = words_speaker(&crowd, 17);

	(void)state;
	assert_int_equal(who.room, 17 % 3);
	assert_int_equal(who.member, 17 / 3 % 4);
}

static void knows_a_whole_message(void **state)
{
	struct buf said = { 0 }, heard = { 0 };
	unsigned n = 0;

	(void)state;
	assert_int_equal(words_message(&said, &crowd, 17).n, 40);
	buf_adds(&heard, "[r2m1]: ");
	buf_addv(&heard, buf_view(&said));
	assert_true(words_is_message(&n, &crowd,
				     buf_view(&heard)));
	assert_int_equal(n, 17);
	heard.p[heard.n - 5] ^= 1;
	assert_false(words_is_message(&n, &crowd,
				      buf_view(&heard)));
	assert_false(words_is_message(&n, &crowd,
				      view_head(buf_view(&said), 39)));
	heard.p[heard.n - 5] ^= 1;
	assert_true(words_is_message(&n, &crowd, buf_view(&heard)));
	heard.p[heard.n - 1] = '!';
	assert_false(words_is_message(&n, &crowd, buf_view(&heard)));
	words_message(&said, &crowd, 30); /* never said */
	assert_false(words_is_message(&n, &crowd,
				      buf_view(&said)));
	buf_free(&said);
	buf_free(&heard);
}

static void knows_the_answers_of_its_own_run(void **state)
{
	struct buf b = { 0 };
	enum about about;
	unsigned n;

	(void)state;
	words_id(&b, ABOUT_MESSAGE, 7, 0xabc);
	buf_adds(&b, "@fanout");
	assert_true(words_is_id(&about, &n, buf_view(&b), 0xabc));
	assert_int_equal(about, ABOUT_MESSAGE);
	assert_int_equal(n, 7);
	assert_false(words_is_id(&about, &n, buf_view(&b), 0xabd));
	assert_false(words_is_id(&about, &n, VIEW("@"), 0xabc));
	assert_false(words_is_id(&about, &n, VIEW(""), 0xabc));
	buf_free(&b);
}

static void reads_its_own_requests_and_answers(void **state)
{
	const struct sipload_text text = {
		.from = VIEW("r0m1"), .to = VIEW("room0"),
		.domain = "bench.example", .here = "127.0.0.1:7000",
		.id = VIEW("m17xabc"), .body = VIEW("hello"),
	};
	struct buf b = { 0 };
	struct sipload req, res;
	char answer[512];
	size_t n;

	(void)state;
	sipload_request(&b, &text);
	assert_int_equal(sipload_read(&req, buf_view(&b)), 0);
	assert_int_equal(req.status, 0);
	assert_view(req.user, "room0");
	assert_view(req.branch, "z9hG4bKm17xabc");
	assert_view(req.body, "hello");
	n = sipload_answer(answer, sizeof(answer), &req);
	assert_int_equal(sipload_read(&res, view_mem(answer, n)), 0);
	assert_int_equal(res.status, 200);
	assert_view(res.call_id, "m17xabc@fanout");
	assert_view(res.to, "<sip:room0@bench.example>;tag=member");
	assert_int_equal(sipload_answer(answer, n - 1, &req), 0);
	/* a byte of the body is missing */
	assert_int_equal(sipload_read(&req, view_head(buf_view(&b), b.n - 1)),
			 EBADMSG);
	buf_free(&b);
}

static void refuses_what_is_not_sip(void **state)
{
	static const char *const bad[] = {
		"", "\r\n\r\n", "hello\r\n\r\n", "SIP/2.0 99 x\r\n\r\n",
		"MESSAGE tel:1 SIP/2.0\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>\r\n"
		"To: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\n\r\n",
	};
	struct sipload m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sipload_read(&m, view_str(bad[i])), EBADMSG);
}

static void sends_again_at_growing_pauses(void **state)
{
	struct call c;

	(void)state;
	call_start(&c, 1000000, 1);
	assert_false(call_due(&c, 1499999));
	assert_true(call_due(&c, 1500000));
	assert_false(call_due(&c, 2499999));
	assert_true(call_due(&c, 2500000));
	assert_false(call_due(&c, 4499999));
	c.state = CALL_ANSWERED;
	assert_false(call_due(&c, 60000000));
	assert_false(call_done(&c)); /* a copy is missing */
	c.left = 0;
	assert_true(call_done(&c));
}

static int parse(struct options *o, const char *name, const char *value)
{
	char *argv[] = { (char[]){ "fanout" }, (char *)(uintptr_t)name,
			 (char *)(uintptr_t)value };

	return options_parse(o, 3, argv);
}

static void stays_on_loopback_and_in_bounds(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "--server", "127.1.2.3:5070"), 0);
	assert_int_equal(parse(&o, "--server", "10.0.0.1:5060"), EINVAL);
	assert_int_equal(parse(&o, "--bind", "0.0.0.0:5060"), EINVAL);
	assert_int_equal(parse(&o, "--server", "localhost:5060"), EINVAL);
	assert_int_equal(parse(&o, "--members", "1"), EINVAL);
	assert_int_equal(parse(&o, "--members", "10001"), EINVAL);
	assert_int_equal(parse(&o, "--rooms", "x"), EINVAL);
	assert_int_equal(parse(&o, "--timeout", "601"), EINVAL);
	assert_int_equal(parse(&o, "--what", "1"), EINVAL);
	assert_int_equal(parse(&o, "--messages", "30"), 0);
	assert_int_equal(o.messages, 30);
	assert_int_equal(o.rooms, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_each_copy_once),
		TEST(percentiles_are_of_what_arrived),
		TEST(knows_its_members),
		TEST(members_speak_in_turn),
		TEST(knows_a_whole_message),
		TEST(knows_the_answers_of_its_own_run),
		TEST(reads_its_own_requests_and_answers),
		TEST(refuses_what_is_not_sip),
		TEST(sends_again_at_growing_pauses),
		TEST(stays_on_loopback_and_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
