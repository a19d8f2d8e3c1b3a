/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What daemons on one data base say to each other: there and back, cut short,
 * too long, made up. */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "pass.h"

static char lots[PASS_PACKET_MAX + 1];

static struct view many(size_t n)
{
	memset(lots, 'x', n);
	return view_mem(lots, n);
}

static void put_text(struct buf *b, struct view v)
{
	buf_put_u32(b, (uint32_t)v.n);
	buf_addv(b, v);
}

typedef int (get_h)(struct view payload);

static int get_hello(struct view payload)
{
	struct pass_hello h;

	return pass_get_hello(&h, payload);
}

static int get_request(struct view payload)
{
	struct pass_request r;

	return pass_get_request(&r, payload);
}

static int get_send(struct view payload)
{
	struct pass_send s;

	return pass_get_send(&s, payload);
}

static int get_user(struct view payload)
{
	struct pass_user u;

	return pass_get_user(&u, payload);
}

static int get_answer(struct view payload)
{
	struct pass_answer a;

	return pass_get_answer(&a, payload);
}

static int get_reply(struct view payload)
{
	struct pass_reply r;

	return pass_get_reply(&r, payload);
}

/* Right as it is; wrong with any part missing, and with a byte more. */
static void only_whole(struct buf *b, get_h *get)
{
	size_t n = b->n;
	char *cut;

	assert_int_equal(get(buf_view(b)), 0);
	while (n--) {
		cut = mem_alloc(n + 1); /* so that reading on is seen */
		memcpy(cut, b->p, n);
		assert_int_equal(get(view_mem(cut, n)), EBADMSG);
		mem_free(cut);
	}
	buf_put_u8(b, 0);
	assert_int_equal(get(buf_view(b)), EBADMSG);
	buf_free(b);
}

static void test_hello(void **state)
{
	const struct pass_hello in = { PASS_VERSION, 4711, VIEW("a.example") };
	struct pass_hello out;
	struct buf b = { 0 };

	(void)state;
	pass_put_hello(&b, &in);
	assert_int_equal(pass_get_hello(&out, buf_view(&b)), 0);
	assert_int_equal(out.pid, 4711);
	assert_view(out.domain, "a.example");
	only_whole(&b, get_hello);
}

/* What a later version adds does not matter: its number is what is told. */
static void test_hello_of_another_version(void **state)
{
	struct pass_hello out;
	struct buf b = { 0 };

	(void)state;
	buf_put_u32(&b, PASS_VERSION + 1);
	buf_adds(&b, "whatever");
	assert_int_equal(pass_get_hello(&out, buf_view(&b)), 0);
	assert_int_equal(out.version, PASS_VERSION + 1);
	buf_free(&b);
}

static void test_request(void **state)
{
	struct pass_request in = { .packet = VIEW("MESSAGE \0 \xff") }, out;
	struct buf b = { 0 };

	(void)state;
	in.flow.transport = SIP_TCP;
	in.flow.conn = 99;
	in.flow.listener = 3;
	netaddr_set(&in.flow.peer, VIEW("2001:db8::7"), 5061);
	assert_int_equal(pass_put_request(&b, &in), 0);
	assert_int_equal(pass_get_request(&out, buf_view(&b)), 0);
	assert_int_equal(out.flow.transport, SIP_TCP);
	assert_true(netaddr_eq(&out.flow.peer, &in.flow.peer));
	assert_int_equal(out.flow.conn, 99);
	assert_int_equal(out.flow.listener, 3);
	assert_int_equal(out.identity.n, 0);
	assert_true(view_eq(out.packet, in.packet));
	only_whole(&b, get_request);
	in.identity = VIEW("sip:alice@a.example");
	assert_int_equal(pass_put_request(&b, &in), 0);
	assert_int_equal(pass_get_request(&out, buf_view(&b)), 0);
	assert_view(out.identity, "sip:alice@a.example");
	buf_free(&b);
}

static int request_of(struct view flow, struct view identity,
		      struct view packet)
{
	struct buf b = { 0 };
	int err;

	put_text(&b, flow);
	buf_put_u16(&b, 0);
	buf_put_u32(&b, 0);
	put_text(&b, identity);
	put_text(&b, packet);
	err = get_request(buf_view(&b));
	buf_free(&b);
	return err;
}

static void test_requests_that_cannot_be(void **state)
{
	struct pass_request in = { .packet = many(PASS_PACKET_MAX + 1) };
	struct view flow = VIEW("udp:192.0.2.1:5060");
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(pass_put_request(&b, &in), EMSGSIZE);
	in.packet = VIEW("x");
	in.identity = many(PASS_IDENTITY_MAX + 1);
	assert_int_equal(pass_put_request(&b, &in), EMSGSIZE);
	assert_int_equal(b.n, 0);
	assert_int_equal(request_of(flow, VIEW(""), VIEW("x")), 0);
	assert_int_equal(request_of(flow, VIEW(""), many(PASS_PACKET_MAX)), 0);
	assert_int_equal(request_of(flow, VIEW(""), many(PASS_PACKET_MAX + 1)),
			 EBADMSG);
	assert_int_equal(request_of(flow, many(PASS_IDENTITY_MAX + 1),
				    VIEW("x")), EBADMSG);
	assert_int_equal(request_of(VIEW("carrier pigeon"), VIEW(""),
				    VIEW("x")), EBADMSG);
	assert_int_equal(request_of(VIEW("udp:nowhere:1"), VIEW(""),
				    VIEW("x")), EBADMSG);
	assert_int_equal(request_of(VIEW(""), VIEW(""), VIEW("x")), EBADMSG);
	assert_int_equal(request_of(many(200), VIEW(""), VIEW("x")), EBADMSG);
}

static void test_send(void **state)
{
	struct pass_send in = { .packet = VIEW("MESSAGE x") }, out;
	struct buf b = { 0 };

	(void)state;
	in.flow.transport = SIP_WS;
	in.flow.conn = UINT32_MAX;
	netaddr_set(&in.flow.peer, VIEW("192.0.2.1"), 1);
	assert_int_equal(pass_put_send(&b, &in), 0);
	assert_int_equal(pass_get_send(&out, buf_view(&b)), 0);
	assert_int_equal(out.flow.transport, SIP_WS);
	assert_int_equal(out.flow.conn, UINT32_MAX);
	assert_view(out.packet, "MESSAGE x");
	only_whole(&b, get_send);
	in.packet = many(PASS_PACKET_MAX + 1);
	assert_int_equal(pass_put_send(&b, &in), EMSGSIZE);
	buf_free(&b);
}

static void test_user(void **state)
{
	struct pass_user in = { .gone = true }, out;
	struct buf b = { 0 };

	(void)state;
	in.user.name = VIEW("alice");
	in.user.realm = VIEW("a \"realm\"");
	in.user.ha1[USER_SHA256_FULL] = VIEW("0123");
	in.user.created_ms = UINT64_MAX;
	in.user.disabled = true;
	pass_put_user(&b, &in);
	assert_int_equal(pass_get_user(&out, buf_view(&b)), 0);
	assert_true(out.gone && out.user.disabled);
	assert_view(out.user.name, "alice");
	assert_view(out.user.realm, "a \"realm\"");
	assert_view(out.user.ha1[USER_SHA256_FULL], "0123");
	assert_int_equal(out.user.ha1[USER_MD5].n, 0);
	assert_true(out.user.created_ms == UINT64_MAX);
	b.p[0] = 4;
	assert_int_equal(get_user(buf_view(&b)), EBADMSG);
	b.p[0] = 0;
	only_whole(&b, get_user);
	in.user.name = many(USER_NAME_MAX + 1);
	pass_put_user(&b, &in);
	assert_int_equal(get_user(buf_view(&b)), EBADMSG);
	buf_free(&b);
}

static void test_answer(void **state)
{
	const struct pass_answer in = {
		.code = 480,
		.reason = VIEW("Gone Out"),
		.headers = { { VIEW("Retry-After"), VIEW("7") },
			     { VIEW("X"), VIEW("") } },
		.count = 2,
	};
	struct pass_answer out;
	struct buf b = { 0 };

	(void)state;
	pass_put_answer(&b, &in);
	assert_int_equal(pass_get_answer(&out, buf_view(&b)), 0);
	assert_int_equal(out.code, 480);
	assert_view(out.reason, "Gone Out");
	assert_int_equal(out.count, 2);
	assert_view(out.headers[0].name, "Retry-After");
	assert_view(out.headers[0].value, "7");
	assert_view(out.headers[1].name, "X");
	only_whole(&b, get_answer);
}

static void test_answers_are_cut_to_the_limits(void **state)
{
	struct pass_answer in = { .code = 200, .count = 3 }, out;
	struct buf b = { 0 };

	(void)state;
	in.reason = many(PASS_REASON_MAX + 9);
	in.headers[0].name = many(PASS_NAME_MAX + 1);
	in.headers[1].name = VIEW("Long");
	in.headers[1].value = many(PASS_VALUE_MAX + 1);
	in.headers[2].name = VIEW("Fits");
	in.headers[2].value = many(PASS_VALUE_MAX);
	pass_put_answer(&b, &in);
	assert_int_equal(pass_get_answer(&out, buf_view(&b)), 0);
	assert_int_equal(out.reason.n, PASS_REASON_MAX);
	assert_int_equal(out.count, 1);
	assert_view(out.headers[0].name, "Fits");
	buf_free(&b);
}

static int answer_of(unsigned code, struct view reason, unsigned count)
{
	struct buf b = { 0 };
	unsigned i;
	int err;

	buf_put_u16(&b, (uint16_t)code);
	put_text(&b, reason);
	buf_put_u8(&b, (uint8_t)count);
	for (i = 0; i < count; i++) {
		put_text(&b, VIEW("N"));
		put_text(&b, VIEW("v"));
	}
	err = get_answer(buf_view(&b));
	buf_free(&b);
	return err;
}

static void test_answers_that_cannot_be(void **state)
{
	(void)state;
	assert_int_equal(answer_of(200, VIEW(""), PASS_HEADERS_MAX), 0);
	assert_int_equal(answer_of(200, VIEW(""), PASS_HEADERS_MAX + 1),
			 EBADMSG);
	assert_int_equal(answer_of(200, VIEW(""), 255), EBADMSG);
	assert_int_equal(answer_of(199, VIEW(""), 0), EBADMSG);
	assert_int_equal(answer_of(700, VIEW(""), 0), EBADMSG);
	assert_int_equal(answer_of(65535, VIEW(""), 0), EBADMSG);
	assert_int_equal(answer_of(200, VIEW("a\0b"), 0), EBADMSG);
	assert_int_equal(answer_of(200, many(PASS_REASON_MAX + 1), 0),
			 EBADMSG);
}

static void test_reply(void **state)
{
	struct pass_reply in = { true, VIEW("{\"ok\":") }, out;
	struct buf b = { 0 };

	(void)state;
	pass_put_reply(&b, &in);
	assert_int_equal(pass_get_reply(&out, buf_view(&b)), 0);
	assert_true(out.more);
	assert_view(out.text, "{\"ok\":");
	only_whole(&b, get_reply);
	buf_put_u8(&b, 2);
	put_text(&b, VIEW("x"));
	assert_int_equal(get_reply(buf_view(&b)), EBADMSG);
	buf_clear(&b);
	buf_put_u8(&b, 0);
	put_text(&b, many(PASS_TEXT_MAX + 1));
	assert_int_equal(get_reply(buf_view(&b)), EBADMSG);
	buf_free(&b);
}

/* Lengths that claim more than there can be. */
static void test_lengths_that_lie(void **state)
{
	static get_h *const gets[] = { get_request, get_send, get_answer,
				       get_reply, get_user };
	char bytes[64];
	size_t i, n;

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	for (i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
		for (n = 0; n < sizeof(bytes); n++)
			assert_int_equal(gets[i](view_mem(bytes, n)), EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hello),
		TEST(test_hello_of_another_version),
		TEST(test_request),
		TEST(test_requests_that_cannot_be),
		TEST(test_send),
		TEST(test_user),
		TEST(test_answer),
		TEST(test_answers_are_cut_to_the_limits),
		TEST(test_answers_that_cannot_be),
		TEST(test_reply),
		TEST(test_lengths_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
